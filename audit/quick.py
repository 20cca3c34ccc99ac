"""The quick look at an exported log: that the leaves, as they lie, are what the signed head vouches for, and every kept head too.

It hashes and reads nothing: whether entries are signed, in order or well-formed is not asked. What it proves is that whoever holds the head's
key vouches for these very bytes; of a log that was verified before, with `since`, that nothing of it has changed. A worker folds a
run of bundles into its frontier; what is missing or broken is found again, and named, by the asker.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.bundle import WIDTH, bundle_path, parse_bundle
from audit.errors import BundleMalformedError
from audit.files import read_bundles
from audit.tree import Frontier, leaf_hash, perfect_root
from audit.verdict import RefutedError

RUN: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Run:
    """The leaves from `start` to before `end` of a log of `size`, and the sizes of kept heads within."""

    directory: Path
    size: int
    start: int
    end: int
    kept: tuple[int, ...]


Folded = tuple[Frontier, tuple[tuple[int, Frontier], ...]]
"""The frontier of a run, and those at the sizes of kept heads."""


def find_fold(run: Run) -> Folded | None:
    """What a worker finds; None for the asker to look itself."""
    try:
        return fold(run)
    except (RefutedError, OSError):
        return None


def fold(run: Run) -> Folded:
    """Fold a run of leaves. Raises RefutedError for a bundle that is missing or malformed."""
    frontier = Frontier()
    parts: list[tuple[int, Frontier]] = []
    for data in read_bundles(run.directory, run.size, run.start, run.end):
        begun = run.start + frontier.size
        hashes = _hashes(data, begun, run.size)
        within = (size for size in run.kept if begun < size <= begun + len(hashes))
        parts.extend((size, frontier.extend(hashes[: size - begun])) for size in within)
        if len(hashes) == WIDTH:
            frontier = frontier.join(Frontier(WIDTH, (perfect_root(hashes),)))
        else:
            frontier = frontier.extend(hashes)
    return frontier, tuple(parts)


def _hashes(data: bytes, start: int, size: int) -> list[bytes]:
    width = min(WIDTH, size - start)
    try:
        return [leaf_hash(leaf) for leaf in parse_bundle(data, width)]
    except BundleMalformedError as error:
        path = bundle_path(start // WIDTH, width)
        raise RefutedError("bundle_malformed", start, file=path, reason=error.details["reason"]) from error
