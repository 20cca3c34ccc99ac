"""Refusals of annual reviews: what certification/errors.py says of its own holds here."""

from __future__ import annotations

from certification.errors import CertificationError, SamePersonError


class ReviewStatusError(CertificationError):
    """The review is not where the action starts from."""

    code = "review.wrong_status"
    zh = "复查当前为“{status_zh}”，不能“{name}”"
    en = "the review is {status}: {action} does not start from there"


class ReviewDaysError(CertificationError):
    """The cycle's days, or a rectification's or recheck's, have not begun or are over."""

    code = "review.outside_days"
    zh = "“{name}”须在 {opens} 至 {closes} 之间办理"
    en = "{action} is open from {opens} to {closes}"


class ReviewPersonError(SamePersonError):
    """One person would act at two stages of one review, or is of the team that inspects it."""

    zh = "同一人不得办理同一复查的两个环节（另一环节：{stage_zh}）"
    en = "one person may not act at two stages of one review (the other: {stage})"


class ReviewStaleError(CertificationError):
    """The conclusion that was read is not the one that stands."""

    code = "review.stale"
    zh = "复查结论已有变动，请查看后再办理"
    en = "the conclusion is no longer the one that was read: look at it again"


class RoundClosedError(CertificationError):
    """Observations come for a round that is concluded; the device keeps them, and sends them if another round begins."""

    code = "inspection.round_closed"
    zh = "本轮现场复查已作出结论，不再接收查看记录；请在设备上保留，如有下一轮可再上传"
    en = "this round of inspection is concluded: keep the observations, and send them if another round begins"


class ObservationRefusedError(CertificationError):
    """An observation says what cannot be kept. `reason_zh` and `reason_en` say why."""

    code = "observation.refused"
    zh = "查看记录 {id} 有误：{reason_zh}"
    en = "observation {id} is refused: {reason_en}"


class ObservationDiffersError(CertificationError):
    """An observation of that id was recorded with other content."""

    code = "observation.differs"
    zh = "编号为 {id} 的查看记录已存在且内容不同"
    en = "an observation {id} was recorded with other content"


class ObservationsTooManyError(CertificationError):
    """More observations at once than an entry of the ledger holds."""

    code = "observation.too_many"
    zh = "一次最多上传 {limit} 条查看记录，请分批上传"
    en = "at most {limit} observations at once: send them in pieces"


class ObservationsFullError(CertificationError):
    """The review holds as many observations as a review can."""

    code = "observation.full"
    zh = "一次复查最多保存 {limit} 条查看记录"
    en = "a review holds at most {limit} observations"


class InspectionEmptyError(CertificationError):
    """Neither an observation nor a conclusion."""

    code = "inspection.empty"
    zh = "没有查看记录，也没有结论"
    en = "there is neither an observation nor a conclusion"


class ObservationsConflictError(CertificationError):
    """Different values stand for one thing; nothing is concluded before somebody says which holds."""

    code = "inspection.conflict"
    zh = "以下内容有不一致的查看记录，须先核实：{keys}"
    en = "observations contradict each other, settle them first: {keys}"


class InspectionIncompleteError(CertificationError):
    """Something that the verdict needs was not looked at."""

    code = "inspection.incomplete"
    zh = "以下内容尚未查看：{codes}"
    en = "not looked at yet: {codes}"


class InspectionFailsError(CertificationError):
    """A pass, where the standard is not met."""

    code = "inspection.fails"
    zh = "未达到认定标准，不能评为合格：{reasons_zh}"
    en = "the standard is not met, so it does not pass: {reasons_en}"


class ConclusionRefusedError(CertificationError):
    """A conclusion does not hold together. `reason_zh` and `reason_en` say why."""

    code = "conclusion.refused"
    zh = "结论有误：{reason_zh}"
    en = "the conclusion is refused: {reason_en}"


class CorrectionNothingError(CertificationError):
    """No result of that year is recorded."""

    code = "correction.nothing"
    zh = "{year} 年度没有已生效的复查结论可更正；线下完成的复查请按历史记录补录，并由市局核证"
    en = "no result of {year} is recorded that could be corrected: a review on paper is entered as a legacy record and attested"


class CorrectionSameError(CertificationError):
    """The result is what the correction would make it."""

    code = "correction.same"
    zh = "{year} 年度的复查结论已是如此，无须更正"
    en = "the result of {year} is that already"


class CorrectionSettledError(CertificationError):
    """The correction was confirmed or declined before."""

    code = "correction.settled"
    zh = "该更正已经办结"
    en = "the correction was settled before"


class CorrectionMovedError(CertificationError):
    """The community has gone to another county with its history."""

    code = "correction.moved"
    zh = "该社区已随区划变更划转至{county}，请在该县（市、区）更正其复查结论"
    en = "the community has moved to {county} with its history: correct it there"


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
