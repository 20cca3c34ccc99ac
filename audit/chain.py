"""The check that every verification runs, entry by entry, on leaves from files or from the database.

For each leaf, in this order: canonical bytes, schema, origin, key, signature, place (sequence, previous
hash), officer's signature, opening, keys, time (in a log that declares that its times ascend), incarnation. The signature comes before the place, so that a genuine entry in a
wrong place is told apart from a forged one. Which keys count where is `audit.keyring`'s. `Diagnosis` then reads the whole log once more to name what was
done; it runs only after something was found wrong.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from audit.canonical import CODEC, encode
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import ASCENDING, GENESIS, OPENED, Actor, Entry, Subject, format_time, parse_entry
from audit.errors import (
    EntryMalformedError,
    NotCanonicalError,
    NoteMalformedError,
    NoteUnverifiedError,
    UnusableInputError,
)
from audit.incarnation import INCARNATED, Incarnation, find_incarnation
from audit.keyring import Keyring
from audit.note import VerifierKey
from audit.rotation import ROTATED, find_rotation
from audit.tree import Frontier
from audit.verdict import RefutedError

MAX_CANDIDATES = 10_000
_UUIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head that somebody kept. `note` is the note over it when no pinned key has signed it: the key in force at its size must have."""

    checkpoint: Checkpoint
    note: bytes | None = None

    @property
    def size(self) -> int:
        """How many entries it vouches for."""
        return self.checkpoint.size


@dataclass(slots=True)
class ChainCheck:
    """Feed it leaves in order;

    it keeps the head hash, the frontier and the keys. `kept` are heads of the same log that it must grow from. With `start`, it begins
    there instead of at entry 0: `head` is then the hash before, and `frontier` that of the entries from there on.
    """

    keyring: Keyring
    kept: Sequence[KeptHead] = ()
    head: bytes = GENESIS
    frontier: Frontier = field(default_factory=Frontier)
    incarnations: list[Incarnation] = field(default_factory=list)
    latest: datetime | None = None
    start: int = 0
    _waiting: list[KeptHead] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = sorted(self.kept, key=lambda one: one.size, reverse=True)
        self._compare_with_kept_heads()

    @property
    def seq(self) -> int:
        """The place of the next entry."""
        return self.start + self.frontier.size

    def kept_until(self, end: int) -> tuple[KeptHead, ...]:
        """The kept heads that are still to be compared up to the size `end`, the smallest first."""
        return tuple(one for one in reversed(self._waiting) if one.size <= end)

    def pass_kept(self, end: int) -> None:
        """The kept heads up to the size `end` have been compared."""
        while self._waiting and self._waiting[-1].size <= end:
            self._waiting.pop()

    def feed(self, leaf: bytes) -> Entry:
        """Check the next leaf. Raises RefutedError."""
        seq = self.seq
        entry = read_entry(leaf, seq)
        try:
            self.keyring.check_server(entry)
        except RefutedError as finding:
            raise RefutedError(finding.code, seq, **finding.details) from finding
        if entry.seq != seq:
            raise RefutedError("entry_missing" if entry.seq > seq else "entry_repeated", seq, other=entry.seq)
        if entry.prev != self.head:
            raise RefutedError("chain_broken", seq)
        self.keyring.check_officer(entry)
        if (entry.draft.operation == OPENED) != (seq == 0):
            raise RefutedError("opening_wrong", seq)
        self.keyring = self.keyring.after(entry)
        self._check_time(entry)
        if entry.draft.operation == INCARNATED:
            self._take_incarnation(entry)
        self.head = entry.hash
        self.frontier = self.frontier.extend((entry.hash,))
        if self._waiting:
            self._compare_with_kept_heads()
        return entry

    def contradiction(
        self, kept: KeptHead, code: str, seq: int | None = None, **details: object
    ) -> RefutedError:
        """The finding that the log does not grow from a kept head; by name, where an incarnation has owned up to it."""
        for one in self.incarnations:
            if one.owns_up_to(kept.checkpoint):
                return RefutedError("rolled_back_incarnated", one.seq, since=kept.size, **one.told())
        return RefutedError(code, seq, since=kept.size, **details)

    def _check_time(self, entry: Entry) -> None:
        """Once the opening has declared it, no entry is recorded before its predecessor."""
        time = entry.draft.time
        if entry.seq == 0 and entry.draft.intent.get("times") == ASCENDING:
            self.latest = time
        if self.latest is not None:
            if time < self.latest:
                raise RefutedError(
                    "time_reversed", entry.seq, time=format_time(time), before=format_time(self.latest)
                )
            self.latest = time

    def _take_incarnation(self, entry: Entry) -> None:
        found = find_incarnation(entry)
        if found is None or found.stored.size != entry.seq or found.stored.root != self.frontier.root():
            raise RefutedError("incarnation_wrong", entry.seq)
        self.incarnations.append(found)

    def _compare_with_kept_heads(self) -> None:
        for kept in self.kept_until(self.seq):
            if kept.note is not None:
                self._open_kept_head(kept.note)
            if kept.checkpoint.root != self.frontier.root():
                raise self.contradiction(kept, "history_rewritten")
        self.pass_kept(self.seq)

    def _open_kept_head(self, note: bytes) -> None:
        key = self.keyring.server
        try:
            if key is None:
                raise NoteUnverifiedError(reason="key_unknown")
            open_checkpoint(note, key)
        except (NoteMalformedError, NoteUnverifiedError) as error:
            raise UnusableInputError(reason=f"the kept head: {error}") from error


def read_entry(leaf: bytes, seq: int) -> Entry:
    """Read a leaf; no signature is checked. Raises RefutedError naming `seq`."""
    try:
        return parse_entry(leaf)
    except NotCanonicalError as error:
        raise RefutedError("entry_not_canonical", seq, reason=error.details["reason"]) from error
    except EntryMalformedError as error:
        raise RefutedError("entry_malformed", seq, field=error.details["field"]) from error


@dataclass(slots=True)
class Diagnosis:
    """Names what was done, after `finding` at a place.

    Feed it every leaf of the log; it never changes the answer's `ok`.
    """

    finding: RefutedError
    keyring: Keyring
    _keys: dict[str, VerifierKey] = field(default_factory=dict)
    _leaf: bytes = b""
    _next_seq: int | None = None
    _later: bool = False
    _position: int = 0
    _actors: set[Actor] = field(default_factory=set)
    _subjects: set[Subject] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._keys = {key.key_id: key for key in self.keyring.known}

    @property
    def is_needed(self) -> bool:
        """Whether reading the log again can tell more."""
        return self.finding.code in {"entry_altered", "entry_missing", "entry_repeated"}

    def feed(self, leaf: bytes) -> None:
        """Take in the next leaf of the log, from the first on."""
        place, position = self.finding.seq, self._position
        self._position += 1
        if position == place:
            self._leaf = leaf
            return
        entry = self._find_genuine(leaf, position)
        if entry is None:
            return
        if self._has_room:
            self._actors.add(entry.draft.actor)
            self._subjects.add(entry.draft.subject)
        if position == cast("int", place) + 1:
            self._next_seq = entry.seq
        self._later = self._later or (position > cast("int", place) and entry.seq == place)

    def _find_genuine(self, leaf: bytes, position: int) -> Entry | None:
        """The entry, if it tells anything and a key of this log has signed it, wherever it stands; and the next key, if it names one."""
        try:
            entry = read_entry(leaf, position)
        except RefutedError:
            return None
        if not self._tells(entry, position):
            return None
        key = self._keys.get(entry.key_id)
        if entry.origin != self.keyring.origin or key is None or not key.holds(entry.signed, entry.signature):
            return None
        rotation = find_rotation(entry) if entry.draft.operation == ROTATED else None
        if rotation is not None:
            self._keys.setdefault(rotation.new.key_id, rotation.new)
        return entry

    @property
    def _has_room(self) -> bool:
        return len(self._actors) + len(self._subjects) < MAX_CANDIDATES

    def _tells(self, entry: Entry, position: int) -> bool:
        """Whether it says anything new, so that its signature is worth checking."""
        draft, place = entry.draft, self.finding.seq
        fresh = draft.actor not in self._actors or draft.subject not in self._subjects
        beside = position == cast("int", place) + 1 or entry.seq == place
        return beside or draft.operation == ROTATED or (fresh and self._has_room)

    def conclude(self, ids: Iterable[UUID] = ()) -> RefutedError:
        """The finding with the best name.

        `ids` are further ids that the true actor or subject may have had.
        """
        place, code = self.finding.seq, self.finding.code
        if code == "entry_missing" and self._later:
            return RefutedError("entries_swapped", place, **self.finding.details)
        if code != "entry_altered":
            return self.finding
        if self._next_seq == place:
            return RefutedError("entry_inserted", place)
        return (
            self._find_edit({*ids, *(UUID(found.decode()) for found in _UUIDS.findall(self._leaf))})
            or self.finding
        )

    def _find_edit(self, ids: set[UUID]) -> RefutedError | None:
        entry = parse_entry(self._leaf)
        body, key = CODEC.load(entry.signed), self._keys.get(entry.key_id)
        for name, now, was in self._candidates(entry, ids):
            if key is not None and key.holds(
                encode(body | {"body": body["body"] | {name: was}}), entry.signature
            ):
                shown = {
                    "was": " ".join(f"{k}={v}" for k, v in was.items() if v != now[k]),
                    "now": " ".join(f"{k}={v}" for k, v in now.items() if v != was[k]),
                }
                return RefutedError(f"{name}_edited", entry.seq, **shown)
        return None

    def _candidates(
        self, entry: Entry, ids: set[UUID]
    ) -> Iterator[tuple[str, dict[str, object], dict[str, object]]]:
        actor, subject = entry.draft.actor, entry.draft.subject
        ids |= {seen.id for seen in self._actors} | {seen.id for seen in self._subjects}
        for one in self._actors | {replace(actor, id=other) for other in ids}:
            yield "actor", _actor_json(actor), _actor_json(one)
        for other in self._subjects | {replace(subject, id=other) for other in ids}:
            yield "subject", _subject_json(subject), _subject_json(other)


def _actor_json(actor: Actor) -> dict[str, object]:
    return {"id": str(actor.id), "key": actor.key, "origin": actor.origin, "role": actor.role}


def _subject_json(subject: Subject) -> dict[str, object]:
    return {"id": str(subject.id), "revision": subject.revision, "type": subject.type}
