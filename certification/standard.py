"""A standard (认定标准) as data: its items, its indicators and, where it gives points, the marks that pass.

The rule upheld here: a threshold is a whole number, of a hundred, of a thousand or of nothing, so that judging needs no rounding; and
what a standard is silent on is decided in it, with the reason. A standard is a file of its own (certification/standards/), read by
certification/standard_reader.py, and stands whole in the programme that a campaign stores. These are the values alone; what they
come to for a community is certification/judging.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from certification.programme import Ground, Setting

AT_LEAST: Final = "at_least"
AT_MOST: Final = "at_most"
EXACTLY: Final = "exactly"
NONE: Final = "none"
YES: Final = "yes"
HISTORY: Final = "history"
COMPARISONS: Final = (AT_LEAST, AT_MOST, EXACTLY, NONE, YES, HISTORY)
MEASURED: Final = (AT_LEAST, AT_MOST, EXACTLY)
"""Those that name a threshold: of a fraction where the indicator says `per`, else of a count."""
NOT_APPLICABLE: Final = "not_applicable"
FAILS: Final = "fails"
ZERO: Final = (NOT_APPLICABLE, FAILS)
COUNT: Final = "{count}"
"""Where a text of what would change a result has its number."""
FULL: Final = "full"
NOTHING: Final = "nothing"


class Result(StrEnum):
    """What a clause comes to for a community."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the standard with its wording. `points`: the most that it gives; `veto`: it alone refuses (一票否决)."""

    code: str
    part: str
    levels: tuple[str, ...]
    wording: str
    ground: Ground
    label: str = ""
    label_en: str = ""
    points: int | None = None
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One of the groups of persons for each of which an indicator is stated."""

    code: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator for a level. `at_least` of a fraction: numerator × `per` ≥ `threshold` × denominator, in integers.

    `per` is 100 or 1000, None for a count or a statement; `over`: the numerator may be greater than the denominator. `zero` is what a
    denominator of zero means. `change` words what would change it (`{count}`), where it has words of its own. `source`: where its
    numbers come from. `points` are given for each group by itself.
    """

    code: str
    level: str
    item: str | None
    comparison: str
    threshold: int | None
    per: int | None
    numerator: str | None
    denominator: str | None
    groups: tuple[Group, ...]
    ground: Ground
    wording: str = ""
    label: str = ""
    label_en: str = ""
    numerator_en: str | None = None
    denominator_en: str | None = None
    unit: str = ""
    unit_en: str = ""
    source: str = ""
    zero: Setting[str] | None = None
    over: bool = False
    change: str | None = None
    change_en: str | None = None
    points: int | None = None
    veto: bool = False

    @property
    def is_stated(self) -> bool:
        """Whether people state it: histories come from the ledger."""
        return self.comparison != HISTORY

    @property
    def group_codes(self) -> tuple[str | None, ...]:
        """The groups for which it is stated; of one without groups, None alone."""
        return tuple(group.code for group in self.groups) or (None,)


@dataclass(frozen=True, slots=True)
class Scoring:
    """How points are counted: the mark that passes by level, and what an item that does not apply gives: full points or nothing."""

    marks: Mapping[str, Setting[int]]
    not_applicable: Setting[str]


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard whole. `version` counts its editions; `code` empty: a programme was stored before standards had a name."""

    code: str
    version: int
    title: str
    source: str
    items: tuple[Item, ...]
    indicators: tuple[Indicator, ...]
    scoring: Scoring | None = None
