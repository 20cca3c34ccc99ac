"""The count of a publicity (公示期), as officers and the public see it."""

from __future__ import annotations

from datetime import date

import strawberry


@strawberry.type(description="How many of the working days of a publicity have counted (公示计天).")
class PublicityCount:
    """What graphql_schema/counts.py decides."""

    days_counted: int = strawberry.field(description="Working days that have counted (已计工作日).")
    days_left: int = strawberry.field(description="Working days that are still to count (尚余工作日).")
    closes_on: date | None = strawberry.field(
        description="The last day, if nothing else stops it; null while the count is stopped (期满日)."
    )
    stopped: bool = strawberry.field(description="The count does not go on (停止计算).")
