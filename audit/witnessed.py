"""What a city's log records of its counties' logs: their signed checkpoints, so that no county can show two histories.

    operation  ledger.witnessed
    intent     {"arguments", "notes": [the counties' published notes, whole, as they were published]}

The rule: an entry says what was shown, and never that it grows; whoever has a county's log holds it against every checkpoint that the
city's log recorded of it (`check_witnessed`). The notes carry the county's own signature, so the county cannot say that it was not its
word. One entry holds a county once, and no more than fits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.canonical import digest
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.entry import Actor, Draft, Entry, Subject
from audit.errors import AuditError
from audit.incarnation import Incarnation
from audit.note import VerifierKey, parse_note
from audit.verdict import RefutedError
from audit.witness import open_known

WITNESSED: Final = "ledger.witnessed"
ROOM: Final = 40_000
"""Bytes of notes in one entry: escaped and enveloped they stay below the limit of an entry."""


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
    incarnations: Sequence[Incarnation] = (),
) -> int:
    """Hold a log against what its city recorded of it, in the city's order; returns how many records were of this log.

    `size` is the log's, `roots` its roots at (at least) the recorded sizes up to that, `keys` whatever ever signed its checkpoints,
    `incarnations` what its entries own up to. Raises RefutedError: `witnessed_unsigned` when the record is nobody's word (nothing is said of
    this log), `witnessed_beyond` when the city saw more than is here, `witnessed_contradicted` when the log is not the one that the city saw;
    either of these is `witnessed_incarnated`, and names that entry, where an incarnation has owned up to it.
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
        if checkpoint.size > size or roots[checkpoint.size] != checkpoint.root:
            raise _contradiction(one, origin, size, incarnations)
        number += 1
    return number


def _contradiction(
    one: Witnessed, origin: str, size: int, incarnations: Sequence[Incarnation]
) -> RefutedError:
    recorded = one.checkpoint.size
    for given_up in incarnations:
        if given_up.owns_up_to(one.checkpoint):
            told = {"incarnation": given_up.seq, "reason": given_up.reason}
            return RefutedError("witnessed_incarnated", one.seq, recorded=recorded, **told)
    if recorded > size:
        return RefutedError("witnessed_beyond", one.seq, recorded=recorded, size=size)
    return RefutedError("witnessed_contradicted", one.seq, recorded=recorded, origin=origin)
