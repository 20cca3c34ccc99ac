"""A signature has one verdict, with libsodium and without: also where the two libraries differ."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.ed25519 import is_signed_by_openssl, with_libsodium
from tests.unit.audit.kit import SIGNER

QUICK = with_libsodium(is_signed_by_openssl)
ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL = [  # points of small order, and one that is not canonically written
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@pytest.mark.parametrize("key", SMALL)
@pytest.mark.parametrize("point", SMALL)
def test_points_of_small_order_have_one_verdict(key: bytes, point: bytes):
    for message in (b"", b"a", b"b", b"c", b"d"):
        signature = point + bytes(32)
        assert QUICK(key, message, signature) == is_signed_by_openssl(key, message, signature)


def test_openssl_alone_takes_a_key_of_small_order_and_the_verdict_is_its():
    key = b"\x01" + bytes(31)
    assert is_signed_by_openssl(key, b"anything", key + bytes(32))
    assert QUICK(key, b"anything", key + bytes(32))


def test_a_second_spelling_of_a_signature_is_refused_by_both():
    message = b"message"
    signature = SIGNER.sign(message)
    second = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    for check in (QUICK, is_signed_by_openssl):
        assert check(SIGNER.public_key, message, signature)
        assert not check(SIGNER.public_key, message, second)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.integers(0, 63), st.integers(0, 255))
def test_changed_signatures_have_one_verdict(seed: bytes, message: bytes, place: int, change: int):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = bytearray(key.sign(message))
    signature[place] ^= change
    public = key.public_key().public_bytes_raw()
    found = QUICK(public, message, bytes(signature))
    assert found == is_signed_by_openssl(public, message, bytes(signature)) == (change == 0)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_signs_nothing(size: int):
    for check in (QUICK, is_signed_by_openssl):
        assert not check(bytes(size), b"", bytes(64))
        assert not check(bytes(32), b"", bytes(size))
