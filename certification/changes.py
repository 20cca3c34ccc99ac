"""What an act hands back: rows to write, and what the ledger's entry says of them.

An `Act` is three functions (ADR 0004): `load` reads, `authorise` says in which role the actor may do it at all, `decide`
is pure and gives a `Change` or raises a CertificationError. Only certification/recording.py turns a change into rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table

from audit.entry import Cite, Subject
from certification import model, tables
from certification.errors import CertificationError
from certification.fact import Fact
from certification.life import Actor
from certification.lineage import model as lineage
from certification.reviews import model as reviewing
from certification.reviews import tables as review_tables
from certification.signing import model as signing
from certification.signing import tables as signing_tables
from tenancy.database import TenantConnection
from tenancy.tables import (
    credentials,
    erasures,
    ledger_readings,
    people,
    personal_keys,
    personal_values,
    role_assignments,
    tenant_grants,
    unit_codes,
    unit_lineages,
    unit_successions,
    units,
)

C = TypeVar("C")
S = TypeVar("S")

TABLES: Mapping[type, Table] = {
    model.Campaign: tables.campaigns,
    model.CampaignLevel: tables.campaign_levels,
    model.CampaignWindow: tables.campaign_windows,
    model.StandardClause: tables.standard_clauses,
    model.Extension: tables.extensions,
    model.CalendarYear: tables.calendar_years,
    model.CalendarDay: tables.calendar_days,
    model.Application: tables.applications,
    model.FormVersion: tables.form_versions,
    model.Opinion: tables.opinions,
    model.ItemAssessment: tables.item_assessments,
    model.Ending: tables.application_endings,
    model.Roster: tables.rosters,
    model.RosterItem: tables.roster_items,
    model.PublicityCorrection: tables.publicity_corrections,
    model.Objection: tables.objections,
    model.Certification: tables.certifications,
    model.Evidence: tables.evidence,
    model.LegacyRecord: tables.legacy_records,
    model.CertificationChange: tables.certification_changes,
    reviewing.ReviewCycle: review_tables.review_cycles,
    reviewing.ReviewTeam: review_tables.review_teams,
    reviewing.ReviewTeamMember: review_tables.review_team_members,
    reviewing.AnnualReview: review_tables.annual_reviews,
    reviewing.ReviewVerdict: review_tables.review_verdicts,
    reviewing.Observation: review_tables.observations,
    reviewing.ReviewCorrection: review_tables.review_corrections,
    reviewing.RegisterList: review_tables.register_lists,
    reviewing.RegisterNumber: review_tables.register_numbers,
    reviewing.Draw: review_tables.draws,
    reviewing.DrawParty: review_tables.draw_parties,
    reviewing.SpotCheckAnswer: review_tables.spot_check_answers,
    reviewing.UnitChange: review_tables.unit_changes,
    signing.OfficerKey: signing_tables.officer_keys,
    signing.SigningPolicy: signing_tables.signing_policies,
    lineage.Unit: units,
    lineage.UnitCode: unit_codes,
    lineage.UnitLineage: unit_lineages,
    lineage.UnitSuccession: unit_successions,
    model.PersonalValue: personal_values,
    model.Person: people,
    model.Credential: credentials,
    model.Erasure: erasures,
    model.RoleAssignment: role_assignments,
    model.Grant: tenant_grants,
    model.LedgerReading: ledger_readings,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What `decide` is handed instead of a clock and randomness: who, when, fresh ids and fresh salts (32 bytes)."""

    actor: Actor
    now: datetime
    new_id: Callable[[], UUID]
    new_salt: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Write:
    """A whole row of a table to insert (`new`) or to update by its key."""

    table: Table
    entity: Any
    new: bool

    def row(self) -> dict[str, Any]:
        """The row as a mapping of column to value."""
        return {column: getattr(self.entity, column) for column in _columns(self.table)}


@dataclass(frozen=True, slots=True)
class Change:
    """The outcome of an act. `intent` is JSON of the ledger's subset; recording adds what binds it to this act.

    `facts` is what it says of communities' histories: it stands in the intent, and is kept for the fold (certification/fact.py).
    """

    operation: str
    subject: Subject
    intent: Mapping[str, object]
    writes: tuple[Write, ...]
    cites: tuple[Cite, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Many(Generic[C, S]):
    """Reading for many acts at once: `load(tx, commands, now)` gives for each what `Act.load` would, or the refusal that it would raise.

    `rests_on` names what a state was read from, `alters` what a change that was decided on a state makes different. A change that has
    no name in common with a state leaves it as it would be read again; where there is one, it is read again (certification/together.py).
    """

    load: Callable[[TenantConnection, Sequence[C], datetime], Awaitable[Sequence[S | CertificationError]]]
    rests_on: Callable[[S], frozenset[Hashable]]
    alters: Callable[[S, Change], frozenset[Hashable]]


@dataclass(frozen=True, slots=True)
class Act(Generic[C, S]):
    """An act: `load(tx, command, now)`, `authorise(state, command, actor)` → role, `decide(state, command, context)`.

    `same_personal(tx, command, first_id)` says whether a retry carries the same personal values as the act that made the
    row `first_id`; they are outside the digest of the arguments (certification/recording.py). `many` is for an act that waits in
    crowds: the others are read one by one.
    """

    operation: str
    load: Callable[[TenantConnection, C, datetime], Awaitable[S]]
    authorise: Callable[[S, C, Actor], str]
    decide: Callable[[S, C, Context], Change]
    same_personal: Callable[[TenantConnection, C, UUID], Awaitable[bool]] | None = field(default=None)
    many: Many[C, S] | None = None


def insert(*entities: Any) -> tuple[Write, ...]:
    """Writes of new rows."""
    return tuple(Write(TABLES[type(entity)], entity, True) for entity in entities)


def update(*entities: Any) -> tuple[Write, ...]:
    """Writes of rows that exist."""
    return tuple(Write(TABLES[type(entity)], entity, False) for entity in entities)


def erase(*subjects: UUID) -> tuple[Write, ...]:
    """Writes that delete what is kept of subjects (tenancy/personal.py)."""
    return tuple(Write(personal_keys, model.Erased(one), False) for one in subjects)


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)
