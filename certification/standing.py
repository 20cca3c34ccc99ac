"""How a community stands as a level, span of days by span: the rows of `standings`, folded from all that is told of it.

Nothing of a history changes between two days of its facts but which years are closed, so a row holds for a span and for every rule: `since`
is where years begin to count when a suspended certification does not stand, `since_suspended` when it does; `marks` holds a letter for each
year behind `base` (p pass, r pass after rectification, f fail, - no review; the worst where there are several); `facts` is what a history
of that span is folded from, so that what is shown comes from the same fold (certification/history.py). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from audit.canonical import encode
from audit.entry import Cite
from certification.fact import FactKind
from certification.history import WORST_FIRST, Certified, Facts, Known, Reviewed, find_holding, settle
from certification.model import ReviewResult

NONE: Final = "-"
MARKS: Final[Mapping[str, str]] = {
    ReviewResult.PASS: "p",
    ReviewResult.PASS_AFTER_RECTIFICATION: "r",
    ReviewResult.FAIL: "f",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of `standings`: from `valid_from` up to the day before `valid_to`."""

    tenant_id: int
    community_id: UUID
    level: str
    valid_from: date
    valid_to: date | None
    certified_on: date
    state: str | None
    state_on: date | None
    since: int | None
    since_suspended: int | None
    base: int
    marks: str
    facts: str
    legacy: bool
    seq: int


def project(tenant_id: int, facts: Facts) -> tuple[Standing, ...]:
    """The rows of a community: for each level that it was ever certified as, one a span."""
    levels = sorted({one.fact.level or "" for one in facts.told if one.fact.kind == FactKind.CERTIFIED})
    days = sorted({one.fact.valid_on for one in facts.told if one.fact.valid_on is not None})
    known = [(day, settle(facts, day)) for day in days]
    seq = max((one.entry.seq for one in facts.told), default=0)
    return tuple(
        Standing(*(tenant_id, facts.community_id, level, begin, end, *values, seq))
        for level in levels
        for begin, end, values in _spans(level, known)
    )


def _spans(
    level: str, known: Sequence[tuple[date, Known]]
) -> Iterator[tuple[date, date | None, tuple[Any, ...]]]:
    """First day, day behind the last, and what holds between; nothing before the first certification."""
    begin, before = date.min, None
    for day, held in known:
        values = _values(level, held, day)
        if values != before:
            if before is not None:
                yield begin, day, before
            begin, before = day, values
    if before is not None:
        yield begin, None, before


def _values(level: str, known: Known, day: date) -> tuple[Any, ...] | None:
    certified = tuple(one for one in known.certified if one.level == level)
    reviewed = tuple(one for one in known.reviewed if one.level == level)
    strict = find_holding(level, certified, day, suspended_stands=False)
    lenient = find_holding(level, certified, day, suspended_stands=True)
    if strict is None or lenient is None:
        return None
    shown, base = strict.certified, min(one.on.year for one in certified)
    return (
        shown.on,
        shown.state,
        shown.state_on,
        strict.since,
        lenient.since,
        base,
        _mark(reviewed, base),
        format_known(Known(certified, reviewed)),
        any(one.legacy for one in certified) or any(one.legacy for one in reviewed),
    )


def _mark(reviewed: Sequence[Reviewed], base: int) -> str:
    worst: dict[int, str] = {}
    for one in sorted(reviewed, key=lambda one: WORST_FIRST.index(ReviewResult(one.result)), reverse=True):
        worst[one.year] = MARKS[one.result]
    return "".join(worst.get(year, NONE) for year in range(base + 1, max([base, *worst]) + 1))


def format_known(known: Known) -> str:
    """What holds, as canonical JSON."""
    return encode(
        {
            "certified": [
                [
                    one.on.isoformat(),
                    one.legacy,
                    _cite(one.cite),
                    one.state,
                    None if one.state_on is None else one.state_on.isoformat(),
                    None if one.state_cite is None else _cite(one.state_cite),
                    None if one.subject_id is None else str(one.subject_id),
                ]
                for one in known.certified
            ],
            "reviewed": [[one.year, one.result, one.legacy, _cite(one.cite)] for one in known.reviewed],
        }
    ).decode()


def parse_known(level: str, text: str) -> Known:
    """What `format_known` wrote of a level."""
    found = orjson.loads(text)
    return Known(
        tuple(
            Certified(
                level,
                date.fromisoformat(on),
                legacy,
                Cite(cite[0], cite[1], bytes.fromhex(cite[2])),
                state,
                None if state_on is None else date.fromisoformat(state_on),
                None if shown is None else Cite(shown[0], shown[1], bytes.fromhex(shown[2])),
                None if subject is None else UUID(subject),
            )
            for on, legacy, cite, state, state_on, shown, subject in found["certified"]
        ),
        tuple(
            Reviewed(level, year, result, legacy, Cite(cite[0], cite[1], bytes.fromhex(cite[2])))
            for year, result, legacy, cite in found["reviewed"]
        ),
    )


def _cite(cite: Cite) -> list[object]:
    return [cite.origin, cite.seq, cite.hash.hex()]
