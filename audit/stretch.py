"""Judging a stretch of a log apart from what is before it, so that several are judged at once and the verdict stays that of one reader.

A worker assumes: the keys in force at the stretch's start are those it was handed, and the hash before is whatever the first entry says. It
runs `audit.chain` on that and tells what it found. `take` holds the assumptions against the check that has come to the stretch's
start, in order. Anything that does not hold, and anything that is wrong in the stretch, is not named here: the
stretch is fed to the check again, entry by entry, as one reader would, and what that finds is the verdict. A worker can only ever save work.

Stretches begin at multiples of `STRETCH`, a power of two, so that their trees fit together.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from audit.chain import ChainCheck, read_entry
from audit.entry import Entry, RowDigest, parse_entry
from audit.files import read_leaves
from audit.incarnation import INCARNATED
from audit.keyring import Keyring
from audit.officers import OfficerKey, is_foreign
from audit.tree import Frontier
from audit.verdict import RefutedError

STRETCH: Final = 1024
Rows = tuple[int, tuple[RowDigest, ...]]
"""The sequence of an entry, and its row digests."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of entries that hold so far. `entry` hears those of `operations` (None: all) and, with `foreign`, those that other logs' officers
    signed; `rows` hears the row digests of each that has any.
    """

    entry: Callable[[Entry], None] | None = None
    operations: frozenset[str] | None = frozenset()
    rows: Callable[[int, Sequence[RowDigest]], None] | None = None
    foreign: bool = False

    def hear(self, entry: Entry) -> None:
        """Tell of one entry."""
        self.tell(entry)
        if self.rows is not None and entry.draft.rows:
            self.rows(entry.seq, entry.draft.rows)

    def tell(self, entry: Entry) -> None:
        """Tell `entry` of it, if it is one of those."""
        if self.entry is not None and (
            self.operations is None or _tells(entry, self.operations, self.foreign)
        ):
            self.entry(entry)


class Handed:
    """A keyring on its way to workers: pickled once, and opened once by each."""

    __slots__ = ("_data", "keyring")

    def __init__(self, keyring: Keyring, data: bytes | None = None) -> None:
        self.keyring = keyring
        self._data = pickle.dumps(keyring, pickle.HIGHEST_PROTOCOL) if data is None else data

    def __reduce__(self) -> tuple[Any, ...]:
        return _open, (self._data,)


@lru_cache(maxsize=8)
def _open(data: bytes) -> Handed:
    return Handed(pickle.loads(data), data)  # noqa: S301 # from the asker, which is this program


@dataclass(frozen=True, slots=True)
class Task:
    """The entries from `start` to before `end` of a log of `size`; the keys to assume; the sizes within at which roots are asked for; what is to be told."""

    directory: Path
    size: int
    start: int
    end: int
    handed: Handed
    ascending: bool
    kept: tuple[int, ...]
    operations: frozenset[str]
    rows: bool
    foreign: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch in which nothing is wrong by itself: its first `prev` and time, the check at its end, and what it relied on.

    `parts` are its frontiers at the sizes of kept heads; `keyring` is None when no entry was about keys.
    """

    prev: bytes
    first: datetime
    last: datetime
    head: bytes
    frontier: Frontier
    keyring: Keyring | None
    relied: frozenset[OfficerKey | None]
    parts: tuple[tuple[int, Frontier], ...]
    leaves: tuple[bytes, ...]
    rows: tuple[Rows, ...]


def _tells(entry: Entry, operations: AbstractSet[str], foreign: bool) -> bool:
    return entry.draft.operation in operations or (foreign and is_foreign(entry))


def judge(task: Task) -> Stretch | None:
    """What a worker finds: the stretch if it holds by itself, None for the asker to judge it."""
    try:
        return _judge(task, read_leaves(task.directory, task.size, task.start, task.end))
    except (RefutedError, OSError):
        return None


def _judge(task: Task, leaves: Iterator[bytes]) -> Stretch | None:
    assumed = task.handed.keyring
    check = ChainCheck(assumed, start=task.start)
    relied: set[OfficerKey | None] = set()
    first: Entry | None = None
    parts, told, rows = [], [], []
    for leaf in leaves:
        if first is None:
            first = read_entry(leaf, task.start)
            check.head, check.latest = first.prev, first.draft.time if task.ascending else None
        before = check.keyring
        entry = check.feed(leaf)
        if entry.draft.operation == INCARNATED:
            return None
        if entry.draft.officer_sig is not None:
            relied.add(before.used_by(entry)[1])
        if check.seq in task.kept:
            parts.append((check.seq, check.frontier))
        if _tells(entry, task.operations, task.foreign):
            told.append(leaf)
        if task.rows and entry.draft.rows:
            rows.append((entry.seq, entry.draft.rows))
    if first is None:
        return None
    return Stretch(
        first.prev,
        first.draft.time,
        entry.draft.time,
        check.head,
        check.frontier,
        None if check.keyring is assumed else check.keyring,
        frozenset(relied),
        tuple(parts),
        tuple(told),
        tuple(rows),
    )


def take(check: ChainCheck, task: Task, found: Stretch | None, listener: Listener) -> bool:
    """Bring the check, which is at the stretch's start, to its end. False, and nothing done, where one reader must judge it."""
    if found is None or found.prev != check.head or not _agree(check.keyring, task, found):
        return False
    if check.latest is not None and found.first < check.latest:
        return False
    roots = {size: check.frontier.join(part).root() for size, part in found.parts}
    for kept in check.kept_until(task.end):
        if kept.note is not None or roots.get(kept.size) != kept.checkpoint.root:
            return False
    check.pass_kept(task.end)
    check.roots.update((size, root) for size, root in roots.items() if size in check.roots)
    check.frontier = check.frontier.join(found.frontier)
    check.head = found.head
    check.latest = None if check.latest is None else found.last
    check.keyring = found.keyring or check.keyring
    if listener.entry is not None:
        for leaf in found.leaves:
            listener.entry(parse_entry(leaf))
    if listener.rows is not None:
        for seq, rows in found.rows:
            listener.rows(seq, rows)
    return True


def _agree(keyring: Keyring, task: Task, found: Stretch) -> bool:
    """Whether the keys in force say of the stretch what the keys that the worker was handed say.

    A worker is handed the keys of a moment ago. They differ, if at all, in officers' keys that came or went since, which matters only to
    entries that such a key has signed.
    """
    assumed = task.handed.keyring
    if assumed is keyring:
        return True
    now = keyring.officers
    return (
        found.keyring is None
        and replace(keyring, officers=replace(now, keys=assumed.officers.keys)) == assumed
        and all(one is not None and now.keys.get(one.id) == one for one in found.relied)
    )
