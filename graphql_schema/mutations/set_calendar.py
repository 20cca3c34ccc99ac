"""`setCalendar`: an administrator of the city sets a year's working days (设定工作日安排)."""

from __future__ import annotations

from datetime import date

import strawberry

from certification.acts.set_calendar import ACT, Command, DayChoice
from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session


@strawberry.input(description="A day to set (设定的日期).")
class CalendarDayInput:
    """A day of the year."""

    day: date = strawberry.field(description="The day (日期).")
    name: str = strawberry.field(description="What it is called, such as 国庆节 or 调休 (名称).")
    working: bool | None = strawberry.field(
        default=None, description="Whether it is worked; null: as published again (是否工作日)."
    )


@strawberry.input(description="A year, the document that arranges it, and its days (工作日安排).")
class SetCalendarInput:
    """One entry, whatever the number of days."""

    year: int = strawberry.field(description="The year (年份).")
    document_number: str = strawberry.field(description="The document (文号).")
    title: str = strawberry.field(description="Its title (文件名称).")
    days: list[CalendarDayInput] = strawberry.field(description="Days of that year (日期).")
    reason: str = strawberry.field(description="Why (理由).")
    complete: bool | None = strawberry.field(
        default=None,
        description="The document arranges the whole year: other weekdays are worked, weekends rest; null: as it was (全年已公布).",
    )


async def set_calendar(root: Session, request_id: strawberry.ID, input: SetCalendarInput) -> Outcome:
    """It counts for every plan from now on."""
    days = tuple(DayChoice(one.day, one.working, one.name) for one in input.days)
    command = Command(input.year, input.document_number, input.title, input.complete, days, input.reason)
    return await answer_administering(root, ACT, command, request_id)
