"""Whether a plan may be carried out on the divisions as they are: asked when it is proposed, and again when it is confirmed.

Decided [D]: it is of a day that has come, and of no day before the units that it changes began; what lies beneath a unit that ends,
ends or moves with it; a county and a city are no division's to change; a unit in which an application or a review is under way
waits, so nobody steps out of one by changing units; one confirmed change of a county is followed before the next is proposed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from certification.lineage.asking import refuse
from certification.lineage.errors import (
    UnitBusyError,
    UnitChangeStaleError,
    UnitChangeWaitingError,
    UnitCodeTakenError,
)
from certification.lineage.ground import Ground, Place
from certification.lineage.model import COMMUNITIES
from certification.lineage.plan import Altered, Opened, Plan

MOST: Final = 100
"""Units in one change: its entries must hold them."""
WHAT_ZH: Final = {"application": "申报", "review": "年度复查"}
WHAT_EN: Final = {"application": "an application", "review": "a review"}
_CODE: Final = re.compile(r"[0-9]{12}")


def check_plan(ground: Ground, kind: str, plan: Plan, on: date) -> None:
    """Raise what refuses the plan from that day on."""
    _check_size(plan)
    _check_waiting(ground, plan)
    ended = [_get(ground, plan.tenant, one.unit, one.name) for one in plan.closed]
    for place in ended:
        _check_kind(kind, place)
        if on <= place.valid_from or on <= place.code_from:
            _refuse_day(place)
    _check_beneath(ground, plan, ended)
    _check_busy(ground, plan)
    for altered in plan.altered:
        _check_altered(ground, kind, plan, altered, on)
    for one in plan.opened:
        _check_opened(ground, plan, one, on)
    _check_successors(ground, plan, on)
    _check_codes(ground, plan)
    if any(not one.carried for one in plan.passed) != (plan.left_out is not None):
        refuse(
            "不延续历史的，须说明理由；全部延续的，不填理由",
            "a history that does not go on has a reason, and only then is one given",
        )


def _check_size(plan: Plan) -> None:
    if max(len(plan.closed), len(plan.opened), len(plan.altered)) > MOST:
        refuse(f"一次变更至多涉及 {MOST} 个单位", f"a change is of {MOST} units at most")


def _check_waiting(ground: Ground, plan: Plan) -> None:
    for tenant in plan.tenants:
        if tenant in ground.waiting:
            raise UnitChangeWaitingError(name=ground.counties[tenant].name)


def _get(ground: Ground, tenant_id: int, unit: object, name: str) -> Place:
    found = ground.places.get((tenant_id, unit))  # type: ignore[arg-type]
    if found is None or found.valid_to is not None:
        raise UnitChangeStaleError(name=name)
    return found


def _check_kind(kind: str, place: Place) -> None:
    wanted = (*COMMUNITIES, "street") if kind in ("move", "rename", "recode") else COMMUNITIES
    if place.kind not in wanted:
        refuse(f"“{place.name}”不是此项变更的对象", f"“{place.name}” is not of a kind that is changed so")


def _refuse_day(place: Place) -> None:
    refuse(
        f"生效日期不晚于“{place.name}”的设立或代码启用日期",
        f"the day is not after “{place.name}” or its code began",
    )


def _check_beneath(ground: Ground, plan: Plan, ended: list[Place]) -> None:
    """Nothing goes on under what ends."""
    closed = {one.unit for one in plan.closed}
    for place in ended:
        for one in ground.beneath(plan.tenant, place.id):
            if one.id not in closed:
                raise UnitChangeStaleError(name=one.name)


def _check_busy(ground: Ground, plan: Plan) -> None:
    """Neither what ends, nor what goes on from it, nor what gives parts is in the middle of something."""
    before = {(plan.tenant, one.unit) for one in plan.closed}
    before |= {(plan.tenant, one.predecessor) for one in plan.passed}
    before |= {(plan.to, one.unit) for one in plan.passed}
    for key in sorted(before & ground.busy.keys(), key=str):
        what = ground.busy[key]
        raise UnitBusyError(name=ground.places[key].name, what=WHAT_EN[what], what_zh=WHAT_ZH[what])


def _check_altered(ground: Ground, kind: str, plan: Plan, altered: Altered, on: date) -> None:
    place = _get(ground, plan.tenant, altered.unit, altered.was_name)
    _check_kind(kind, place)
    if (place.name, place.code) != (altered.was_name, altered.was_code):
        raise UnitChangeStaleError(name=altered.was_name)
    if (altered.name, altered.code) == (altered.was_name, altered.was_code):
        refuse(f"“{place.name}”没有变化", f"nothing of “{place.name}” changes")
    if on < place.valid_from or (altered.code != place.code and on <= place.code_from):
        _refuse_day(place)
    if altered.code != place.code:
        check_code(ground, plan.tenant, altered.code, place.kind)


def _check_opened(ground: Ground, plan: Plan, opened: Opened, on: date) -> None:
    if (plan.to, opened.unit) in ground.places:
        raise UnitChangeStaleError(name=opened.name)
    check_code(ground, plan.to, opened.code, opened.kind)
    if opened.parent in {one.unit for one in plan.opened}:
        return
    parent = ground.find_alive(plan.to, opened.parent)
    wanted = "county" if opened.kind == "street" else "street"
    if parent is None or parent.kind != wanted or parent.valid_from > on:
        refuse(f"“{opened.name}”的上级单位有误", f"“{opened.name}” cannot lie beneath that unit")


def _check_successors(ground: Ground, plan: Plan, on: date) -> None:
    """Who goes on from others and was there before is a community that had begun."""
    opened = {one.unit for one in plan.opened}
    for one in plan.passed:
        for tenant, unit in ((plan.to, one.unit), (plan.tenant, one.predecessor)):
            if unit in opened:
                continue
            place = _get(ground, tenant, unit, "")
            if place.valid_from > on:
                _refuse_day(place)
            if plan.to == plan.tenant and place.kind not in COMMUNITIES:
                _check_kind("merge", place)


def check_code(ground: Ground, tenant_id: int, code: str, kind: str) -> None:
    """Raise unless the code is twelve digits of the county, three noughts at the end for a street alone."""
    county = ground.counties[tenant_id]
    street = code[9:] == "000" and code[6:9] != "000"
    fits = street if kind == "street" else code[6:9] != "000" and code[9:] != "000"
    if not _CODE.fullmatch(code) or not code.startswith(county.code) or not fits:
        refuse(
            f"统计代码“{code}”须为{county.name}的十二位代码",
            f"“{code}” is no twelve-digit code of {county.code}",
        )


def _check_codes(ground: Ground, plan: Plan) -> None:
    """No two units carry one code afterwards."""
    leaving = {(plan.tenant, one.unit) for one in plan.closed} | {
        (plan.tenant, one.unit) for one in plan.altered
    }
    carried = {
        place.code: place.name
        for key, place in ground.places.items()
        if place.valid_to is None and place.tenant_id in plan.tenants and key not in leaving
    }
    for code, name in _given(plan):
        if code in carried:
            raise UnitCodeTakenError(unit_code=code, name=carried[code])
        carried[code] = name


def _given(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from ((one.code, one.name) for one in plan.opened)
    yield from ((one.code, one.name) for one in plan.altered)
