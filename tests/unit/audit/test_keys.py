"""Key files: encrypted, private, never overwritten."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from audit.errors import KeyExistsError, KeyMissingError, KeyUnreadableError
from audit.keys import FileKeyStore

ORIGIN = "xingji.test/411602"


def test_a_key_is_read_back_by_another_process_and_signs_alike(tmp_path: Path):
    made = FileKeyStore(tmp_path / "keys", b"secret").create(ORIGIN)
    store = FileKeyStore(tmp_path / "keys", b"secret")
    read = store.get(ORIGIN)
    assert read.sign(b"m") == made.sign(b"m")
    assert read.verifier_key.holds(b"m", made.sign(b"m"))
    assert store.get(ORIGIN) is read


def test_the_file_is_private_and_encrypted(tmp_path: Path):
    FileKeyStore(tmp_path / "keys", b"secret").create(ORIGIN)
    (path,) = (tmp_path / "keys").iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == ("xingji.test_411602.pem", 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_a_key_is_never_overwritten(tmp_path: Path):
    first = FileKeyStore(tmp_path, b"secret").create(ORIGIN)
    with pytest.raises(KeyExistsError):
        FileKeyStore(tmp_path, b"secret").create(ORIGIN)
    assert FileKeyStore(tmp_path, b"secret").get(ORIGIN).public_key == first.public_key
    assert len(list(tmp_path.iterdir())) == 1


def test_a_missing_key_is_none_or_refused(tmp_path: Path):
    store = FileKeyStore(tmp_path, b"secret")
    assert store.find(ORIGIN) is None
    with pytest.raises(KeyMissingError):
        store.get(ORIGIN)


@pytest.mark.parametrize("damage", ["passphrase", "bytes", "mode", "algorithm"])
def test_an_unusable_key_is_refused(tmp_path: Path, damage: str):
    FileKeyStore(tmp_path, b"secret").create(ORIGIN)
    (path,) = tmp_path.iterdir()
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:100])
    if damage == "mode":
        path.chmod(0o644)
    if damage == "algorithm":
        other = generate_private_key(SECP256R1())
        path.write_bytes(
            other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        )
    with pytest.raises(KeyUnreadableError):
        FileKeyStore(tmp_path, b"wrong" if damage == "passphrase" else b"secret").get(ORIGIN)


@pytest.mark.parametrize("origin", ["../x", "a_b", ""])
def test_only_an_origin_names_a_key(tmp_path: Path, origin: str):
    with pytest.raises(KeyUnreadableError):
        FileKeyStore(tmp_path, b"secret").create(origin)


def test_neither_passphrase_nor_keys_show_in_a_repr(tmp_path: Path):
    assert "secret" not in repr(FileKeyStore(tmp_path, b"secret"))
