"""Every clause of 附件1 at its boundary, for both levels: the numbers are by hand, and a clause without a case fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from audit.entry import Cite
from certification.figures import Figure
from certification.history import Certified, History, Reviewed, fold_history
from certification.judging import ItemFinding, Judgement, judge
from tests.unit.certification.samples import HASH, good_figures, programme

P, F, N = "pass", "fail", "not_applicable"
EVERYBODY: Final = [
    (0, 0, N),
    (1, 1, P),
    (0, 1, F),
    (9999, 10000, F),
    (10000, 10000, P),
    (2**53 - 2, 2**53 - 1, F),
]
NINETY: Final = [(8999, 10000, F), (9, 10, P), (899999, 1000000, F), (0, 0, N)]
GROUPS: Final = (
    "newly_employed",
    "registered_unemployed",
    "aid_recipients",
    "policy_recipients",
    "insurance_recipients",
)
YES: Final[list[tuple[Any, ...]]] = [(True, P), (False, F)]
NO_HOUSEHOLD: Final[list[tuple[Any, ...]]] = [(0, P), (1, F)]
BOUNDARIES: Final[dict[tuple[str, str], tuple[str, list[tuple[Any, ...]]]]] = {
    ("provincial", "labour_force_registered"): (
        "附件1 三（一）.1",
        [(7999, 10000, F), (80, 100, P), (3199, 4000, F), (3200, 4000, P), (799999, 1000000, F), (0, 0, N)],
    ),
    ("provincial", "reported_in_time"): ("附件1 三（一）.1", YES),
    ("provincial", "served_once"): ("附件1 三（一）.1", EVERYBODY),
    ("provincial", "zero_employment_households"): ("附件1 三（一）.2", NO_HOUSEHOLD),
    ("provincial", "registered_unemployed_employed"): (
        "附件1 三（一）.3",
        [(9499, 10000, F), (95, 100, P), (18, 19, F), (19, 20, P), (0, 0, N)],
    ),
    ("provincial", "hardship_employed"): (
        "附件1 三（一）.4",
        [(9499, 10000, F), (95, 100, P), (19, 20, P), (0, 0, N)],
    ),
    ("provincial", "certificate_held"): ("附件1 三（一）.5", EVERYBODY),
    ("provincial", "handled_in_system"): ("附件1 三（一）.5", EVERYBODY),
    ("provincial", "complaints_solved"): ("附件1 三（一）.6", YES),
    ("provincial", "satisfaction"): ("附件1 三（一）.6", NINETY),
    ("provincial", "training_referred"): ("附件1 二.3", EVERYBODY),
    ("provincial", "office_area"): ("附件1 一.1", [(49, F), (50, P)]),
    ("provincial", "staff"): ("附件1 一.3", [(1, F), (2, P)]),
    ("star", "labour_force_registered"): ("附件1 三（二）.2", NINETY),
    ("star", "reported_in_time"): ("附件1 三（二）.2", YES),
    ("star", "served_once"): ("附件1 三（二）.2", EVERYBODY),
    ("star", "zero_employment_households"): ("附件1 三（二）.3", NO_HOUSEHOLD),
    ("star", "registered_unemployed_employed"): (
        "附件1 三（二）.4",
        [(9699, 10000, F), (97, 100, P), (96, 99, F), (0, 0, N)],
    ),
    ("star", "hardship_employed"): ("附件1 三（二）.5", EVERYBODY),
    ("star", "loans_repaid"): (
        "附件1 三（二）.6",
        [
            (9399, 10000, F),
            (94, 100, P),
            (93_999_999, 100_000_000, F),
            (94_000_000, 100_000_000, P),
            (0, 0, N),
        ],
    ),
    ("star", "certificate_held"): ("附件1 三（一）.5", EVERYBODY),
    ("star", "handled_in_system"): ("附件1 三（一）.5", EVERYBODY),
    ("star", "complaints_solved"): ("附件1 三（一）.6", YES),
    ("star", "satisfaction"): ("附件1 三（一）.6", NINETY),
    ("star", "training_referred"): ("附件1 二.3", EVERYBODY),
    ("star", "office_area"): ("附件1 一.1", [(49, F), (50, P)]),
    ("star", "staff"): ("附件1 一.3", [(1, F), (2, P)]),
    ("star", "annual_passes"): ("附件1 三（二）.1", [(2, F), (3, P)]),
}
"""Level and indicator → the clause, and cases: numerator and denominator, count, whether it holds, or years passed, with the result."""
LOOKED_AT: Final = [*(f"1.{n}" for n in range(1, 8)), *(f"2.{n}" for n in range(1, 7))]
MET: Final = {code: ItemFinding("meets") for code in LOOKED_AT}
CASES: Final = [
    pytest.param(level, code, clause, given, id=f"{level} {code} {given}")
    for (level, code), (clause, cases) in BOUNDARIES.items()
    for given in cases
]


def past(years: int) -> History:
    """Certified provincial in 2018 and passed in the last `years` years before 2022."""
    cite = Cite("xingji/2", 7, HASH)
    reviewed = [Reviewed("provincial", 2021 - n, "pass", True, cite) for n in range(years)]
    certified = [Certified("provincial", date(2018, 7, 2), True, cite)]
    return fold_history("provincial", certified, reviewed, date(2022, 5, 1), programme().history)


def judged(level: str, figures: Sequence[Figure], history: History | None = None) -> Judgement:
    return judge(programme(), level, MET, figures, history or past(3))


def stated(code: str, group: str | None, given: tuple[Any, ...]) -> Figure:
    if len(given) == 3:
        return Figure(code, group, given[0], given[1])
    return Figure(code, group, **{"holds" if type(given[0]) is bool else "count": given[0]})


def test_every_clause_has_its_boundary_on_both_sides() -> None:
    found = {(one.level, one.code): one for one in programme().indicators}
    assert found.keys() == BOUNDARIES.keys()
    for key, (_, cases) in BOUNDARIES.items():
        assert {P, F} <= {case[-1] for case in cases}, key
        assert (N in {case[-1] for case in cases}) == (found[key].per is not None), key
    for level in programme().levels:
        for item in (one for one in programme().standard if level in one.levels):
            computed = [key for key, one in found.items() if key[0] == level and one.item == item.code]
            assert item.code in LOOKED_AT or computed, item
    groups = {one.group_codes for one in programme().indicators if one.groups}
    assert groups == {GROUPS}


@pytest.mark.parametrize(("level", "code", "clause", "given"), CASES)
def test_a_clause_at_its_boundary(level: str, code: str, clause: str, given: tuple[Any, ...]) -> None:
    *_, result = given
    if code == "annual_passes":
        tried = [(None, judged(level, good_figures(level), past(given[0])))]
    else:
        groups = GROUPS if code in ("certificate_held", "handled_in_system") else (None,)
        tried = []
        for group in groups:
            figure = stated(code, group, given)
            figures = [figure if (f.code, f.group) == (code, group) else f for f in good_figures(level)]
            tried.append((group, judged(level, figures)))
    for group, judgement in tried:
        (outcome,) = (one for one in judgement.outcomes if (one.code, one.group) == (code, group))
        assert (outcome.result, outcome.clause) == (result, clause)
        assert judgement.qualifies is (result != F)
        assert judgement.refusing == ((outcome,) if result == F else ())
        assert all(one.result == P for one in judgement.outcomes if one is not outcome)
        assert (outcome.change_zh is not None, outcome.change_en is not None) == (result == F, result == F)


@pytest.mark.parametrize("level", ["provincial", "star"])
@pytest.mark.parametrize("code", LOOKED_AT)
def test_an_item_looked_at_is_required(level: str, code: str) -> None:
    for verdict, result in (("meets", P), ("does_not_meet", F), ("not_applicable", N), (None, "missing")):
        items = (
            {**MET, code: ItemFinding(verdict)} if verdict else {k: v for k, v in MET.items() if k != code}
        )
        judgement = judge(programme(), level, items, good_figures(level), past(3))
        (outcome,) = (one for one in judgement.outcomes if one.code == code)
        number = f"附件1 {'一' if code[0] == '1' else '二'}.{code[2:]}"
        assert (outcome.result, outcome.clause) == (result, number)
        assert judgement.qualifies is (result in (P, N))


@pytest.mark.parametrize("level", ["provincial", "star"])
def test_what_is_not_stated_is_missing(level: str) -> None:
    figures = good_figures(level)
    for number, left_out in enumerate(figures):
        judgement = judged(level, (*figures[:number], *figures[number + 1 :]))
        assert [(one.code, one.group, one.result) for one in judgement.refusing] == [
            (left_out.code, left_out.group, "missing")
        ]
        assert not judgement.qualifies
    assert not judge(programme(), "star", MET, good_figures("star")).qualifies
    assert judge(programme(), "provincial", MET, good_figures("provincial")).qualifies


def test_a_community_with_nobody_in_any_group_qualifies_and_is_told_so() -> None:
    empty = [replace(f, numerator=0, denominator=0) if f.denominator else f for f in good_figures("star")]
    judgement = judged("star", empty)
    unapplied = [one for one in judgement.outcomes if one.result == N]
    assert judgement.qualifies and len(unapplied) == 17
    assert all(
        one.zh.endswith("为 0，不适用") and one.en.endswith(": 0, does not apply") for one in unapplied
    )
