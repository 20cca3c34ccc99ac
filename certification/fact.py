"""Facts (事实): what an entry says of a community's certifications and reviews, in the one form that histories are folded from.

    {"community", "kind": "certified", "level", "on", "subject"}                       certified as that level, from that day
    {"community", "kind": "state", "level", "on", "result", "subject"}                 suspended, revoked or (null) in force again
    {"community", "kind": "reviewed", "level", "result", "subject", "year"}            the year's review; void: as if there were none
    {"community", "kind": "succeeded", "on", "result", "subject"}                      the community goes on from the unit `subject`

They stand in the intent of the entry, under "facts", so the ledger alone tells a history. `subject` is the certification or review
that it is of: a later fact of the same kind and subject takes its place. A fact that another log first said carries that entry as
`cite`; `legacy` says that it rests on paper. `result` of a succession is how: merge, split or move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from audit.entry import Cite


class FactKind(StrEnum):
    """What a fact is of."""

    CERTIFIED = "certified"
    STATE = "state"
    REVIEWED = "reviewed"
    SUCCEEDED = "succeeded"


VOID = "void"
"""Result of a review that counts as if there were none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an entry says of a community."""

    kind: str
    community_id: UUID
    subject_id: UUID
    level: str | None = None
    valid_on: date | None = None
    year: int | None = None
    result: str | None = None
    legacy: bool = False
    cite: Cite | None = None


def certified(
    community_id: UUID, certification_id: UUID, level: str, on: date, *, legacy: bool = False
) -> Fact:
    """The community is certified as that level from that day."""
    return Fact(FactKind.CERTIFIED, community_id, certification_id, level, on, legacy=legacy)


def changed(community_id: UUID, certification_id: UUID, level: str, on: date, state: str | None) -> Fact:
    """The certification is in that state from that day; None: in force again."""
    return Fact(FactKind.STATE, community_id, certification_id, level, on, result=state)


def reviewed(
    community_id: UUID, review_id: UUID, level: str, year: int, result: str, *, legacy: bool = False
) -> Fact:
    """The year's review, as that level, ended so."""
    return Fact(FactKind.REVIEWED, community_id, review_id, level, None, year, result, legacy)


def succeeded(community_id: UUID, predecessor_id: UUID, on: date, how: str) -> Fact:
    """The community goes on, from that day, with the history of a unit of the same tenant."""
    return Fact(FactKind.SUCCEEDED, community_id, predecessor_id, valid_on=on, result=how)


def format_fact(fact: Fact) -> dict[str, object]:
    """The fact as an entry's intent holds it; what is None stays out."""
    cite = fact.cite
    found = {
        "cite": None if cite is None else {"hash": cite.hash.hex(), "origin": cite.origin, "seq": cite.seq},
        "community": str(fact.community_id),
        "kind": str(fact.kind),
        "legacy": True if fact.legacy else None,
        "level": fact.level,
        "on": None if fact.valid_on is None else fact.valid_on.isoformat(),
        "result": fact.result,
        "subject": str(fact.subject_id),
        "year": fact.year,
    }
    return {name: value for name, value in found.items() if value is not None}


def parse_fact(found: Mapping[str, Any]) -> Fact:
    """The fact of an intent. Raises KeyError or ValueError for what `format_fact` does not make."""
    cite, on = found.get("cite"), found.get("on")
    return Fact(
        kind=FactKind(found["kind"]),
        community_id=UUID(found["community"]),
        subject_id=UUID(found["subject"]),
        level=found.get("level"),
        valid_on=None if on is None else date.fromisoformat(on),
        year=found.get("year"),
        result=found.get("result"),
        legacy=found.get("legacy", False),
        cite=None if cite is None else Cite(cite["origin"], cite["seq"], bytes.fromhex(cite["hash"])),
    )
