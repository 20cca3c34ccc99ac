"""The check that every verification runs, entry by entry, on leaves from files or from the database.

For each leaf, in this order: canonical bytes, schema, origin, key, signature, place (sequence, previous
hash), officer's signature, opening, time (in a log that declares that its times ascend), incarnation. The signature comes before the place, so that a genuine entry in a
wrong place is told apart from a forged one. `Diagnosis` then reads the whole log once more to name what was
done; it runs only after something was found wrong.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from audit.canonical import CODEC, encode
from audit.checkpoint import Checkpoint
from audit.entry import ASCENDING, GENESIS, OPENED, Actor, Entry, Subject, format_time, parse_entry
from audit.errors import EntryMalformedError, NotCanonicalError
from audit.incarnation import INCARNATED, Incarnation, find_incarnation
from audit.note import VerifierKey
from audit.tree import Frontier
from audit.verdict import RefutedError

MAX_CANDIDATES = 10_000
_UUIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(slots=True)
class ChainCheck:
    """Feed it leaves in order;

    it keeps the head hash and the frontier. `since` is a kept head of the same log.
    """

    key: VerifierKey
    since: Checkpoint | None = None
    head: bytes = GENESIS
    frontier: Frontier = field(default_factory=Frontier)
    incarnations: list[Incarnation] = field(default_factory=list)
    _latest: datetime | None = None

    def __post_init__(self) -> None:
        self._compare_with_kept_head()

    def feed(self, leaf: bytes) -> Entry:
        """Check the next leaf. Raises RefutedError."""
        seq = self.frontier.size
        entry = check_genuine(leaf, seq, self.key)
        if entry.seq != seq:
            raise RefutedError("entry_missing" if entry.seq > seq else "entry_repeated", seq, other=entry.seq)
        if entry.prev != self.head:
            raise RefutedError("chain_broken", seq)
        if entry.draft.officer_sig is not None:
            raise RefutedError("officer_key_unknown", seq)
        if (entry.draft.operation == OPENED) != (seq == 0) or (seq == 0 and not self._opens(entry)):
            raise RefutedError("opening_wrong", seq)
        self._check_time(entry)
        if entry.draft.operation == INCARNATED:
            self._take_incarnation(entry)
        self.head = entry.hash
        self.frontier = self.frontier.extend((entry.hash,))
        self._compare_with_kept_head()
        return entry

    def _opens(self, entry: Entry) -> bool:
        intent = entry.draft.intent
        return intent.get("origin") == entry.origin and intent.get("keys") == [self.key.format()]

    def contradiction(self, code: str, seq: int | None = None, **details: object) -> RefutedError:
        """The finding that the log does not grow from the kept head; by name, where an incarnation has owned up to it."""
        kept = self.since
        for one in self.incarnations if kept is not None else ():
            if kept is not None and one.owns_up_to(kept):
                return RefutedError("rolled_back_incarnated", one.seq, since=kept.size, **one.told())
        return RefutedError(code, seq, **details)

    def _check_time(self, entry: Entry) -> None:
        """Once the opening has declared it, no entry is recorded before its predecessor."""
        time = entry.draft.time
        if entry.seq == 0 and entry.draft.intent.get("times") == ASCENDING:
            self._latest = time
        if self._latest is not None:
            if time < self._latest:
                raise RefutedError(
                    "time_reversed", entry.seq, time=format_time(time), before=format_time(self._latest)
                )
            self._latest = time

    def _take_incarnation(self, entry: Entry) -> None:
        found = find_incarnation(entry)
        if found is None or found.stored.size != entry.seq or found.stored.root != self.frontier.root():
            raise RefutedError("incarnation_wrong", entry.seq)
        self.incarnations.append(found)

    def _compare_with_kept_head(self) -> None:
        kept = self.since
        if kept is not None and kept.size == self.frontier.size and kept.root != self.frontier.root():
            raise self.contradiction("history_rewritten", since=kept.size)


def check_genuine(leaf: bytes, seq: int, key: VerifierKey) -> Entry:
    """Read a leaf and check the server's signature, wherever it stands. Raises RefutedError naming `seq`."""
    try:
        entry = parse_entry(leaf)
    except NotCanonicalError as error:
        raise RefutedError("entry_not_canonical", seq, reason=error.details["reason"]) from error
    except EntryMalformedError as error:
        raise RefutedError("entry_malformed", seq, field=error.details["field"]) from error
    if entry.origin != key.name:
        raise RefutedError("entry_foreign", seq, found=entry.origin)
    if entry.key_id != key.key_id:
        raise RefutedError("entry_key_unknown", seq, found=entry.key_id)
    if not key.holds(entry.signed, entry.signature):
        raise RefutedError("entry_altered", seq)
    return entry


@dataclass(slots=True)
class Diagnosis:
    """Names what was done, after `finding` at a place.

    Feed it every leaf of the log; it never changes the answer's `ok`.
    """

    finding: RefutedError
    key: VerifierKey
    _leaf: bytes = b""
    _next_seq: int | None = None
    _later: bool = False
    _position: int = 0
    _actors: set[Actor] = field(default_factory=set)
    _subjects: set[Subject] = field(default_factory=set)

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
        try:
            entry = check_genuine(leaf, position, self.key)
        except RefutedError:
            return
        if len(self._actors) + len(self._subjects) < MAX_CANDIDATES:
            self._actors.add(entry.draft.actor)
            self._subjects.add(entry.draft.subject)
        if position == cast("int", place) + 1:
            self._next_seq = entry.seq
        self._later = self._later or (position > cast("int", place) and entry.seq == place)

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
        body = CODEC.load(entry.signed)
        for name, now, was in self._candidates(entry, ids):
            if self.key.holds(encode(body | {"body": body["body"] | {name: was}}), entry.signature):
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
