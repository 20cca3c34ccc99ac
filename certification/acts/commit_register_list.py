"""A community commits to its register of a day (提交名册承诺): the log holds root and size, the database numbers and salts.

Decided [D]: the community's own clerk does it, or a county officer. Numbers are opaque: what looks like a resident's ID or a
telephone is refused, for personal data does not belong here. A list never changes; another day's is another list. The numbers stay out
of the digest of the arguments, which could be guessed where the root cannot; a retry is compared with what is stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from audit.entry import Subject
from certification.changes import Act, Change, Context, insert
from certification.errors import FieldRefusedError, NotEntitledError, NotFoundError
from certification.life import Actor
from certification.model import ROLE_ZH
from certification.planner import local_day
from certification.recording import PERSONAL
from certification.reviews.model import RegisterList, RegisterNumber
from certification.reviews.sampling import list_root, number_leaf
from certification.reviews.tables import register_numbers
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import units

OPERATION: Final = "register.committed"
MOST: Final = 5_000
ZONE: Final = ZoneInfo("Asia/Shanghai")
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}")
_PERSONAL: Final = re.compile(r"\d{17}[\dXx]|\d{15}|1[3-9]\d{9}")
_UNIT = statement(
    select(units.c.kind).where(
        units.c.tenant_id == bindparam("tenant_id"), units.c.id == bindparam("community")
    )
)
_STORED = statement(
    select(register_numbers.c.number)
    .where(
        register_numbers.c.tenant_id == bindparam("tenant_id"),
        register_numbers.c.list_id == bindparam("list"),
    )
    .order_by(register_numbers.c.position)
)


@dataclass(frozen=True, slots=True)
class Command:
    """The register of a community on a day, in its order."""

    community_id: UUID
    taken_on: date
    numbers: tuple[str, ...] = field(metadata={PERSONAL: True})


async def load(tx: TenantConnection, command: Command, now: datetime) -> int:
    """The tenant. Raises NotFoundError for a unit that is no community of it."""
    row = await tx.first(_UNIT, community=command.community_id)
    if row is None or row["kind"] not in ("community", "village"):
        raise NotFoundError(what="community", what_zh="社区")
    return tx.tenant_id


def authorise(state: int, command: Command, actor: Actor) -> str:
    """The community's clerk, or an officer of the county."""
    if actor.home_tenant_id == state:
        for role in actor.roles:
            if role.name == "community_clerk" and role.unit_id == command.community_id:
                return "community_clerk"
        if any(role.name == "county_officer" for role in actor.roles):
            return "county_officer"
    wanted = "community_clerk"
    raise NotEntitledError(
        action="commit_register_list", name="提交名册承诺", role=wanted, role_zh=ROLE_ZH[wanted]
    )


def decide(state: int, command: Command, context: Context) -> Change:
    """The list, and its numbers each with a salt."""
    if not date(2000, 1, 1) <= command.taken_on <= local_day(context.now, ZONE):
        _refuse("taken_on", "名册日期", "不在允许的日期内", "is not a day up to today")
    _check_numbers(command.numbers)
    list_id = context.new_id()
    numbers = [
        RegisterNumber(state, list_id, position, number, context.new_salt())
        for position, number in enumerate(command.numbers)
    ]
    made = RegisterList(
        tenant_id=state,
        id=list_id,
        community_id=command.community_id,
        taken_on=command.taken_on,
        size=len(numbers),
        root=list_root(number_leaf(one.number, one.salt) for one in numbers),
        author_id=context.actor.person_id,
        created_at=context.now,
    )
    return Change(
        operation=OPERATION,
        subject=Subject("register_list", made.id, 1),
        intent={
            "community": str(made.community_id),
            "root": made.root.hex(),
            "size": made.size,
            "taken_on": made.taken_on.isoformat(),
        },
        writes=insert(made, *numbers),
    )


async def same_numbers(tx: TenantConnection, command: Command, first_id: UUID) -> bool:
    """Whether a retry names the numbers that are stored."""
    rows = await tx.all(_STORED, list=first_id)
    return tuple(row["number"] for row in rows) == command.numbers


def _check_numbers(numbers: tuple[str, ...]) -> None:
    if not 1 <= len(numbers) <= MOST:
        _refuse("numbers", "名册编号", f"须为 1 至 {MOST} 个", f"are 1 to {MOST} in a list")
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            _refuse(
                "numbers",
                "名册编号",
                "限字母、数字及 . _ / -，至多 40 位",
                "are letters, digits and . _ / -, at most 40",
            )
        if _PERSONAL.fullmatch(number):
            _refuse("numbers", "名册编号", "不得为身份证号或电话", "are no resident IDs or telephones")
    if len(set(numbers)) != len(numbers):
        _refuse("numbers", "名册编号", "有重复", "are there twice")


def _refuse(name: str, label: str, zh: str, en: str) -> NoReturn:
    raise FieldRefusedError(field=name, label=label, reason_zh=zh, reason_en=en)


ACT: Final = Act(OPERATION, load, authorise, decide, same_numbers)
