"""Scores bear the order, and who stands behind an equal one is told why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.entry import Cite
from certification.acts.listing import Line
from certification.acts.rank import check_scores
from certification.errors import (
    CertificationError,
    FieldRefusedError,
    RosterScoresError,
    RosterTieUnarguedError,
)
from certification.programme import Setting
from certification.reading import Candidate
from tests.unit.certification.samples import COUNTY, named, programme

CANDIDATE = Candidate(
    COUNTY, named("application"), "site_visited", "社区", Cite("xingji.example/2", 1, bytes(32))
)


def lines(*scored: tuple[int | None, str | None]) -> list[Line]:
    return [Line(CANDIDATE, "selected", "理由", score, tie) for score, tie in scored]


@pytest.mark.parametrize(
    ("scored", "error"),
    [
        ([(None, None), (None, None)], None),
        ([(1000, None), (900, None), (0, None)], None),
        ([(900, None), (900, "台账更详实者在前"), (900, "同上")], None),
        ([(900, None), (None, None)], RosterScoresError),
        ([(None, None), (900, None)], RosterScoresError),
        ([(800, None), (900, None)], RosterScoresError),
        ([(1001, None)], RosterScoresError),
        ([(-1, None)], RosterScoresError),
        ([(900, None), (900, None)], RosterTieUnarguedError),
        ([(900, None), (900, " ")], FieldRefusedError),
        ([(900, "并列")], RosterScoresError),
        ([(900, None), (800, "并列")], RosterScoresError),
        ([(None, "并列"), (None, "并列")], RosterScoresError),
    ],
)
def test_scores_bear_the_order(
    scored: list[tuple[int | None, str | None]], error: type[CertificationError] | None
) -> None:
    if error is None:
        check_scores(programme(), lines(*scored))
        return
    with pytest.raises(error):
        check_scores(programme(), lines(*scored))


def test_arguing_ties_is_a_setting() -> None:
    setting = programme().ranking_ties_argued
    lenient = replace(programme(), ranking_ties_argued=Setting(False, setting.ground))
    check_scores(lenient, lines((900, None), (900, None)))
