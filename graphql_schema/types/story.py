"""A community's life story: every entry of its log that is about it, the latest first. Who may read its applications may read it.

The rule upheld here: the ledger tells, and nothing beside it. An entry belongs to a community when its subject does: the unit, its
applications, certifications, reviews, corrections, records on paper, spot checks, and what they rest on; so do those of the units that
it goes on from, within the tenant. What an entry came to is read from what it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Uuid,
    any_,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSON

from audit.tables import ledger_entries
from certification.reviews.tables import annual_reviews, draws, register_lists, review_corrections
from certification.tables import applications, certifications, evidence, legacy_records
from graphql_schema.declare import (
    EVERYBODY,
    Build,
    Need,
    Parameters,
    Reach,
    among,
    among_meant,
    column,
    computed,
    rows,
    to_one,
)
from graphql_schema.declare import before as earlier
from graphql_schema.declare import since as at_or_behind
from graphql_schema.permissions import Permission
from graphql_schema.session import Session
from graphql_schema.telling import StoryKind, kind_of, operations_of, summarise
from graphql_schema.types.history import Citation
from graphql_schema.types.reach import holds
from tenancy.tables import tenants, unit_lineages

if TYPE_CHECKING:
    from graphql_schema.types.application import Application
    from graphql_schema.types.certificate import Certification
    from graphql_schema.types.legacy import LegacyRecord
    from graphql_schema.types.review import AnnualReview

OF_COMMUNITY: Final = (
    applications,
    certifications,
    annual_reviews,
    review_corrections,
    legacy_records,
    register_lists,
)
READERS: Final = Reach(street=holds("parent_id"), community=holds("id"))
"""Which communities' stories a street and a community read: those whose applications they read."""
TEXTS: Final = ("stage", "verdict", "result", "status", "level")


def of_story(row: FromClause, unit: FromClause) -> ColumnElement[bool]:
    """The entry is about the unit, one that it goes on from, or something of theirs: one array of subjects, looked up by index."""
    line = select(unit.c.id.label("id")).correlate(unit).cte("line", recursive=True, nesting=True)
    line = line.union(
        select(unit_lineages.c.predecessor_unit_id)
        .join(line, unit_lineages.c.unit_id == line.c.id)
        .where(
            unit_lineages.c.tenant_id == unit.c.tenant_id,
            unit_lineages.c.predecessor_tenant_id == unit.c.tenant_id,
        )
        .correlate(unit)
    )
    kept = union_all(*_subjects(unit, line)).lateral("kept")
    subjects = select(kept.c.id).select_from(line.join(kept, literal_column("true"))).scalar_subquery()
    return row.c.subject_id == any_(func.array(subjects, type_=ARRAY(Uuid())))


def _subjects(unit: FromClause, line: FromClause) -> list[Select[Any]]:
    """What an entry may be about to be about the unit `line` within the tenant of `unit`."""

    def own(table: Table, *where: ColumnElement[bool], found: Table | None = None) -> Select[Any]:
        ours = (table.c.tenant_id == unit.c.tenant_id, table.c.community_id == line.c.id)
        return select((table if found is None else found).c.id).where(*ours, *where).correlate(unit, line)

    def beneath(table: Table, parent: Table) -> Select[Any]:
        named = (table.c.tenant_id == unit.c.tenant_id, table.c.subject_id == parent.c.id)
        return own(parent, *named, found=table)

    return [
        select(line.c.id.label("id")).correlate(line),
        *(own(table) for table in OF_COMMUNITY),
        *(beneath(evidence, parent) for parent in (applications, annual_reviews)),
        beneath(draws, register_lists),
    ]


def said(*path: str) -> Build:
    """What the entry says at a path of its leaf, as JSON; NULL where it says nothing there."""

    def build(row: FromClause, _: Parameters) -> ColumnElement[Any]:
        value: Any = cast(row.c.leaf, JSON)
        for name in ("body", *path):
            value = value.op("->")(literal_column(f"'{name}'"))
        return cast(value, JSON)

    return build


def origin(row: FromClause, _: Parameters) -> ColumnElement[Any]:
    """The name of the log."""
    return select(tenants.c.origin).where(tenants.c.id == row.c.tenant_id).correlate(row).scalar_subquery()


def decide_outcome(row: Mapping[str, Any], _: Session | None = None) -> dict[str, Any]:
    """What an entry came to, by its intent: what it says outright, else what the first of its facts says. Pure."""
    intent = row["intent"] if isinstance(row["intent"], dict) else {}
    facts = intent.get("facts") or [{}]
    records = intent.get("records") or [{}]
    found = {name: _text(intent.get(name)) for name in TEXTS}
    changed = intent.get("kind") if row["operation"] in CHANGED else None
    said = (found["result"], intent.get("outcome"), changed, facts[0].get("result"))
    found["result"] = next((text for text in map(_text, said) if text), None)
    found["level"] = found["level"] or _text(facts[0].get("level")) or _text(records[0].get("level"))
    year = next((one["year"] for one in (intent, *facts, *records) if isinstance(one.get("year"), int)), None)
    return {**found, "year": year}


def decide_summary(row: Mapping[str, Any], session: Session) -> str:
    """An entry in a few words of the reader's language. Pure."""
    return summarise(row["operation"], decide_outcome(row), session.locale)


def decide_kind(row: Mapping[str, Any], _: Session) -> StoryKind:
    """What kind of entry it is. Pure."""
    return kind_of(row["operation"])


def decide_actor(row: Mapping[str, Any], _: Session) -> Mapping[str, Any]:
    """Who acted, as the entry says it. Pure."""
    told = row["actor"] if isinstance(row["actor"], dict) else {}
    return {"role": _text(told.get("role")) or "", "origin": _text(told.get("origin")) or ""}


def decide_receipt(row: Mapping[str, Any], _: Session) -> Mapping[str, Any]:
    """Where the entry stands. Pure."""
    return {"origin": row["origin"], "sequence": row["seq"], "hash": row["hash"]}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


CHANGED: Final = frozenset({"certification.followed", "unit_change.followed"})
"""Operations whose intent says, as `kind`, what became of a certification or a unit."""
OUTCOME: Final[Mapping[str, Need]] = {"operation": ledger_entries.c.operation, "intent": said("intent")}


@strawberry.type(description="Who acted, as the entry says it (操作人).")
class StoryActor:
    """Never a name."""

    role: str = strawberry.field(description="In which role (角色).")
    origin: str = strawberry.field(description="The log of the actor's home (所属账本).")


@strawberry.type(description="What an entry came to, in the codes that it says itself (结果).")
class StoryOutcome:
    """Null: it says nothing of that."""

    stage: str | None = strawberry.field(description="At which stage (环节).")
    verdict: str | None = strawberry.field(description="What was said (意见).")
    result: str | None = strawberry.field(description="What it ended in (结论).")
    status: str | None = strawberry.field(description="Where its subject is since (状态).")
    level: str | None = strawberry.field(description="As which level (级别).")
    year: int | None = strawberry.field(description="Of which year (年度).")


@strawberry.input(description="Which entries of a story (经历筛选).")
class StoryFilter:
    """All that is given must hold."""

    kind: list[StoryKind] | None = among_meant(
        ledger_entries.c.operation, operations_of, "Of these kinds (类别)."
    )
    operation: list[str] | None = among(ledger_entries.c.operation, "Of these operations (操作).")
    since: datetime | None = at_or_behind(ledger_entries.c.recorded_at, "Recorded then or later (起始时间).")
    before: datetime | None = earlier(ledger_entries.c.recorded_at, "Recorded earlier (截止时间，不含).")


@rows(
    ledger_entries,
    permission=Permission.READ,
    reach=EVERYBODY,
    name="StoryEntry",
    description="An entry about a community (经历). Whoever reaches the community reaches it, and by no other way.",
)
class StoryEntry:
    """An entry, and what it came to."""

    kind: StoryKind = computed(
        {"operation": ledger_entries.c.operation}, decide_kind, description="What it is about (类别)."
    )
    operation: str = column(ledger_entries.c.operation, description="What was done (操作).")
    recorded_at: datetime = column(ledger_entries.c.recorded_at, description="When (时间).")
    summary: str = computed(
        OUTCOME, decide_summary, description="In a few words of the reader's language (摘要)."
    )
    actor: StoryActor = computed({"actor": said("actor")}, decide_actor, description="Who acted (操作人).")
    outcome: StoryOutcome = computed(OUTCOME, decide_outcome, description="What it came to (结果).")
    receipt: Citation = computed(
        {"origin": origin, "seq": ledger_entries.c.seq, "hash": ledger_entries.c.hash},
        decide_receipt,
        description="The entry: log, place, hash (凭证).",
    )
    subject_type: str = column(ledger_entries.c.subject_type, description="Kind of subject (对象类型).")
    subject_id: UUID = column(ledger_entries.c.subject_id, description="Subject (对象).")
    application: Annotated[Application, strawberry.lazy("graphql_schema.types.application")] | None = to_one(
        {applications.c.id: ledger_entries.c.subject_id},
        description="The application that it is about (申报).",
    )
    certification: Annotated[Certification, strawberry.lazy("graphql_schema.types.certificate")] | None = (
        to_one(
            {certifications.c.id: ledger_entries.c.subject_id},
            description="The certification that it is about; that of an application is the application's (认定).",
        )
    )
    review: Annotated[AnnualReview, strawberry.lazy("graphql_schema.types.review")] | None = to_one(
        {annual_reviews.c.id: ledger_entries.c.subject_id},
        description="The review that it is about (年度复查).",
    )
    legacy_record: Annotated[LegacyRecord, strawberry.lazy("graphql_schema.types.legacy")] | None = to_one(
        {legacy_records.c.id: ledger_entries.c.subject_id},
        description="The record on paper that it is about (历史记录).",
    )
