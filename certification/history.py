"""A community's history (历史): what entries say of its certifications and reviews, folded to whether a certification stands and the streak of passes.

    facts = Facts(community, told)                         what certification/facts.py read out of the entries
    fold(facts, "provincial", day, rule, known_at)         on that day, as it was known at that moment

Two steps. `settle` takes what was recorded up to `known_at` in the order in which it was recorded, and leaves what holds on `day`: a later
fact of the same kind, subject and level takes the place of the former, what is dated behind `day` has not come yet, a void review is none.
A community goes on from the units that it succeeded, theirs too: decided [D], their certifications and reviews up to the day (the year) of
the succession are its own; what later becomes of such a certification is told of the certification, so it holds for all who rest on it.

`fold_history` counts (domain, "Streak", decided [D]): the cycles after the year of certification, up to the latest that is closed, are gone
through in order; a pass adds one to the streak, a fail, a cycle without a review or a revocation sets it to 0. A cycle is `cycle_years`
calendar years, passed with a pass and without a fail. A pass after rectification counts, flagged. What is suspended or revoked does not stand.

    certified 2022, passed 2023, 2024, 2025      on a day of 2026: streak 3; with three passes asked for, 2026 is the first year

Where facts contradict each other the stricter one counts: the worse of two reviews of a year, and no year up to a revocation of any
certification of the level. Of several certifications that stand the first is the community's. Pure, and reads nothing; it is typed in nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from audit.canonical import encode
from audit.entry import Cite
from certification.fact import VOID, Fact, FactKind
from certification.model import STATE_ZH, CertificationState, ReviewResult
from certification.programme import HistoryRule

MISSING: Final = "missing"
FAILED: Final = "failed"
REVOKED: Final = "revoked"
SUSPENDED: Final = "suspended"
UNCERTIFIED: Final = "uncertified"
TOO_EARLY: Final = "too_early"
HELD: Final = "held"
WORST_FIRST: Final = (ReviewResult.FAIL, ReviewResult.PASS_AFTER_RECTIFICATION, ReviewResult.PASS)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact with the entry that says it: where that stands, the fact's place in it, and its time."""

    fact: Fact
    entry: Cite
    position: int
    time: datetime

    @property
    def proof(self) -> Cite:
        """The entry that first said it, in whichever log."""
        return self.fact.cite or self.entry


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the entries of its log say of a community, and of the units that it goes on from."""

    community_id: UUID
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Certified:
    """Certified as `level` on a day, with the entry it rests on; `state` None: in force, else since `state_on`."""

    level: str
    on: date
    legacy: bool
    cite: Cite
    state: str | None = None
    state_on: date | None = None
    state_cite: Cite | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The annual review of a year, as that level, with the entry that made it count."""

    level: str
    year: int
    result: str
    legacy: bool
    cite: Cite


@dataclass(frozen=True, slots=True)
class Known:
    """What holds on a day."""

    certified: tuple[Certified, ...] = ()
    reviewed: tuple[Reviewed, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """A closed cycle, named by its last year (`first` is its first); without a review it has neither result nor citation."""

    year: int
    result: str | None
    legacy: bool
    cite: Cite | None
    first: int

    @property
    def label(self) -> str:
        """As a person writes it."""
        return str(self.year) if self.first == self.year else f"{self.first}–{self.year}"


@dataclass(frozen=True, slots=True)
class Break:
    """What last set the streak to 0, in which year, and the entry that shows it, if one does."""

    kind: str
    year: int
    cite: Cite | None = field(default=None)


@dataclass(frozen=True, slots=True)
class History:
    """The fold on a day. `certified`: what stands, or the last that stood (`stands` False); years count after `since`."""

    level: str
    day: date
    certified: Certified | None
    stands: bool
    since: int | None
    years: tuple[Year, ...]
    streak: int
    broken_by: Break | None
    cycle_years: int = 1

    @property
    def legacy(self) -> bool:
        """Whether the certification or a counted year rests on paper."""
        counted = self.years[len(self.years) - self.streak :]
        return (self.certified is not None and self.certified.legacy) or any(one.legacy for one in counted)


def fold(facts: Facts, level: str, day: date, rule: HistoryRule, known_at: datetime | None = None) -> History:
    """The history as that level on a day, as it was known at a moment; None: by all that is recorded."""
    known = settle(facts, day, known_at)
    return fold_history(level, known.certified, known.reviewed, day, rule)


def settle(facts: Facts, day: date, known_at: datetime | None = None) -> Known:
    """What holds on a day, by what was recorded up to a moment."""
    told = sorted(
        (one for one in facts.told if known_at is None or one.time <= known_at),
        key=lambda one: (one.entry.seq, one.position),
    )
    until = follow_line(facts.community_id, told, day)
    mine = [one for one in told if one.fact.community_id in until]
    states: dict[tuple[UUID, str | None], Told] = {}
    for one in mine:
        if one.fact.kind == FactKind.STATE and _day(one) <= day:
            states[one.fact.subject_id, one.fact.level] = one
    certified = tuple(
        _certified(one, states.get((one.fact.subject_id, one.fact.level)))
        for one in _latest(mine, FactKind.CERTIFIED)
        if _day(one) <= min(day, until[one.fact.community_id])
    )
    reviewed = tuple(
        _reviewed(one)
        for one in _latest(mine, FactKind.REVIEWED)
        if one.fact.result != VOID and (one.fact.year or 0) <= until[one.fact.community_id].year
    )
    return Known(certified, reviewed)


def follow_line(community_id: UUID, told: Sequence[Told], day: date) -> dict[UUID, date]:
    """The units whose facts are the community's on a day, each with the day up to which they are."""
    links: dict[tuple[UUID, UUID], Told] = {}
    for one in told:
        if one.fact.kind == FactKind.SUCCEEDED:
            links[one.fact.community_id, one.fact.subject_id] = one
    found, waiting = {community_id: date.max}, [community_id]
    while waiting:
        unit = waiting.pop()
        for (successor, before), one in links.items():
            on = _day(one)
            follows = successor == unit and one.fact.result != VOID and on <= min(day, found[unit])
            if follows and found.get(before, date.min) < on:
                found[before] = on
                waiting.append(before)
    return found


def _latest(told: Iterable[Told], kind: FactKind) -> Iterator[Told]:
    found = {(one.fact.subject_id, one.fact.level): one for one in told if one.fact.kind == kind}
    return iter(found.values())


def _day(one: Told) -> date:
    return one.fact.valid_on or date.min


def _certified(one: Told, state: Told | None) -> Certified:
    fact = one.fact
    out = None if state is None or state.fact.result is None else state
    return Certified(
        fact.level or "",
        _day(one),
        fact.legacy,
        one.proof,
        None if out is None else out.fact.result,
        None if out is None else out.fact.valid_on,
        None if out is None else out.proof,
        fact.subject_id,
    )


def _reviewed(one: Told) -> Reviewed:
    fact = one.fact
    return Reviewed(fact.level or "", fact.year or 0, fact.result or "", fact.legacy, one.proof)


def find_held(level: str, certified: Sequence[Certified], day: date) -> Certified | None:
    """The first certification as that level that holds on a day, suspended or not: any but a revoked one."""
    held = (one for one in certified if one.level == level and one.on <= day and _ended(one, day) != REVOKED)
    return min(held, key=lambda one: (one.on, one.cite.origin, one.cite.seq), default=None)


def fold_history(
    level: str, certified: Sequence[Certified], reviewed: Sequence[Reviewed], day: date, rule: HistoryRule
) -> History:
    """The history as that level on a day. The order of the facts does not matter."""
    cycle = rule.cycle_years.value
    held = find_holding(level, certified, day, suspended_stands=rule.suspended_stands.value)
    if held is None:
        return History(level, day, None, False, None, (), 0, None, cycle)
    first, since = held.certified, held.since
    if since is None:
        broken = Break(str(first.state), _year_out(first), first.state_cite)
        return History(level, day, first, False, None, (), 0, broken, cycle)
    firsts = range(since + 1, day.year - cycle + 1, cycle)
    years = tuple(_cycle(year, year + cycle - 1, level, reviewed) for year in firsts)
    streak, broken_by = _count(years, rule)
    if broken_by is None and since > first.on.year:
        broken_by = Break(REVOKED, since, held.revoked_by)
    return History(level, day, first, True, since, years, streak, broken_by, cycle)


@dataclass(frozen=True, slots=True)
class Holding:
    """The certification that stands as a level, or the last that stood (`since` None); `revoked_by`: what put `since` off."""

    certified: Certified
    since: int | None
    revoked_by: Cite | None = None


def find_holding(
    level: str, certified: Sequence[Certified], day: date, *, suspended_stands: bool
) -> Holding | None:
    """What a community holds as a level on a day; None: it never was certified so."""
    known = sorted(
        (one for one in certified if one.level == level and one.on <= day),
        key=lambda one: (one.on, one.cite.origin, one.cite.seq),
    )
    out = {one: _ended(one, day) for one in known}
    lasting = (None, SUSPENDED) if suspended_stands else (None,)
    standing = [one for one in known if out[one] in lasting]
    if not standing:
        return Holding(known[-1], None) if known else None
    revoked = [one for one in known if out[one] == REVOKED]
    since = max([standing[0].on.year, *map(_year_out, revoked)])
    return Holding(
        standing[0], since, next((one.state_cite for one in revoked if _year_out(one) == since), None)
    )


def first_year(history: History, passes: int) -> int | None:
    """The first calendar year with `passes` cycles in succession behind it, if those still to come are passed; None: it does not stand."""
    if history.since is None:
        return None
    lost = len(history.years) - history.streak
    return history.since + (lost + passes) * history.cycle_years + 1


def find_reason(history: History, passes: int, rule: HistoryRule) -> str | None:
    """In one word what lacks to `passes` passes in succession, the gravest first; None: nothing."""
    if history.certified is None:
        return UNCERTIFIED
    if not history.stands:
        return history.certified.state
    if history.streak >= passes:
        return None
    closed = history.years[max(0, len(history.years) - passes) :]
    if any(one.result is not None and not _passes(one.result, rule) for one in closed):
        return FAILED
    return MISSING if any(one.result is None for one in closed) else TOO_EARLY


def find_wants(history: History, passes: int, rule: HistoryRule) -> tuple[tuple[str, str], ...]:
    """What is missing to `passes` passes in succession, in Chinese and English; empty when nothing is."""
    if history.certified is None:
        return (("账本中没有此项认定", "no such certification is recorded"),)
    if not history.stands:
        state, day = history.certified.state or "", history.certified.state_on
        return (
            (
                f"此项认定已于 {day} {STATE_ZH[CertificationState(state)]}{_seen(history.certified.state_cite)[0]}",
                f"the certification was {state} on {day}{_seen(history.certified.state_cite)[1]}",
            ),
        )
    if history.streak >= passes:
        return ()
    found: list[tuple[str, str]] = []
    closed = history.years[max(0, len(history.years) - passes) :]
    missing = "、".join(one.label for one in closed if one.result is None)
    failed = [one for one in closed if one.result is not None and not _passes(one.result, rule)]
    if missing:
        found.append((f"缺 {missing} 年度复查记录", f"no review of {missing.replace('、', ', ')}"))
    if failed:
        zh = "、".join(f"{one.label} 年度复查不合格{_seen(one.cite)[0]}" for one in failed)
        found.append((zh, ", ".join(f"failed in {one.label}{_seen(one.cite)[1]}" for one in failed)))
    if len(history.years) < passes:
        whole = ("年度", "year(s)") if history.cycle_years == 1 else ("复查周期", "cycle(s)")
        zh = "撤销" if history.broken_by is not None and history.broken_by.kind == REVOKED else "认定"
        en = "revocation" if zh == "撤销" else "certification"
        found.append(
            (
                f"{history.since} 年{zh}后仅有 {len(history.years)} 个完整{whole[0]}",
                f"only {len(history.years)} whole {whole[1]} have passed since its {en} in {history.since}",
            )
        )
    year = first_year(history, passes)
    return (*found, (f"最早可于 {year} 年申报", f"{year} is the first year to apply"))


def format_reviews(history: History, passes: int) -> str:
    """What a form says of the last `passes` closed years that were reviewed: canonical JSON, each with its citation."""
    shown = history.years[max(0, len(history.years) - passes) :]
    return encode(
        [
            {
                "cite": plain_cite(one.cite),
                "legacy": one.legacy,
                "result": one.result,
                "year": one.year,
            }
            for one in shown
            if one.cite is not None and one.result is not None
        ]
    ).decode()


def format_cite(cite: Cite) -> str:
    """An entry as a form shows it: canonical JSON."""
    return encode(plain_cite(cite)).decode()


def plain_cite(cite: Cite) -> dict[str, object]:
    """An entry as JSON values."""
    return {"hash": cite.hash.hex(), "origin": cite.origin, "sequence": cite.seq}


def _ended(one: Certified, day: date) -> str | None:
    """Its state on a day: what is dated later has not come yet."""
    return None if one.state_on is not None and one.state_on > day else one.state


def _year_out(one: Certified) -> int:
    return (one.state_on or one.on).year


def _cycle(first: int, last: int, level: str, reviewed: Sequence[Reviewed]) -> Year:
    found = [one for one in reviewed if one.level == level and first <= one.year <= last]
    if not found:
        return Year(last, None, False, None, first)
    worst = min(
        found,
        key=lambda one: (
            WORST_FIRST.index(ReviewResult(one.result)),
            one.year,
            one.cite.origin,
            one.cite.seq,
        ),
    )
    return Year(last, worst.result, worst.legacy, worst.cite, first)


def _seen(cite: Cite | None) -> tuple[str, str]:
    """Where to see it, in Chinese and English."""
    if cite is None:
        return "", ""
    return f"（见账本 {cite.origin} 第 {cite.seq} 号账目）", f" (see entry {cite.seq} of {cite.origin})"


def _count(years: Sequence[Year], rule: HistoryRule) -> tuple[int, Break | None]:
    streak, broken_by = 0, None
    for one in years:
        if one.result is not None and _passes(one.result, rule):
            streak += 1
        else:
            streak, broken_by = 0, Break(MISSING if one.result is None else FAILED, one.year, one.cite)
    return streak, broken_by


def _passes(result: str, rule: HistoryRule) -> bool:
    return result == ReviewResult.PASS or (
        result == ReviewResult.PASS_AFTER_RECTIFICATION and rule.rectified_counts.value
    )
