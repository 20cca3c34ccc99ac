"""When something is due, in working days (期限)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from graphql_schema.types.obstacle import Obstacle


@strawberry.type(description="Something that ends, extensions included (期限).")
class Deadline:
    """What graphql_schema/deadlines.py decides."""

    code: str = strawberry.field(description="The window, or `publicity` for its latest start, or `report`.")
    name: str = strawberry.field(description="What officers call it (事项名称).")
    opens_at: datetime | None = strawberry.field(description="From (开始).")
    closes_at: datetime | None = strawberry.field(description="Until, exclusive (截止).")
    last_day: date | None = strawberry.field(description="The last day (最后一日).")
    working_days_left: int | None = strawberry.field(
        description="Working days after today up to the last day; null where the calendar cannot tell (剩余工作日)."
    )
    overdue: bool = strawberry.field(description="It has closed (已逾期).")
    extended: bool = strawberry.field(description="An extension moved it (已延期).")
    obstacle: Obstacle | None = strawberry.field(description="Why it cannot be told (无法推算的原因).")
