"""Tokens of a real authority (`openssl ts`): taken when they hold, refused by name when anything about them is wrong."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID

from audit.authority import read_authorities
from audit.der import OCTETS, SEQUENCE, SET, encode, encode_integer, parse_values
from audit.errors import TimestampRefusedError, UnusableInputError
from audit.timestamp import check_token, make_request, take_answer
from audit.timetoken import CERTIFICATE_V2, MAX_TOKEN, format_token, parse_answer, parse_token
from tests.timestamping import STAMPING, Tsa, make_certificate, make_key, pem

NOTE = "xingji.test/411602\n3\n…\n".encode()
NONCE = 2**63 + 5
VECTORS = Path(__file__).parents[2] / "vectors" / "timestamp"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return Tsa.create(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def token(tsa: Tsa) -> bytes:
    return stamp(tsa)


def stamp(tsa: Tsa, note: bytes = NOTE) -> bytes:
    return take_answer(tsa.answer(make_request(note, NONCE)), note, NONCE, tsa.pinned)


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(TimestampRefusedError) as refused:
        work()
    return str(refused.value.details["finding"])


@pytest.mark.parametrize(("with_rsa", "ess"), [(False, "sha256"), (True, "sha256"), (True, "sha1")])
def test_a_token_is_taken_and_openssl_agrees(tmp_path: Path, with_rsa: bool, ess: str):
    tsa = Tsa.create(tmp_path, "时间 authority", with_rsa=with_rsa, ess=ess)
    before = datetime.now(UTC).replace(microsecond=0)
    answer = tsa.answer(make_request(NOTE, NONCE))
    token = take_answer(answer, NOTE, NONCE, tsa.pinned)
    stamped = check_token(token, NOTE, tsa.pinned)
    assert before <= stamped.time <= datetime.now(UTC)
    assert stamped.authority == "时间 authority"
    assert tsa.accepts(token, NOTE)
    assert not tsa.accepts(token, NOTE + b"x")
    assert format_token(parse_token(token)) == token


def test_the_signers_own_certificate_may_be_pinned(tsa: Tsa, token: bytes):
    assert check_token(token, NOTE, (tsa.signer,)).authority == "tsa"


def test_a_chain_over_another_authority_is_followed_and_what_is_of_no_use_left_out(tmp_path: Path):
    tsa = Tsa.create(tmp_path)
    key, own = make_key(), make_key()
    between = make_certificate("between", key, (tsa.root, tsa.root_key), path_length=0)
    signer = make_certificate("leaf", own, (between, key), purposes=STAMPING, authority=False)
    idle = make_certificate("idle", make_key())
    tsa = replace(tsa, signer=signer, signer_key=own, between=(between, tsa.root, idle))
    answer = tsa.answer(make_request(NOTE, NONCE))
    assert len(parse_token(parse_answer(answer)).certificates) > 2
    token = take_answer(answer, NOTE, NONCE, tsa.pinned)
    assert len(parse_token(token).certificates) == 2
    assert tsa.accepts(token, NOTE)
    for pinned in (tsa.root, between, signer):
        assert check_token(token, NOTE, (pinned,)).authority == "leaf"
    with_idle = format_token(parse_token(parse_answer(answer)))
    assert refusal(lambda: check_token(with_idle, NOTE, tsa.pinned)) == "timestamp_malformed"


def forbidden_between(path_length: int | None, *, authority: bool) -> Callable[[Path], Tsa]:
    def make(folder: Path) -> Tsa:
        tsa = Tsa.create(folder)
        key, own = make_key(), make_key()
        root = make_certificate("short root", tsa.root_key, path_length=path_length)
        between = make_certificate("between", key, (root, tsa.root_key), authority=authority)
        signer = make_certificate("leaf", own, (between, key), purposes=STAMPING, authority=False)
        return replace(tsa, root=root, signer=signer, signer_key=own, between=(between,))

    return make


@pytest.mark.parametrize(
    "make", [forbidden_between(0, authority=True), forbidden_between(None, authority=False)]
)
def test_who_may_not_issue_certificates_leads_nowhere(tmp_path: Path, make: Callable[[Path], Tsa]):
    tsa = make(tmp_path)
    answer = tsa.answer(make_request(NOTE, NONCE))
    assert refusal(lambda: take_answer(answer, NOTE, NONCE, tsa.pinned)) == "timestamp_authority_unknown"


def test_a_fresh_answer_to_another_question_is_refused(tsa: Tsa, token: bytes):
    other_nonce = tsa.answer(make_request(NOTE, NONCE + 1))
    assert refusal(lambda: take_answer(other_nonce, NOTE, NONCE, tsa.pinned)) == "timestamp_malformed"
    other_note = tsa.answer(make_request(b"other", NONCE))
    assert refusal(lambda: take_answer(other_note, NOTE, NONCE, tsa.pinned)) == "timestamp_of_other_bytes"
    without = tsa.answer(make_request(NOTE, NONCE)[:-3].replace(b"\x30\x41", b"\x30\x3e", 1))
    refused = tsa.answer(b"\x30\x00")
    assert b"\x02\x01\x02" in refused[:10]
    for answer in (refused, without, token + b"\0", token, b"", b"<html>", bytes(70_000)):
        assert (
            refusal(lambda given=answer: take_answer(given, NOTE, NONCE, tsa.pinned)) == "timestamp_malformed"
        )


def test_another_authority_is_refused_even_by_the_same_name(tsa: Tsa, token: bytes, tmp_path: Path):
    impostor = Tsa.create(tmp_path)
    assert impostor.root.subject == tsa.root.subject
    assert refusal(lambda: check_token(token, NOTE, impostor.pinned)) == "timestamp_authority_unknown"
    assert refusal(lambda: check_token(token, NOTE, ())) == "timestamp_authority_unknown"


@pytest.mark.parametrize(
    ("purposes", "critical"),
    [((), True), (STAMPING, False), ((*STAMPING, ExtendedKeyUsageOID.SERVER_AUTH), True), ((ExtendedKeyUsageOID.CODE_SIGNING,), True)],
)  # fmt: skip
def test_a_certificate_for_something_else_is_refused(tsa: Tsa, token: bytes, purposes: tuple, critical: bool):
    """`openssl ts` signs with none of these, so the token is put together here, with the same key."""
    key = make_key()
    other = make_certificate(
        "tsa", key, (tsa.root, tsa.root_key), purposes=purposes, critical=critical, authority=False
    )
    made = resigned(token, other, key)
    assert refusal(lambda: check_token(made, NOTE, tsa.pinned)) == "timestamp_not_for_stamping"


@pytest.mark.parametrize("days", [(-3, -2), (2, 3)])
def test_a_certificate_that_was_not_valid_then_is_refused(tsa: Tsa, token: bytes, days: tuple[int, int]):
    begins, ends = (NOW + timedelta(days=one) for one in days)
    key = make_key()
    root = (tsa.root, tsa.root_key)
    other = make_certificate("tsa", key, root, purposes=STAMPING, authority=False, begins=begins, ends=ends)
    assert (
        refusal(lambda: check_token(resigned(token, other, key), NOTE, tsa.pinned))
        == "timestamp_out_of_validity"
    )
    expired = make_certificate("tsa root", tsa.root_key, begins=begins, ends=ends)
    assert refusal(lambda: check_token(token, NOTE, (expired,))) == "timestamp_out_of_validity"


def resigned(token: bytes, certificate: Certificate, key: EllipticCurvePrivateKey) -> bytes:
    """The token as the holder of this certificate would have made it."""
    made = certificate.public_bytes(Encoding.DER)
    parsed = parse_token(token)
    named = encode(OCTETS, sha256(made).digest())
    for tag in (SEQUENCE, SEQUENCE, SEQUENCE, SET):
        named = encode(tag, named)
    said = (one.encode() for one in parse_values(parsed.attributes))
    kept = [one for one in said if CERTIFICATE_V2 not in one]
    named = encode(SEQUENCE, CERTIFICATE_V2, named)
    attributes = b"".join(sorted([*kept, named]))
    signer = encode(SEQUENCE, certificate.issuer.public_bytes(), encode_integer(certificate.serial_number))
    (place,) = parse_values(signer)
    signature = key.sign(encode(SET, attributes), ECDSA(SHA256()))
    return format_token(
        replace(parsed, certificates=(made,), signer=place, attributes=attributes, signature=signature)
    )


def test_a_token_put_together_here_holds_when_nothing_is_wrong_with_it(tsa: Tsa, token: bytes):
    key = make_key()
    other = make_certificate("tsa 2", key, (tsa.root, tsa.root_key), purposes=STAMPING, authority=False)
    made = resigned(token, other, key)
    assert check_token(made, NOTE, tsa.pinned).authority == "tsa 2"
    assert tsa.accepts(made, NOTE)


@pytest.mark.parametrize("field", ["content", "attributes", "signature"])
def test_what_is_signed_cannot_be_exchanged(tsa: Tsa, token: bytes, field: str):
    other = parse_token(stamp(tsa))
    mixed = format_token(replace(parse_token(token), **{field: getattr(other, field)}))
    assert refusal(lambda: check_token(mixed, NOTE, tsa.pinned)) == "timestamp_signature_wrong"


def test_no_byte_can_be_changed_added_or_left_out(tsa: Tsa, token: bytes):
    lot = random.Random(3161)
    for place in range(len(token)):
        changed = token[:place] + bytes((token[place] ^ lot.randrange(1, 256),)) + token[place + 1 :]
        assert refusal(lambda data=changed: check_token(data, NOTE, tsa.pinned)).startswith("timestamp_")
    for data in (token + b"\0", token + token, b"\0" + token, bytes(MAX_TOKEN + 1)):
        assert refusal(lambda given=data: check_token(given, NOTE, tsa.pinned)) == "timestamp_malformed"
    for end in range(len(token)):
        assert refusal(lambda cut=token[:end]: check_token(cut, NOTE, tsa.pinned)) == "timestamp_malformed"


def test_a_token_is_over_the_whole_note(tsa: Tsa, token: bytes):
    for note in (NOTE[:-1], NOTE + b"\n", NOTE.upper(), b""):
        assert refusal(lambda given=note: check_token(token, given, tsa.pinned)) == "timestamp_of_other_bytes"


def test_the_vector_holds():
    note, token = (VECTORS / "600.note").read_bytes(), (VECTORS / "600.tst").read_bytes()
    stamped = check_token(token, note, read_authorities([(VECTORS / "root.pem").read_text()]))
    assert f"{stamped.time:%Y-%m-%dT%H:%M:%SZ} {stamped.authority}" == (VECTORS / "told").read_text().strip()


def test_certificates_are_read_or_refused(tsa: Tsa):
    assert read_authorities([pem(tsa.root, tsa.signer)]) == (tsa.root, tsa.signer)
    for text in ("", "x", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"):
        with pytest.raises(UnusableInputError):
            read_authorities([text])
