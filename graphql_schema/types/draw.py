"""Draws (抽取) and register lists (实名登记名册). A secret is nowhere to be read before it is revealed: the server does not know it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, func, literal_column, select

from certification.reviews.tables import (
    draw_parties,
    draws,
    register_lists,
    register_numbers,
    spot_check_answers,
)
from graphql_schema.declare import (
    Connection,
    Node,
    Parameters,
    Predicate,
    Reach,
    column,
    connection,
    equals,
    expression,
    in_tenant,
    refers,
    rows,
    to_many,
    to_one,
)
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.enums import DrawPurpose, DrawSide, DrawStatus, SpotCheckOutcome
from graphql_schema.types.reach import COMMUNITY, of_review
from graphql_schema.types.tenant import Tenant
from graphql_schema.types.unit import Unit
from tenancy.tables import tenants, units

MOST_DRAWN: Final = 200


def through(parent: Table, key: str, reach: Reach) -> Reach:
    """Whoever reaches the row of `parent` that the row names by `key` reaches the row."""

    def by(reached: Predicate | None) -> Predicate | None:
        return None if reached is None else narrowed(reached)

    def narrowed(reached: Predicate) -> Predicate:
        def predicate(row: FromClause, units: ColumnElement[Any]) -> ColumnElement[bool]:
            named = and_(parent.c.tenant_id == row.c.tenant_id, parent.c.id == row.c[key])
            found: Select[Any] = select(literal_column("1")).select_from(parent)
            return found.where(named, reached(parent, units)).correlate(row).exists()

        return predicate

    return Reach(by(reach.street), by(reach.community), by(reach.team))


DRAW: Final = replace(through(register_lists, "subject_id", COMMUNITY), team=of_review("review_id"))
OF_DRAW: Final = through(draws, "draw_id", DRAW)


def times_defaulted(row: FromClause, _parameters: Parameters) -> ColumnElement[Any]:
    """How often this party kept silent in a draw of the tenant."""
    other = draw_parties.alias("silent")
    return (
        select(func.count())
        .select_from(other)
        .where(
            other.c.tenant_id == row.c.tenant_id,
            other.c.party == row.c.party,
            other.c.defaulted_at.is_not(None),
        )
        .correlate(row)
        .scalar_subquery()
    )


def times_void(row: FromClause, _parameters: Parameters) -> ColumnElement[Any]:
    """How many draws of the same thing are void."""
    other = draws.alias("void")
    return (
        select(func.count())
        .select_from(other)
        .where(
            other.c.tenant_id == row.c.tenant_id,
            other.c.subject_id == row.c.subject_id,
            other.c.status == "void",
        )
        .correlate(row)
        .scalar_subquery()
    )


def in_own_tenant(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The row is the reader's own tenant's: what is granted to others does not hold it."""
    return row.c.tenant_id == parameters.tenant_id


@strawberry.input(description="Which draws (抽取筛选).")
class DrawFilter:
    """All that is given must hold."""

    purpose: DrawPurpose | None = equals(draws.c.purpose, "Of this purpose (事项).")
    status: DrawStatus | None = equals(draws.c.status, "In this status (状态).")
    drawn_from: UUID | None = equals(draws.c.subject_id, "Of this cycle or list, by its bare key (抽取对象).")
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@strawberry.input(description="Which register lists (名册筛选).")
class RegisterListFilter:
    """All that is given must hold."""

    community_id: strawberry.ID | None = refers(
        register_lists.c.community_id, "Unit", "Of this community (社区)."
    )
    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    register_numbers,
    permission=Permission.READ,
    reach=through(register_lists, "list_id", COMMUNITY),
    only=in_own_tenant,
    description="A number of a register list; for its community and county alone (名册编号).",
)
class RegisterNumber:
    """Opaque, with what its place in the list is proved by."""

    position: int = column(register_numbers.c.position, description="Place in the list, from 0 (序号).")
    number: str = column(register_numbers.c.number, description="The number, opaque (编号).")
    salt: Hex = column(register_numbers.c.salt, description="Salt of its commitment (盐值).")


@rows(
    register_lists,
    permission=Permission.READ,
    reach=COMMUNITY,
    description="A community's register on a day, under a commitment (实名登记名册).",
)
class RegisterList(Node):
    """The ledger holds its root and size."""

    taken_on: date = column(register_lists.c.taken_on, description="The day whose register it is (名册日期).")
    size: int = column(register_lists.c.size, description="How many numbers (人数).")
    root: Hex = column(register_lists.c.root, description="RFC 6962 root over the numbers' commitments (根).")
    author_id: UUID = column(
        register_lists.c.author_id, description="Pseudonym of who committed it (提交人代号)."
    )
    created_at: datetime = column(register_lists.c.created_at, description="When (提交时间).")
    tenant: Tenant = to_one({tenants.c.id: register_lists.c.tenant_id}, description="The county (租户).")
    community: Unit = to_one({units.c.id: register_lists.c.community_id}, description="The community (社区).")
    numbers: Connection[RegisterNumber] = connection(
        {register_numbers.c.list_id: register_lists.c.id},
        order="position",
        description="Its numbers, for the community and the county; to others there are none (编号).",
    )


@rows(
    spot_check_answers,
    permission=Permission.READ,
    reach=OF_DRAW,
    description="A drawn number, and what looking it up came to (核查结果).",
)
class SpotCheckAnswer:
    """Answered once."""

    position: int = column(spot_check_answers.c.position, description="Place in the list, from 0 (序号).")
    number: str = column(spot_check_answers.c.number, description="The number, opaque (编号).")
    salt: Hex = column(spot_check_answers.c.salt, description="Salt of its commitment (盐值).")
    path: Hex = column(
        spot_check_answers.c.path,
        description="RFC 6962 audit path to the list's root, 32 bytes a hash (证明路径).",
    )
    outcome: SpotCheckOutcome | None = column(
        spot_check_answers.c.outcome, description="What it came to; null until it was looked up (结果)."
    )
    note: str | None = column(spot_check_answers.c.note, description="How it does not match (说明).")
    author_id: UUID | None = column(
        spot_check_answers.c.author_id, description="Pseudonym of who looked it up (核查人代号)."
    )
    author_tenant: Tenant | None = to_one(
        {tenants.c.id: spot_check_answers.c.author_tenant_id},
        description="Whose officer that was (核查单位).",
    )
    recorded_at: datetime | None = column(spot_check_answers.c.recorded_at, description="When (核查时间).")


@rows(
    draw_parties,
    permission=Permission.READ,
    reach=OF_DRAW,
    description="A party of a draw: its commitment, and its secret once revealed (抽取方).",
)
class DrawParty:
    """County, city or auditor."""

    party: DrawSide = column(draw_parties.c.party, description="Which (哪一方).")
    commitment: Hex = column(draw_parties.c.commitment, description="To its secret (承诺值).")
    person_id: UUID = column(draw_parties.c.person_id, description="Pseudonym of who committed (承诺人代号).")
    person_tenant: Tenant | None = to_one(
        {tenants.c.id: draw_parties.c.person_tenant_id}, description="Whose officer that is (所属单位)."
    )
    committed_at: datetime = column(draw_parties.c.committed_at, description="When (承诺时间).")
    secret: Hex | None = column(draw_parties.c.secret, description="Null until it is revealed (密数).")
    revealed_at: datetime | None = column(draw_parties.c.revealed_at, description="When (公开时间).")
    defaulted_at: datetime | None = column(
        draw_parties.c.defaulted_at, description="On record: it did not reveal in time (逾期未公开)."
    )
    defaults: int = expression(
        times_defaulted,
        nullable=False,
        description="How often this party kept silent in draws of the county (逾期次数).",
    )


@rows(
    draws,
    permission=Permission.READ,
    reach=DRAW,
    description="A draw whose seed two parties make; anybody replays it from the exported ledger (抽取).",
)
class Draw(Node):
    """Open, committed, drawn or void."""

    purpose: DrawPurpose = column(draws.c.purpose, description="What for (事项).")
    status: DrawStatus = column(draws.c.status, description="Where it stands (状态).")
    drawn_from: UUID = column(draws.c.subject_id, description="Key of the cycle or register list (抽取对象).")
    review_id: UUID | None = column(
        draws.c.review_id, description="Key of the review that it belongs to (所属复查)."
    )
    size: int = column(draws.c.size, description="How many there are to draw from (总数).")
    picks: int = column(draws.c.picks, description="How many are drawn (抽取数).")
    list_value: str = column(
        draws.c.list_value,
        description="What is drawn from, as it stood at the opening: canonical JSON (名单).",
    )
    list_digest: Hex = column(draws.c.list_digest, description="SHA-256 of it (名单摘要).")
    second_party: DrawSide = column(draws.c.second_party, description="Who commits second (后承诺方).")
    reveals_first: DrawSide | None = column(
        draws.c.reveals_first, description="Who kept silent before, and reveals first (须先公开方)."
    )
    reveal_by: datetime = column(
        draws.c.reveal_by,
        description="Until then to commit; from the second commitment on, to reveal (期限).",
    )
    seed: Hex | None = column(draws.c.seed, description="Once every party has revealed (种子).")
    result: str | None = column(draws.c.result, description="What was drawn: canonical JSON (结果).")
    opened_by: UUID = column(draws.c.opened_by, description="Pseudonym of who opened it (发起人代号).")
    opened_at: datetime = column(draws.c.opened_at, description="When (发起时间).")
    settled_at: datetime | None = column(draws.c.settled_at, description="Drawn or void since (办结时间).")
    voided: int = expression(
        times_void, nullable=False, description="How many draws of the same thing are void (作废次数)."
    )
    tenant: Tenant = to_one({tenants.c.id: draws.c.tenant_id}, description="The county (租户).")
    replaces: Draw | None = to_one(
        {draws.c.id: draws.c.replaces_id}, description="The void draw in whose place it is (所替代的抽取)."
    )
    register_list: RegisterList | None = to_one(
        {register_lists.c.id: draws.c.subject_id}, description="The list of a spot check (名册)."
    )
    parties: list[DrawParty] = to_many(
        {draw_parties.c.draw_id: draws.c.id},
        order=(draw_parties.c.committed_at, draw_parties.c.party),
        description="The parties that have committed (抽取双方).",
    )
    drawn: list[SpotCheckAnswer] = to_many(
        {spot_check_answers.c.draw_id: draws.c.id},
        order=(spot_check_answers.c.position,),
        limit=MOST_DRAWN,
        description="A spot check's drawn numbers, by place in the list (抽中的编号).",
    )
