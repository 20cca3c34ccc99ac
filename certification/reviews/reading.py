"""What acts on a review read: the bound tenant's review with its cycle and programme, its team, what was said of it, what was observed.

    found = await read_review(tx, review_id)                      # without the observations themselves
    found = await read_review(tx, review_id, observations=True)

Rows come back as the dataclasses of certification/reviews/model.py. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Integer, Text, and_, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from certification.errors import NotFoundError
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reading import entity, get_campaign
from certification.reviews.life import ReviewView
from certification.reviews.model import AnnualReview, Observation, ReviewStage, ReviewVerdict
from certification.reviews.tables import (
    annual_reviews,
    observations,
    review_cycles,
    review_team_members,
    review_verdicts,
)
from tenancy.database import TenantConnection
from tenancy.statements import statement

_TENANT: Final = bindparam("tenant_id", type_=Integer)
_REVIEW: Final[Any] = bindparam("review")


@dataclass(frozen=True, slots=True)
class FoundReview:
    """A review with its programme, what deciding needs to know, its verdicts in order.

    `observed`: how many observations it has; `observations` themselves where they were asked for.
    """

    review: AnnualReview
    programme: Programme
    view: ReviewView
    verdicts: tuple[ReviewVerdict, ...]
    observed: int
    observations: tuple[Observation, ...] = ()

    @property
    def conclusion(self) -> ReviewVerdict | None:
        """What the team concluded of the round that county and city look at."""
        given = [one for one in self.verdicts if one.stage == ReviewStage.INSPECTION]
        return given[-1] if given and given[-1].round == self.review.round else None


def _listed(*columns: Any, where: Any) -> Any:
    """A sub-select: JSON text of distinct `[…]` of these columns."""
    return select(cast(func.json_agg(func.json_build_array(*columns).cast(Text).distinct()), Text)).where(
        where
    )


_FOUND = statement(
    select(
        annual_reviews,
        review_cycles.c.campaign_tenant_id,
        review_cycles.c.campaign_id,
        review_cycles.c.opens_on,
        review_cycles.c.closes_on,
        _listed(
            review_team_members.c.person_tenant_id,
            review_team_members.c.person_id,
            where=and_(
                review_team_members.c.tenant_id == _TENANT,
                review_team_members.c.team_id == annual_reviews.c.team_id,
            ),
        )
        .correlate(annual_reviews)
        .scalar_subquery()
        .label("team"),
        _listed(
            observations.c.author_tenant_id,
            observations.c.author_id,
            where=and_(observations.c.tenant_id == _TENANT, observations.c.review_id == annual_reviews.c.id),
        )
        .correlate(annual_reviews)
        .scalar_subquery()
        .label("observers"),
        select(func.count())
        .select_from(observations)
        .where(observations.c.tenant_id == _TENANT, observations.c.review_id == annual_reviews.c.id)
        .correlate(annual_reviews)
        .scalar_subquery()
        .label("observed"),
    )
    .join(
        review_cycles,
        and_(
            review_cycles.c.tenant_id == annual_reviews.c.tenant_id,
            review_cycles.c.id == annual_reviews.c.cycle_id,
        ),
    )
    .where(annual_reviews.c.tenant_id == _TENANT, annual_reviews.c.id == _REVIEW)
)
_VERDICTS = statement(
    select(review_verdicts)
    .where(review_verdicts.c.tenant_id == _TENANT, review_verdicts.c.review_id == _REVIEW)
    .order_by(review_verdicts.c.given_at, review_verdicts.c.id)
)
_OBSERVATIONS = statement(
    select(observations)
    .where(observations.c.tenant_id == _TENANT, observations.c.review_id == _REVIEW)
    .order_by(observations.c.id)
)
_KNOWN = statement(
    select(observations).where(
        observations.c.tenant_id == _TENANT,
        observations.c.id == any_(bindparam("ids", type_=ARRAY(observations.c.id.type))),
    )
)


async def read_review(tx: TenantConnection, review_id: UUID, *, observations: bool = False) -> FoundReview:
    """The bound tenant's review. Raises NotFoundError."""
    row = await tx.first(_FOUND, review=review_id)
    if row is None:
        raise NotFoundError(what="review", what_zh="复查")
    review = entity(AnnualReview, row)
    campaign = await get_campaign(tx, row["campaign_tenant_id"], row["campaign_id"])
    verdicts = tuple(entity(ReviewVerdict, one) for one in await tx.all(_VERDICTS, review=review_id))
    seen = await tx.all(_OBSERVATIONS, review=review_id) if observations else ()
    acted = {(one.stage, one.author_tenant_id, one.author_id) for one in verdicts}
    acted |= {(ReviewStage.INSPECTION.value, *one) for one in people_of(row["observers"])}
    view = ReviewView(
        tenant_id=review.tenant_id,
        campaign_tenant_id=row["campaign_tenant_id"],
        community_id=review.community_id,
        street_id=review.street_id,
        status=review.status,
        opens_on=row["opens_on"],
        closes_on=row["closes_on"],
        due_on=review.due_on,
        team=people_of(row["team"]),
        acted=frozenset(acted),
    )
    found = tuple(entity(Observation, one) for one in seen)
    return FoundReview(review, parse_stored(campaign.programme), view, verdicts, row["observed"], found)


async def read_known(tx: TenantConnection, ids: Collection[UUID]) -> tuple[Observation, ...]:
    """The bound tenant's observations of these ids, whatever review they are of."""
    return tuple(entity(Observation, one) for one in await tx.all(_KNOWN, ids=list(ids)))


def people_of(listed: str | None) -> frozenset[tuple[int, UUID]]:
    """People by home tenant and id, from JSON text of JSON texts `[tenant, person]`."""
    pairs = (orjson.loads(text) for text in orjson.loads(listed or "[]"))
    return frozenset((tenant, UUID(person)) for tenant, person in pairs)
