"""What the city asks for: the five kinds of change, as a caller names them, and the plan that each comes to.

A merge ends communities in one that exists or begins; a split begins parts, beside the community or in its place; a move takes a
street, or a community, with all that lies beneath it to another county; a rename and a new code change the unit itself. Decided [D]:
a moved or recoded street gives its first nine digits to what lies beneath it, unless a unit's own code is named. A new unit's id is
made from its code as that of any division of the real data (tenancy/divisions.py), so that both name one unit; if the county has
given that id away, from code and day. Whether the plan may be carried out is certification/lineage/checking.py. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NoReturn
from uuid import UUID, uuid5

from certification.errors import NotFoundError
from certification.lineage.errors import UnitChangeRefusedError, UnitClosedError
from certification.lineage.ground import Ground, Place
from certification.lineage.plan import Altered, Closed, Opened, Passed, Plan
from tenancy.divisions import UNITS, short_name, unit_id

FIRST_VILLAGE: Final = 200
"""The last three digits from here on are a village's (村委会), below a community's (居委会)."""


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A community that begins; `carried`: it goes on with the history of what it comes from."""

    name: str
    code: str
    parent: UUID
    carried: bool = True


@dataclass(frozen=True, slots=True)
class CodeOf:
    """The code that a unit beneath a moved or recoded one gets."""

    unit: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Merge:
    """`communities` become one: `into`, which exists, or `begins`. `carries` names whose history goes on, None: all of them."""

    tenant: int
    communities: tuple[UUID, ...]
    into: UUID | None = None
    begins: NewUnit | None = None
    carries: tuple[UUID, ...] | None = None
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A community gives the parts; `keeps`: it goes on beside them."""

    tenant: int
    community: UUID
    parts: tuple[NewUnit, ...]
    keeps: bool = False
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A unit and what lies beneath it go to the county `to`, under the street `parent`; a street goes under the county itself."""

    tenant: int
    unit: UUID
    to: int
    code: str
    parent: UUID | None = None
    codes: tuple[CodeOf, ...] = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """A unit gets another name."""

    tenant: int
    unit: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Recode:
    """A unit gets another code, and what lies beneath it."""

    tenant: int
    unit: UUID
    code: str
    codes: tuple[CodeOf, ...] = ()


Asked = Merge | Split | Move | Rename | Recode
KINDS: Final[dict[type, str]] = {
    Merge: "merge",
    Split: "split",
    Move: "move",
    Rename: "rename",
    Recode: "recode",
}


def counties_of(asked: Asked) -> tuple[int, ...]:
    """The counties that are concerned."""
    return (asked.tenant, asked.to) if isinstance(asked, Move) else (asked.tenant,)


def make_plan(ground: Ground, asked: Asked, on: date) -> Plan:
    """What it comes to. Raises NotFoundError, UnitClosedError, UnitChangeRefusedError."""
    match asked:
        case Merge():
            return _merge(ground, asked, on)
        case Split():
            return _split(ground, asked, on)
        case Move():
            return _move(ground, asked, on)
        case Rename():
            place = get_place(ground, asked.tenant, asked.unit)
            name = short_name(asked.name)
            altered = Altered(place.id, name, place.code, place.name, place.code)
            return Plan(asked.tenant, asked.tenant, altered=(altered,))
        case Recode():
            return _recode(ground, asked)


def get_place(ground: Ground, tenant_id: int, unit: UUID) -> Place:
    """A unit that has not ended. Raises NotFoundError, UnitClosedError."""
    found = ground.places.get((tenant_id, unit))
    if found is None:
        raise NotFoundError(what="unit", what_zh="单位")
    if found.valid_to is not None:
        raise UnitClosedError(name=found.name, day=found.valid_to)
    return found


def refuse(zh: str, en: str) -> NoReturn:
    raise UnitChangeRefusedError(reason_zh=zh, reason_en=en)


def _merge(ground: Ground, asked: Merge, on: date) -> Plan:
    if (asked.into is None) == (asked.begins is None):
        refuse(
            "合并后的单位须指定现有单位或新设单位之一", "a merger ends in one that exists or one that begins"
        )
    if len(set(asked.communities)) != len(asked.communities):
        refuse("合并单位重复", "a community is named twice")
    ended = [get_place(ground, asked.tenant, one) for one in asked.communities if one != asked.into]
    if len(ended) + (asked.into is not None) < 2:
        refuse("合并至少涉及两个单位", "a merger is of two units at least")
    carries = {one.id for one in ended} if asked.carries is None else set(asked.carries)
    if carries - {one.id for one in ended}:
        refuse("延续历史的单位不在被合并单位之中", "a history goes on from a unit that is merged")
    opened = () if asked.begins is None else (_open(ground, asked.tenant, asked.begins, on),)
    successor = opened[0].unit if opened else get_place(ground, asked.tenant, _given(asked.into)).id
    return Plan(
        asked.tenant,
        asked.tenant,
        closed=tuple(_close(one) for one in ended),
        opened=opened,
        passed=tuple(Passed(successor, one.id, one.id in carries) for one in ended),
        left_out=asked.left_out,
    )


def _split(ground: Ground, asked: Split, on: date) -> Plan:
    place = get_place(ground, asked.tenant, asked.community)
    if len(asked.parts) + asked.keeps < 2:
        refuse("拆分后至少有两个单位", "a split gives two units at least")
    opened = tuple(_open(ground, asked.tenant, one, on) for one in asked.parts)
    return Plan(
        asked.tenant,
        asked.tenant,
        closed=() if asked.keeps else (_close(place),),
        opened=opened,
        passed=tuple(
            Passed(one.unit, place.id, part.carried) for one, part in zip(opened, asked.parts, strict=True)
        ),
        left_out=asked.left_out,
    )


def _move(ground: Ground, asked: Move, on: date) -> Plan:
    place = get_place(ground, asked.tenant, asked.unit)
    county = ground.counties.get(asked.to)
    if county is None:
        raise NotFoundError(what="county", what_zh="县区")
    if asked.to == asked.tenant:
        refuse("迁入地即为原县区", "a unit moves to another county")
    if place.kind == "street" and asked.parent is not None:
        refuse("街道（乡镇）直属县区", "a street goes under the county itself")
    parent = asked.parent if asked.parent is not None else county.unit_id
    moving = (place, *ground.beneath(asked.tenant, place.id))
    codes = _codes(moving, asked.code, asked.codes)
    ids = {one.id: _new_id(ground, asked.to, codes[one.id], on) for one in moving}
    opened = tuple(
        Opened(ids[one.id], one.kind, one.name, codes[one.id], ids.get(_above(one), parent)) for one in moving
    )
    return Plan(
        asked.tenant,
        asked.to,
        closed=tuple(_close(one) for one in reversed(moving)),
        opened=opened,
        passed=tuple(Passed(ids[one.id], one.id, True) for one in moving),
    )


def _recode(ground: Ground, asked: Recode) -> Plan:
    place = get_place(ground, asked.tenant, asked.unit)
    concerned = (place, *ground.beneath(asked.tenant, place.id))
    codes = _codes(concerned, asked.code, asked.codes)
    return Plan(
        asked.tenant,
        asked.tenant,
        altered=tuple(Altered(one.id, one.name, codes[one.id], one.name, one.code) for one in concerned),
    )


def _codes(places: tuple[Place, ...], code: str, named: tuple[CodeOf, ...]) -> dict[UUID, str]:
    """The new code of each: the first has `code`, the others their own or its first nine digits."""
    own = {one.unit: one.code for one in named}
    if len(own) != len(named) or own.keys() - {one.id for one in places[1:]}:
        refuse(
            "所列代码的单位不在其下辖单位之中，或重复",
            "a code is given to a unit that is not beneath it, or twice",
        )
    found = {one.id: own.get(one.id, code[:9] + one.code[9:]) for one in places[1:]}
    return {places[0].id: code, **found}


def _open(ground: Ground, tenant_id: int, asked: NewUnit, on: date) -> Opened:
    kind = "village" if asked.code[9:].isdecimal() and int(asked.code[9:]) >= FIRST_VILLAGE else "community"
    return Opened(
        _new_id(ground, tenant_id, asked.code, on), kind, short_name(asked.name), asked.code, asked.parent
    )


def _new_id(ground: Ground, tenant_id: int, code: str, on: date) -> UUID:
    first = unit_id(code)
    return first if (tenant_id, first) not in ground.places else uuid5(UNITS, f"{code}/{on.isoformat()}")


def _close(place: Place) -> Closed:
    return Closed(place.id, place.name, place.code)


def _above(place: Place) -> UUID:
    return place.parent_id or place.id


def _given(unit: UUID | None) -> UUID:
    if unit is None:
        refuse("未指定单位", "no unit is named")
    return unit
