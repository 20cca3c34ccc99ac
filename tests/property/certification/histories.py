"""Random histories, and a naive reading of one: written from the rules of the domain, backward and by recursion, unlike the fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.entry import Cite
from certification.fact import Fact, certified, changed, reviewed, succeeded
from certification.history import Told
from certification.programme import Ground, HistoryRule, Setting

GROUND = Ground(None, True, "a test")
LEVELS = ("provincial", "star")
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
FIRST, LAST = 2015, 2022


def named(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:xingji:test:{name}")


def a_rule(
    cycle: int = 1, *, rectified: bool = True, suspended: bool = False, again: bool = False
) -> HistoryRule:
    return HistoryRule(
        Setting(("submit",), GROUND),
        Setting(rectified, GROUND),
        Setting(suspended, GROUND),
        Setting(again, GROUND),
        Setting(cycle, GROUND),
    )


def a_day(random: Random) -> date:
    return date(random.randint(FIRST, LAST), random.choice((1, 6, 12)), random.choice((1, 15)))


def grow(random: Random, place: str, most: int = 24) -> tuple[Told, ...]:
    """What entries said, one after another, of a handful of units that are merged and split; two entries may be of one time."""
    units = [named(f"{place}/{name}") for name in "abcd"]
    told: list[Told] = []
    time = BEGUN
    for seq in range(1, random.randint(1, most) + 1):
        time += timedelta(days=random.choice((0, 1, 30)))
        facts = [_say(random, units, [one.fact for one in told]) for _ in range(random.choice((1, 1, 1, 2)))]
        cite = Cite("x.example/2", seq, sha256(f"{place}/{seq}".encode()).digest())
        told += [Told(fact, cite, position, time) for position, fact in enumerate(facts)]
    return tuple(told)


def _say(random: Random, units: Sequence[UUID], before: Sequence[Fact]) -> Fact:
    unit, level = random.choice(units), random.choice(("provincial", "provincial", "star"))
    held = [one for one in before if one.kind == "certified"]
    looked = [one for one in before if one.kind == "reviewed"]
    match random.randint(0, 13):
        case 0 | 1:
            return certified(unit, UUID(int=random.getrandbits(128)), level, a_day(random))
        case 2 if held:  # the day of a certification is put right
            return replace(random.choice(held), valid_on=a_day(random))
        case 3 | 4 if held:
            one = random.choice(held)
            state = random.choice((None, None, "suspended", "revoked"))
            return changed(one.community_id, one.subject_id, one.level or "", a_day(random), state)
        case 5 | 6 if looked:
            result = random.choice(("pass", "pass", "fail", "void"))
            return replace(random.choice(looked), result=result)
        case 7:
            return succeeded(unit, random.choice(units), a_day(random), random.choice(("merge", "split")))
        case _:
            result = random.choice(("pass", "pass", "pass", "pass", "pass_after_rectification", "fail"))
            year, id_ = random.randint(FIRST, LAST), UUID(int=random.getrandbits(128))
            return reviewed(unit, id_, level, year, result, legacy=random.random() < 0.2)


@dataclass(frozen=True)
class Read:
    """A naive reading: whether it is certified at all, stands, the streak (0 when it does not), and the first cycles' begin."""

    known: bool
    stands: bool
    streak: int
    cycles: int


def read(
    told: Sequence[Told], community: UUID, level: str, day: date, rule: HistoryRule, until: datetime | None
) -> Read:
    """The history by the book."""
    said = [one.fact for one in told if until is None or one.time <= until]
    limits: dict[UUID, date] = {}

    def visit(unit: UUID, limit: date) -> None:
        if limits.get(unit, date.min) >= limit:
            return
        limits[unit] = limit
        for before in {
            one.subject_id for one in said if one.kind == "succeeded" and one.community_id == unit
        }:
            last = [
                one
                for one in said
                if one.kind == "succeeded" and (one.community_id, one.subject_id) == (unit, before)
            ][-1]
            if last.valid_on is not None and last.valid_on <= limit and last.valid_on <= day:
                visit(before, last.valid_on)

    visit(community, date.max)
    mine = [one for one in said if one.community_id in limits and (one.level == level)]
    revoked, begins, known = [], [], False
    for subject in {one.subject_id for one in mine if one.kind == "certified"}:
        one = [fact for fact in mine if fact.kind == "certified" and fact.subject_id == subject][-1]
        if one.valid_on is None or one.valid_on > day or one.valid_on > limits[one.community_id]:
            continue
        known = True
        states = [
            fact
            for fact in mine
            if fact.kind == "state" and fact.subject_id == subject and fact.valid_on and fact.valid_on <= day
        ]
        state = states[-1].result if states else None
        if state == "revoked" and states[-1].valid_on is not None:
            revoked.append(states[-1].valid_on.year)
        elif state is None or rule.suspended_stands.value:
            begins.append(one.valid_on)
    if not begins:
        return Read(known, False, 0, 0)
    since = max([min(begins).year, *revoked])
    results: dict[int, set[str]] = {}
    for subject in {one.subject_id for one in mine if one.kind == "reviewed"}:
        one = [fact for fact in mine if fact.kind == "reviewed" and fact.subject_id == subject][-1]
        if one.result != "void" and one.year is not None and one.year <= limits[one.community_id].year:
            results.setdefault(one.year, set()).add(one.result or "")
    good = {"pass", "pass_after_rectification"} if rule.rectified_counts.value else {"pass"}
    size = rule.cycle_years.value
    cycles = max(0, day.year - 1 - since) // size
    streak = 0
    while streak < cycles:
        last = since + (cycles - streak) * size
        seen: set[str] = set().union(*(results.get(year, set()) for year in range(last - size + 1, last + 1)))
        if not seen or not seen <= good:
            break
        streak += 1
    return Read(True, True, streak, cycles)
