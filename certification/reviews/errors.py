"""Refusals of annual reviews: what certification/errors.py says of its own holds here."""

from __future__ import annotations

from certification.errors import CertificationError


class ReviewsUnruledError(CertificationError):
    """The campaign's programme says nothing of annual reviews."""

    code = "cycle.unruled"
    zh = "“{programme}”未规定年度复查"
    en = "the programme {programme} has no rule for annual reviews"


class CycleRefusedError(CertificationError):
    """A cycle cannot be planned or extended so. `reason_zh` and `reason_en` say why."""

    code = "cycle.refused"
    zh = "复查周期有误：{reason_zh}"
    en = "the cycle is refused: {reason_en}"


class NotReviewableError(CertificationError):
    """A community that is not reviewed in that year. `reason_zh` and `reason_en` say why."""

    code = "review.not_reviewable"
    zh = "“{community}”不在 {year} 年度复查之列：{reason_zh}"
    en = "“{community}” is not reviewed for {year}: {reason_en}"


class ReviewPlannedError(CertificationError):
    """A community is reviewed once for a level and a year."""

    code = "review.planned"
    zh = "“{community}”{year} 年度的{level_zh}复查已列入计划"
    en = "the review of “{community}” as {level} for {year} is planned already"


class InspectorRefusedError(CertificationError):
    """Somebody cannot be of that team. `reason_zh` and `reason_en` say why."""

    code = "team.member_refused"
    zh = "{team}的成员有误：{reason_zh}"
    en = "a member of {team} is refused: {reason_en}"


class AssignmentImpossibleError(CertificationError):
    """Every team has somebody who is barred from the community's street."""

    code = "assignment.impossible"
    zh = "各复查组均有人须回避“{community}”，无法分组"
    en = "every team has a member who is barred from “{community}”: no draw can assign it"
