"""What mutations answer: a recorded act with its receipt, or a refusal. One union for each kind of subject.

An expected refusal is a member of the union, in both languages and with the clause on which it rests; whatever else fails is a masked
error. `application`, `roster`, `campaign`, `person`, `role`, `grant`, `extension`, `calendar` and `ledger_reading` are selected by the read path after commit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.application import Application
from graphql_schema.types.calendar import CalendarYear
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.change import CertificationChange
from graphql_schema.types.draw import Draw, RegisterList
from graphql_schema.types.erasure import Erasure
from graphql_schema.types.extension import Extension
from graphql_schema.types.grant import Grant
from graphql_schema.types.inspection import ReviewCorrection
from graphql_schema.types.ledger import LedgerReading
from graphql_schema.types.legacy import LegacyRecord
from graphql_schema.types.objection import Objection
from graphql_schema.types.person import Person, RoleAssignment
from graphql_schema.types.review import AnnualReview, ReviewCycle
from graphql_schema.types.roster import Roster
from graphql_schema.types.signing import OfficerKey, SigningPolicy
from graphql_schema.types.unit import Unit
from graphql_schema.types.unit_change import UnitChange


@strawberry.type(
    description="Where an act stands in the ledger; keep it: it proves that the act was recorded (回执)."
)
class Receipt:
    """Tenant, sequence, hash."""

    origin: str = strawberry.field(description="Name of the tenant's log (账本名).")
    sequence: SafeInt = strawberry.field(description="Number of the entry in that log, from 0 (序号).")
    hash: Hex = strawberry.field(description="RFC 6962 leaf hash of the entry (哈希).")
    replayed: bool = strawberry.field(
        description="This requestId had been recorded before: the first receipt is answered again (重复请求)."
    )
    proof: str | None = strawberry.field(
        description="That the entry stands in the published log, as a C2SP tlog-proof; null until a published"
        " checkpoint covers it: ask again with the same requestId, or `LedgerEntry.proof` (收录证明)."
    )


@strawberry.type(description="Why nothing was recorded (不予办理).")
class Refusal:
    """An expected refusal."""

    code: str = strawberry.field(description="Stable code for programs.")
    message: str = strawberry.field(description="The reason in the language that was asked for.")
    message_zh: str = strawberry.field(description="The reason in Chinese (原因).")
    message_en: str = strawberry.field(description="The reason in English.")
    clause: str | None = strawberry.field(
        description="The place in the notice or programme that it rests on (依据)."
    )
    trace_id: str = strawberry.field(description="Names this request in the logs.")
    intent: str | None = strawberry.field(
        default=None,
        description="What the officer's key has to sign, as DSSE of application/vnd.xingji.intent+json (待签内容).",
    )
    retry_after: int | None = strawberry.field(
        default=None,
        description="Seconds until the next try is heard, when there were too many (多少秒后再试).",
    )


@strawberry.type(description="An act on an application was recorded (已办理).")
class ApplicationRecorded:
    """The application as it is now."""

    application: Application = strawberry.field(description="The application after the act (申报).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="An application that does not mirror the list yet (未跟进).")
class Unfollowed:
    """Whose, and what stood against it."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    code: str = strawberry.field(description="Stable code of what stood against it.")


@strawberry.type(description="A list of the city was recorded (名单已记录).")
class RosterRecorded:
    """The roster as it is now, and what it did to the counties' applications."""

    roster: Roster = strawberry.field(description="The list (名单).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")
    followed: list[Receipt] = strawberry.field(
        description="The entries in the counties' ledgers that follow it, one for each application that it changed."
    )
    unfollowed: list[Unfollowed] = strawberry.field(
        description="What a county's log refused or could not take; tried again behind the city's next list (未跟进)."
    )


@strawberry.type(description="The city dealt with an objection (异议已办理).")
class ObjectionRecorded:
    """The objection as it is now, and what an objection upheld did to the application."""

    objection: Objection = strawberry.field(description="The objection (异议).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")
    followed: list[Receipt] = strawberry.field(
        description="The entries in the counties' ledgers that follow it (随之办理)."
    )
    unfollowed: list[Unfollowed] = strawberry.field(
        description="What a county's log could not take yet (未跟进)."
    )


@strawberry.type(description="An objection was received (异议已收到).")
class ObjectionFiled:
    """Nothing but the code tells how it goes on: it is not shown again, save to the same request."""

    code: str = strawberry.field(description="Keep it: `objectionStatus` answers to it alone (查询码).")
    receipt: Receipt = strawberry.field(description="Where it stands in the city's ledger (回执).")


@strawberry.type(description="A campaign was opened (批次已开启).")
class CampaignRecorded:
    """The campaign."""

    campaign: Campaign = strawberry.field(description="The campaign (批次).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")


@strawberry.type(description="A person was added (人员已增加).")
class PersonRecorded:
    """The person with the first roles."""

    person: Person = strawberry.field(description="The person (人员).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="A role was assigned or ended (任免已记录).")
class RoleRecorded:
    """The role as it is now."""

    role: RoleAssignment = strawberry.field(description="The role (角色).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="A grant was given or ended (授权已记录).")
class GrantRecorded:
    """The grant as it is now."""

    grant: Grant = strawberry.field(description="The grant (授权).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="An erasure was proposed, confirmed or declined (删除事项已记录).")
class ErasureRecorded:
    """The erasure as it is now."""

    erasure: Erasure = strawberry.field(description="The erasure (删除事项).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="Legacy records were proposed (历史记录已补录).")
class LegacyProposed:
    """The community with its records."""

    community: Unit = strawberry.field(description="The community (社区).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="A legacy record was attested or declined (历史记录已办理).")
class LegacyRecorded:
    """The record as it is now."""

    record: LegacyRecord = strawberry.field(description="The record (历史记录).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="A change of a certification was proposed or confirmed (认定变更已记录).")
class CertificationChangeRecorded:
    """The change as it is now, and what followed in the counties' ledgers."""

    change: CertificationChange = strawberry.field(description="The change (认定变更).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")
    followed: list[Receipt] = strawberry.field(
        description="The entries in the counties' ledgers that follow what was confirmed."
    )
    unfollowed: list[str] = strawberry.field(
        description="Codes of what stood against following; tried again behind the city's next act (未跟进)."
    )


@strawberry.type(description="A change of divisions was proposed, confirmed or declined (区划变更已记录).")
class UnitChangeRecorded:
    """The change as it is now, and what followed in the counties' ledgers."""

    change: UnitChange = strawberry.field(description="The change (区划变更).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")
    followed: list[Receipt] = strawberry.field(
        description="The entries in the counties' ledgers that follow what was confirmed."
    )
    unfollowed: list[str] = strawberry.field(
        description="Codes of what stood against following; tried again behind the city's next act (未跟进)."
    )


@strawberry.type(description="A cycle of reviews was planned or extended (复查周期已记录).")
class ReviewCycleRecorded:
    """The cycle as it is now."""

    cycle: ReviewCycle = strawberry.field(description="The cycle (复查周期).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="An act on an annual review was recorded (复查已办理).")
class AnnualReviewRecorded:
    """The review as it is now."""

    review: AnnualReview = strawberry.field(description="The review (年度复查).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(
    description="A correction of a year's review was proposed, confirmed or declined (更正已记录)."
)
class ReviewCorrectionRecorded:
    """The correction as it is now."""

    correction: ReviewCorrection = strawberry.field(description="The correction (更正).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="A draw went on, or a drawn number was answered (抽取已记录).")
class DrawRecorded:
    """The draw as it is now."""

    draw: Draw = strawberry.field(description="The draw (抽取).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="A register list was committed to (名册已承诺).")
class RegisterListRecorded:
    """The list."""

    list: RegisterList = strawberry.field(description="The list (名册).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the county's ledger (回执).")


@strawberry.type(description="An extension was proposed, confirmed or declined (延期已记录).")
class ExtensionRecorded:
    """The extension as it is now."""

    extension: Extension = strawberry.field(description="The extension (延期).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")


@strawberry.type(description="A year's working days were set (工作日安排已记录).")
class CalendarRecorded:
    """The year as it is now."""

    calendar: CalendarYear = strawberry.field(description="The year (年度安排).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the city's ledger (回执).")


@strawberry.type(description="Who may read the log was set (账本阅读范围已记录).")
class LedgerReadingRecorded:
    """What holds from now on."""

    ledger_reading: LedgerReading = strawberry.field(description="Who may read it (账本阅读范围).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="A key was enrolled, vouched for, certified, rotated or revoked (密钥已记录).")
class OfficerKeyRecorded:
    """The key as it is now."""

    officer_key: OfficerKey = strawberry.field(description="The key; of a rotation, the new one (密钥).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="A signing policy was set, proposed or confirmed (签名规定已记录).")
class SigningPolicyRecorded:
    """The policy as it is now."""

    signing_policy: SigningPolicy = strawberry.field(description="The policy (签名规定).")
    receipt: Receipt = strawberry.field(description="Where the act stands in the tenant's ledger (回执).")


@strawberry.type(description="One's password was changed (密码已修改).")
class PasswordChanged:
    """Nothing of it enters the ledger."""

    changed_at: datetime = strawberry.field(description="When (修改时间).")


@strawberry.type(description="Signed in (登录成功).")
class SignedIn:
    """A bearer token."""

    token: str = strawberry.field(description="Send it as `Authorization: Bearer …` (令牌).")
    expires_at: datetime = strawberry.field(description="When it ends; sign in again before (失效时间).")


ApplicationResult = Annotated[
    ApplicationRecorded | Refusal, strawberry.union("ApplicationResult", description="Recorded, or refused.")
]
RosterResult = Annotated[
    RosterRecorded | Refusal, strawberry.union("RosterResult", description="Recorded, or refused.")
]
ObjectionResult = Annotated[
    ObjectionRecorded | Refusal, strawberry.union("ObjectionResult", description="Recorded, or refused.")
]
FiledObjectionResult = Annotated[
    ObjectionFiled | Refusal, strawberry.union("FiledObjectionResult", description="Received, or refused.")
]
CampaignResult = Annotated[
    CampaignRecorded | Refusal, strawberry.union("CampaignResult", description="Recorded, or refused.")
]
SignInResult = Annotated[
    SignedIn | Refusal, strawberry.union("SignInResult", description="A token, or refused.")
]
PersonResult = Annotated[
    PersonRecorded | Refusal, strawberry.union("PersonResult", description="Recorded, or refused.")
]
RoleResult = Annotated[
    RoleRecorded | Refusal, strawberry.union("RoleResult", description="Recorded, or refused.")
]
ErasureResult = Annotated[
    ErasureRecorded | Refusal, strawberry.union("ErasureResult", description="Recorded, or refused.")
]
GrantResult = Annotated[
    GrantRecorded | Refusal, strawberry.union("GrantResult", description="Recorded, or refused.")
]
LegacyProposalResult = Annotated[
    LegacyProposed | Refusal, strawberry.union("LegacyProposalResult", description="Recorded, or refused.")
]
LegacyRecordResult = Annotated[
    LegacyRecorded | Refusal, strawberry.union("LegacyRecordResult", description="Recorded, or refused.")
]
CertificationChangeResult = Annotated[
    CertificationChangeRecorded | Refusal,
    strawberry.union("CertificationChangeResult", description="Recorded, or refused."),
]
UnitChangeResult = Annotated[
    UnitChangeRecorded | Refusal, strawberry.union("UnitChangeResult", description="Recorded, or refused.")
]
ReviewCycleResult = Annotated[
    ReviewCycleRecorded | Refusal, strawberry.union("ReviewCycleResult", description="Recorded, or refused.")
]
AnnualReviewResult = Annotated[
    AnnualReviewRecorded | Refusal,
    strawberry.union("AnnualReviewResult", description="Recorded, or refused."),
]
ReviewCorrectionResult = Annotated[
    ReviewCorrectionRecorded | Refusal,
    strawberry.union("ReviewCorrectionResult", description="Recorded, or refused."),
]
DrawResult = Annotated[
    DrawRecorded | Refusal, strawberry.union("DrawResult", description="Recorded, or refused.")
]
RegisterListResult = Annotated[
    RegisterListRecorded | Refusal,
    strawberry.union("RegisterListResult", description="Recorded, or refused."),
]
ExtensionResult = Annotated[
    ExtensionRecorded | Refusal, strawberry.union("ExtensionResult", description="Recorded, or refused.")
]
CalendarResult = Annotated[
    CalendarRecorded | Refusal, strawberry.union("CalendarResult", description="Recorded, or refused.")
]
LedgerReadingResult = Annotated[
    LedgerReadingRecorded | Refusal,
    strawberry.union("LedgerReadingResult", description="Recorded, or refused."),
]
OfficerKeyResult = Annotated[
    OfficerKeyRecorded | Refusal, strawberry.union("OfficerKeyResult", description="Recorded, or refused.")
]
SigningPolicyResult = Annotated[
    SigningPolicyRecorded | Refusal,
    strawberry.union("SigningPolicyResult", description="Recorded, or refused."),
]
PasswordResult = Annotated[
    PasswordChanged | Refusal, strawberry.union("PasswordResult", description="Changed, or refused.")
]
