"""What a programme says of annual reviews (年度复查): who plans and confirms them, how long things may take, and their life as a table.

The notice says no more than 年度复查合格, so every rule here is decided, with its reason. Values alone: certification/reader.py hands
over the section, certification/reviews/life.py says what may be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.reviews.model import ReviewStatus

if TYPE_CHECKING:
    from certification.programme import Ground, Setting


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """A row of the life of a review. `start` None: the act makes it; `by_draw`: it follows a draw.

    `result`: what a team's conclusion comes to; `rectified` of the review turns a pass into one after rectification.
    """

    action: str
    name: str
    start: str | None
    to: str
    role: str
    stage: str | None
    verdict: str | None
    result: str | None
    by_draw: bool
    ground: Ground


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """How a programme reviews. `separation` names stages no two of which one person does; days are calendar days.

    `parts`: the parts of the standard that an inspection judges. `counts_below`: a review counts for the levels that the reviewed
    one asks for, too. `apart`: no inspector reviews a street in which they hold or held a role. `complete`: verdicts of a team that
    need everything to be looked at. `carries`: what need not be looked at again is as it was in the round before. `fails_unmet`: once a
    rectification's or recheck's day is past, what is left is a fail. `skew_minutes`: how far a device's clock may be ahead.
    """

    planners: Setting[tuple[str, ...]]
    apart: Setting[bool]
    team_members: Setting[int]
    reveal_hours: Setting[int]
    rectify_days: Setting[int]
    recheck_days: Setting[int]
    separation: Setting[tuple[str, ...]]
    parts: Setting[tuple[str, ...]]
    counts_below: Setting[bool]
    complete: Setting[tuple[str, ...]]
    carries: Setting[bool]
    fails_unmet: Setting[bool]
    skew_minutes: Setting[int]
    life: tuple[ReviewStep, ...]


FINAL = (ReviewStatus.CONFIRMED, ReviewStatus.CANCELLED)
