"""An administrator of the city keeps its calendar (工作日安排): a year's document, and days set above what is published.

Decided [D]: an act is about one year and names the document that arranges it. A day is set to be worked or to rest, or (`working` None)
becomes again what is published. `complete` says that the document arranges the whole year, so that every other weekday is worked
and every other weekend rests: with it a year that no library knows can be planned. None leaves it as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ARRAY, Date, any_, bindparam, select

from audit.canonical import digest
from audit.entry import Subject
from certification.acts.administering import check_administrator
from certification.changes import Act, Change, Context, insert, update
from certification.errors import CalendarRefusedError, NotEntitledError
from certification.forms import REASON_LIMIT, check_line, check_text
from certification.life import Actor
from certification.model import ROLE_ZH, CalendarDay, CalendarYear
from certification.reading import entity
from certification.tables import calendar_days, calendar_years
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenants

ROLE: Final = "tenant_administrator"
FIRST_YEAR, LAST_YEAR = 2004, 2199
"""From the first year that is published; no further than anybody can mean."""

_YEAR = statement(
    select(calendar_years).where(
        calendar_years.c.tenant_id == bindparam("tenant_id"), calendar_years.c.year == bindparam("year")
    )
)
_DAYS = statement(
    select(calendar_days.c.day).where(
        calendar_days.c.tenant_id == bindparam("tenant_id"),
        calendar_days.c.day == any_(bindparam("days", type_=ARRAY(Date()))),
    )
)
_LEVEL = statement(select(tenants.c.level).where(tenants.c.id == bindparam("tenant_id")))


@dataclass(frozen=True, slots=True)
class DayChoice:
    """A day, whether it is worked (None: as published again), and what it is called."""

    day: date
    working: bool | None
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """The document that arranges `year`, and the days that it sets."""

    year: int
    document_number: str
    title: str
    complete: bool | None
    days: tuple[DayChoice, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class State:
    """The tenant, its year if it was set before, and which of the days were."""

    tenant_id: int
    level: str
    year: CalendarYear | None
    known: frozenset[date]


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the bound tenant's calendar."""
    row = await tx.first(_YEAR, year=command.year)
    known = await tx.all(_DAYS, days=[choice.day for choice in command.days])
    level = (await tx.one(_LEVEL))["level"]
    year = None if row is None else entity(CalendarYear, row)
    return State(tx.tenant_id, level, year, frozenset(found["day"] for found in known))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An administrator of the city: a county works on its city's days."""
    action, name = "set_calendar", "设定工作日安排"
    if state.level != "city":
        raise NotEntitledError(action=action, name=name, role=ROLE, role_zh=ROLE_ZH[ROLE])
    return check_administrator(state.tenant_id, action, name, actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The year as it is from now on, and its days. Raises CalendarRefusedError, FieldRefusedError."""
    _check(command)
    known = state.year
    set_by, set_at = context.actor.person_id, context.now
    complete = known is not None and known.complete if command.complete is None else command.complete
    year = CalendarYear(
        tenant_id=state.tenant_id,
        id=context.new_id() if known is None else known.id,
        year=command.year,
        document_number=command.document_number,
        title=command.title,
        complete=complete,
        reason=command.reason,
        revision=1 if known is None else known.revision + 1,
        set_by=set_by,
        set_at=set_at,
    )
    days = [
        CalendarDay(state.tenant_id, choice.day, command.year, choice.working, choice.name, set_by, set_at)
        for choice in command.days
    ]
    return Change(
        operation=ACT.operation,
        subject=Subject("calendar", year.id, year.revision),
        intent={
            "complete": complete,
            "days": {choice.day.isoformat(): choice.working for choice in command.days},
            "document_number": command.document_number,
            "reason_digest": digest(command.reason).hex(),
            "year": command.year,
        },
        writes=(
            *(insert(year) if known is None else update(year)),
            *insert(*(day for day in days if day.day not in state.known)),
            *update(*(day for day in days if day.day in state.known)),
        ),
    )


def _check(command: Command) -> None:
    if not FIRST_YEAR <= command.year <= LAST_YEAR:
        _refuse("年份无效", "there is no such year to set")
    check_line("document_number", "文号", command.document_number, 60)
    check_line("title", "文件名称", command.title, 200)
    check_text("reason", "理由", command.reason, REASON_LIMIT)
    if not command.days and command.complete is None:
        _refuse("没有要设定的内容", "it sets nothing")
    if len({choice.day for choice in command.days}) != len(command.days):
        _refuse("同一日期重复", "a day is named twice")
    for choice in command.days:
        if choice.day.year != command.year:
            _refuse(f"{choice.day} 不在 {command.year} 年", f"{choice.day} does not lie in {command.year}")
        check_line("name", "名称", choice.name, 40)


def _refuse(zh: str, en: str) -> None:
    raise CalendarRefusedError(reason_zh=zh, reason_en=en)


ACT: Final = Act("calendar.set", load, authorise, decide)
