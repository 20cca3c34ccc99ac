"""What a city's log records of its counties' logs: their signed checkpoints, so that no county can show two histories.

    operation  ledger.witnessed
    intent     {"arguments", "notes": [the counties' published notes, whole, as they were published]}

The rule: an entry says what was shown, and never that it grows; whoever has a county's log holds it against every checkpoint that the
city's log recorded of it (`check_witnessed`). The notes carry the county's own signature, so the county cannot say that it was not its
word. One entry holds a county once, and no more than fits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.canonical import digest
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.entry import OPENED, Actor, Draft, Entry, Subject
from audit.errors import AuditError, NoteMalformedError
from audit.incarnation import INCARNATED, Incarnation, find_incarnation
from audit.note import VerifierKey, parse_note
from audit.rotation import REPLACED, ROTATED, find_rotation
from audit.tree import EMPTY_ROOT, Frontier
from audit.verdict import RefutedError, Verdict
from audit.witness import open_known

WITNESSED: Final = "ledger.witnessed"
ROOM: Final = 40_000
"""Bytes of notes in one entry: escaped and enveloped they stay below the limit of an entry."""
HEARD: Final = frozenset({OPENED, ROTATED, REPLACED, INCARNATED})
"""What a log must be heard of beside its hashes, to be held against records."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A county's checkpoint, its note, and the city's entry that recorded it."""

    seq: int
    checkpoint: Checkpoint
    note: str


def draft_witnessed(notes: Sequence[str], origin: str, size: int, actor: UUID, time: datetime) -> Draft:
    """The draft of the entry with these notes, behind a log of `size` entries."""
    stated: dict[str, object] = {"notes": list(notes)}
    return Draft(
        operation=WITNESSED,
        request_id=f"{WITNESSED}:{size}",
        time=time,
        actor=Actor(actor, "system", origin),
        subject=Subject("ledger", uuid5(NAMESPACE_URL, origin), size),
        intent={"arguments": digest(stated).hex(), **stated},
    )


def divide_notes(notes: Iterable[str]) -> Iterator[list[str]]:
    """The notes in as many entries as they need."""
    part: list[str] = []
    room = ROOM
    for note in notes:
        length = len(note.encode())
        if part and length > room:
            yield part
            part, room = [], ROOM
        part.append(note)
        room -= length
    if part:
        yield part


def read_witnessed(entry: Entry) -> tuple[Witnessed, ...]:
    """What an entry of a city's log recorded; nothing for one of another operation. Raises RefutedError for a malformed one."""
    if entry.draft.operation != WITNESSED:
        return ()
    notes = entry.draft.intent.get("notes")
    if type(notes) is not list or not notes:
        raise RefutedError("witnessed_malformed", entry.seq)
    try:
        found = read_notes(entry.seq, notes)
    except (AuditError, AttributeError) as error:
        raise RefutedError("witnessed_malformed", entry.seq) from error
    if len({one.checkpoint.origin for one in found}) != len(found):
        raise RefutedError("witnessed_malformed", entry.seq)
    return found


def read_notes(seq: int, notes: Sequence[str]) -> tuple[Witnessed, ...]:
    """What notes say that an entry recorded. Raises NoteMalformedError."""
    return tuple(Witnessed(seq, parse_checkpoint(parse_note(note.encode()).text), note) for note in notes)


def check_witnessed(
    recorded: Iterable[Witnessed],
    origin: str,
    keys: Sequence[VerifierKey],
    size: int,
    roots: Mapping[int, bytes],
) -> int:
    """Hold a log against what its city recorded of it, in the city's order; returns how many records were of this log.

    `size` is the log's, `roots` its roots at (at least) the recorded sizes up to that, `keys` whatever ever signed its checkpoints.
    Raises RefutedError: `witnessed_unsigned` when the record is nobody's word (nothing is said of this log), `witnessed_beyond` when the
    city saw more than is here, `witnessed_contradicted` when the log is not the one that the city saw.
    """
    number = 0
    for one in recorded:
        checkpoint = one.checkpoint
        if checkpoint.origin != origin:
            continue
        try:
            open_known(one.note.encode(), {origin: keys})
        except AuditError as error:
            raise RefutedError("witnessed_unsigned", one.seq, origin=origin) from error
        if checkpoint.size > size:
            raise RefutedError("witnessed_beyond", one.seq, recorded=checkpoint.size, size=size)
        if roots[checkpoint.size] != checkpoint.root:
            raise RefutedError("witnessed_contradicted", one.seq, recorded=checkpoint.size, origin=origin)
        number += 1
    return number


@dataclass(slots=True)
class Holding:
    """Gathers from a log's entries, as they are verified, what it takes to hold the log against its city's records of it.

        holding = Holding(origin, recorded)
        verdict = verify_log(…, observe=holding.observe)
        verdict = holding.judge(verdict)

    It judges no entry: what it heard counts only of a log that was verified.
    """

    origin: str
    recorded: tuple[Witnessed, ...]
    keys: list[VerifierKey] = field(default_factory=list)
    _frontier: Frontier = field(default_factory=Frontier)
    _roots: dict[int, bytes] = field(default_factory=lambda: {0: EMPTY_ROOT})
    _wanted: frozenset[int] = frozenset()
    _incarnations: list[Incarnation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorded = tuple(one for one in self.recorded if one.checkpoint.origin == self.origin)
        self._wanted = frozenset(one.checkpoint.size for one in self.recorded)

    def observe(self, entry: Entry) -> None:
        """Hear the next entry."""
        self.add(entry.hash)
        self.hear(entry)

    def add(self, hash_: bytes) -> None:
        """The leaf hash of the next entry."""
        if not self.recorded:
            return
        self._frontier = self._frontier.extend((hash_,))
        if self._frontier.size in self._wanted:
            self._roots[self._frontier.size] = self._frontier.root()

    @property
    def root(self) -> bytes:
        """Over what was added."""
        return self._frontier.root()

    def hear(self, entry: Entry) -> None:
        """An entry of `HEARD`; whatever else the entry is, it is let pass."""
        self._hear_of_keys(entry)
        if entry.draft.operation == INCARNATED and (found := find_incarnation(entry)) is not None:
            self._incarnations.append(found)

    def check(self) -> int:
        """How many records the log was held against. Raises RefutedError as `check_witnessed`.

        Where an incarnation has owned up to the contradiction, it is `witnessed_incarnated` and names that entry.
        """
        try:
            return check_witnessed(self.recorded, self.origin, self.keys, self._frontier.size, self._roots)
        except RefutedError as finding:
            contradicted = next((one for one in self.recorded if one.seq == finding.seq), None)
            for given_up in self._incarnations if contradicted is not None else ():
                if contradicted is not None and given_up.owns_up_to(contradicted.checkpoint):
                    raise RefutedError(
                        "witnessed_incarnated",
                        finding.seq,
                        recorded=contradicted.checkpoint.size,
                        incarnation=given_up.seq,
                        reason=given_up.reason,
                    ) from finding
            raise

    def judge(self, verdict: Verdict) -> Verdict:
        """The log's verdict, or the refutation of a verified log by what its city recorded."""
        try:
            if verdict.ok:
                self.check()
        except RefutedError as finding:
            return finding.verdict(self.origin)
        return verdict

    def _hear_of_keys(self, entry: Entry) -> None:
        if entry.draft.operation == OPENED and entry.seq == 0:
            told = entry.draft.intent.get("keys")
            for text in told if type(told) is list else ():
                try:
                    self.keys.append(VerifierKey.parse(text))
                except (NoteMalformedError, TypeError):
                    continue
        elif entry.draft.operation in {ROTATED, REPLACED} and (found := find_rotation(entry)) is not None:
            self.keys.append(found.new)
