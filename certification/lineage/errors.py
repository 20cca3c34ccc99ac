"""Refusals of changes of divisions."""

from __future__ import annotations

from certification.errors import CertificationError


class UnitChangeRefusedError(CertificationError):
    """A change cannot be made so. `reason_zh` and `reason_en` say why."""

    code = "unit_change.refused"
    zh = "区划变更有误：{reason_zh}"
    en = "the change of divisions is refused: {reason_en}"


class UnitClosedError(CertificationError):
    """The unit has ended: nothing more is done in its name."""

    code = "unit.closed"
    zh = "“{name}”于 {day} 撤销，请以其承接单位办理"
    en = "“{name}” ends on {day}: act for the unit that goes on from it"


class UnitBusyError(CertificationError):
    """An application or a review of the unit has not ended."""

    code = "unit_change.busy"
    zh = "“{name}”有未办结的{what_zh}，办结后方可变更"
    en = "“{name}” has {what} that has not ended"


class UnitCodeTakenError(CertificationError):
    """Another unit carries that code."""

    code = "unit_change.code_taken"
    zh = "统计代码 {unit_code} 已由“{name}”使用"
    en = "the code {unit_code} is carried by “{name}”"


class UnitChangeStaleError(CertificationError):
    """The divisions are no longer what they were when it was proposed."""

    code = "unit_change.stale"
    zh = "提出后区划已有变动（“{name}”），请重新提出"
    en = "the divisions have changed since it was proposed (“{name}”)"


class UnitChangeWaitingError(CertificationError):
    """Something confirmed earlier is not in the county's log yet."""

    code = "unit_change.waiting"
    zh = "“{name}”的账本尚未跟进此前确认的变更，请稍后再办"
    en = "the log of “{name}” has not followed what was confirmed before"


class CertificationMovedError(CertificationError):
    """The certification has gone to another county with its community."""

    code = "change.moved"
    zh = "该认定已随社区划转至{county}，请对其现有认定办理"
    en = "the certification has moved to {county} with its community: change the one there"


class UnitChangeSettledError(CertificationError):
    """It was confirmed or declined before."""

    code = "unit_change.settled"
    zh = "该区划变更已确认或已否决"
    en = "the change of divisions was confirmed or declined before"
