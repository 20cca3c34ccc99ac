"""What an entry of a log is called, for people: every operation with its kind and its words, and what an act may come to. Data.

A test holds the table against all acts. The words are those of the notice and of docs/glossary.md; what is not in the table is called
by its code, so a log from a later version can still be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import strawberry

from certification.lineage.plan import CLOSED, OPENED, OPERATIONS


@strawberry.enum(description="What an entry is about (类别).")
class StoryKind(Enum):
    """Of a community's life, and what else a log holds."""

    APPLICATION = "application"
    ENDORSEMENT = "endorsement"
    CERTIFICATION = "certification"
    REVIEW = "review"
    SPOT_CHECK = "spot_check"
    CORRECTION = "correction"
    LEGACY = "legacy"
    EVIDENCE = "evidence"
    UNIT = "unit"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Told:
    """An operation's kind, and its words."""

    kind: StoryKind
    zh: str
    en: str


_K: Final = StoryKind
TOLD: Final[Mapping[str, Told]] = {
    "application.filed": Told(_K.APPLICATION, "申报建档", "application filed"),
    "application.form_saved": Told(_K.APPLICATION, "保存推荐表", "form saved"),
    "application.submitted": Told(_K.APPLICATION, "提交申报", "application submitted"),
    "application.returned": Told(_K.APPLICATION, "退回修改", "application returned"),
    "application.withdrawn": Told(_K.APPLICATION, "撤回申报", "application withdrawn"),
    "application.lapsed": Told(_K.APPLICATION, "申报失效", "application lapsed"),
    "application.opinion_given": Told(_K.ENDORSEMENT, "签署意见", "opinion given"),
    "application.site_looked_at": Told(_K.ENDORSEMENT, "实地考察", "site visit recorded"),
    "application.followed": Told(_K.CERTIFICATION, "按市级名单办理", "followed a list of the city"),
    "certification.followed": Told(_K.CERTIFICATION, "认定变更", "certification changed"),
    "certification.change_proposed": Told(
        _K.CERTIFICATION, "提出认定变更", "change of a certification proposed"
    ),
    "certification.change_confirmed": Told(
        _K.CERTIFICATION, "确认认定变更", "change of a certification confirmed"
    ),
    "certification.change_declined": Told(
        _K.CERTIFICATION, "不予认定变更", "change of a certification declined"
    ),
    "review_cycle.planned": Told(_K.REVIEW, "制定复查计划", "cycle of reviews planned"),
    "review_cycle.extended": Told(_K.REVIEW, "复查延期", "cycle of reviews extended"),
    "review.cancelled": Told(_K.REVIEW, "取消复查", "review cancelled"),
    "review.inspected": Told(_K.REVIEW, "现场复查", "review inspected"),
    "review.confirmed": Told(_K.REVIEW, "确认复查", "review confirmed"),
    "review.returned": Told(_K.REVIEW, "退回复查", "review returned"),
    "review_correction.proposed": Told(_K.CORRECTION, "提出更正复查结论", "correction of a review proposed"),
    "review_correction.confirmed": Told(_K.CORRECTION, "更正复查结论", "review corrected"),
    "review_correction.declined": Told(_K.CORRECTION, "不予更正复查结论", "correction of a review declined"),
    "register.committed": Told(_K.SPOT_CHECK, "固定实名登记名册", "register list committed"),
    "draw.opened": Told(_K.SPOT_CHECK, "发起抽取", "draw opened"),
    "draw.committed": Told(_K.SPOT_CHECK, "承诺密数", "secret of a draw committed"),
    "draw.revealed": Told(_K.SPOT_CHECK, "公开密数", "secret of a draw revealed"),
    "draw.voided": Told(_K.SPOT_CHECK, "作废抽取", "draw voided"),
    "spot_check.answered": Told(_K.SPOT_CHECK, "抽查核对", "spot check answered"),
    "legacy.proposed": Told(_K.LEGACY, "提出历史记录", "legacy records proposed"),
    "legacy.attested": Told(_K.LEGACY, "核证历史记录", "legacy record attested"),
    "legacy.declined": Told(_K.LEGACY, "退回历史记录", "legacy record declined"),
    "evidence.attached": Told(_K.EVIDENCE, "添加佐证材料", "evidence attached"),
    "erasure.proposed": Told(_K.OTHER, "提请删除个人信息", "erasure of personal values proposed"),
    "erasure.declined": Told(_K.OTHER, "不予删除个人信息", "erasure of personal values declined"),
    "personal.erased": Told(_K.OTHER, "删除个人信息", "personal values erased"),
    "unit_change.proposed": Told(_K.UNIT, "提出区划变更", "change of divisions proposed"),
    "unit_change.confirmed": Told(_K.UNIT, "确认区划变更", "change of divisions confirmed"),
    "unit_change.declined": Told(_K.UNIT, "不予区划变更", "change of divisions declined"),
    "unit_change.followed": Told(_K.UNIT, "区划变更", "division changed"),
    **dict.fromkeys(OPERATIONS.values(), Told(_K.UNIT, "区划变更", "division changed")),
    CLOSED: Told(_K.UNIT, "单位划出", "unit moved out"),
    OPENED: Told(_K.UNIT, "单位划入", "unit moved in"),
    "campaign.opened": Told(_K.OTHER, "启动批次", "campaign opened"),
    "roster.ranking": Told(_K.OTHER, "择优排序", "applications ranked"),
    "roster.publicity": Told(_K.OTHER, "公示", "list publicised"),
    "roster.publicity_closed": Told(_K.OTHER, "公示结束", "publicity closed"),
    "roster.publicity_corrected": Told(_K.OTHER, "更正公示", "publicity corrected"),
    "roster.report": Told(_K.OTHER, "报省", "reported to the province"),
    "roster.decision": Told(_K.OTHER, "省级认定文件", "decision of the province recorded"),
    "objection.filed": Told(_K.OTHER, "提出异议", "objection filed"),
    "objection.accepted": Told(_K.OTHER, "受理异议", "objection accepted"),
    "objection.decided": Told(_K.OTHER, "异议处理", "objection decided"),
    "extension.proposed": Told(_K.OTHER, "提出延期", "extension proposed"),
    "extension.confirmed": Told(_K.OTHER, "确认延期", "extension confirmed"),
    "extension.declined": Told(_K.OTHER, "不予延期", "extension declined"),
    "calendar.set": Told(_K.OTHER, "设定工作日安排", "working days set"),
    "ledger_reading.set": Told(_K.OTHER, "设定账本阅读范围", "who may read the ledger set"),
    "tenant.founded": Told(_K.OTHER, "建账", "ledger founded"),
    "ledger.suite_set": Told(_K.OTHER, "启用国密签名", "SM2 signatures declared"),
    "ledger.opened": Told(_K.OTHER, "开账", "ledger opened"),
    "person.added": Told(_K.OTHER, "添加人员", "person added"),
    "role.assigned": Told(_K.OTHER, "授予角色", "role assigned"),
    "role.ended": Told(_K.OTHER, "终止角色", "role ended"),
    "grant.given": Told(_K.OTHER, "授权", "grant given"),
    "officer_key.enrolled": Told(_K.OTHER, "登记密钥", "officer's key enrolled"),
    "officer_key.vouched": Told(_K.OTHER, "核验密钥", "officer's key vouched for"),
    "officer_key.certified": Told(_K.OTHER, "核证密钥", "officer's key certified"),
    "officer_key.rotated": Told(_K.OTHER, "更换密钥", "officer's key rotated"),
    "officer_key.revoked": Told(_K.OTHER, "吊销密钥", "officer's key revoked"),
    "officer_key.admitted": Told(_K.OTHER, "认可外单位密钥", "another log's key admitted"),
    "officer_key.withdrawn": Told(_K.OTHER, "停用外单位密钥", "another log's key withdrawn"),
    "signing_policy.proposed": Told(_K.OTHER, "提出放宽签名规定", "fewer signatures proposed"),
    "signing_policy.set": Told(_K.OTHER, "设定签名规定", "signing policy set"),
    "ledger.key_rotated": Told(_K.OTHER, "更换账本密钥", "ledger's key rotated"),
    "ledger.key_replaced": Told(_K.OTHER, "更替账本密钥", "ledger's key replaced"),
    "ledger.witnessed": Told(_K.OTHER, "记录县级检查点", "counties' checkpoints recorded"),
    "ledger.timestamped": Told(_K.OTHER, "记录时间戳", "a time-stamp recorded"),
    "grant.ended": Told(_K.OTHER, "终止授权", "grant ended"),
}

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "agree": ("同意", "agreed"),
    "refuse": ("不同意", "refused"),
    "return": ("退回", "returned"),
    "pass": ("合格", "pass"),
    "pass_after_rectification": ("整改后合格", "pass after rectification"),
    "rectify": ("限期整改", "to be rectified"),
    "recheck": ("复核", "to be looked at again"),
    "fail": ("不合格", "fail"),
    "void": ("作废", "void"),
    "certified": ("认定", "certified"),
    "suspend": ("暂停", "suspended"),
    "reinstate": ("恢复", "reinstated"),
    "revoke": ("撤销", "revoked"),
    "suspended": ("暂停", "suspended"),
    "revoked": ("撤销", "revoked"),
    "match": ("相符", "match"),
    "mismatch": ("不符", "mismatch"),
    "not_found": ("查无", "not found"),
    "merge": ("合并", "merged"),
    "split": ("拆分", "split"),
    "move": ("划转", "moved"),
    "rename": ("更名", "renamed"),
    "recode": ("代码变更", "recoded"),
}
"""What an act may come to, as its entry says it."""


def operations_of(kind: StoryKind) -> Sequence[str]:
    """The operations of a kind."""
    return [operation for operation, told in TOLD.items() if told.kind is kind]


def kind_of(operation: str) -> StoryKind:
    """The kind of an operation."""
    told = TOLD.get(operation)
    return StoryKind.OTHER if told is None else told.kind


def summarise(operation: str, outcome: Mapping[str, Any], locale: str) -> str:
    """An entry in a few words: what was done, and what it came to where that is said."""
    told, chinese = TOLD.get(operation), locale.startswith("zh")
    text = operation if told is None else told.zh if chinese else told.en
    found = next((outcome[name] for name in ("verdict", "result") if outcome.get(name) in WORDS), None)
    parts = (
        []
        if outcome.get("year") is None
        else [f"{outcome['year']} 年度" if chinese else str(outcome["year"])]
    )
    if found is not None:
        parts.append(WORDS[found][0 if chinese else 1])
    if not parts:
        return text
    return f"{text}（{'，'.join(parts)}）" if chinese else f"{text} ({', '.join(parts)})"
