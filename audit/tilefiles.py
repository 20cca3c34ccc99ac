"""What an export holds beside its entries, against them: the hash tiles, and the checkpoint that was published last.

Neither is needed to judge the entries, and older exports have none. But an auditor may hand a tile or the published note on, so what is there must be
right: every tile of the log's size is there as the entries make it, no other file is, and the published note is signed by a key
of the log and has the root of that many entries; one of more entries than there are is a kept head like any other. Cosignatures are for who trusts them (`audit.cosignature`).
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from audit.bundle import WIDTH
from audit.checkpoint import open_checkpoint
from audit.errors import NoteMalformedError, NoteUnverifiedError
from audit.files import find_file
from audit.note import MAX_NOTE, VerifierKey
from audit.tiles import FULL, perfect_root, tile_path
from audit.tree import Frontier
from audit.verdict import RefutedError

PUBLISHED = "published"
TILES = "tile"


def check_files(directory: Path, hashes: Iterable[bytes], keys: Sequence[VerifierKey]) -> None:
    """Hold the files against the entries' hashes, all of them in order. Raises RefutedError."""
    note = find_file(directory / PUBLISHED, MAX_NOTE + 1)
    tiled = any((directory / TILES).glob("[0-9]*"))
    if note is None and not tiled:
        return
    wanted = None if note is None else _open(note, keys)
    levels: list[list[bytes]] = []
    done: list[int] = []
    frontier = Frontier()
    expected: set[Path] = set()
    for hash_ in hashes:
        frontier = frontier.extend((hash_,))
        if wanted is not None and wanted[0] == frontier.size and wanted[1] != frontier.root():
            raise RefutedError("published_wrong")
        if tiled:
            for level, index, tile in _grow(levels, done, hash_):
                expected.add(_check(directory, level, index, tile))
    if wanted is not None and wanted[0] > frontier.size:
        raise RefutedError("rolled_back", frontier.size, size=frontier.size, since=wanted[0])
    if wanted is not None and wanted[0] == 0:
        raise RefutedError("published_wrong")
    if tiled:
        for level, rest in enumerate(levels):
            if rest:
                expected.add(_check(directory, level, done[level], rest))
        for found in sorted((directory / TILES).glob("[0-9]*/**/*")):
            if not found.is_dir() and found not in expected:
                raise RefutedError("bundle_unexpected", file=found.relative_to(directory).as_posix())


def _open(note: bytes, keys: Sequence[VerifierKey]) -> tuple[int, bytes]:
    """Size and root of the published note."""
    for key in keys:
        try:
            checkpoint = open_checkpoint(note, key)
        except NoteUnverifiedError:
            continue
        except NoteMalformedError as error:
            raise RefutedError("published_wrong") from error
        return checkpoint.size, checkpoint.root
    raise RefutedError("published_wrong")


def _grow(levels: list[list[bytes]], done: list[int], hash_: bytes) -> Iterator[tuple[int, int, list[bytes]]]:
    """Take in a hash; the tiles that it fills."""
    level = 0
    while True:
        if level == len(levels):
            levels.append([])
            done.append(0)
        levels[level].append(hash_)
        if len(levels[level]) < WIDTH:
            return
        tile, levels[level] = levels[level], []
        yield level, done[level], tile
        done[level] += 1
        hash_, level = perfect_root(tile), level + 1


def _check(directory: Path, level: int, index: int, tile: Sequence[bytes]) -> Path:
    """The file of a tile, which is as the entries make it."""
    path = directory / tile_path(level, index, len(tile))
    if find_file(path, FULL + 1) != b"".join(tile):
        raise RefutedError("exported_tile_wrong", file=path.relative_to(directory).as_posix())
    return path
