"""What may be done with an application now, and why not: the programme's table, asked in one way only.

The rule upheld here: the answer shown to a person (`available_actions`) and the answer that decides an act (`check_step`) come
from the same function, `find_obstacle`, over the same table (`Programme.life`). Checked, in this order: role and jurisdiction,
status, a list of the city that goes first, required history, window, one person one stage, a form to speak of, its figures, the
county's places.

Pure: the time is handed in, and an `ApplicationView` holds what was read. Lists of the city are certification/rosters.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from certification.errors import (
    AlreadyCertifiedError,
    CertificationError,
    CountyQuotaError,
    FiguresMissingError,
    FormHistoryStaleError,
    FormMissingError,
    FormReturnedError,
    HistoryMissingError,
    ListWaitingError,
    NoSuchActionError,
    NotEntitledError,
    NotFoundError,
    OutsideWindowError,
    SamePersonError,
    WindowNotOverError,
    WrongStatusError,
)
from certification.figures import Figure, find_missing, name_figure
from certification.history import (
    Certified,
    Facts,
    History,
    find_held,
    find_wants,
    fold,
    fold_history,
    format_cite,
    format_reviews,
    settle,
)
from certification.judging import are_met, check_refusing, judge
from certification.model import KIND_ZH, ROLE_ZH, STAGE_ZH, STATUS_ZH, RosterKind, Status
from certification.planner import local_day
from certification.programme import HistoryRule, Programme, Requirement, RosterStep, Step

FILING = "filing"
CLERK = "community_clerk"
REVIEW_TEAM = "review_team"


class Role(Protocol):
    """A role held now over a unit (tenancy.identity.Role)."""

    @property
    def name(self) -> str: ...
    @property
    def unit_id(self) -> UUID: ...


class Actor(Protocol):
    """Who acts, with what they may do now in the tenant that owns the rows (tenancy.identity.Standing).

    `oversees`: the tenant grants its oversight to the actor's home tenant.
    """

    @property
    def person_id(self) -> UUID: ...
    @property
    def home_tenant_id(self) -> int: ...
    @property
    def roles(self) -> Sequence[Role]: ...
    @property
    def oversees(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """What deciding needs to know of an application. `status` None: it has not been filed.

    `form_authors` wrote a version of the form; `form_returned`: the version in force was returned. `endorsed` holds
    (stage, person) of every opinion ever given, returns too; `county_taken` how many places of its county are taken for
    its level in its campaign; `extended` when a stage closes later than its window says. `facts` is the community's past,
    None unless its level asks for one or it is to be filed, and `form_history` what the form in force says of it: its `certified_on` and `reviews`.
    `figures` is what the form in force states of the indicators.
    `lists` is (kind, verdict) of each list of the city that names it, where a list may move it from its status, and `upheld`
    whether an objection to it was upheld.
    """

    tenant_id: int
    campaign_tenant_id: int
    level: str
    status: str | None
    community_id: UUID
    street_id: UUID
    filed_by: UUID | None = None
    form_authors: tuple[UUID, ...] = ()
    form_hash: bytes | None = None
    form_returned: bool = False
    endorsed: tuple[tuple[str, UUID], ...] = ()
    county_taken: int = 0
    facts: Facts | None = None
    form_history: tuple[date | None, str | None] = (None, None)
    extended: Mapping[str, datetime] = field(default_factory=dict)
    lists: tuple[tuple[str, str], ...] = ()
    upheld: bool = False
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Availability:
    """An action, and the refusal that it would meet now (None: it is allowed)."""

    action: str
    name: str
    clause: str | None
    obstacle: CertificationError | None

    @property
    def allowed(self) -> bool:
        """Whether it may be done now."""
        return self.obstacle is None


def available_actions(
    programme: Programme, view: ApplicationView, actor: Actor, now: datetime
) -> tuple[Availability, ...]:
    """Every action of a person on this application, in the table's order, each with what stands against it now."""
    found: dict[str, Availability] = {}
    for row in programme.life:
        filed = row.start is not None
        if (
            row.by_roster
            or view.level not in row.levels
            or filed != (view.status is not None)
            or row.action in found
        ):
            continue
        obstacle = find_obstacle(programme, row.action, view, actor, now)
        found[row.action] = Availability(row.action, row.name, row.ground.clause, obstacle)
    return tuple(found.values())


def find_obstacle(
    programme: Programme, action: str, view: ApplicationView, actor: Actor, now: datetime
) -> CertificationError | None:
    """What refuses the action now, or None."""
    try:
        check_step(programme, action, view, actor, now)
    except CertificationError as obstacle:
        return obstacle
    return None


def check_step(programme: Programme, action: str, view: ApplicationView, actor: Actor, now: datetime) -> Step:
    """The row of the table by which the action may be done now. Raises the CertificationError that refuses it."""
    check_entitled(programme, action, view, actor)
    step = _get_step(programme, action, view)
    _check_followed(programme, view)
    _check_not_held(programme, step, view, now)
    _check_history(programme, step, view, now)
    check_window(programme, step, now, view.extended)
    _check_over(programme, step, view, now)
    _check_separation(programme, step, view, actor)
    _check_form(programme, step, view)
    _check_form_history(programme, step, view, now)
    _check_figures(programme, step, view, now)
    _check_place(programme, step, view)
    return step


def check_following(programme: Programme, action: str, view: ApplicationView) -> Step:
    """The row by which an application follows a list of the city: only its status matters. Raises WrongStatusError."""
    return _get_step(programme, action, view)


def find_following(programme: Programme, kind: str, verdict: str, status: str) -> str | None:
    """The step that follows this verdict of a list from this status, or None when there is nothing to follow."""
    action = programme.get_maker(kind).follows.get(verdict)
    return action if starts(programme, action, status) else None


def starts(programme: Programme, action: str | None, status: str) -> bool:
    """Whether a step of that name starts from the status."""
    return any(step.action == action and step.start == status for step in programme.life)


def check_entitled(programme: Programme, action: str, view: ApplicationView, actor: Actor) -> Role:
    """The role in which the actor may do this here, whenever it may be done. Raises NotEntitledError, NotFoundError."""
    row = _rows(programme, action, view.level)[0]
    for role in actor.roles:
        if role.name == row.role and not row.by_roster and _reaches(role, view, actor):
            return role
    check_seen(view, actor)
    raise NotEntitledError(
        clause=row.ground.clause, action=action, name=row.name, role=row.role, role_zh=ROLE_ZH[row.role]
    )


def check_seen(view: ApplicationView, actor: Actor) -> None:
    """Raise NotFoundError when the application is another community's or street's, or for a review team: who may not read it is not told of it."""
    if view.status is not None and is_beyond(view.community_id, view.street_id, actor):
        raise NotFoundError(what="application", what_zh="申请")


def is_beyond(community_id: UUID, street_id: UUID | None, actor: Actor) -> bool:
    """Whether all that the actor is, is another community's clerk, another street's officer, or a review team's member."""
    near = {CLERK: community_id, "street_officer": street_id}
    return bool(actor.roles) and all(
        role.name == REVIEW_TEAM or (role.name in near and near[role.name] != role.unit_id)
        for role in actor.roles
    )


def sees_reviews_alone(actor: Actor) -> bool:
    """Whether the actor is a review team's member and nothing else: told of nothing but what is assigned."""
    return bool(actor.roles) and all(role.name == REVIEW_TEAM for role in actor.roles)


def find_role(names: Collection[str], view: ApplicationView, actor: Actor) -> Role | None:
    """A role of one of these names in which the actor reaches the application, or None."""
    return next((role for role in actor.roles if role.name in names and _reaches(role, view, actor)), None)


def action_of(programme: Programme, level: str, stage: str, verdict: str) -> str:
    """The action that gives this verdict at this stage, for a level. Raises NoSuchActionError."""
    for row in programme.life:
        if (row.stage, row.verdict) == (stage, verdict) and level in row.levels:
            return row.action
    raise NoSuchActionError(stage=stage, verdict=verdict)


def check_window(
    programme: Programme, row: Step | RosterStep, now: datetime, extended: Mapping[str, datetime]
) -> None:
    """Raise OutsideWindowError unless `now` is inside the window of the row, extensions included."""
    if row.window is None:
        return
    window, zone = programme.windows[row.window], programme.zone
    closes_at = window.until(extended)
    if not window.opens_at <= now < closes_at:
        raise OutsideWindowError(
            clause=window.ground.clause,
            action=row.action,
            name=row.name,
            opens=f"{window.opens_at.astimezone(zone):%Y-%m-%d %H:%M}",
            closes=f"{closes_at.astimezone(zone):%Y-%m-%d %H:%M}",
        )


def _rows(programme: Programme, action: str, level: str) -> list[Step]:
    """The rows of an action. Raises NoSuchActionError: a campaign keeps the programme with which it was opened."""
    found = [row for row in programme.life if row.action == action and level in row.levels]
    if not found:
        raise NoSuchActionError(stage=action, verdict="-")
    return found


def _reaches(role: Role, view: ApplicationView, actor: Actor) -> bool:
    if role.name == "city_officer":
        return actor.home_tenant_id == view.campaign_tenant_id and actor.oversees
    if actor.home_tenant_id != view.tenant_id:
        return False
    if role.name == CLERK:
        return role.unit_id == view.community_id
    if role.name == "street_officer":
        return role.unit_id == view.street_id
    return role.name == "county_officer"


def _get_step(programme: Programme, action: str, view: ApplicationView) -> Step:
    rows = _rows(programme, action, view.level)
    for row in rows:
        if row.start == view.status:
            return row
    status_zh = "未申报" if view.status is None else STATUS_ZH[Status(view.status)]
    raise WrongStatusError(
        clause=rows[0].ground.clause,
        action=action,
        name=rows[0].name,
        status=view.status,
        status_zh=status_zh,
    )


def _check_followed(programme: Programme, view: ApplicationView) -> None:
    """What the city decided goes first: it is followed before anything else is done."""
    if view.status is None:
        return
    if view.upheld and starts(programme, programme.publicity.upheld, view.status):
        raise ListWaitingError(kind=RosterKind.PUBLICITY.value, kind_zh=KIND_ZH[RosterKind.PUBLICITY])
    for kind, verdict in view.lists:
        if find_following(programme, kind, verdict, view.status) is not None:
            raise ListWaitingError(kind=kind, kind_zh=KIND_ZH[RosterKind(kind)])


def find_history(programme: Programme, level: str, facts: Facts | None, now: datetime) -> History | None:
    """A community's history as a level asks for it, folded on the day of `now`; None where it asks for none."""
    requires = programme.levels[level].requires
    if requires is None:
        return None
    today = local_day(now, programme.zone)
    if facts is None:
        return fold_history(requires.certified, (), (), today, programme.history)
    return fold(facts, requires.certified, today, programme.history)


def find_history_obstacle(
    programme: Programme, level: str, history: History | None
) -> HistoryMissingError | None:
    """What a level still asks of a history, or None."""
    requires = programme.levels[level].requires
    if requires is None or history is None:
        return None
    name = programme.levels[requires.certified].name
    return find_lack(requires, name, programme.history, history)


def find_lack(
    requires: Requirement, name: str, rule: HistoryRule, history: History
) -> HistoryMissingError | None:
    """What a requirement still asks of a history, or None; `name` is of the level that must be held."""
    wants = find_wants(history, requires.annual_passes, rule)
    if not wants:
        return None
    return HistoryMissingError(
        clause=requires.ground.clause,
        certified=requires.certified,
        certified_zh=name,
        passes=requires.annual_passes,
        reason_zh="；".join(zh for zh, _ in wants),
        reason_en="; ".join(en for _, en in wants),
    )


def find_held_obstacle(
    programme: Programme, level: str, facts: Facts | None, now: datetime
) -> AlreadyCertifiedError | None:
    """That a community is what it would apply for, where the programme does not certify again; or None."""
    if facts is None:
        return None
    today = local_day(now, programme.zone)
    certified = settle(facts, today).certified
    return find_holding_lack(programme.history, level, programme.levels[level].name, certified, today)


def find_holding_lack(
    rule: HistoryRule, level: str, name: str, certified: Sequence[Certified], day: date
) -> AlreadyCertifiedError | None:
    """The same of what it is certified as on a day; `name` is of the level."""
    held = None if rule.certified_again.value else find_held(level, certified, day)
    if held is None:
        return None
    return AlreadyCertifiedError(
        clause=rule.certified_again.ground.clause,
        level=level,
        level_zh=name,
        day=held.on,
        origin=held.cite.origin,
        seq=held.cite.seq,
    )


def decide_form_history(
    programme: Programme, view: ApplicationView, now: datetime
) -> tuple[date | None, str | None, str | None]:
    """What a form of this level says of the history now: day of certification, reviews, and the entry that the day rests on; nothing where
    none is asked for.
    """
    history, requires = (
        find_history(programme, view.level, view.facts, now),
        programme.levels[view.level].requires,
    )
    if history is None or requires is None:
        return None, None, None
    reviews = format_reviews(history, requires.annual_passes)
    if history.certified is None or not history.stands:
        return None, reviews, None
    return history.certified.on, reviews, format_cite(history.certified.cite)


def _check_history(programme: Programme, step: Step, view: ApplicationView, now: datetime) -> None:
    if step.action in programme.history.checked.value:
        obstacle = find_history_obstacle(
            programme, view.level, find_history(programme, view.level, view.facts, now)
        )
        if obstacle is not None:
            raise obstacle


def _check_not_held(programme: Programme, step: Step, view: ApplicationView, now: datetime) -> None:
    """Nobody applies for what they are."""
    if step.start is None:
        held = find_held_obstacle(programme, view.level, view.facts, now)
        if held is not None:
            raise held


def _check_form_history(programme: Programme, step: Step, view: ApplicationView, now: datetime) -> None:
    """What goes upward says of the history what is recorded now: the form is saved anew when that has changed."""
    if step.action not in programme.history.checked.value or view.form_hash is None:
        return
    if view.form_history != decide_form_history(programme, view, now)[:2]:
        form = programme.forms[programme.levels[view.level].form]
        raise FormHistoryStaleError(clause=form.ground.clause)


def _check_figures(programme: Programme, step: Step, view: ApplicationView, now: datetime) -> None:
    """What goes upward states every figure of its level; who answers for the standard answers for what they come to."""
    rule = programme.figures
    if rule is None or step.action not in (*rule.stated.value, *rule.qualifying.value):
        return
    names = [name_figure(*one) for one in find_missing(programme, view.level, view.figures)]
    if names:
        raise FiguresMissingError(
            clause=rule.stated.ground.clause,
            figures_zh="、".join(zh for zh, _ in names),
            figures_en=", ".join(en for _, en in names),
        )
    if step.action not in rule.qualifying.value:
        return
    history = find_history(programme, view.level, view.facts, now)
    if not are_met(programme, view.level, view.figures, history):
        check_refusing(judge(programme, view.level, {}, view.figures, history, parts=()))


def _check_over(programme: Programme, step: Step, view: ApplicationView, now: datetime) -> None:
    """Some acts wait for the end of a window, and of its extension."""
    if step.after is None:
        return
    window = programme.windows[step.after]
    closes = window.until(view.extended)
    if now < closes:
        shown = f"{closes.astimezone(programme.zone):%Y-%m-%d %H:%M}"
        raise WindowNotOverError(
            clause=window.ground.clause, action=step.action, name=step.name, closes=shown
        )


def _stage_of(programme: Programme, step: Step) -> str | None:
    """The stage for which separation counts a step. What a clerk does to bring it forward is its filing."""
    if step.role == CLERK and step.to not in programme.final:
        return FILING
    return step.stage


def _check_separation(programme: Programme, step: Step, view: ApplicationView, actor: Actor) -> None:
    separated, now_at = programme.separation.value, _stage_of(programme, step)
    if now_at not in separated:
        return
    before = [(FILING, view.filed_by), *((FILING, author) for author in view.form_authors), *view.endorsed]
    for stage, person in before:
        if person == actor.person_id and stage in separated and stage != now_at:
            raise SamePersonError(
                clause=programme.separation.ground.clause, stage=stage, stage_zh=STAGE_ZH.get(stage, stage)
            )


def _check_form(programme: Programme, step: Step, view: ApplicationView) -> None:
    """A step that is neither the beginning nor the end speaks of a form; what was returned comes back with a new one."""
    onward = step.to not in (programme.initial, *programme.final)
    form = programme.forms[programme.levels[view.level].form]
    if onward and step.start is not None and view.form_hash is None:
        raise FormMissingError(clause=form.ground.clause, form=form.code, form_zh=form.name)
    anew = programme.returned_anew
    if (
        onward
        and step.start != step.to
        and step.start == Status.RETURNED
        and view.form_returned
        and anew.value
    ):
        raise FormReturnedError(clause=anew.ground.clause, form=form.code, form_zh=form.name)


def _check_place(programme: Programme, step: Step, view: ApplicationView) -> None:
    holding = programme.holds_county_place.value
    quota = programme.levels[view.level].county_quota
    if quota.value is None or step.to not in holding or view.status in holding:
        return
    if view.county_taken >= quota.value:
        raise CountyQuotaError(
            clause=quota.ground.clause,
            level=view.level,
            level_zh=programme.levels[view.level].short,
            quota=quota.value,
        )
