"""What the acts on the city's lists (名单) share: reading the round, checking items, and the rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NoReturn
from uuid import UUID

from audit.canonical import digest
from audit.entry import Subject
from certification.changes import Change, Context, insert
from certification.errors import (
    CityQuotaError,
    FieldRefusedError,
    RosterItemsError,
    RosterMissingError,
    RosterUnrankedError,
)
from certification.facts import read_facts_of
from certification.forms import REASON_LIMIT, check_line, check_text
from certification.life import Actor, find_history, find_history_obstacle
from certification.model import KIND_ZH, ItemVerdict, Roster, RosterItem, RosterKind
from certification.planner import local_day
from certification.programme import Programme
from certification.reading import Candidate, FoundRound, find_left, read_round
from certification.rosters import check_city
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person says of an application on a list: its county, its id, a verdict and a reason.

    In a ranking perhaps a score, higher is better, and why it stands behind one of an equal score.
    """

    tenant_id: int
    application_id: UUID
    verdict: str
    reason: str
    score: int | None = None
    tie_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list before it has a position."""

    candidate: Candidate
    verdict: str
    reason: str
    score: int | None = None
    tie_reason: str | None = None


async def read_round_with_facts(
    tx: TenantConnection, action: str, campaign_id: UUID, level: str, now: datetime
) -> FoundRound:
    """The round, and where the level asks for a history on this action, the past of each candidate. Raises NotFoundError."""
    found = await read_round(tx, campaign_id, level, now)
    if found.programme.levels[level].requires is None or action not in found.programme.history.checked.value:
        return found
    facts = await read_facts_of(tx, [one.id for one in found.candidates])
    candidates = (replace(one, facts=facts.get((one.tenant_id, one.id))) for one in found.candidates)
    return replace(found, candidates=tuple(candidates))


def check_histories(state: FoundRound, action: str, lines: Iterable[Line], context: Context) -> None:
    """Raise RosterItemsError for one that is selected or listed without the history that its level asks for."""
    programme, level = state.programme, state.view.level
    if action not in programme.history.checked.value:
        return
    for line in lines:
        if line.verdict in (ItemVerdict.SELECTED, ItemVerdict.LISTED):
            history = find_history(programme, level, line.candidate.facts, context.now)
            lacks = find_history_obstacle(programme, level, history)
            if lacks is not None:
                name = line.candidate.community_name
                refuse_items(f"{name}：{lacks.zh}", f"{name}: {lacks.en}")


def authorise_city(state: FoundRound, action: str, actor: Actor) -> str:
    """The role in which an officer of the city may act on its lists. Raises NotEntitledError."""
    return str(check_city(state.programme, action, state.view.campaign_tenant_id, actor).name)


def check_rests_on(previous: Roster | None, given: UUID, kind: str) -> Roster:
    """The list that this act rests on, if it is the one that its actor has read. Raises RosterMissingError."""
    if previous is None or previous.id != given:
        raise RosterMissingError(kind=kind, kind_zh=KIND_ZH[RosterKind(kind)])
    return previous


def match_choices(
    choices: Sequence[Choice], candidates: Iterable[Candidate], verdicts: Sequence[str]
) -> tuple[Line, ...]:
    """The choices as lines, in their order: each candidate once, nobody else. Raises RosterItemsError, FieldRefusedError."""
    expected = {(one.tenant_id, one.id): one for one in candidates}
    lines = []
    for choice in choices:
        candidate = expected.pop((choice.tenant_id, choice.application_id), None)
        if candidate is None:
            refuse_items(
                "所列申请不在其列，或重复", "an application is named that does not belong there, or twice"
            )
        if choice.verdict not in verdicts:
            refuse_items("结论无效", f"a verdict is none of {', '.join(verdicts)}")
        check_text("reason", "理由", choice.reason, REASON_LIMIT)
        lines.append(Line(candidate, choice.verdict, choice.reason, choice.score, choice.tie_reason))
    if expected:
        refuse_items(f"漏列 {len(expected)} 份申请", f"{len(expected)} application(s) are left out")
    return tuple(lines)


def find_candidates(state: FoundRound, items: Iterable[RosterItem], status: str | None) -> tuple[Line, ...]:
    """The lines of an earlier list that are now in `status`, in its order, with its verdicts and reasons."""
    by_key = {(one.tenant_id, one.id): one for one in state.candidates}
    lines = []
    for item in items:
        candidate = by_key.get((item.application_tenant_id, item.application_id))
        if candidate is not None and candidate.status == status:
            lines.append(Line(candidate, item.verdict, item.reason))
    return tuple(lines)


def within_reach(state: FoundRound, items: Iterable[RosterItem]) -> list[RosterItem]:
    """The items whose county still lets the city read its application: it may end that while a round runs."""
    keys = {(one.tenant_id, one.id) for one in state.candidates}
    return [item for item in items if (item.application_tenant_id, item.application_id) in keys]


def without_left(state: FoundRound, items: Iterable[RosterItem]) -> list[RosterItem]:
    """The items whose application is still in the round: what was withdrawn, or is out, holds up no other."""
    left = find_left(state.candidates, state.objections)
    return [item for item in items if (item.application_tenant_id, item.application_id) not in left]


def check_ranked(state: FoundRound, ranking_id: UUID | None) -> None:
    """Raise RosterUnrankedError for one that is ready and that the ranking does not compare, or not since it was looked at again.

    Before the publicity the city ranks again; a report waits until whoever came so late is returned, refused or has withdrawn.
    """
    complete, made = state.programme.ranking_complete, state.programme.get_maker(RosterKind.RANKING)
    items = () if ranking_id is None else state.items[ranking_id]
    ranked = {(item.application_tenant_id, item.application_id): item.cited_seq for item in items}
    late = [
        one
        for one in state.candidates
        if one.status == made.of and (one.looked_at or 0) > ranked.get((one.tenant_id, one.id), -1)
    ]
    if late and complete.value:
        raise RosterUnrankedError(clause=complete.ground.clause, community=late[0].community_name)


def check_city_quota(state: FoundRound, asked: int) -> None:
    """Raise CityQuotaError if `asked` more than the reported would exceed the city's places."""
    programme, level = state.programme, state.view.level
    quota = programme.levels[level].city_quota
    taken = sum(state.view.statuses.get(status, 0) for status in programme.holds_city_place.value)
    if taken + asked > quota.value:
        raise CityQuotaError(
            clause=quota.ground.clause,
            level=level,
            level_zh=programme.levels[level].short,
            quota=quota.value,
            asked=asked,
        )


def check_document(programme: Programme, number: str, day: date, context: Context) -> None:
    """Raise FieldRefusedError unless a document has a number, and a day between the programme's own and today."""
    check_line("document_number", "文号", number, 60)
    if not programme.document.issued_on <= day <= local_day(context.now, programme.zone):
        raise FieldRefusedError(
            field="document_date",
            label="文件日期",
            reason_zh="早于本批次文件或晚于今天",
            reason_en="is before the programme's document or after today",
        )


def make_list(
    state: FoundRound,
    context: Context,
    kind: str,
    lines: Sequence[Line],
    *,
    previous: Roster | None,
    reason: str = "",
    document: tuple[str, date] | None = None,
    days: tuple[date, date] | None = None,
) -> Change:
    """The change that makes a list: its row, its items and the county entries that they cite."""
    roster = Roster(
        tenant_id=state.campaign.tenant_id,
        id=context.new_id(),
        campaign_id=state.campaign.id,
        level=state.view.level,
        kind=kind,
        previous_id=None if previous is None else previous.id,
        document_number=None if document is None else document[0],
        document_date=None if document is None else document[1],
        opens_on=None if days is None else days[0],
        closes_on=None if days is None else days[1],
        closed_at=None,
        reason=reason,
        author_id=context.actor.person_id,
        created_at=context.now,
    )
    items = tuple(_item(roster, position, line) for position, line in enumerate(lines, start=1))
    return Change(
        operation=f"roster.{kind}",
        subject=Subject("roster", roster.id, 1),
        intent={
            "campaign": str(roster.campaign_id),
            "items": [
                {
                    "application": str(item.application_id),
                    "reason_digest": digest(item.reason).hex(),
                    "verdict": item.verdict,
                    **({} if item.score is None else {"score": item.score}),
                    **({} if item.tie_reason is None else {"tie_digest": digest(item.tie_reason).hex()}),
                }
                for item in items
            ],
            "kind": kind,
            "level": roster.level,
            "previous": None if roster.previous_id is None else str(roster.previous_id),
            "reason_digest": digest(reason).hex(),
            **(
                {}
                if document is None
                else {"document_date": document[1].isoformat(), "document_number": document[0]}
            ),
            **({} if days is None else {"closes_on": days[1].isoformat(), "opens_on": days[0].isoformat()}),
        },
        writes=insert(roster, *items),
        cites=tuple(line.candidate.entry for line in lines),
    )


def refuse_items(zh: str, en: str) -> NoReturn:
    """Raise RosterItemsError."""
    raise RosterItemsError(reason_zh=zh, reason_en=en)


def _item(roster: Roster, position: int, line: Line) -> RosterItem:
    return RosterItem(
        tenant_id=roster.tenant_id,
        roster_id=roster.id,
        position=position,
        application_tenant_id=line.candidate.tenant_id,
        application_id=line.candidate.id,
        community_name=line.candidate.community_name,
        verdict=line.verdict,
        reason=line.reason,
        cited_origin=line.candidate.entry.origin,
        cited_seq=line.candidate.entry.seq,
        cited_hash=line.candidate.entry.hash,
        score=line.score,
        tie_reason=line.tie_reason,
    )
