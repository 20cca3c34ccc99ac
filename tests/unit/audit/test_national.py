"""SM2 beside Ed25519: the standard's sample, OpenSSL's opinion, and a log from which nobody can leave it away."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from audit import national
from audit.canonical import encode
from audit.entry import Entry, parse_entry, seal
from audit.errors import EntryMalformedError, KeyUnreadableError, NationalMissingError
from audit.head import Head
from audit.keys import FileKeyStore
from audit.ledger import seal_batch
from audit.national import IDENTITY, NationalKey, NationalSigner, draft_suite
from audit.national_keys import NationalKeys
from audit.tree import Frontier
from audit.verdict import Verdict
from audit.verify import verify_log
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, START, draft, entries, head, write_log

# GB/T 32918.5-2017, annex A: the recommended curve's keys, message and signature.
PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
SM2 = NationalSigner(NationalKey(ORIGIN, PUBLIC), PRIVATE)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""What DER puts before x || y: id-ecPublicKey on the curve 1.2.156.10197.1.301."""


def pem(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False, timeout=20)


def dual(size: int, at: int = 2) -> list[Entry]:
    """A log that declares the suite at entry `at`, through the very code that the server seals by."""

    class Both:
        origin, key_id, public_key = SIGNER.origin, SIGNER.key_id, SIGNER.public_key
        sign = staticmethod(SIGNER.sign)

        @staticmethod
        def find_national(key: NationalKey) -> NationalSigner | None:
            return SM2 if key == SM2.key else None

    before = entries(at)
    last = Head(1, ORIGIN, before[-1].hash, Frontier().extend(one.hash for one in before))
    declared = draft_suite(last, SM2.key, draft(1).actor.id, START)
    _, sealed = seal_batch(last, Both(), (declared, *map(draft, range(at + 1, size))))
    return [*before, *sealed]


def write(folder: Path, chain: list[Entry]) -> Path:
    return write_log(folder, [one.leaf for one in chain], head([one.hash for one in chain]))


def judge(folder: Path, chain: list[Entry]) -> Verdict:
    return verify_log(write(folder, chain), KEY)


def again(chain: list[Entry], seq: int, alter: Callable[[Entry], Entry]) -> list[Entry]:
    """The log with one entry altered and all behind it chained anew: the Ed25519 key is in the forger's hands."""
    made, prev = chain[:seq], chain[seq - 1].hash
    for number, one in enumerate(chain[seq:], seq):
        made.append(alter(one) if number == seq else seal(one.draft, ORIGIN, number, prev, SIGNER, SM2))
        prev = made[-1].hash
    return made


def test_the_standard_s_sample_holds_and_another_message_does_not() -> None:
    assert SM2.key.holds(b"message digest", SIGNATURE)
    assert not SM2.key.holds(b"message digesu", SIGNATURE)
    assert not SM2.key.holds(b"message digest", bytes(64))
    assert not SM2.key.holds(b"message digest", SIGNATURE[:-1] + b"\0")
    assert SM2.key.holds(b"x", SM2.sign(b"x")) and len(SM2.sign(b"x")) == 64
    assert SM2.sign(b"x") != SM2.sign(b"x"), "the nonce is fresh"
    assert not NationalKey(ORIGIN, bytes(64)).holds(b"x", SM2.sign(b"x"))


def test_openssl_agrees_both_ways(tmp_path: Path) -> None:
    message, public, signature = tmp_path / "m", tmp_path / "pub", tmp_path / "sig"
    message.write_bytes(b"message digest")
    public.write_text(pem("PUBLIC KEY", SPKI + PUBLIC))
    how = ("-in", str(message), "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{IDENTITY.decode()}")
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-sigfile", str(signature), *how)
    for one in (SIGNATURE, SM2.sign(b"message digest")):
        r, s = (int.from_bytes(half) for half in (one[:32], one[32:]))
        signature.write_bytes(encode_dss_signature(r, s))
        assert openssl(*verify).returncode == 0
    message.write_bytes(b"message digesu")
    assert openssl(*verify).returncode != 0
    key = tmp_path / "key"
    assert openssl("genpkey", "-algorithm", "SM2", "-out", str(key)).returncode == 0
    theirs = openssl("pkey", "-in", str(key), "-pubout", "-outform", "DER").stdout[-64:]
    made = openssl("pkeyutl", "-sign", "-inkey", str(key), "-out", str(signature), *how)
    assert made.returncode == 0, made.stderr
    r, s = national.decode_dss_signature(signature.read_bytes())
    assert NationalKey(ORIGIN, theirs).holds(message.read_bytes(), r.to_bytes(32) + s.to_bytes(32))


def test_every_entry_from_the_declaration_on_carries_both(tmp_path: Path) -> None:
    chain = dual(6)
    verdict = judge(tmp_path, chain)
    assert (verdict.ok, verdict.sm2_checked) == (True, True), verdict
    assert [one.sm2 is not None for one in chain] == [False, False, True, True, True, True]
    for one in chain:
        body = orjson.loads(one.leaf)["body"]
        assert body["suite"] == ("ed25519-sha256" if one.sm2 is None else "ed25519-sha256+sm2-sm3")
        assert parse_entry(one.leaf) == replace(one, draft=parse_entry(one.leaf).draft)


def forged(one: Entry, sm2: NationalSigner | None) -> Entry:
    return seal(one.draft, ORIGIN, one.seq, one.prev, SIGNER, sm2)


class _Wrong:
    """Names the declared key and signs something else."""

    key = SM2.key

    @staticmethod
    def sign(message: bytes) -> bytes:
        return SM2.sign(message + b" ")


@pytest.mark.parametrize(
    ("seq", "alter", "code"),
    [
        (4, lambda one: forged(one, None), "suite_downgraded"),
        (2, lambda one: forged(one, None), "suite_downgraded"),
        (4, lambda one: forged(one, _Wrong()), "sm2_altered"),
        (2, lambda one: forged(one, _Wrong()), "sm2_altered"),
        (4, lambda one: forged(one, NationalSigner.generate(ORIGIN)), "sm2_key_unknown"),
        (1, lambda one: forged(one, SM2), "suite_undeclared"),
        (
            2,
            lambda one: forged(replace(one, draft=replace(one.draft, intent={"arguments": "0" * 64})), SM2),
            "suite_wrong",
        ),
    ],
)
def test_who_leaves_it_away_or_forges_it_is_refuted_though_ed25519_holds(
    tmp_path: Path, seq: int, alter: Callable[[Entry], Entry], code: str
) -> None:
    found = judge(tmp_path, again(dual(6), seq, alter))
    assert (found.ok, found.code, found.seq) == (False, code, seq)


@pytest.mark.parametrize(
    ("suite", "sm2"),
    [
        ("ed25519-sha256", {"key": "0" * 8, "sig": base64.b64encode(SIGNATURE).decode()}),
        ("ed25519-sha256+sm2-sm3", None),
        ("ed25519-sha256+sm2-sm3", {"key": "0" * 8}),
        ("ed25519-sha256+sm2-sm3", {"key": "0" * 8, "sig": "AAAA"}),
        ("ed25519-sha256+sm2-sm3", {"key": "0" * 8, "sig": base64.b64encode(SIGNATURE).decode(), "x": 1}),
        ("ed25519-sha256+sm2-sm3", "AAAA"),
        ("sm2-sm3", {"key": "0" * 8, "sig": base64.b64encode(SIGNATURE).decode()}),
    ],
)
def test_suite_and_signatures_belong_together(suite: str, sm2: object) -> None:
    whole = orjson.loads(entries(1)[0].leaf)
    whole["body"]["suite"] = suite
    if sm2 is not None:
        whole["server_sig"]["sm2"] = sm2
    with pytest.raises(EntryMalformedError):
        parse_entry(encode(whole))


def test_without_the_extra_everything_else_is_verified_and_it_says_so(tmp_path: Path) -> None:
    write(tmp_path / "log", dual(6))
    write(tmp_path / "cut", again(dual(6), 4, lambda one: forged(one, None)))
    (tmp_path / "gmssl_pyx.py").write_text("raise ImportError('not installed')")
    program = (
        "import sys; from pathlib import Path; from audit.note import VerifierKey; from audit.verify import verify_log\n"
        "assert 'gmssl_pyx' not in sys.modules\n"
        "for name in ('log', 'cut'):\n"
        "    found = verify_log(Path(sys.argv[1]) / name, VerifierKey.parse(sys.argv[2]))\n"
        "    print(found.code, found.sm2_checked, 'SM2 signatures were NOT checked' in found.en)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), KEY.format()],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}"},
    )
    assert ran.stdout.splitlines() == ["verified False True", "suite_downgraded None False"], ran


def test_keys_are_kept_sealed_and_found_by_the_log_s_word(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path, b"secret")
    signer, made = store.create(ORIGIN), store.nationals.create(ORIGIN)
    assert signer.find_national(made.key) == made and repr(made.private_key) not in repr(made)
    assert signer.find_national(SM2.key) is None
    (path,) = tmp_path.glob("*.sm2")
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.private_key.hex() not in path.read_text() and made.key.key_id in path.name
    with pytest.raises(KeyUnreadableError):
        NationalKeys(tmp_path, b"other").find(made.key)
    last = Head(1, ORIGIN, bytes(32), Frontier(), national=SM2.key.public_key)
    with pytest.raises(NationalMissingError):
        seal_batch(last, signer, (draft(1),))
