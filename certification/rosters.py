"""What the city may do now with its lists (名单) of a level, and why not: the programme's second table.

ranking (排序) → publicity (公示) → report (报送) → decision (认定), each resting on the one before. As with an application
(certification/life.py) there is one function, `find_roster_obstacle`, for what is shown and what decides. The items of a list
are checked by the act that makes it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from certification.calendar import PUBLISHED, Calendar
from certification.errors import (
    CertificationError,
    NotEntitledError,
    PublicityClosedError,
    PublicityIncompleteError,
    PublicityObjectedError,
    PublicityOpenError,
    PublicityRunningError,
    RosterExistsError,
    RosterMissingError,
    RosterUnfinishedError,
)
from certification.life import Actor, Availability, Role, check_window
from certification.model import KIND_ZH, ROLE_ZH, Roster, RosterKind, Status
from certification.planner import check_start_left, end_of, local_day
from certification.programme import Programme, RosterStep
from certification.publicity import ListedItem, count_item

LEFT: Final = frozenset({Status.REJECTED, Status.WITHDRAWN, Status.LAPSED})
"""How an application leaves the round while lists of it may stand."""


def has_left(status: str) -> bool:
    """Whether no list waits for an application any more: the next one is made without it."""
    return status in LEFT


@dataclass(frozen=True, slots=True)
class RoundView:
    """The lists of one level, how many of its applications are in which status, and what the city extended and set.

    `listed`: the items of its publicity.
    """

    campaign_tenant_id: int
    level: str
    rosters: tuple[Roster, ...]
    statuses: Mapping[str, int]
    extended: Mapping[str, datetime] = field(default_factory=dict)
    calendar: Calendar = PUBLISHED
    listed: tuple[ListedItem, ...] = ()

    def find_latest(self, kind: str) -> Roster | None:
        """The list of a kind that none of its kind came after, or None."""
        return find_latest(self.rosters, kind)


def find_latest(rosters: Iterable[Roster], kind: str) -> Roster | None:
    """The list of a kind that none of its kind came after, or None. Clocks are not asked: two may bear one time."""
    found = [roster for roster in rosters if roster.kind == kind]
    before = {roster.previous_id for roster in found}
    return next((roster for roster in found if roster.id not in before), None)


def available_roster_actions(
    programme: Programme, view: RoundView, actor: Actor, now: datetime
) -> tuple[Availability, ...]:
    """Every action of the city on the lists of this level, each with what stands against it now."""
    return tuple(
        Availability(
            row.action,
            row.name,
            row.ground.clause,
            find_roster_obstacle(programme, row.action, view, actor, now),
        )
        for row in programme.round
    )


def find_roster_obstacle(
    programme: Programme, action: str, view: RoundView, actor: Actor, now: datetime
) -> CertificationError | None:
    """What refuses the action now, or None."""
    try:
        check_roster_step(programme, action, view, actor, now)
    except CertificationError as obstacle:
        return obstacle
    return None


def check_roster_step(
    programme: Programme, action: str, view: RoundView, actor: Actor, now: datetime
) -> tuple[RosterStep, Roster | None]:
    """The row by which the action may be done now and the list on which it rests. Raises what refuses it."""
    check_city(programme, action, view.campaign_tenant_id, actor)
    row = programme.get_roster_step(action)
    check_window(programme, row, now, view.extended)
    previous = _check_previous(row, view)
    if previous is not None and previous.kind == RosterKind.PUBLICITY:
        _check_publicity(programme, row, previous, view, now)
    _check_first(programme, row, view)
    _check_finished(programme, row, view)
    if row.makes == RosterKind.PUBLICITY:
        check_start_left(programme, local_day(now, programme.zone), view.calendar, view.extended)
    return row, previous


def check_city(programme: Programme, action: str, campaign_tenant_id: int, actor: Actor) -> Role:
    """The role in which the actor may do this. Raises NotEntitledError."""
    row = programme.get_roster_step(action)
    for role in actor.roles:
        if role.name == row.role and actor.home_tenant_id == campaign_tenant_id:
            return role
    raise NotEntitledError(
        clause=row.ground.clause, action=action, name=row.name, role=row.role, role_zh=ROLE_ZH[row.role]
    )


def _check_previous(row: RosterStep, view: RoundView) -> Roster | None:
    if row.rests_on is None:
        return None
    previous = view.find_latest(row.rests_on)
    if previous is None:
        raise RosterMissingError(
            clause=row.ground.clause, kind=row.rests_on, kind_zh=KIND_ZH[RosterKind(row.rests_on)]
        )
    return previous


def _check_publicity(
    programme: Programme, row: RosterStep, publicity: Roster, view: RoundView, now: datetime
) -> None:
    """What makes a list on a publicity needs it closed; what closes it needs its last day over; neither stands objections."""
    clause = programme.publicity.working_days.ground.clause
    if row.makes is not None:
        if publicity.closed_at is None:
            raise PublicityOpenError(clause=clause)
        _check_objections(clause, view.listed)
        return
    if publicity.closed_at is not None:
        raise PublicityClosedError(clause=clause)
    if row.corrects:
        return
    if publicity.closes_on is not None and now < end_of(publicity.closes_on, programme.zone):
        raise PublicityRunningError(clause=clause, day=publicity.closes_on)
    _check_objections(clause, view.listed)
    _check_counts(programme, view, now)


def _check_objections(clause: str | None, listed: Sequence[ListedItem]) -> None:
    """公示无异议: no objection to an item that is still in the round waits for its decision."""
    objected = [item for item in listed if item.there and item.open]
    if objected:
        raise PublicityObjectedError(
            clause=clause,
            count=sum(item.open for item in objected),
            community=objected[0].community_name,
        )


def _check_counts(programme: Programme, view: RoundView, now: datetime) -> None:
    rule = programme.publicity
    for item in view.listed:
        count = count_item(item, rule, programme.zone, now, view.calendar)
        if item.there and not count.complete:
            raise PublicityIncompleteError(
                clause=rule.working_days.ground.clause,
                community=item.community_name,
                days=rule.working_days.value,
                counted=count.days,
            )


def _check_first(programme: Programme, row: RosterStep, view: RoundView) -> None:
    """A list is made once, or `again` until another rests on it."""
    if row.makes is None or view.find_latest(row.makes) is None:
        return
    later = [one.makes for one in programme.round if one.rests_on == row.makes and one.makes is not None]
    blocking = [kind for kind in later if view.find_latest(kind) is not None] if row.again else [row.makes]
    for kind in blocking:
        raise RosterExistsError(clause=row.ground.clause, kind=kind, kind_zh=KIND_ZH[RosterKind(kind)])


def _check_finished(programme: Programme, row: RosterStep, view: RoundView) -> None:
    """Nobody is left behind: what is on its way to the status that is listed waits for no later round.

    A list of those who hold the city's places already, as the province's decision is, waits for nobody who comes behind them.
    """
    if row.makes is None or not programme.ranking_complete.value:
        return
    if set(listed_statuses(programme, row).values()) <= set(programme.holds_city_place.value):
        return
    behind = sum(view.statuses.get(status, 0) for status in statuses_before(programme, row, view.level))
    if behind:
        raise RosterUnfinishedError(clause=programme.ranking_complete.ground.clause, count=behind)


def waiting_window(programme: Programme, level: str, status: str) -> str | None:
    """The window of the step that an application in this status waits for, a person's or the city's list; None: none bounds it."""
    makers = {action: row.window for row in programme.round for action in row.follows.values()}
    for step in programme.life:
        if step.start == status and level in step.levels:
            window = makers.get(step.action) if step.by_roster else step.window
            if window is not None:
                return window
    return None


def listed_statuses(programme: Programme, row: RosterStep) -> Mapping[str, str]:
    """For each verdict of a list, the status of an application that may be listed so."""
    if row.of is not None:
        return dict.fromkeys(row.verdicts, row.of)
    starts = {step.action: step.start for step in programme.life}
    return {
        verdict: start for verdict, action in row.follows.items() if (start := starts[action]) is not None
    }


def statuses_before(programme: Programme, row: RosterStep, level: str) -> frozenset[str]:
    """The statuses that hold a place of the county and still lead to one that the list is of, themselves not among them."""
    listed = set(listed_statuses(programme, row).values())
    behind: set[str] = set()
    waiting = list(listed)
    while waiting:
        end = waiting.pop()
        for step in programme.life:
            if (
                step.to == end
                and step.start is not None
                and level in step.levels
                and step.start not in behind
            ):
                behind.add(step.start)
                waiting.append(step.start)
    return frozenset(behind & set(programme.holds_county_place.value) - listed)
