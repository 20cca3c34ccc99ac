"""Divisions change: two communities become one, a street goes to another county; what was certified and reviewed goes with them.

Both are made up; the codes are free ones of their counties.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from uuid import UUID

from tenancy.divisions import unit_id, units_of
from xingji.demo import documents as q
from xingji.demo.cast import CITY, GAP, MENDED, PASSWORD, TAKER, County, counties, person_id
from xingji.demo.telling import Teller

MERGED: Final = "合新社区（演示）"
CLERK: Final = "moved"
STREET: Final = "moved-street"
"""Logins in the county that takes the street."""


def county(code: str) -> County:
    """A county of the cast."""
    return next(one for one in counties() if one.code == code)


@cache
def merged_code() -> str:
    """A free code beneath the street of the county whose communities merge."""
    one = county(MENDED)
    street = next(code for code in _codes(MENDED) if unit_id(code) == one.street.id)
    return next(
        code for number in range(199, 0, -1) if (code := f"{street[:9]}{number:03}") not in _codes(MENDED)
    )


@cache
def moved_code() -> str:
    """A free code of a street in the county that takes one."""
    return next(
        code for number in range(99, 0, -1) if (code := f"{TAKER}{number:03}000") not in _codes(TAKER)
    )


def merged_id() -> UUID:
    """The community that two became."""
    return unit_id(merged_code())


def moved_id() -> UUID:
    """The community of the moved street, in its new county."""
    old = next(code for code in _codes(GAP) if unit_id(code) == county(GAP).star.id)
    return unit_id(moved_code()[:9] + old[9:])


async def merge(teller: Teller) -> str:
    """The certified community and its neighbour become one; its clerk goes on there."""
    one = county(MENDED)
    named = {place: f"Unit.{one.tenant_id}.{place.id}" for place in (one.nominee, one.rival, one.street)}
    wanted: dict[str, Any] = {
        "merge": {
            "communityIds": [named[one.nominee], named[one.rival]],
            "into": {"create": {"name": MERGED, "code": merged_code(), "parentId": named[one.street]}},
        },
        "documentNumber": "淮政文〔2024〕演示8号",
        "documentDate": "2024-01-10",
        "effectiveOn": "2024-01-20",
        "reason": "社区规模调整（演示）。",
    }
    await _change(teller, "merge", wanted)
    role = {
        "personId": f"Person.{one.tenant_id}.{person_id(MENDED, 'clerk')}",
        "role": "COMMUNITY_CLERK",
        "unitId": f"Unit.{one.tenant_id}.{merged_id()}",
    }
    await teller.done(teller.actor(MENDED, "admin"), q.ASSIGN_ROLE, "merged:clerk", role)
    teller.sign_out(MENDED, "clerk")
    return f"{one.name}{one.nominee.name}与{one.rival.name}合并为{MERGED}，两人签署，县级账本随之记载"


async def move(teller: Teller) -> str:
    """A street with all beneath it: closed in one log, opened in the other, which cites the first."""
    old, new = county(GAP), county(TAKER)
    wanted: dict[str, Any] = {
        "move": {
            "unitId": f"Unit.{old.tenant_id}.{old.street.id}",
            "toTenantId": f"Tenant.{new.tenant_id}.{new.tenant_id}",
            "code": moved_code(),
        },
        "documentNumber": "周政文〔2025〕演示3号",
        "documentDate": "2025-01-15",
        "effectiveOn": "2025-02-01",
        "reason": "行政区划调整（演示）。",
    }
    moved = await _change(teller, "move", wanted)
    places = {CLERK: (moved_id(), "COMMUNITY_CLERK"), STREET: (unit_id(moved_code()), "STREET_OFFICER")}
    for login, (unit, role) in places.items():
        person = {
            "name": f"{login}（演示）",
            "login": login,
            "password": PASSWORD,
            "roles": [{"role": role, "unitId": f"Unit.{new.tenant_id}.{unit}"}],
        }
        await teller.done(teller.actor(TAKER, "admin"), q.ADD_PERSON, f"moved:{login}", person)
    return f"{old.name}{old.street.name}划归{new.name}：两本账本共 {moved} 条，新账引旧账"


async def _change(teller: Teller, name: str, wanted: dict[str, Any]) -> int:
    """Two persons of the city; how many acts followed in the counties."""
    proposed = await teller.done(
        teller.actor(CITY, "leader"), q.PROPOSE_UNIT_CHANGE, f"{name}:propose", wanted
    )
    named = {"unitChangeId": proposed["change"]["id"]}
    if name == "merge":
        leader, what = teller.actor(CITY, "leader"), "一人提出并自行确认区划变更"
        await teller.refused(leader, q.CONFIRM_UNIT_CHANGE, named, "周口市", what)
    done = await teller.done(teller.actor(CITY, "reviewer"), q.CONFIRM_UNIT_CHANGE, f"{name}:confirm", named)
    return len(done["followed"])


@cache
def _codes(tenant_code: str) -> frozenset[str]:
    return frozenset(str(row["code"]) for row in units_of(tenant_code).codes)
