"""The root of all watching. Every field declares its permission and answers what is watched; graphql_schema/live.py tells it."""

from __future__ import annotations

import strawberry

from certification.reviews.watching import find_last
from graphql_schema.declare import Outcome, feed
from graphql_schema.errors import CodedError
from graphql_schema.ids import parse_id
from graphql_schema.permissions import Permission
from graphql_schema.scalars import SafeInt
from graphql_schema.session import Session
from graphql_schema.topics import Topic
from graphql_schema.types.review import ReviewCycle


@strawberry.type(
    description="How a cycle stands, and up to which entry of the log that is told (复查进度推送)."
)
class ReviewCycleEvent:
    """The state now; nothing of it has to be added to an earlier one."""

    sequence: SafeInt = strawberry.field(
        description="The last entry of the county's log that concerns the cycle: come again with it as `after` (序号)."
    )
    cycle: ReviewCycle = strawberry.field(description="The cycle, as the watcher may see it now (复查周期).")


async def review_cycle_progress(
    root: Session, cycle_id: strawberry.ID, after: SafeInt | None = None
) -> Topic:
    """Watch a cycle. Raises CodedError."""
    if after is not None and after < 0:
        raise CodedError("sequence.negative", "序号不能为负。", "A sequence is not negative.")
    ref = parse_id(cycle_id, "ReviewCycle")
    ref.uuid  # noqa: B018 - refuses another kind of key
    return Topic(
        ref=ref,
        after=after,
        find_last=find_last,
        tell=lambda sequence: Outcome("ReviewCycleEvent", {"sequence": sequence}, {"cycle": ref}),
    )


@strawberry.type(description="What is told as it happens (订阅).")
class Subscription:
    """The root fields."""

    review_cycle_progress: ReviewCycleEvent = feed(
        review_cycle_progress,
        answers=ReviewCycleEvent,
        permission=Permission.READ,
        description="How a cycle stands, now and whenever something of it was recorded. With `after`, the sequence of the last event"
        " that was seen, the state comes at once unless that is still the last (复查进度).",
    )
