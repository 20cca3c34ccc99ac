"""A backup: one folder that holds everything of an installation but what opens it.

    DIR/manifest.json       format, time, revision, versions, and the SHA-256 of every other file
    DIR/database.dump       pg_dump's custom format, of one snapshot
    DIR/heads/*.head        the signed heads of that very snapshot
    DIR/home/…              keys, tokens, vault, programmes, standards, evidence, as far as they are there

Files come behind the rows, so every row's file is in it; files on their way, and what is removed meanwhile, is of no row. Evidence in a
bucket is the bucket's own to keep.

Signing keys and vault stay encrypted, and the passphrases that open them (`secrets/` in the home) are not in the backup: keep them elsewhere.
Everything is for its owner alone. A backup appears under its name when it is whole, and none is ever overwritten.

The rows are read by a role that sees all of them; under row-level security pg_dump refuses any other. Restoring is the schema's
owner's: the dump loads its rows before it switches row-level security on.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from audit.checkpoint import open_checkpoint
from audit.errors import NoteMalformedError, NoteUnverifiedError, SignerRetiredError, SigningRefusedError
from audit.guard import Guard, check_head
from audit.head import Head, sign_head
from audit.heads import HeadStore
from audit.keys import FileKeyStore
from audit.tree import Frontier
from certification.shelf import PROGRAMMES, STANDARDS
from xingji.errors import BackupBrokenError, BackupExistsError, RestoreRefusedError
from xingji.evidence.places import open_store
from xingji.evidence.store import DirectoryStore
from xingji.postgres.tools import get_tool, run_tool
from xingji.settings import Settings

FORMAT: Final = "xingji-backup-1"
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
HEADS: Final = "heads"
HOME: Final = "home"
KEYS: Final = "keys"
PARTS: Final = (KEYS, "tokens", "vault", PROGRAMMES.name, STANDARDS.name)
"""What is copied of the home, where it is there."""
EVIDENCE: Final = "evidence"
_HEADS: Final = (
    "SELECT tenant_id, origin, size, head, frontier, recorded_at, key_id FROM ledger_heads ORDER BY tenant_id"
)
_TABLES: Final = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"


def find_parts(settings: Settings) -> dict[str, Path]:
    """The folders beside the database, by their names in a backup."""
    parts, store = {part: settings.home / part for part in PARTS}, open_store(settings)
    return {**parts, EVIDENCE: store.root} if isinstance(store, DirectoryStore) else parts


def make_backup(
    url: str, parts: Mapping[str, Path], keys: FileKeyStore, kept: HeadStore, directory: Path, now: datetime
) -> dict[str, Any]:
    """Make one; returns its manifest. `url` is of a role that reads every row. Raises BackupExistsError, ToolFailedError.

    A head that does not grow from the `kept` one, or wants another key, is not signed, and its origin told as `unsigned`.
    """
    directory = directory.absolute()
    if directory.exists():
        raise BackupExistsError(directory=directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = directory.parent / f".{directory.name}-{secrets.token_hex(8)}"
    fresh.mkdir(mode=0o700)
    try:
        facts = asyncio.run(_dump(url, fresh, keys, kept))
        for part, folder in parts.items():
            if folder.is_dir():
                on_its_way = shutil.ignore_patterns("incoming", ".*")
                shutil.copytree(folder, fresh / HOME / part, ignore=on_its_way, copy_function=_copy)
        _make_private(fresh)
        files = {name: _digest(fresh / name) for name in _files(fresh)}
        manifest = {"format": FORMAT, "made_at": now.isoformat(), **facts, "files": files}
        _write(fresh / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n")
        _make_private(fresh)
        _sync(fresh)
        if directory.exists():
            raise BackupExistsError(directory=directory)
        fresh.rename(directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a backup every file of which is as it was made. Raises BackupBrokenError."""
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST).read_bytes())
        files: dict[str, str] = manifest["files"]
        if manifest["format"] != FORMAT or DUMP not in files:
            raise BackupBrokenError(directory=directory, reason=f"not {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupBrokenError(directory=directory, reason=f"{MANIFEST}: {error}") from error
    found = set(_files(directory)) - {MANIFEST}
    for name in sorted(found ^ files.keys()):
        raise BackupBrokenError(
            directory=directory, reason=f"{name}: {'extra' if name in found else 'missing'}"
        )
    for name, digest in files.items():
        if _digest(directory / name) != digest:
            raise BackupBrokenError(directory=directory, reason=f"{name}: changed")
    return manifest


def restore_backup(
    url: str,
    folders: Mapping[str, Path],
    store: HeadStore,
    directory: Path,
    keys: FileKeyStore | None,
    *,
    replace: bool,
) -> tuple[str, ...]:
    """Put a backup back, as the owner of the schema; returns the origins whose kept head says more than the backup.

    With `replace` the tables go, and folders make way into `replaced-…` beside them. A kept head is never touched; where none is kept,
    the backup's is. `keys` are those of the home, if they can be opened: one that signed its log's kept head stays, since the backup's
    may be from before a change of keys. Raises BackupBrokenError before anything is changed, RestoreRefusedError, ToolFailedError.
    """
    manifest = read_manifest(directory)
    parts = {part: folder for part, folder in folders.items() if (directory / HOME / part).is_dir()}
    filled = [folder for folder in parts.values() if folder.is_dir() and any(folder.iterdir())]
    if filled and not replace:
        raise RestoreRefusedError(what=filled[0])
    major = asyncio.run(_make_room(url, replace=replace))
    tool, _ = get_tool("pg_restore", max(major, manifest["pg_dump"]), os.environ)
    run_tool(tool, url, ["--no-owner", "--single-transaction", "--exit-on-error", str(directory / DUMP)])
    aside = f"replaced-{secrets.token_hex(4)}"
    for part, folder in parts.items():
        fresh = folder.parent / aside / f"{part}.fresh"
        fresh.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copytree(directory / HOME / part, fresh)
        if part == KEYS and keys is not None:
            _keep_keys(FileKeyStore(fresh, keys.passphrase), keys, store, manifest["heads"])
        _make_private(fresh)
        if folder.is_dir():
            folder.rename(folder.parent / aside / part)
        fresh.rename(folder)
        with suppress(OSError):
            (folder.parent / aside).rmdir()  # nothing made way
    return _keep_heads(store, directory, manifest["heads"])


async def _make_room(url: str, *, replace: bool) -> int:
    """An empty schema; returns the server's version. Raises RestoreRefusedError."""
    owner = await asyncpg.connect(url)
    try:
        if await owner.fetchval(_TABLES):
            if not replace:
                raise RestoreRefusedError(what="the database")
            await owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return int(owner.get_server_version().major)
    finally:
        await owner.close()


async def _dump(url: str, fresh: Path, keys: FileKeyStore, kept: HeadStore) -> dict[str, Any]:
    """The rows and the heads of one snapshot, which stands while pg_dump reads."""
    conn = await asyncpg.connect(url)
    try:
        tool, tool_major = get_tool("pg_dump", conn.get_server_version().major, os.environ)
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            snapshot: str = await conn.fetchval("SELECT pg_export_snapshot()")
            revision: str = await conn.fetchval("SELECT version_num FROM alembic_version")
            version: str = await conn.fetchval("SHOW server_version")
            heads = await conn.fetch(_HEADS)
            run_tool(tool, url, ["--format=custom", f"--snapshot={snapshot}", f"--file={fresh / DUMP}"])
            guard, store, unsigned = Guard(kept), HeadStore(fresh / HEADS), []
            for row in heads:
                frontier = Frontier.from_bytes(row["size"], row["frontier"])
                head = Head(
                    row["tenant_id"], row["origin"], row["head"], frontier, row["recorded_at"], row["key_id"]
                )
                signer = guard.watch(keys.get(head.origin))
                try:
                    await check_head(conn, head, signer)
                    store.replace(head.origin, sign_head(head, signer).encode())
                except (SignerRetiredError, SigningRefusedError):
                    unsigned.append(head.origin)
    finally:
        await conn.close()
    (fresh / HEADS / ".lock").unlink(missing_ok=True)
    return {
        "revision": revision,
        "server": version,
        "pg_dump": tool_major,
        "heads": {row["origin"]: row["size"] for row in heads},
        "unsigned": unsigned,
    }


def _keep_keys(fresh: FileKeyStore, keys: FileKeyStore, store: HeadStore, origins: Iterable[str]) -> None:
    """Let the backup's keys be those of the home, where these signed the kept heads."""
    for origin in origins:
        note, ours = store.find(origin), keys.find(origin)
        if note is not None and ours is not None:
            with suppress(NoteMalformedError, NoteUnverifiedError):
                open_checkpoint(note, ours.verifier_key)
                fresh.adopt(origin, keys)


def _keep_heads(store: HeadStore, directory: Path, sizes: dict[str, int]) -> tuple[str, ...]:
    ours = HeadStore(directory / HEADS)
    ahead = []
    for origin in sizes:
        note = ours.find(origin)
        kept = store.find(origin)
        if kept is None and note is not None:
            store.keep(origin, note, 0)
        elif kept is not None and kept != note:
            ahead.append(origin)
    return tuple(ahead)


def _files(directory: Path) -> Iterator[str]:
    for path in sorted(directory.rglob("*")):
        if not path.is_dir():
            yield path.relative_to(directory).as_posix()


def _copy(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copyfile(source, target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_private(top: Path) -> None:
    top.chmod(0o700)
    for path in top.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _sync(top: Path) -> None:
    """Down to the disk, files and folders."""
    for path in (*top.rglob("*"), top):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
