"""`proposeUnitChange`: the city proposes to change divisions, by the document that decides it (提出区划变更)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import strawberry

from certification.acts.propose_unit_change import ACT, Command
from certification.errors import FieldRefusedError, NotFoundError
from certification.lineage.asking import Asked, CodeOf, Merge, Move, NewUnit, Recode, Rename, Split
from graphql_schema.declare import Outcome
from graphql_schema.ids import parse_id
from graphql_schema.mutations.boundary import answer_unit_change, get_principal, refuse
from graphql_schema.session import Session


@strawberry.input(description="A community that begins (新设社区).")
class NewUnitInput:
    """With its code in the county."""

    name: str = strawberry.field(description="Name (名称).")
    code: str = strawberry.field(description="Twelve-digit statistical code (统计代码).")
    parent_id: strawberry.ID = strawberry.field(description="The street above it (上级).")
    carried: bool = strawberry.field(
        default=True,
        description="It goes on with the history of what it comes from; for the parts of a split (延续历史).",
    )


@strawberry.input(description="The code that a unit beneath gets (下辖单位代码).")
class UnitCodeInput:
    """Where it is not the first nine digits of the unit above with its own last three."""

    unit_id: strawberry.ID = strawberry.field(description="The unit beneath (单位).")
    code: str = strawberry.field(description="Its new code (统计代码).")


@strawberry.input(
    description="What communities are merged into: one that exists, or one that begins (合并为)."
)
class MergeIntoInput:
    """One of the two."""

    unit_id: strawberry.ID | None = strawberry.field(
        default=None, description="A community that exists, one of the merged or another (现有社区)."
    )
    create: NewUnitInput | None = strawberry.field(
        default=None, description="A community that begins (新设社区)."
    )


@strawberry.input(description="Communities of a county become one (合并).")
class MergeUnitsInput:
    """They end, but for the one that they are merged into."""

    community_ids: list[strawberry.ID] = strawberry.field(description="The communities (被合并社区).")
    into: MergeIntoInput = strawberry.field(description="What they become (合并为).")
    carried_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Whose history of certifications and reviews goes on; null: that of all (延续历史的社区).",
    )
    left_out: str | None = strawberry.field(
        default=None, description="Why the others' does not (不延续历史的理由)."
    )


@strawberry.input(description="A community is divided (拆分).")
class SplitUnitInput:
    """It ends, unless `keeps`."""

    community_id: strawberry.ID = strawberry.field(description="The community (被拆分社区).")
    into: list[NewUnitInput] = strawberry.field(description="Its parts (拆分为).")
    keeps: bool = strawberry.field(default=False, description="It goes on beside its parts (原社区保留).")
    left_out: str | None = strawberry.field(
        default=None, description="Why the history does not go on in a part (不延续历史的理由)."
    )


@strawberry.input(description="A street or a community goes to another county (划转).")
class MoveUnitInput:
    """With what lies beneath it."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    to_tenant_id: strawberry.ID = strawberry.field(description="The county that takes it (划入县区).")
    to_parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The street there; a street goes under the county itself (划入街道)."
    )
    code: str = strawberry.field(description="Its code there (统计代码).")
    codes: list[UnitCodeInput] = strawberry.field(
        default_factory=list, description="Codes of units beneath it (下辖单位代码)."
    )


@strawberry.input(description="A unit gets another name (更名).")
class RenameUnitInput:
    """It stays the unit that it is."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    name: str = strawberry.field(description="Its new name (新名称).")


@strawberry.input(description="A unit gets another statistical code (变更统计代码).")
class RecodeUnitInput:
    """And what lies beneath it: it gives its first nine digits."""

    unit_id: strawberry.ID = strawberry.field(description="The unit (单位).")
    code: str = strawberry.field(description="Its new code (统计代码).")
    codes: list[UnitCodeInput] = strawberry.field(
        default_factory=list, description="Codes of units beneath it (下辖单位代码)."
    )


@strawberry.input(description="What is to become of which units (区划变更).")
class ProposeUnitChangeInput:
    """One of the five kinds."""

    merge: MergeUnitsInput | None = strawberry.field(default=None, description="To merge (合并).")
    split: SplitUnitInput | None = strawberry.field(default=None, description="To divide (拆分).")
    move: MoveUnitInput | None = strawberry.field(default=None, description="To move (划转).")
    rename: RenameUnitInput | None = strawberry.field(default=None, description="To rename (更名).")
    recode: RecodeUnitInput | None = strawberry.field(default=None, description="To recode (变更代码).")
    document_number: str = strawberry.field(description="Number of the document (批复文号).")
    document_date: date = strawberry.field(description="Its day (文件日期).")
    effective_on: date = strawberry.field(description="Since when; not after today (生效日期).")
    reason: str = strawberry.field(description="Why (理由).")


async def propose_unit_change(
    root: Session, request_id: strawberry.ID, input: ProposeUnitChangeInput
) -> Outcome:
    """It holds once another person of the city has confirmed it."""
    try:
        asked = _decode(input)
    except (FieldRefusedError, NotFoundError) as refusal:
        return await refuse(root, refusal, ACT.operation, get_principal(root).tenant_id)
    command = Command(asked, input.document_number, input.document_date, input.effective_on, input.reason)
    return await answer_unit_change(root, ACT, command, request_id)


def _decode(given: ProposeUnitChangeInput) -> Asked:
    """The one kind that is given. Raises FieldRefusedError for none or several, NotFoundError for units of several counties."""
    kinds = [given.merge, given.split, given.move, given.rename, given.recode]
    match [one for one in kinds if one is not None]:
        case [MergeUnitsInput() as one]:
            return _merge(one)
        case [SplitUnitInput() as one]:
            tenant, community = _unit(one.community_id)
            parts = tuple(_new(part, tenant) for part in one.into)
            return Split(tenant, community, parts, one.keeps, one.left_out)
        case [MoveUnitInput() as one]:
            tenant, unit = _unit(one.unit_id)
            to = parse_id(one.to_tenant_id, "Tenant").tenant
            parent = None if one.to_parent_id is None else _within(one.to_parent_id, to)
            return Move(tenant, unit, to, one.code, parent, _codes(one.codes, tenant))
        case [RenameUnitInput() as one]:
            return Rename(*_unit(one.unit_id), one.name)
        case [RecodeUnitInput() as one]:
            tenant, unit = _unit(one.unit_id)
            return Recode(tenant, unit, one.code, _codes(one.codes, tenant))
    raise FieldRefusedError(
        field="merge",
        label="变更类型",
        reason_zh="须且只须填写一类",
        reason_en="or another kind: one is given",
    )


def _merge(given: MergeUnitsInput) -> Merge:
    if not given.community_ids:
        raise FieldRefusedError(
            field="community_ids", label="被合并社区", reason_zh="不能为空", reason_en="is empty"
        )
    tenant, _ = _unit(given.community_ids[0])
    into, create = given.into.unit_id, given.into.create
    return Merge(
        tenant,
        tuple(_within(one, tenant) for one in given.community_ids),
        None if into is None else _within(into, tenant),
        None if create is None else _new(create, tenant),
        None if given.carried_ids is None else tuple(_within(one, tenant) for one in given.carried_ids),
        given.left_out,
    )


def _new(given: NewUnitInput, tenant: int) -> NewUnit:
    return NewUnit(given.name, given.code, _within(given.parent_id, tenant), given.carried)


def _codes(given: Sequence[UnitCodeInput], tenant: int) -> tuple[CodeOf, ...]:
    return tuple(CodeOf(_within(one.unit_id, tenant), one.code) for one in given)


def _unit(text: str) -> tuple[int, UUID]:
    ref = parse_id(text, "Unit")
    return ref.tenant, ref.uuid


def _within(text: str, tenant: int) -> UUID:
    """A unit of that county. Raises NotFoundError for another's."""
    found, unit = _unit(text)
    if found != tenant:
        raise NotFoundError(what="unit", what_zh="单位")
    return unit
