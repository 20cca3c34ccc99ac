"""Verdicts on the items of the standard (逐条评定): what an opinion that assesses must say, item by item.

The rule upheld here: whoever agrees has a verdict on every item that the programme wants assessed at the stage, and none of
them falls short; whatever is not plainly met says why. A refusal may rest on a single item. Pure; indicators are none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certification.errors import AssessmentIncompleteError, AssessmentRefusedError, AssessmentUnmetError
from certification.forms import REASON_LIMIT, check_text
from certification.model import Finding, Verdict
from certification.programme import Programme, Step


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of an item: its code in the standard, a Finding, and a note (may be blank when it is met)."""

    code: str
    verdict: str
    note: str = ""


def check_items(programme: Programme, step: Step, level: str, given: Sequence[Found]) -> None:
    """Raise AssessmentRefusedError, AssessmentIncompleteError, AssessmentUnmetError or FieldRefusedError."""
    asked = [] if step.stage is None else [item.code for item in programme.items_of(level, step.stage)]
    clause = programme.assessed_parts.ground.clause
    left = set(asked)
    for one in given:
        if one.code not in left or one.verdict not in tuple(Finding):
            raise AssessmentRefusedError(clause=clause, item=one.code)
        left.remove(one.code)
        if one.note or one.verdict != Finding.MEETS:
            check_text("note", f"条款 {one.code}", one.note, REASON_LIMIT)
    if step.verdict != Verdict.AGREE:
        return
    if left:
        missing = "、".join(code for code in asked if code in left)
        raise AssessmentIncompleteError(clause=clause, items=missing)
    unmet = [one.code for one in given if one.verdict == Finding.DOES_NOT_MEET]
    if unmet:
        raise AssessmentUnmetError(clause=clause, items="、".join(unmet))
