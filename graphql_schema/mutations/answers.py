"""What mutations answer: a recorded act with its receipt, or a refusal. One union for each kind of subject.

An expected refusal is a member of the union, in both languages and with the clause on which it rests; whatever else fails is a masked
error. `application`, `roster`, `campaign`, `person`, `role`, `grant`, `extension` and `calendar` are selected by the read path after commit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_schema.scalars import Hex, SafeInt
from graphql_schema.types.application import Application
from graphql_schema.types.calendar import CalendarYear
from graphql_schema.types.campaign import Campaign
from graphql_schema.types.extension import Extension
from graphql_schema.types.grant import Grant
from graphql_schema.types.person import Person, RoleAssignment
from graphql_schema.types.roster import Roster


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
GrantResult = Annotated[
    GrantRecorded | Refusal, strawberry.union("GrantResult", description="Recorded, or refused.")
]
ExtensionResult = Annotated[
    ExtensionRecorded | Refusal, strawberry.union("ExtensionResult", description="Recorded, or refused.")
]
CalendarResult = Annotated[
    CalendarRecorded | Refusal, strawberry.union("CalendarResult", description="Recorded, or refused.")
]
PasswordResult = Annotated[
    PasswordChanged | Refusal, strawberry.union("PasswordResult", description="Changed, or refused.")
]
