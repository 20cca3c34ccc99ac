"""The vault: files of the right mode, keys bound to their place, rotation, and a memory with bounds."""

import json
import resource
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from tenancy.errors import UnopenableError, VaultError
from tenancy.vault import FileVault, RememberingVault, Wrapped, seal, unseal

SUBJECT, OTHER = UUID(int=1), UUID(int=2)
KEY = bytes(range(32))


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    return FileVault(tmp_path / "vault", lambda: [b"secret"])


def files(vault: FileVault) -> list[Path]:
    return sorted(vault.folder.glob("*/*"))


def test_a_key_comes_back_in_another_process(vault: FileVault) -> None:
    wrapped = vault.wrap(3, SUBJECT, KEY)
    assert KEY not in wrapped.sealed
    assert FileVault(vault.folder, lambda: [b"secret"]).unwrap(3, SUBJECT, wrapped) == KEY


def test_files_are_private_and_hold_no_key_in_the_clear(vault: FileVault) -> None:
    vault.wrap(3, SUBJECT, KEY)
    (kek,) = vault._loaded.values()
    (file,) = files(vault)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == vault.folder.stat().st_mode & 0o777 == 0o700
    assert kek.hex() not in file.read_text() and kek not in file.read_bytes()


def test_tenants_have_keys_of_their_own(vault: FileVault) -> None:
    assert vault.wrap(3, SUBJECT, KEY).kek_id != vault.wrap(4, SUBJECT, KEY).kek_id
    assert [file.parent.name for file in files(vault)] == ["3", "4"]


def test_a_key_moved_or_changed_does_not_unwrap(vault: FileVault) -> None:
    wrapped, later = vault.wrap(3, SUBJECT, KEY), vault.rotate(3)
    vault.wrap(4, SUBJECT, KEY)
    broken = wrapped.sealed[:-1] + bytes([wrapped.sealed[-1] ^ 1])
    for tenant, subject, moved in (
        (4, SUBJECT, wrapped),
        (3, OTHER, wrapped),
        (3, SUBJECT, replace(wrapped, kek_id=later)),
        (3, SUBJECT, replace(wrapped, sealed=broken)),
        (3, SUBJECT, replace(wrapped, sealed=b"")),
        (3, SUBJECT, replace(wrapped, kek_id=f"../3/{wrapped.kek_id}")),
    ):
        with pytest.raises(UnopenableError):
            vault.unwrap(tenant, subject, moved)
    assert vault.unwrap(3, SUBJECT, wrapped) == KEY


@pytest.mark.parametrize("passphrase", [b"", b"another"])
def test_another_passphrase_opens_nothing(vault: FileVault, passphrase: bytes) -> None:
    wrapped = vault.wrap(3, SUBJECT, KEY)
    with pytest.raises(VaultError, match="passphrase"):
        FileVault(vault.folder, lambda: [passphrase]).unwrap(3, SUBJECT, wrapped)


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"kek":1,"salt":"00"}', '{"kek":"00","salt":"00"}'])
def test_a_damaged_file_is_named(vault: FileVault, damage: str) -> None:
    wrapped = vault.wrap(3, SUBJECT, KEY)
    files(vault)[0].write_text(damage)
    with pytest.raises(VaultError, match=wrapped.kek_id):
        FileVault(vault.folder, lambda: [b"secret"]).unwrap(3, SUBJECT, wrapped)


def test_a_file_that_others_may_read_is_refused(vault: FileVault) -> None:
    wrapped = vault.wrap(3, SUBJECT, KEY)
    files(vault)[0].chmod(0o640)
    with pytest.raises(VaultError, match="others may read"):
        FileVault(vault.folder, lambda: [b"secret"]).unwrap(3, SUBJECT, wrapped)


def test_a_file_renamed_to_another_key_does_not_open(vault: FileVault) -> None:
    wrapped, second = vault.wrap(3, SUBJECT, KEY), vault.rotate(3)
    first_file, second_file = files(vault)
    told = json.loads(first_file.read_text())
    second_file.write_text(json.dumps(told))
    with pytest.raises(VaultError):
        FileVault(vault.folder, lambda: [b"secret"]).unwrap(3, SUBJECT, replace(wrapped, kek_id=second))


def test_another_process_wraps_under_the_new_key_and_opens_the_old(vault: FileVault) -> None:
    server = FileVault(vault.folder, lambda: [b"secret"])
    old = server.wrap(3, SUBJECT, KEY)
    new = vault.rotate(3)
    assert server.wrap(3, SUBJECT, KEY).kek_id == new != old.kek_id
    assert server.unwrap(3, SUBJECT, old) == KEY


def test_what_is_forgotten_opens_no_more(vault: FileVault) -> None:
    first = vault.wrap(3, SUBJECT, KEY)
    second = replace(first, kek_id=vault.rotate(3))
    vault.forget(3, {first.kek_id, second.kek_id})
    assert vault.unwrap(3, SUBJECT, first) == KEY
    third = vault.rotate(3)
    vault.forget(3, {second.kek_id, third})
    assert [file.stem for file in files(vault)] == [second.kek_id, third]
    with pytest.raises(UnopenableError):
        vault.unwrap(3, SUBJECT, first)


def test_a_value_sealed_twice_looks_different_and_opens_once_bound() -> None:
    sealed = seal(KEY, b"value", b"place")
    assert sealed != seal(KEY, b"value", b"place")
    assert unseal(KEY, sealed, b"place") == b"value"
    with pytest.raises(UnopenableError):
        unseal(KEY, sealed, b"elsewhere")


class Counting:
    """A vault that unwraps anything, and counts."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []

    def wrap(self, tenant_id: int, subject_id: UUID, key: bytes) -> Wrapped:
        return Wrapped("kek", key)

    def unwrap(self, tenant_id: int, subject_id: UUID, wrapped: Wrapped) -> bytes:
        self.asked.append(subject_id)
        return wrapped.sealed


def test_memory_is_bounded_in_size_and_time() -> None:
    behind, now = Counting(), [0.0]
    vault = RememberingVault(behind, size=2, seconds=10, clock=lambda: now[0])
    subjects = [UUID(int=n) for n in range(3)]
    for subject in (*subjects, *subjects[1:]):
        assert vault.unwrap(3, subject, Wrapped("kek", KEY)) == KEY
    assert behind.asked == subjects
    vault.unwrap(3, subjects[0], Wrapped("kek", KEY))
    assert behind.asked == [*subjects, subjects[0]]
    now[0] = 10
    vault.unwrap(3, subjects[0], Wrapped("kek", KEY))
    assert behind.asked[-2:] == [subjects[0], subjects[0]] and len(vault._known) == 1


def test_memory_does_not_answer_for_another_row() -> None:
    behind = Counting()
    vault = RememberingVault(behind)
    vault.unwrap(3, SUBJECT, Wrapped("kek", KEY))
    for tenant, subject, wrapped in (
        (4, SUBJECT, Wrapped("kek", KEY)),
        (3, OTHER, Wrapped("kek", KEY)),
        (3, SUBJECT, Wrapped("kek", bytes(32))),
        (3, SUBJECT, Wrapped("other", KEY)),
    ):
        vault.unwrap(tenant, subject, wrapped)
    assert len(behind.asked) == 5


def test_a_full_disk_leaves_no_half_written_key(vault: FileVault) -> None:
    vault.wrap(3, SUBJECT, KEY)
    before = files(vault)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            vault.rotate(3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(vault) == before
