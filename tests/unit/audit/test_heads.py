"""Kept heads: a larger one replaces, a smaller one only by an incarnation, which archives what it gives up."""

import resource
import threading
from pathlib import Path

import pytest

from audit.errors import NoteMalformedError
from audit.heads import HeadStore
from tests.unit.audit.kit import ORIGIN, entries, head

HASHES = [entry.hash for entry in entries(9)]


def note(size: int) -> bytes:
    return head(HASHES[:size])


@pytest.fixture
def store(tmp_path: Path) -> HeadStore:
    return HeadStore(tmp_path / "heads")


def test_a_head_is_found_as_it_was_kept_and_for_its_owner_alone(store: HeadStore):
    assert store.find(ORIGIN) is None
    assert store.keep(ORIGIN, note(3), 0)
    assert store.find(ORIGIN) == note(3)
    (file,) = store.directory.glob("*.head")
    assert file.name == "xingji.test_411602.head"
    assert [path.stat().st_mode & 0o777 for path in (store.directory, file)] == [0o700, 0o600]


def test_a_full_disk_leaves_the_head_before_and_nothing_half_written(store: HeadStore):
    store.keep(ORIGIN, note(3), 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            store.keep(ORIGIN, note(5), 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.find(ORIGIN) == note(3)
    assert sorted(path.name for path in store.directory.iterdir()) == [".lock", "xingji.test_411602.head"]
    assert store.keep(ORIGIN, note(5), 3)


def test_a_head_never_gives_way_to_a_smaller_one(store: HeadStore):
    store.keep(ORIGIN, note(5), 0)
    assert not store.keep(ORIGIN, note(4), 0)
    assert not store.keep(ORIGIN, note(5), 0)
    assert store.find(ORIGIN) == note(5)
    assert store.keep(ORIGIN, note(8), 2), "another server has kept 5 since we knew of 2"


def test_a_writer_who_knew_more_leaves_an_incarnated_head_alone(store: HeadStore):
    store.keep(ORIGIN, note(8), 0)
    store.replace(ORIGIN, note(4))
    assert not store.keep(ORIGIN, note(9), 8)
    assert store.find(ORIGIN) == note(4)
    (lost,) = store.directory.glob("*.lost")
    assert lost.name.startswith("xingji.test_411602.8-")
    assert lost.read_bytes() == note(8)


def test_what_is_no_head_is_never_overwritten(store: HeadStore):
    store.keep(ORIGIN, note(3), 0)
    (file,) = store.directory.glob("*.head")
    file.write_bytes(b"damaged")
    with pytest.raises(NoteMalformedError):
        store.keep(ORIGIN, note(4), 3)
    with pytest.raises(NoteMalformedError):
        store.replace(ORIGIN, note(4))
    assert file.read_bytes() == b"damaged"


def test_of_many_writers_the_largest_head_stays(store: HeadStore):
    threads = [threading.Thread(target=store.keep, args=(ORIGIN, note(size), 0)) for size in range(1, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.find(ORIGIN) == note(9)
    assert [path.name for path in store.directory.iterdir() if path.suffix != ".head"] == [".lock"]
