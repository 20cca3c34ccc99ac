"""What must hold of communities through years of reviews: a second, naive model, by hand from the domain's rules of streaks and lineage.

It knows no facts, entries or rows. A community holds certificates and the years' results, and came from others; what it holds on a day is found
by walking back through those, every time. Decided [D] and read from docs, not from code: what a predecessor held up to the day (the year) on
which it went on is the community's; what becomes of such a certificate later becomes of it for all who rest on it; who moves to another county
takes copies of everything along, and from then on old and new are two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

FAIL, MENDED, PASS, VOID = "fail", "pass_after_rectification", "pass", "void"
BELOW = {"star": "provincial"}
LEVELS = ("provincial", "star")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one programme counts."""

    cycle: int = 1
    passes: int = 3
    mended_counts: bool = True
    suspended_stands: bool = False
    lost_both: bool = False
    below: bool = True


@dataclass(eq=False, slots=True)
class Certificate:
    """As what, since when, and (day, state) of each document on it in the order in which they were confirmed."""

    level: str
    on: date
    id: UUID
    states: list[tuple[date, str | None]] = field(default_factory=list)

    def state(self, day: date) -> tuple[str | None, date]:
        """Its state on a day, and since when."""
        found: tuple[str | None, date] = (None, self.on)
        for since, state in self.states:
            if since <= day:
                found = state, since
        return found


@dataclass(eq=False, slots=True)
class Place:
    """A community of a county; `reviews`: (subject, level, year) → result; `before`: whom it goes on from, since when."""

    county: int
    id: UUID
    begins: date
    ends: date | None = None
    certificates: list[Certificate] = field(default_factory=list)
    reviews: dict[tuple[UUID, str, int], str] = field(default_factory=dict)
    before: list[tuple[Place, date]] = field(default_factory=list)
    moved: bool = False

    def line(self, day: date, until: date = date.max) -> Iterator[tuple[Place, date]]:
        """Itself and whom it goes on from on a day, each with the day up to which."""
        yield self, until
        for one, on in self.before:
            if on <= day and on <= until:
                yield from one.line(day, on)

    def held(self, level: str, day: date) -> list[Certificate]:
        """What it was ever certified as, up to the day, the oldest first."""
        found = {
            one: None
            for place, until in self.line(day)
            for one in place.certificates
            if one.level == level and one.on <= min(day, until)
        }
        return sorted(found, key=lambda one: one.on)

    def holds(self, level: str, day: date) -> bool:
        """Whether it holds the level on a day, suspended or not."""
        return any(one.state(day)[0] != "revoked" for one in self.held(level, day))

    def result(self, level: str, year: int, day: date) -> str | None:
        """How the year ended: the worst that is told of it."""
        found = {
            result
            for place, until in self.line(day)
            for (_, what, of), result in place.reviews.items()
            if what == level and of == year and of <= until.year
        }
        return next((one for one in (FAIL, MENDED, PASS) if one in found), None)

    def subjects(self, level: str, year: int) -> dict[tuple[UUID, str, int], str]:
        """What is told of a year of the community itself."""
        return {key: one for key, one in self.reviews.items() if key[1:] == (level, year)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered of a community as a level on a day; `reason` None: its history suffices."""

    known: bool
    stands: bool
    since: int | None
    results: tuple[str | None, ...]
    streak: int
    reason: str | None


def answer(place: Place, level: str, day: date, rule: Rule) -> Answer:
    """Certification, closed years and streak, counted by hand."""
    held = place.held(level, day)
    if not held:
        return Answer(False, False, None, (), 0, "uncertified")
    fine = (None, "suspended") if rule.suspended_stands else (None,)
    standing = [one for one in held if one.state(day)[0] in fine]
    if not standing:
        return Answer(True, False, None, (), 0, held[-1].state(day)[0])
    since = standing[0].on.year
    for one in held:
        state, out = one.state(day)
        if state == "revoked":
            since = max(since, out.year)
    results = []
    first = since + 1
    while first + rule.cycle - 1 < day.year:
        years = [place.result(level, year, day) for year in range(first, first + rule.cycle)]
        results.append(next((one for one in (FAIL, MENDED, PASS) if one in years), None))
        first += rule.cycle
    good = {PASS, MENDED} if rule.mended_counts else {PASS}
    streak = 0
    while streak < len(results) and results[-1 - streak] in good:
        streak += 1
    lately = results[-rule.passes :]
    if streak >= rule.passes:
        reason = None
    elif any(one is not None and one not in good for one in lately):
        reason = "failed"
    else:
        reason = "missing" if None in lately else "too_early"
    return Answer(True, True, since, tuple(results), streak, reason)


@dataclass(slots=True)
class Land:
    """All communities there ever were."""

    rule: Rule
    places: dict[tuple[int, UUID], Place] = field(default_factory=dict)

    def living(self, county: int | None = None) -> list[Place]:
        """Those that have not ended."""
        return [one for one in self.places.values() if one.ends is None and county in (None, one.county)]

    def holders(self, level: str, day: date) -> set[tuple[int, UUID]]:
        """Who held a level on a day, suspended or not, whether it is there on that day or not."""
        return {key for key, place in self.places.items() if place.holds(level, day)}

    def reviewable(self, county: int, year: int, today: date) -> dict[UUID, str]:
        """Whom a cycle of the county reviews, and as what: the highest level that was held before the year and is not revoked."""
        found: dict[UUID, str] = {}
        for place in self.living(county):
            for level in LEVELS:
                if any(
                    one.on.year < year and one.state(today)[0] != "revoked"
                    for one in place.held(level, today)
                ):
                    found[place.id] = level
        return found

    def confirm(self, place: Place, subject: UUID, level: str, year: int, result: str) -> None:
        """The city confirmed a review."""
        place.reviews[subject, level, year] = result
        if self.rule.below and level in BELOW:
            self.confirm(place, subject, BELOW[level], year, result)

    def correct(self, place: Place, level: str, year: int, result: str) -> None:
        """A year is something else from now on."""
        for key in place.subjects(level, year):
            place.reviews[key] = result

    def change(self, place: Place, one: Certificate, day: date, state: str | None) -> None:
        """A document on a certificate; with a revoked one falls what the rule says."""
        if state == "revoked" and self.rule.lost_both and one.level in BELOW:
            for below in place.held(BELOW[one.level], day):
                if below.state(day)[0] != "revoked":
                    below.states.append((day, state))
        one.states.append((day, state))

    def move(
        self, place: Place, county: int, unit: UUID, on: date, ids: Iterable[tuple[UUID, UUID]]
    ) -> Place:
        """The community goes to another county with copies of all that is its own; `ids`: a certificate's old and new one."""
        new, renamed = Place(county, unit, on), dict(ids)
        for level in LEVELS:
            new.certificates += [
                Certificate(level, one.on, renamed[one.id], list(one.states))
                for one in place.held(level, date.max)
            ]
        for before, until in place.line(date.max):
            new.reviews |= {key: one for key, one in before.reviews.items() if key[2] <= until.year}
        place.ends, place.moved = on, True
        self.places[county, unit] = new
        return new
