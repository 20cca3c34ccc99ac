"""Commitments open with their salt and field alone."""

import hashlib
import hmac

import pytest

from audit.commitment import commit, opens

SALT = bytes(range(32))


def test_a_commitment_is_the_hmac_of_field_and_value():
    text = b"xingji-commitment-1\0phone\0" + b"0394"
    assert commit("phone", b"0394", SALT) == hmac.new(SALT, text, hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("field", "value", "salt"),
    [("fax", b"0394", SALT), ("phone", b"0395", SALT), ("phone", b"0394", bytes(32))],
)
def test_another_field_value_or_salt_does_not_open_it(field: str, value: bytes, salt: bytes):
    commitment = commit("phone", b"0394", SALT)
    assert opens(commitment, "phone", b"0394", SALT)
    assert not opens(commitment, field, value, salt)


@pytest.mark.parametrize(
    ("field", "salt"), [("phone", b""), ("phone", bytes(31)), ("", SALT), ("a\0b", SALT)]
)
def test_a_short_salt_or_an_ambiguous_field_is_refused(field: str, salt: bytes):
    with pytest.raises(ValueError):
        commit(field, b"", salt)
