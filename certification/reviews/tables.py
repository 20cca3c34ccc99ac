"""The tables of annual reviews, of draws and spot checks, and of what is folded from the ledger.

The rule upheld here, beside tenancy/tables.py's: a review, its inspections, its draw and its correction are rows of the county
whose community is reviewed, whoever acts. `history_facts` and `standings` are copies of what the entries say, made in the entry's
transaction: nothing rests on them that cannot be rebuilt (certification/projection.py). Reviews, teams and draws are seen by
their county and whom it grants; a division's change (`unit_changes`) is the city's, and its counties read it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from tenancy.tables import metadata, one_of, tenant_table

SHARED = ("granted", "shared")


def level_code(column: str = "level") -> CheckConstraint:
    """A check that `column` holds a level's code: which there are, the programme says."""
    return CheckConstraint(f"{column} ~ '^[a-z][a-z0-9_]{{0,39}}$'", name=column)


review_cycles = tenant_table(
    "review_cycles",
    Column("id", Uuid, nullable=False),
    Column("campaign_tenant_id", Integer, nullable=False),
    Column("campaign_id", Uuid, nullable=False, comment="whose programme and standard rule the cycle"),
    Column("year", Integer, nullable=False, comment="the year that is reviewed"),
    Column("name", Text, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("closes_on", Date, nullable=False, comment="the last day of inspections; extended by the city"),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("draw_id", Uuid, comment="the draw that assigned the teams"),
    Column("planned_tenant_id", Integer, nullable=False),
    Column("planned_by", Uuid, nullable=False),
    Column("extended_by", Uuid, comment="who last moved its last day, of the city"),
    Column("extend_reason", Text, comment="why"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("opens_on <= closes_on", name="days"),
    one_of("status", "planned", "assigned"),
    Index(None, "tenant_id", "year", "id"),
    Index(None, "tenant_id", "created_at", "id"),
    audited=True,
)

review_teams = tenant_table(
    "review_teams",
    Column("id", Uuid, nullable=False),
    Column("cycle_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False, comment="of the cycle's teams, from 1"),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "cycle_id"], ["review_cycles.tenant_id", "review_cycles.id"]),
    UniqueConstraint("tenant_id", "cycle_id", "number"),
    audited=True,
)

review_team_members = tenant_table(
    "review_team_members",
    Column("team_id", Uuid, nullable=False),
    Column("person_tenant_id", Integer, nullable=False, comment="where the inspector signs in"),
    Column("person_id", Uuid, nullable=False),
    Column(
        "barred", Text, nullable=False, comment="canonical JSON: streets not to review, each with its ground"
    ),
    ForeignKeyConstraint(["tenant_id", "team_id"], ["review_teams.tenant_id", "review_teams.id"]),
    Index(None, "tenant_id", "person_id"),
    key=("team_id", "person_id"),
    audited=True,
)

annual_reviews = tenant_table(
    "annual_reviews",
    Column("id", Uuid, nullable=False),
    Column("cycle_id", Uuid, nullable=False),
    Column("certification_id", Uuid, nullable=False, comment="what is reviewed"),
    Column("community_id", Uuid, nullable=False),
    Column("street_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("team_id", Uuid, comment="NULL until it is assigned"),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column(
        "round",
        Integer,
        nullable=False,
        comment="of inspections, from 1; a recheck or a return begins the next",
    ),
    Column("rectified", Boolean, nullable=False, comment="a rectification was asked for in an earlier round"),
    Column("due_on", Date, comment="the last day of a rectification or recheck"),
    Column("result", Text, comment="what the team concluded; it counts once the city has confirmed it"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True), comment="from then on it counts"),
    Column("cancelled_by", Uuid),
    Column("cancel_reason", Text, comment="why it is not reviewed"),
    ForeignKeyConstraint(["tenant_id", "cycle_id"], ["review_cycles.tenant_id", "review_cycles.id"]),
    ForeignKeyConstraint(
        ["tenant_id", "certification_id"], ["certifications.tenant_id", "certifications.id"]
    ),
    ForeignKeyConstraint(["tenant_id", "community_id"], ["units.tenant_id", "units.id"]),
    ForeignKeyConstraint(["tenant_id", "team_id"], ["review_teams.tenant_id", "review_teams.id"]),
    level_code(),
    one_of(
        "status",
        "planned",
        "assigned",
        "rectifying",
        "rechecking",
        "inspected",
        "county_confirmed",
        "confirmed",
        "cancelled",
    ),
    one_of("result", "pass", "pass_after_rectification", "fail"),
    CheckConstraint(
        "status NOT IN ('inspected', 'county_confirmed', 'confirmed') OR result IS NOT NULL", name="concluded"
    ),
    Index(
        "uq_annual_reviews_live",
        "tenant_id",
        "community_id",
        "level",
        "year",
        unique=True,
        postgresql_where=text("status <> 'cancelled'"),
    ),
    Index(None, "tenant_id", "cycle_id", "status"),
    Index(None, "tenant_id", "team_id"),
    CheckConstraint("status <> 'cancelled' OR cancel_reason IS NOT NULL", name="cancelled"),
    Index(None, "tenant_id", "created_at", "id"),
    audited=True,
)

review_verdicts = tenant_table(
    "review_verdicts",
    Column("id", Uuid, nullable=False),
    Column("review_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("items", Text, comment="canonical JSON: the clauses to put right"),
    Column("due_on", Date),
    Column("judgement", Text, comment="canonical JSON: what the standard says of the round's observations"),
    Column("observations", LargeBinary, comment="digest of the observations that it rests on, 32 bytes"),
    Column("author_tenant_id", Integer, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant_id", "review_id"], ["annual_reviews.tenant_id", "annual_reviews.id"]),
    one_of("stage", "inspection", "county", "city"),
    one_of("verdict", "pass", "rectify", "recheck", "fail", "agree", "return"),
    Index(None, "tenant_id", "review_id", "given_at", "id"),
    audited=True,
)

observations = tenant_table(
    "observations",
    Column("id", Uuid, nullable=False, comment="made by the device that observed"),
    Column("review_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("key", Text, nullable=False, comment="what was observed: item:1.1, figure:…, note:…, photo:…"),
    Column("value", Text, nullable=False, comment="canonical JSON"),
    Column("supersedes", Text, comment="canonical JSON: ids of observations that it takes the place of"),
    Column("observed_at", DateTime(timezone=True), nullable=False, comment="by the device's clock"),
    Column("latitude_e6", Integer, comment="millionths of a degree, WGS 84"),
    Column("longitude_e6", Integer),
    Column("accuracy_m", Integer, comment="metres"),
    Column("author_tenant_id", Integer, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant_id", "review_id"], ["annual_reviews.tenant_id", "annual_reviews.id"]),
    Index(None, "tenant_id", "review_id", "round", "key"),
    audited=True,
)

review_corrections = tenant_table(
    "review_corrections",
    Column("id", Uuid, nullable=False),
    Column("community_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column(
        "result",
        Text,
        nullable=False,
        comment="what the year's review is from now on; void: as if there were none",
    ),
    Column("document_number", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid, comment="another person, of the city"),
    Column("confirmed_tenant_id", Integer),
    Column("confirmed_at", DateTime(timezone=True), comment="from then on it counts"),
    Column("declined_at", DateTime(timezone=True)),
    Column("decline_reason", Text),
    ForeignKeyConstraint(["tenant_id", "community_id"], ["units.tenant_id", "units.id"]),
    level_code(),
    one_of("result", "pass", "pass_after_rectification", "fail", "void"),
    CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name="settled"),
    Index(None, "tenant_id", "community_id"),
    Index(None, "tenant_id", "proposed_at", "id"),
    audited=True,
)

register_lists = tenant_table(
    "register_lists",
    Column("id", Uuid, nullable=False),
    Column("community_id", Uuid, nullable=False),
    Column("taken_on", Date, nullable=False, comment="the day whose register it is"),
    Column("size", Integer, nullable=False),
    Column(
        "root", LargeBinary, nullable=False, comment="RFC 6962 root over the numbers' commitments, 32 bytes"
    ),
    Column("author_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    ForeignKeyConstraint(["tenant_id", "community_id"], ["units.tenant_id", "units.id"]),
    CheckConstraint("size > 0", name="size"),
    Index(None, "tenant_id", "community_id", "created_at", "id"),
    audited=True,
)

register_numbers = tenant_table(
    "register_numbers",
    Column("list_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False, comment="in the list, from 0"),
    Column("number", Text, nullable=False, comment="opaque: names nobody"),
    Column("salt", LargeBinary, nullable=False, comment="of its commitment, 32 bytes"),
    ForeignKeyConstraint(["tenant_id", "list_id"], ["register_lists.tenant_id", "register_lists.id"]),
    key=("list_id", "position"),
)

draws = tenant_table(
    "draws",
    Column("id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False, comment="the cycle, or the register list"),
    Column("review_id", Uuid, comment="the review that a spot check belongs to"),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("size", Integer, nullable=False, comment="how many there are to draw from"),
    Column("picks", Integer, nullable=False, comment="how many are drawn"),
    Column(
        "list_value",
        Text,
        nullable=False,
        comment="canonical JSON: what is drawn from, as it stood at the opening",
    ),
    Column(
        "list_digest",
        LargeBinary,
        nullable=False,
        comment="what the list was bound to before any secret, 32 bytes",
    ),
    Column("second_party", Text, nullable=False, comment="who is to commit behind the party that opened it"),
    Column("reveals_first", Text, comment="the party that kept silent last: the other waits for it"),
    Column("reveal_by", DateTime(timezone=True), nullable=False),
    Column("replaces_id", Uuid, comment="the void draw in whose place it is"),
    Column("seed", LargeBinary, comment="32 bytes, once every party has revealed"),
    Column("result", Text, comment="canonical JSON: positions, or communities with their teams"),
    Column("opened_by", Uuid, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    one_of("purpose", "assignment", "spot_check"),
    one_of("status", "open", "committed", "drawn", "void"),
    one_of("second_party", "county", "city", "auditor"),
    one_of("reveals_first", "county", "city", "auditor"),
    CheckConstraint("(status = 'drawn') = (seed IS NOT NULL AND result IS NOT NULL)", name="drawn"),
    Index(
        "uq_draws_standing",
        "tenant_id",
        "subject_id",
        unique=True,
        postgresql_where=text("status <> 'void'"),
    ),
    Index(None, "tenant_id", "subject_id"),
    Index(None, "tenant_id", "review_id"),
    Index(None, "tenant_id", "opened_at", "id"),
    audited=True,
)

draw_parties = tenant_table(
    "draw_parties",
    Column("draw_id", Uuid, nullable=False),
    Column("party", Text, nullable=False),
    Column("commitment", LargeBinary, nullable=False, comment="of its secret, 32 bytes"),
    Column("person_tenant_id", Integer, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("committed_at", DateTime(timezone=True), nullable=False),
    Column("secret", LargeBinary, comment="32 bytes, once revealed"),
    Column("revealed_at", DateTime(timezone=True)),
    Column("defaulted_at", DateTime(timezone=True), comment="on record: it did not reveal in time"),
    ForeignKeyConstraint(["tenant_id", "draw_id"], ["draws.tenant_id", "draws.id"]),
    one_of("party", "county", "city", "auditor"),
    key=("draw_id", "party"),
    audited=True,
)

spot_check_answers = tenant_table(
    "spot_check_answers",
    Column("draw_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False, comment="in the register list, from 0"),
    Column("number", Text, nullable=False, comment="as the list has it: opaque"),
    Column("salt", LargeBinary, nullable=False, comment="of its commitment, 32 bytes"),
    Column(
        "path",
        LargeBinary,
        nullable=False,
        comment="RFC 6962 audit path to the list's root: hashes of 32 bytes",
    ),
    Column("outcome", Text, comment="NULL until it has been looked up"),
    Column("note", Text),
    Column("author_tenant_id", Integer),
    Column("author_id", Uuid),
    Column("recorded_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["tenant_id", "draw_id"], ["draws.tenant_id", "draws.id"]),
    one_of("outcome", "match", "mismatch", "not_found"),
    CheckConstraint(
        "(outcome IS NULL) = (note IS NULL) AND (outcome IS NULL) = (author_tenant_id IS NULL)"
        " AND (outcome IS NULL) = (author_id IS NULL) AND (outcome IS NULL) = (recorded_at IS NULL)",
        name="answered",
    ),
    key=("draw_id", "position"),
    audited=True,
)

unit_changes = tenant_table(
    "unit_changes",
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("details", Text, nullable=False, comment="canonical JSON: which units, and what becomes of them"),
    Column("document_number", Text, nullable=False, comment="the document that decides it (批复)"),
    Column("document_date", Date, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_by", Uuid, comment="another person of the city"),
    Column("confirmed_at", DateTime(timezone=True), comment="from then on it holds"),
    Column("declined_by", Uuid),
    Column("declined_at", DateTime(timezone=True)),
    Column("decline_reason", Text),
    CheckConstraint("confirmed_at IS NULL OR declined_at IS NULL", name="settled"),
    one_of("kind", "merge", "split", "move", "rename", "recode"),
    Index(None, "tenant_id", "proposed_at", "id"),
    policies=SHARED,
    audited=True,
)

history_facts = tenant_table(
    "history_facts",
    Column("seq", BigInteger, nullable=False, comment="of the entry that says it"),
    Column("position", Integer, nullable=False, comment="among the entry's facts, from 0"),
    Column("community_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("level", Text),
    Column("valid_on", Date, comment="the day from which it holds"),
    Column("year", Integer, comment="the year that was reviewed"),
    Column("result", Text, comment="of the review; or the certification's state"),
    Column(
        "subject_id", Uuid, nullable=False, comment="the certification, the review, or the unit before it"
    ),
    Column("legacy", Boolean, nullable=False),
    Column("cited_origin", Text, comment="the entry that first said it, of another log"),
    Column("cited_seq", BigInteger),
    Column("cited_hash", LargeBinary),
    Column("recorded_at", DateTime(timezone=True), nullable=False, comment="the entry's time"),
    one_of("kind", "certified", "state", "reviewed", "succeeded"),
    Index(None, "tenant_id", "community_id"),
    Index(None, "tenant_id", "kind", "subject_id"),
    key=("seq", "position"),
)

standings = tenant_table(
    "standings",
    Column("community_id", Uuid, nullable=False),
    Column("level", Text, nullable=False),
    Column("valid_from", Date, nullable=False, comment="how it stands from this day"),
    Column("valid_to", Date, comment="up to the day before"),
    Column("certified_on", Date, nullable=False, comment="of the certification in force, or that last was"),
    Column("state", Text, comment="NULL: in force"),
    Column("state_on", Date),
    Column("since", Integer, comment="years count after this one; NULL: nothing is in force"),
    Column("since_suspended", Integer, comment="the same where what is suspended stands"),
    Column("base", Integer, nullable=False, comment="the year before that of the first mark"),
    Column("marks", Text, nullable=False, comment="a letter a year: p, r, f, - (certification/standing.py)"),
    Column("facts", Text, nullable=False, comment="canonical JSON: what a history is folded from"),
    Column("legacy", Boolean, nullable=False, comment="something of it rests on paper"),
    Column("seq", BigInteger, nullable=False, comment="of the last entry that it was folded from"),
    Index(None, "tenant_id", "level", "certified_on", "community_id"),
    key=("community_id", "level", "valid_from"),
)

__all__ = [
    "annual_reviews",
    "draw_parties",
    "draws",
    "history_facts",
    "level_code",
    "metadata",
    "observations",
    "register_lists",
    "register_numbers",
    "review_corrections",
    "review_cycles",
    "review_team_members",
    "review_teams",
    "review_verdicts",
    "spot_check_answers",
    "standings",
    "unit_changes",
]
