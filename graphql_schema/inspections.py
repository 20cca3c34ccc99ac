"""A review's observations, judgement and actions from its columns: what `findings`, `conflicts`, `judgement`, `missingPhotos` and
`availableActions` of a review show.

The same functions that decide an act are asked (certification/reviews/life.py, rounds.py, concluding.py). It is a forecast: an act
reads roles and rows again in its own transaction. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, ColumnElement, FromClause, and_, any_, func, literal_column, select

from certification.evidence import REVIEW, find_attaching_to_review
from certification.programme import Programme
from certification.reader import parse_stored
from certification.reviews.concluding import judge_findings
from certification.reviews.life import ReviewView, available_actions
from certification.reviews.model import Observation, ReviewStage, ReviewVerdict
from certification.reviews.rounds import PHOTO, Findings, find_anew, find_findings, superseded
from certification.reviews.tables import (
    annual_reviews,
    observations,
    review_cycles,
    review_team_members,
    review_verdicts,
)
from certification.tables import campaigns, evidence
from graphql_schema.actions import Availability, decide_reader, show
from graphql_schema.declare import Build, Parameters
from graphql_schema.judging import show as show_judgement
from graphql_schema.session import Session


def decide_supersedes(row: Mapping[str, Any], _: Session) -> list[UUID]:
    """The ids that an observation says it takes the place of."""
    return [UUID(text) for text in orjson.loads(row["supersedes"] or "[]")]


def decide_clauses(row: Mapping[str, Any], _: Session) -> list[str]:
    """The clauses that a verdict names."""
    return list(orjson.loads(row["items"] or "[]"))


def decide_findings(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]]:
    """What holds now, key by key; `row` has the keys of `FOUND_NEEDS`."""
    found = _findings(row)
    return (
        []
        if found is None
        else [
            {"key": key, "value": value, "round": found.heads[key][0].round}
            for key, value in found.values.items()
        ]
    )


def decide_conflicts(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]]:
    """What is contradicted, with every side of it."""
    found = _findings(row)
    return (
        []
        if found is None
        else [{"key": key, "sides": [_side(one) for one in found.heads[key]]} for key in found.conflicts]
    )


def decide_judgement(row: Mapping[str, Any], session: Session) -> Mapping[str, Any] | None:
    """What the standard says of what was found so far; None where the programme is out of reach."""
    found = _findings(row)
    if found is None:
        return None
    return show_judgement(judge_findings(parse_stored(row["programme"]), row["level"], found), session)


def decide_missing_photos(row: Mapping[str, Any], _: Session) -> list[Mapping[str, Any]]:
    """Photos that were observed and have not come, each with what the first by id says of it: the set alone decides."""
    came = set(row["received"] or ())
    missing: dict[str, Mapping[str, Any]] = {}
    for one in sorted(_observed(row), key=lambda one: str(one.id)):
        kind, name, *_rest = one.key.split(":")
        if kind == PHOTO and name not in came:
            value = orjson.loads(one.value)
            missing.setdefault(
                name,
                {"sha256": bytes.fromhex(name), "caption": value.get("caption"), "item": value.get("item")},
            )
    return [missing[name] for name in sorted(missing)]


def decide_review_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """The acts on a review with what stands against each; none where the programme is out of reach."""
    if session.principal is None or row["programme"] is None:
        return []
    programme = parse_stored(row["programme"])
    view = ReviewView(
        tenant_id=row["tenant_id"],
        campaign_tenant_id=row["city"],
        community_id=UUID(row["community_id"]),
        street_id=UUID(row["street_id"]),
        status=row["status"],
        opens_on=date.fromisoformat(row["opens_on"]),
        closes_on=date.fromisoformat(row["closes_on"]),
        due_on=None if row["due_on"] is None else date.fromisoformat(row["due_on"]),
        team=_people(row["team"]),
        acted=frozenset(
            {(stage, tenant, UUID(person)) for stage, tenant, person in row["acted"] or ()}
            | {(ReviewStage.INSPECTION.value, *one) for one in _people(row["observers"])}
        ),
    )
    reader = decide_reader(session.principal, view.tenant_id)
    found = available_actions(programme, view, reader, session.now)
    attaching = find_attaching_to_review(programme, view, row["files"], reader)
    return [show(one, session) for one in (*found, attaching)]


def _people(listed: Iterable[tuple[int, str]] | None) -> frozenset[tuple[int, UUID]]:
    return frozenset((tenant, UUID(person)) for tenant, person in listed or ())


def _findings(row: Mapping[str, Any]) -> Findings | None:
    if row["programme"] is None:
        return None
    programme: Programme = parse_stored(row["programme"])
    carries = programme.reviews is None or programme.reviews.carries.value
    return find_findings(_observed(row), row["round"], find_anew(_verdicts(row), carries=carries))


def _observed(row: Mapping[str, Any]) -> list[Observation]:
    review, tenant = UUID(row["id"]), row["tenant_id"]
    return [
        Observation(
            tenant_id=tenant,
            id=UUID(id_),
            review_id=review,
            round=round_,
            key=key,
            value=value,
            observed_at=datetime.fromisoformat(observed_at),
            author_tenant_id=author_tenant,
            author_id=UUID(author),
            recorded_at=datetime.fromisoformat(recorded_at),
            supersedes=supersedes,
        )
        for id_, round_, key, value, observed_at, author_tenant, author, recorded_at, supersedes in row[
            "observed"
        ]
        or ()
    ]


def _verdicts(row: Mapping[str, Any]) -> list[ReviewVerdict]:
    """As much of the verdicts as says what has to be looked at anew."""
    blank: dict[str, Any] = {one.name: None for one in fields(ReviewVerdict)}
    return [
        ReviewVerdict(**{**blank, "round": round_, "verdict": verdict, "items": items})
        for round_, verdict, items in row["given"] or ()
    ]


def _side(one: Observation) -> Mapping[str, Any]:
    return {
        "observation_id": one.id,
        "value": one.value,
        "author_id": one.author_id,
        "observed_at": one.observed_at,
        "recorded_at": one.recorded_at,
        "supersedes": list(superseded(one)),
    }


def _cycle(name: str) -> Build:
    """A column of the review's cycle."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        return (
            select(review_cycles.c[name])
            .where(review_cycles.c.tenant_id == row.c.tenant_id, review_cycles.c.id == row.c.cycle_id)
            .correlate(row)
            .scalar_subquery()
        )

    return build


def _programme(row: FromClause, parameters: Parameters) -> ColumnElement[Any]:
    """The programme of the cycle's campaign, when that is shared."""
    return (
        select(campaigns.c.programme)
        .select_from(
            review_cycles.join(
                campaigns,
                and_(
                    campaigns.c.tenant_id == review_cycles.c.campaign_tenant_id,
                    campaigns.c.id == review_cycles.c.campaign_id,
                ),
            )
        )
        .where(
            review_cycles.c.tenant_id == row.c.tenant_id,
            review_cycles.c.id == row.c.cycle_id,
            campaigns.c.tenant_id == any_(parameters.shared_tenants),
        )
        .correlate(row)
        .scalar_subquery()
    )


def _listed(table: Any, *names: str, distinct: bool = False) -> Build:
    """`[[…], …]` of columns of the review's rows of a table."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        chosen = (
            select(*(table.c[name] for name in names))
            .where(table.c.tenant_id == row.c.tenant_id, table.c.review_id == row.c.id)
            .correlate(row)
        )
        lines = (chosen.distinct() if distinct else chosen).subquery("lines")
        return select(func.json_agg(func.json_build_array(*lines.c))).scalar_subquery()

    return build


def _team(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """`[[tenant, person], …]` of the team."""
    members = review_team_members
    line = func.json_build_array(members.c.person_tenant_id, members.c.person_id)
    return (
        select(func.json_agg(line))
        .where(members.c.tenant_id == row.c.tenant_id, members.c.team_id == row.c.team_id)
        .correlate(row)
        .scalar_subquery()
    )


def _files(what: Any) -> Build:
    """Something of the files that are attached to the review."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        return (
            select(what)
            .select_from(evidence)
            .where(
                evidence.c.tenant_id == row.c.tenant_id,
                evidence.c.subject_id == row.c.id,
                evidence.c.subject_type == literal_column(f"'{REVIEW}'"),
            )
            .correlate(row)
            .scalar_subquery()
        )

    return build


FOUND_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: annual_reviews.c[name] for name in ("tenant_id", "id", "level", "round")},
    "programme": _programme,
    "observed": _listed(
        observations,
        *("id", "round", "key", "value", "observed_at", "author_tenant_id", "author_id"),
        *("recorded_at", "supersedes"),
    ),
    "given": _listed(review_verdicts, "round", "verdict", "items"),
}
PHOTO_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{name: annual_reviews.c[name] for name in ("tenant_id", "id")},
    "observed": FOUND_NEEDS["observed"],
    "received": _files(func.json_agg(func.encode(evidence.c.received_sha256, literal_column("'hex'")))),
}
ACTION_NEEDS: Final[Mapping[str, Column[Any] | Build]] = {
    **{
        name: annual_reviews.c[name]
        for name in ("tenant_id", "community_id", "street_id", "status", "due_on")
    },
    "city": _cycle("campaign_tenant_id"),
    "opens_on": _cycle("opens_on"),
    "closes_on": _cycle("closes_on"),
    "programme": _programme,
    "team": _team,
    "acted": _listed(review_verdicts, "stage", "author_tenant_id", "author_id", distinct=True),
    "observers": _listed(observations, "author_tenant_id", "author_id", distinct=True),
    "files": _files(func.count()),
}
