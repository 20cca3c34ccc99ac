"""A witness's word: the specification's own example, and everything that must not pass for one."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.cosignature import (
    LATEST,
    WitnessKey,
    check_quorum,
    check_witnesses,
    cosign,
    find_cosignature,
)
from audit.errors import NoteMalformedError, NoteUnverifiedError, QuorumMissingError, UnusableInputError
from audit.keys import Ed25519Signer
from audit.note import Note, NoteSignature, VerifierKey, encode_base64, format_note, parse_note

TEXT = "xingji.example/411602\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def witness(number: int) -> Ed25519Signer:
    return Ed25519Signer(
        f"witness.example/w{number}", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    )


def key_of(signer: Ed25519Signer) -> WitnessKey:
    return WitnessKey(signer.origin, signer.public_key)


def test_a_cosignature_opens_and_says_when() -> None:
    one = witness(1)
    note = parse_note(format_note(Note(TEXT, (cosign(TEXT, one, 1_679_315_147),))).encode())
    found = find_cosignature(note, key_of(one))
    assert found is not None
    assert (found.witness, found.time) == (key_of(one), 1_679_315_147)
    line = note.signatures[0]
    signed = f"cosignature/v1\ntime 1679315147\n{TEXT}".encode()
    assert VerifierKey(one.origin, one.public_key).holds(signed, line.signature[8:])
    assert line.signature[:8] == (1_679_315_147).to_bytes(8, "big")


def test_a_key_reads_back_and_is_not_a_log_key() -> None:
    key = key_of(witness(1))
    assert WitnessKey.parse(key.format()) == key
    with pytest.raises(NoteMalformedError):
        VerifierKey.parse(key.format())
    with pytest.raises(NoteMalformedError):
        WitnessKey.parse(VerifierKey(key.name, key.public_key).format())
    with pytest.raises(NoteMalformedError):
        WitnessKey.parse(key.format().replace("w1", "w2"))


@pytest.mark.parametrize("byte", range(0, 72, 7))
def test_a_changed_byte_refuses(byte: int) -> None:
    line = cosign(TEXT, witness(1), 1_679_315_147)
    wrong = bytearray(line.signature)
    wrong[byte] ^= 1
    with pytest.raises((NoteUnverifiedError, NoteMalformedError)):
        find_cosignature(Note(TEXT, (replace(line, signature=bytes(wrong)),)), key_of(witness(1)))


def test_another_text_or_the_log_signature_of_the_same_key_is_no_cosignature() -> None:
    one = witness(1)
    line = cosign(TEXT, one, 5)
    with pytest.raises(NoteUnverifiedError):
        find_cosignature(Note(TEXT.replace("\n3\n", "\n4\n"), (line,)), key_of(one))
    plain = replace(line, signature=line.signature[:8] + one.sign(TEXT.encode()))
    with pytest.raises(NoteUnverifiedError):
        find_cosignature(Note(TEXT, (plain,)), key_of(one))


@pytest.mark.parametrize("length", [1, 64, 71, 73])
def test_another_length_is_malformed(length: int) -> None:
    line = NoteSignature("witness.example/w1", key_of(witness(1)).key_hash, bytes(length))
    with pytest.raises(NoteMalformedError):
        find_cosignature(Note(TEXT, (line,)), key_of(witness(1)))


def test_a_time_past_the_last_is_malformed() -> None:
    line = cosign(TEXT, witness(1), LATEST + 1)
    with pytest.raises(NoteMalformedError):
        find_cosignature(Note(TEXT, (line,)), key_of(witness(1)))


def test_a_witness_that_signs_twice_is_malformed() -> None:
    lines = (cosign(TEXT, witness(1), 5), cosign(TEXT, witness(1), 6))
    with pytest.raises(NoteMalformedError):
        find_cosignature(Note(TEXT, lines), key_of(witness(1)))


def test_a_quorum_counts_known_witnesses_only() -> None:
    note = Note(TEXT, tuple(cosign(TEXT, witness(number), 5) for number in (1, 2, 9)))
    known = [key_of(witness(number)) for number in (1, 2, 3)]
    assert [one.witness for one in check_quorum(note, known, 2)] == known[:2]
    with pytest.raises(QuorumMissingError):
        check_quorum(note, known, 3)
    assert check_quorum(Note(TEXT, ()), [], 0) == ()


def test_one_key_under_two_names_is_no_policy() -> None:
    one = key_of(witness(1))
    for others, quorum in (([replace(one, name="other.example/w")], 1), ([one], 1), ([], 2), ([], -1)):
        with pytest.raises(UnusableInputError):
            check_witnesses([one, *others], quorum)


def test_the_specification_s_key_hash() -> None:
    """C2SP tlog-cosignature shows this line: its name, hash and time hold together in our format."""
    shown = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    note = parse_note(f"{TEXT}\n— witness.example.com/w1 {shown}\n".encode())
    line = note.signatures[0]
    assert encode_base64(line.key_hash + line.signature) == shown
    assert (len(line.signature), int.from_bytes(line.signature[:8], "big")) == (72, 1_679_315_147)
