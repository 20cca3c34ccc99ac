"""A community's history (历史): what was certified and reviewed, folded to whether a certification stands and the streak of passes.

The rule upheld here (domain, "Streak", decided [D]): the calendar years after the year of certification, up to the latest closed
cycle, which is the calendar year before `day`, are gone through in order; a pass adds one to the streak, a fail, a year without a
review or a revocation sets it to 0. A pass after rectification counts, flagged. What is suspended or revoked does not stand.

    certified 2022, passed 2023, 2024, 2025      on a day of 2026: streak 3; with three passes asked for, 2026 is the first year

Where facts contradict each other the stricter one counts: the worse of two reviews of a year, and no year up to a revocation of any
certification of the level. Of several certifications that stand the first is the community's. Takes plain facts, whatever
recorded them, and reads nothing: certification/facts.py does. It is typed in nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from audit.canonical import encode
from audit.entry import Cite
from certification.model import STATE_ZH, CertificationState, ReviewResult
from certification.programme import HistoryRule

MISSING: Final = "missing"
FAILED: Final = "failed"
REVOKED: Final = "revoked"
SUSPENDED: Final = "suspended"
_WORST_FIRST: Final = (ReviewResult.FAIL, ReviewResult.PASS_AFTER_RECTIFICATION, ReviewResult.PASS)


@dataclass(frozen=True, slots=True)
class Certified:
    """A fact: certified as `level` on a day, with the entry it rests on; `state` None: in force, else since `state_on`."""

    level: str
    on: date
    legacy: bool
    cite: Cite
    state: str | None = None
    state_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A fact: the annual review of a year, as that level, with the entry that made it count."""

    level: str
    year: int
    result: str
    legacy: bool
    cite: Cite


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a community."""

    certified: tuple[Certified, ...] = ()
    reviewed: tuple[Reviewed, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """A closed year; without a review it has neither result nor citation."""

    year: int
    result: str | None
    legacy: bool
    cite: Cite | None


@dataclass(frozen=True, slots=True)
class Break:
    """What last set the streak to 0, and in which year."""

    kind: str
    year: int


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

    @property
    def legacy(self) -> bool:
        """Whether the certification or a counted year rests on paper."""
        counted = self.years[len(self.years) - self.streak :]
        return (self.certified is not None and self.certified.legacy) or any(one.legacy for one in counted)


def is_held(level: str, certified: Sequence[Certified], day: date) -> bool:
    """Whether a certification as that level holds on a day, suspended or not: all but a revoked one."""
    return any(one.level == level and one.on <= day and _ended(one, day) != REVOKED for one in certified)


def fold_history(
    level: str, certified: Sequence[Certified], reviewed: Sequence[Reviewed], day: date, rule: HistoryRule
) -> History:
    """The history as that level on a day. The order of the facts does not matter."""
    known = sorted(
        (one for one in certified if one.level == level and one.on <= day),
        key=lambda one: (one.on, one.cite.origin, one.cite.seq),
    )
    out = {one: _ended(one, day) for one in known}
    standing = [
        one for one in known if out[one] is None or (out[one] == SUSPENDED and rule.suspended_stands.value)
    ]
    if not standing:
        if not known:
            return History(level, day, None, False, None, (), 0, None)
        last = known[-1]
        return History(level, day, last, False, None, (), 0, Break(str(out[last]), _year_out(last)))
    revoked = [_year_out(one) for one in known if out[one] == REVOKED]
    first = standing[0]
    since = max(first.on.year, *revoked) if revoked else first.on.year
    years = tuple(_year(year, level, reviewed) for year in range(since + 1, day.year))
    streak, broken_by = _count(years, rule)
    if broken_by is None and since > first.on.year:
        broken_by = Break(REVOKED, since)
    return History(level, day, first, True, since, years, streak, broken_by)


def first_year(history: History, passes: int) -> int | None:
    """The first calendar year with `passes` years in succession behind it, if those still to come are passed; None: it does not stand."""
    if history.since is None:
        return None
    return max(history.since + 1, history.day.year - history.streak) + passes


def find_wants(history: History, passes: int, rule: HistoryRule) -> tuple[tuple[str, str], ...]:
    """What is missing to `passes` passes in succession, in Chinese and English; empty when nothing is."""
    if history.certified is None:
        return (("账本中没有此项认定", "no such certification is recorded"),)
    if not history.stands:
        state, day = history.certified.state or "", history.certified.state_on
        return (
            (
                f"此项认定已于 {day} {STATE_ZH[CertificationState(state)]}",
                f"the certification was {state} on {day}",
            ),
        )
    if history.streak >= passes:
        return ()
    found: list[tuple[str, str]] = []
    closed = history.years[max(0, len(history.years) - passes) :]
    missing = "、".join(str(one.year) for one in closed if one.result is None)
    failed = "、".join(
        str(one.year) for one in closed if one.result is not None and not _passes(one.result, rule)
    )
    if missing:
        found.append((f"缺 {missing} 年度复查记录", f"no review of {missing.replace('、', ', ')}"))
    if failed:
        found.append((f"{failed} 年度复查不合格", f"failed in {failed.replace('、', ', ')}"))
    if len(history.years) < passes:
        zh = "撤销" if history.broken_by is not None and history.broken_by.kind == REVOKED else "认定"
        en = "revocation" if zh == "撤销" else "certification"
        found.append(
            (
                f"{history.since} 年{zh}后仅有 {len(history.years)} 个完整年度",
                f"only {len(history.years)} whole year(s) have passed since its {en} in {history.since}",
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
                "cite": {"hash": one.cite.hash.hex(), "origin": one.cite.origin, "sequence": one.cite.seq},
                "legacy": one.legacy,
                "result": one.result,
                "year": one.year,
            }
            for one in shown
            if one.cite is not None and one.result is not None
        ]
    ).decode()


def _ended(one: Certified, day: date) -> str | None:
    """Its state on a day: what is dated later has not come yet."""
    return None if one.state_on is not None and one.state_on > day else one.state


def _year_out(one: Certified) -> int:
    return (one.state_on or one.on).year


def _year(year: int, level: str, reviewed: Sequence[Reviewed]) -> Year:
    found = [one for one in reviewed if one.level == level and one.year == year]
    if not found:
        return Year(year, None, False, None)
    worst = min(
        found, key=lambda one: (_WORST_FIRST.index(ReviewResult(one.result)), one.cite.origin, one.cite.seq)
    )
    return Year(year, worst.result, worst.legacy, worst.cite)


def _count(years: Sequence[Year], rule: HistoryRule) -> tuple[int, Break | None]:
    streak, broken_by = 0, None
    for one in years:
        if one.result is not None and _passes(one.result, rule):
            streak += 1
        else:
            streak, broken_by = 0, Break(MISSING if one.result is None else FAILED, one.year)
    return streak, broken_by


def _passes(result: str, rule: HistoryRule) -> bool:
    return result == ReviewResult.PASS or (
        result == ReviewResult.PASS_AFTER_RECTIFICATION and rule.rectified_counts.value
    )
