"""What may be done with an annual review now, and why not: the programme's table, asked in one way only.

The rule upheld here, as in certification/life.py: what is shown (`available_actions`) and what decides an act (`check_action`) are one
function over `programme.reviews.life`. Checked, in this order: who, by role and reach; the status; the days; one person one stage.

    days of an inspection    assigned: the cycle's first to its last day; rectifying, rechecking: to the day that was named

When a review is overdue is certification/reviews/overdue.py; what a conclusion rests on is certification/reviews/concluding.py. Days are the programme's. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from certification.errors import (
    CertificationError,
    NoSuchActionError,
    NotEntitledError,
    NotFoundError,
)
from certification.life import Actor, Availability
from certification.model import ROLE_ZH
from certification.planner import local_day
from certification.programme import Programme
from certification.reviews.errors import (
    ReviewDaysError,
    ReviewPersonError,
    ReviewStatusError,
    RoundClosedError,
)
from certification.reviews.model import ReviewStage, ReviewStatus, ReviewVerdictKind
from certification.reviews.overdue import SECOND, last_day
from certification.reviews.rule import ReviewRule, ReviewStep

OBSERVE: Final = "record_observations"
OBSERVE_ZH: Final = "上传查看记录"
TEAM: Final = "review_team"
STATUS_ZH: Final = {
    ReviewStatus.PLANNED: "已列入计划",
    ReviewStatus.ASSIGNED: "待现场复查",
    ReviewStatus.RECTIFYING: "限期整改",
    ReviewStatus.RECHECKING: "待复核",
    ReviewStatus.INSPECTED: "待县级确认",
    ReviewStatus.COUNTY_CONFIRMED: "待市级确认",
    ReviewStatus.CONFIRMED: "已确认",
    ReviewStatus.CANCELLED: "已取消",
}
STAGE_ZH: Final = {
    ReviewStage.INSPECTION: "现场复查",
    ReviewStage.COUNTY: "县级确认",
    ReviewStage.CITY: "市级确认",
}


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What deciding needs to know of a review. `team` and `acted` name people by home tenant and id.

    `acted`: (stage, tenant, person) of every verdict ever given on it, and of every observation under the inspection's stage.
    """

    tenant_id: int
    campaign_tenant_id: int
    community_id: UUID
    street_id: UUID
    status: str
    opens_on: date
    closes_on: date
    due_on: date | None = None
    team: frozenset[tuple[int, UUID]] = frozenset()
    acted: frozenset[tuple[str, int, UUID]] = frozenset()

    @property
    def last_day(self) -> date:
        """The last day on which a team may act on it."""
        return last_day(self.status, self.closes_on, self.due_on)


def available_actions(
    programme: Programme, view: ReviewView, actor: Actor, now: datetime
) -> tuple[Availability, ...]:
    """Every act of a person on this review, in the table's order, each with what stands against it now."""
    found: dict[str, Availability] = {}
    rule = _rule(programme)
    for row in rule.life:
        if row.start is None or row.by_draw or row.action in found:
            continue
        if row.stage == ReviewStage.INSPECTION and OBSERVE not in found:
            found[OBSERVE] = Availability(
                OBSERVE, OBSERVE_ZH, None, _find(programme, OBSERVE, view, actor, now)
            )
        obstacle = _find(programme, row.action, view, actor, now)
        found[row.action] = Availability(row.action, row.name, row.ground.clause, obstacle)
    return tuple(found.values())


def check_action(
    programme: Programme, action: str, view: ReviewView, actor: Actor, now: datetime
) -> ReviewStep:
    """The row of the table by which the action may be done now. Raises the CertificationError that refuses it."""
    check_entitled(programme, action, view, actor)
    step = _get_step(_rule(programme), action, view)
    _check_days(programme, action, step, view, now)
    _check_separation(_rule(programme), step, view, actor)
    return step


def check_entitled(programme: Programme, action: str, view: ReviewView, actor: Actor) -> str:
    """The role in which the actor may do this here, whenever it may be done. Raises NotEntitledError, NotFoundError."""
    row = _rows(_rule(programme), action)[0]
    if any(role.name == row.role for role in actor.roles) and _reaches(row.role, view, actor):
        return row.role
    check_seen(view, actor)
    name = OBSERVE_ZH if action == OBSERVE else row.name
    raise NotEntitledError(
        clause=row.ground.clause, action=action, name=name, role=row.role, role_zh=ROLE_ZH[row.role]
    )


def check_seen(view: ReviewView, actor: Actor) -> None:
    """Raise NotFoundError for whoever may not read the review: another street's, another community's, another team's."""
    near = {"community_clerk": view.community_id, "street_officer": view.street_id}
    hidden = [
        not _is_member(view, actor)
        if role.name == TEAM
        else near.get(role.name, role.unit_id) != role.unit_id
        for role in actor.roles
    ]
    if hidden and all(hidden):
        raise NotFoundError(what="review", what_zh="复查")


def action_of(programme: Programme, stage: str, verdict: str, status: str) -> str:
    """The action that gives this verdict at this stage, from the status if one starts there. Raises NoSuchActionError."""
    rows = [row for row in _rule(programme).life if (row.stage, row.verdict) == (stage, verdict)]
    if not rows:
        raise NoSuchActionError(stage=stage, verdict=verdict)
    return next((row for row in rows if row.start == status), rows[0]).action


def _find(
    programme: Programme, action: str, view: ReviewView, actor: Actor, now: datetime
) -> CertificationError | None:
    try:
        check_action(programme, action, view, actor, now)
    except CertificationError as obstacle:
        return obstacle
    return None


def _rule(programme: Programme) -> ReviewRule:
    if programme.reviews is None:
        raise NoSuchActionError(stage="review", verdict="-")
    return programme.reviews


def _rows(rule: ReviewRule, action: str) -> list[ReviewStep]:
    """The rows of an action; to observe is to be about to conclude. Raises NoSuchActionError."""
    found = [
        row
        for row in rule.life
        if row.action == action or (action == OBSERVE and row.stage == ReviewStage.INSPECTION)
    ]
    if not found:
        raise NoSuchActionError(stage=action, verdict="-")
    return found


def _reaches(role: str, view: ReviewView, actor: Actor) -> bool:
    if role == TEAM:
        return _is_member(view, actor)
    if role == "city_officer":
        return actor.home_tenant_id == view.campaign_tenant_id and actor.oversees
    return role == "county_officer" and actor.home_tenant_id == view.tenant_id


def _is_member(view: ReviewView, actor: Actor) -> bool:
    return (actor.home_tenant_id, actor.person_id) in view.team


def _get_step(rule: ReviewRule, action: str, view: ReviewView) -> ReviewStep:
    rows = _rows(rule, action)
    for row in rows:
        if row.start == view.status:
            return row
    if action == OBSERVE and view.status != ReviewStatus.PLANNED:
        raise RoundClosedError
    raise ReviewStatusError(
        clause=rows[0].ground.clause,
        action=action,
        name=OBSERVE_ZH if action == OBSERVE else rows[0].name,
        status=view.status,
        status_zh=STATUS_ZH[ReviewStatus(view.status)],
    )


def _check_days(programme: Programme, action: str, step: ReviewStep, view: ReviewView, now: datetime) -> None:
    """A team acts within the days; a fail may say that they passed unmet."""
    if step.stage != ReviewStage.INSPECTION:
        return
    today, last = local_day(now, programme.zone), view.last_day
    unmet = view.status in SECOND and step.verdict == ReviewVerdictKind.FAIL and action != OBSERVE
    if unmet and today > last and _rule(programme).fails_unmet.value:
        return
    if not view.opens_on <= today <= last:
        raise ReviewDaysError(
            clause=step.ground.clause,
            action=action,
            name=OBSERVE_ZH if action == OBSERVE else step.name,
            opens=view.opens_on.isoformat(),
            closes=last.isoformat(),
        )


def _check_separation(rule: ReviewRule, step: ReviewStep, view: ReviewView, actor: Actor) -> None:
    """Nobody acts at two stages; who is of the team acts at no other, whether they have inspected or not."""
    separated = rule.separation.value
    if step.stage not in separated:
        return
    before = {
        stage
        for stage, tenant, person in view.acted
        if (tenant, person) == (actor.home_tenant_id, actor.person_id)
    }
    if _is_member(view, actor):
        before.add(ReviewStage.INSPECTION)
    for stage in separated:
        if stage != step.stage and stage in before:
            raise ReviewPersonError(
                clause=rule.separation.ground.clause, stage=stage, stage_zh=STAGE_ZH[ReviewStage(stage)]
            )
