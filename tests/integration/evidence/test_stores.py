"""Both stores keep one promise: a folder, and a bucket of a real S3 server (`rclone serve s3`, which checks signatures)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import obstore
import pytest

from tests.integration.api.kit import make_settings
from xingji.errors import SettingInvalidError
from xingji.evidence.errors import FileMissingError, StoreUnavailableError
from xingji.evidence.incoming import STALE_SECONDS, Incoming
from xingji.evidence.places import incoming_of, open_store
from xingji.evidence.s3 import S3Store, open_bucket
from xingji.evidence.store import DirectoryStore, Store
from xingji.settings import read_settings

KEYS = ("AKIDEXAMPLE", "a secret of the tests")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the endpoint under which its folders are buckets."""
    root = tmp_path_factory.mktemp("s3")
    (root / "bucket").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("rclone")
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "RCLONE_CONFIG": os.devnull}
    server = subprocess.Popen(
        [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", ",".join(KEYS), str(root)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while True:
        assert server.poll() is None and time.monotonic() < deadline
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield root / "bucket", f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(10)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Store, Path]:
    """A store, and the folder where its bytes really lie."""
    if request.param == "folder":
        return DirectoryStore(tmp_path / "store"), tmp_path / "store"
    root, endpoint = request.getfixturevalue("served")
    settings = replace(
        make_settings(tmp_path),
        evidence_url=f"s3://bucket/evidence?endpoint={endpoint}&region=cn-zz",
        evidence_access_key=KEYS[0],
        evidence_secret_key=KEYS[1],
    )
    return open_store(settings), root / "evidence"


def file(folder: Path, data: bytes) -> tuple[Path, bytes]:
    path = folder / "incoming" / str(time.monotonic_ns()) / "file"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return path, hashlib.sha256(data).digest()


async def put(store: Store, path: Path, digest: bytes) -> None:
    async with store.bring(path, digest) as publish:
        await publish()


async def read(found: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in found])


async def test_what_is_put_is_there_until_it_is_removed(store: tuple[Store, Path], tmp_path: Path) -> None:
    kept, lies = store
    data = os.urandom(1_500_000)
    path, digest = file(tmp_path, data)
    assert not await kept.exists(digest)
    with pytest.raises(FileMissingError):
        await read(kept.open(digest))
    await kept.remove(digest)
    await put(kept, path, digest)
    await put(kept, file(tmp_path, data)[0], digest)
    assert [one async for one in kept.kept()] == [digest]
    assert await kept.exists(digest)
    assert await read(kept.open(digest)) == data
    assert (lies / digest.hex()[:2] / digest.hex()).read_bytes() == data
    await kept.remove(digest)
    assert not await kept.exists(digest)


async def test_what_is_brought_and_not_published_is_not_kept(
    store: tuple[Store, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lies = store
    path, digest = file(tmp_path, b"x" * 1000)
    with pytest.raises(OSError, match="elsewhere"):
        async with kept.bring(path, digest):
            raise OSError("elsewhere")
    assert not await kept.exists(digest) and [one async for one in kept.kept()] == []
    if isinstance(kept, S3Store):
        await obstore.put_async(kept._bucket, "incoming/of-a-killed-process", b"x")
        assert await kept.clear_stale() == 0
        monkeypatch.setattr("xingji.evidence.s3.STALE_SECONDS", -5)
    assert await kept.clear_stale() == int(isinstance(kept, S3Store))
    assert list(lies.glob("incoming/*")) == []


async def test_altered_bytes_never_come_out_whole(store: tuple[Store, Path], tmp_path: Path) -> None:
    kept, lies = store
    data = os.urandom(600_000)
    path, digest = file(tmp_path, data)
    await put(kept, path, digest)
    there = lies / digest.hex()[:2] / digest.hex()
    for altered in (data[:-1] + bytes([data[-1] ^ 1]), data[:-1], data + b"x", b""):
        there.write_bytes(altered)
        found = b""
        with pytest.raises((FileMissingError, StoreUnavailableError)):
            async for chunk in kept.open(digest):
                found += chunk
        assert len(found) < len(data)
    await kept.remove(digest)


async def test_a_wrong_key_and_a_dead_server_are_refusals(served: tuple[Path, str], tmp_path: Path) -> None:
    _, endpoint = served
    path, digest = file(tmp_path, b"x")
    url = f"s3://bucket?endpoint={endpoint}"
    for bucket in (
        open_bucket(url, KEYS[0], "wrong"),
        open_bucket("s3://b?endpoint=http://127.0.0.1:1", *KEYS),
    ):
        for attempt in (put(bucket, path, digest), bucket.exists(digest), bucket.remove(digest)):
            with pytest.raises(StoreUnavailableError):
                await attempt
        with pytest.raises(StoreUnavailableError):
            await read(bucket.open(digest))


def test_settings_name_the_store(tmp_path: Path) -> None:
    for name, text in (("a", KEYS[0]), ("s", KEYS[1])):
        (tmp_path / name).write_text(text + "\n")
    environ = {
        "XINGJI_HOME": str(tmp_path),
        "XINGJI_EVIDENCE_ACCESS_KEY_FILE": str(tmp_path / "a"),
        "XINGJI_EVIDENCE_SECRET_KEY_FILE": str(tmp_path / "s"),
    }
    settings = read_settings(environ)
    assert (settings.evidence_access_key, settings.evidence_secret_key) == KEYS
    assert KEYS[1] not in repr(settings)
    assert isinstance(open_store(settings), DirectoryStore)
    assert isinstance(open_store(read_settings({**environ, "XINGJI_EVIDENCE_URL": "s3://b/p"})), S3Store)
    elsewhere = open_store(read_settings({**environ, "XINGJI_EVIDENCE_URL": str(tmp_path / "x")}))
    assert isinstance(elsewhere, DirectoryStore) and elsewhere.root == tmp_path / "x"
    assert (
        incoming_of(read_settings({**environ, "XINGJI_EVIDENCE_URL": str(tmp_path / "x")})).parent
        == tmp_path / "x"
    )
    for url in ("s3://", "s3://b?x=1", "ftp://x", "s3://key@b"):
        with pytest.raises(SettingInvalidError):
            open_store(read_settings({**environ, "XINGJI_EVIDENCE_URL": url}))
    with pytest.raises(SettingInvalidError):
        open_store(read_settings({"XINGJI_EVIDENCE_URL": "s3://b"}))
    for size in ("0", "x", "-1", "1001"):
        with pytest.raises(SettingInvalidError):
            read_settings({"XINGJI_EVIDENCE_MB": size})


async def test_what_a_killed_process_left_is_cleared_once_it_is_old(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "incoming")
    old, young = tmp_path / "incoming" / "old", tmp_path / "incoming" / "young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
    past = time.time() - STALE_SECONDS - 1
    os.utime(old, (past, past))
    assert incoming.clear_stale() == 1 and not old.exists() and young.exists()
    with pytest.raises(asyncio.CancelledError):
        async with incoming.folder() as folder:
            (folder / "file").write_bytes(b"x")
            raise asyncio.CancelledError
    assert not folder.exists()
