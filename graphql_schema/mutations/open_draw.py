"""`openDraw`: a party opens a draw and commits to a secret (发起抽取)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry

from certification.acts.open_draw import ACT, Command
from certification.errors import NotFoundError
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_act, refuse
from graphql_schema.scalars import Hex
from graphql_schema.session import Session
from graphql_schema.types.enums import DrawPurpose, DrawSide

SUBJECTS: Final = {DrawPurpose.ASSIGNMENT: "ReviewCycle", DrawPurpose.SPOT_CHECK: "RegisterList"}


@strawberry.input(description="What is drawn, and the commitment (发起抽取).")
class OpenDrawInput:
    """`xingji draw secret` makes id, secret and commitment."""

    draw_id: UUID = strawberry.field(description="A fresh UUID: the commitment is bound to it (抽取编号).")
    purpose: DrawPurpose = strawberry.field(description="What for (事项).")
    drawn_from_id: strawberry.ID = strawberry.field(description="The cycle or register list (抽取对象).")
    second_party: DrawSide = strawberry.field(description="Who commits second (后承诺方).")
    commitment: Hex = strawberry.field(description="To a secret of 32 bytes, docs/formats/draw.md (承诺值).")
    picks: int | None = strawberry.field(
        default=None, description="How many are drawn; of an assignment all are (抽取数)."
    )
    review_id: strawberry.ID | None = strawberry.field(
        default=None, description="The review that a spot check belongs to (所属复查)."
    )


async def open_draw(root: Session, request_id: strawberry.ID, input: OpenDrawInput) -> Outcome:
    """What is drawn from stands in the entry."""
    subject = parse_id(input.drawn_from_id, SUBJECTS[input.purpose])
    review = None if input.review_id is None else parse_id(input.review_id, "AnnualReview")
    if review is not None and review.tenant != subject.tenant:
        absent = NotFoundError(what="review", what_zh="年度复查")
        return await refuse(root, absent, ACT.operation, review.tenant)
    command = Command(
        input.draw_id,
        input.purpose.value,
        subject.uuid,
        input.second_party.value,
        input.commitment,
        input.picks,
        None if review is None else review.uuid,
    )
    return await answer_act(root, ACT, command, subject.tenant, request_id, ("DrawRecorded", "draw", "Draw"))
