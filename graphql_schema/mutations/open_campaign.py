"""`openCampaign`: the city opens the round of a programme (开启批次)."""

from __future__ import annotations

import strawberry

from certification.acts.open_campaign import Command
from certification.acts.open_campaign import open_campaign as make_act
from graphql_schema.declare import Outcome
from graphql_schema.ids import NodeRef
from graphql_schema.mutations.boundary import REFUSALS, get_principal, receipt_of, record, refuse
from graphql_schema.session import Session


@strawberry.input(description="Which programme (方案).")
class OpenCampaignInput:
    """The programme by its code."""

    programme: str = strawberry.field(description="Code of the programme, such as `zhoukou-2022` (方案代码).")


async def open_campaign(root: Session, request_id: strawberry.ID, input: OpenCampaignInput) -> Outcome:
    """Quotas, windows and standard come from the programme; its canonical text and digest go to the ledger."""
    tenant_id = get_principal(root).tenant_id
    act = make_act(root.get_desk().shelf)
    try:
        done = await record(root, act, Command(input.programme), tenant_id, request_id)
    except REFUSALS as refusal:
        return await refuse(root, refusal, act.operation, tenant_id)
    return Outcome(
        "CampaignRecorded",
        {"receipt": receipt_of(done)},
        {"campaign": NodeRef("Campaign", tenant_id, done.subject_id)},
    )
