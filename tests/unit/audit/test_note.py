"""Notes, keys and checkpoints: strict in every place."""

import base64

import pytest

from audit.checkpoint import (
    Checkpoint,
    format_checkpoint,
    is_origin,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from audit.errors import NoteMalformedError, NoteUnverifiedError
from audit.note import MAX_NOTE, VerifierKey, open_note, parse_note
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER

NOTE = sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), SIGNER)
TEXT, _, LINE = NOTE.partition("\n\n")
COSIGNED = NOTE + "— witness.example AAAAAAEC\n"


def test_a_published_key_and_note_hold():
    """The example in the documentation of the Go package golang.org/x/mod/sumdb/note."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ryy"
        "BwJnAM=\n"
    )
    assert open_note(note.encode(), key).signatures[0].name == "PeterNeumann"


def test_a_head_opens_with_its_key_and_beside_cosignatures():
    for note in (NOTE, COSIGNED):
        assert open_checkpoint(note.encode(), KEY) == Checkpoint(ORIGIN, 7, bytes(32))


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        TEXT,
        TEXT + "\n",
        TEXT + "\n\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "junk\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "),
        NOTE.replace("\n", "\r\n"),
        NOTE + "— witness.example AAAAAA==\n",
        NOTE + "— witness.example AAAAAAED=\n",
        NOTE + "— wit+ness AAAAAAEC\n",
        NOTE + "— \n",
        NOTE + LINE,
        NOTE + "— w AAAAAAEC\n" * 64,
        "x" * MAX_NOTE + NOTE,
        NOTE.replace("\n7\n", "\n\x007\n"),
    ],
)
def test_a_malformed_note_is_refused_and_no_line_is_skipped(damaged: str):
    with pytest.raises(NoteMalformedError):
        open_checkpoint(damaged.encode(), KEY)


def test_bytes_that_are_not_utf8_are_refused():
    with pytest.raises(NoteMalformedError):
        parse_note(b"\xff\n\n" + LINE.encode())


def test_spare_bits_of_base64_are_refused():
    """`…A=` and `…B=` decode to the same bytes; only one of them is canonical."""
    last = LINE.rstrip("\n=")[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = LINE.replace(last + "=", alphabet[alphabet.index(last) ^ 1] + "=")
    coded = LINE.split()[2], twin.split()[2]
    assert base64.b64decode(coded[0]) == base64.b64decode(coded[1])
    with pytest.raises(NoteMalformedError):
        open_checkpoint(f"{TEXT}\n\n{twin}".encode(), KEY)


@pytest.mark.parametrize(("old", "reason"), [("\n7\n", "signature_wrong"), ("— xingji", "key_unknown")])
def test_an_unverified_note_says_why(old: str, reason: str):
    with pytest.raises(NoteUnverifiedError, match=reason):
        open_checkpoint(NOTE.replace(old, old.replace("7", "8").replace("x", "y")).encode(), KEY)


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        f"{ORIGIN}\n07\n{'A' * 43}=\n",
        f"{ORIGIN}\n+7\n{'A' * 43}=\n",
        f"{ORIGIN}\n 7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7_0\n{'A' * 43}=\n",
        f"{ORIGIN}\n٧\n{'A' * 43}=\n",
        f"{ORIGIN}\n-7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\nAAAA\n",
        f"{ORIGIN}\n7\n{'A' * 43}=\nextension\n",
        f"Origin\n7\n{'A' * 43}=\n",
    ],
)
def test_a_checkpoint_is_exactly_three_lines(text: str):
    with pytest.raises(NoteMalformedError):
        parse_checkpoint(text)


def test_a_checkpoint_reads_back():
    checkpoint = Checkpoint(ORIGIN, 0, bytes(range(32)))
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY.format() + "\n",
        KEY.format().replace(KEY.key_id, "00000000"),
        KEY.format().replace("+", " "),
        "a+b+c",
        f"{ORIGIN}+{KEY.key_id}+AAAA",
        KEY.format().replace(ORIGIN, "other"),
    ],
)
def test_a_malformed_key_is_refused(text: str):
    with pytest.raises(NoteMalformedError):
        VerifierKey.parse(text)


def test_a_key_reads_back():
    assert VerifierKey.parse(KEY.format()) == KEY


@pytest.mark.parametrize("text", ["", "A", "a b", "a//b", "/a", "a/", "a_b", "a+b", "é", "a" * 201, "a\n"])
def test_what_cannot_name_a_log(text: str):
    assert not is_origin(text)
