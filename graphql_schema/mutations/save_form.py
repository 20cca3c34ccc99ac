"""`saveForm`: a community saves its recommendation form (填写推荐表) as a new version."""

from __future__ import annotations

import strawberry

from certification.acts.save_form import ACT, Command
from certification.forms import Contact
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_application
from graphql_schema.mutations.figures import FigureInput, figures_of
from graphql_schema.session import Session


@strawberry.input(description="The contact person; at least one telephone (社区联系人).")
class ContactInput:
    """Personal data: the ledger holds salted commitments of it."""

    name: str = strawberry.field(description="Name (姓名).")
    fixed_phone: str | None = strawberry.field(default=None, description="Fixed line (固话).")
    mobile_phone: str | None = strawberry.field(default=None, description="Mobile (手机).")


@strawberry.input(
    description="What a person types into the form; the rest is filled from the ledger (推荐表)."
)
class SaveFormInput:
    """The typed fields."""

    application_id: strawberry.ID = strawberry.field(description="The application (申报).")
    situation: str = strawberry.field(description="The box 社区基本情况，创建工作情况.")
    narrative: str = strawberry.field(description="推荐材料; the programme bounds its 字.")
    contact: ContactInput = strawberry.field(description="Contact person (社区联系人).")
    justification: str | None = strawberry.field(
        default=None, description="Why a village stands beside communities; for villages alone (申报理由)."
    )
    figures: list[FigureInput] = strawberry.field(
        default_factory=list, description="The indicators, as far as they are known (指标数据)."
    )


async def save_form(root: Session, request_id: strawberry.ID, input: SaveFormInput) -> Outcome:
    """A new version; earlier ones stay."""
    application = parse_id(input.application_id, "Application")
    contact = Contact(input.contact.name, input.contact.fixed_phone, input.contact.mobile_phone)
    command = Command(
        application.uuid,
        input.situation,
        input.narrative,
        contact,
        input.justification,
        figures_of(input.figures),
    )
    return await answer_application(root, ACT, command, application.tenant, request_id)
