"""What acts read: the few statements over certification's tables, each naming its tenant.

    found = await read_application(tx, application_id, now) # the bound tenant's, with its campaign's programme
    found = await read_round(tx, campaign_id, level, now)   # the bound city's, with what its counties sent up

Rows come back as the dataclasses of certification/model.py. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import (
    DateTime,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads, ledger_rows
from certification.calendar import PUBLISHED, Calendar
from certification.errors import NotFoundError, RosterMissingError
from certification.extensions import Confirmed, latest_closes
from certification.facts import read_facts
from certification.figures import parse_figures
from certification.history import Facts
from certification.life import ApplicationView
from certification.model import (
    KIND_ZH,
    Application,
    Campaign,
    FormVersion,
    ItemVerdict,
    Objection,
    ObjectionStatus,
    PublicityCorrection,
    Roster,
    RosterItem,
    RosterKind,
)
from certification.programme import Programme
from certification.publicity import ListedItem, list_item
from certification.reader import parse_stored
from certification.rosters import RoundView, find_latest, has_left
from certification.tables import (
    applications,
    campaigns,
    form_versions,
    objections,
    opinions,
    publicity_corrections,
    roster_items,
    rosters,
)
from certification.windows import find_extensions, read_calendar, read_extensions
from tenancy.database import TenantConnection
from tenancy.statements import statement
from tenancy.tables import tenant_grants, tenants, units

T = TypeVar("T")

_TENANT: Final = bindparam("tenant_id", type_=Integer)
VISITED: Final = "application.site_looked_at"
OPINED: Final = "application.opinion_given"
"""The operation of a site visit's entry."""
ENDED: Final = ("rejected", "withdrawn", "lapsed", "not_certified")
"""The statuses in which a community may apply anew: the same as in the index `uq_applications_live`."""

_GRANTED: Final = bindparam("granted", type_=ARRAY(Integer))


@dataclass(frozen=True, slots=True)
class FoundApplication:
    """An application with its programme, the version of its form in force, and what deciding needs to know."""

    application: Application
    programme: Programme
    form: FormVersion | None
    versions: int
    view: ApplicationView
    extensions: tuple[Confirmed, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A county's application as the city sees it: its names (市 / 县 / 街道 / 社区) and its county's latest entry on it.

    `facts` is its community's past, for an act that asks for it; `looked_at` the sequence of the
    entry of the last opinion on it, or visit.
    """

    tenant_id: int
    id: UUID
    status: str
    community_name: str
    entry: Cite
    facts: Facts | None = None
    looked_at: int | None = None


@dataclass(frozen=True, slots=True)
class FoundRound:
    """A level of a campaign of the bound city: its lists with the items of the latest of each kind, its candidates.

    `documents`: SHA-256 of the files that an act names and that are attached where it names them.
    """

    campaign: Campaign
    programme: Programme
    view: RoundView
    items: Mapping[UUID, tuple[RosterItem, ...]]
    candidates: tuple[Candidate, ...]
    extensions: tuple[Confirmed, ...] = ()
    documents: frozenset[bytes] = frozenset()
    objections: tuple[Objection, ...] = ()
    corrections: tuple[PublicityCorrection, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item of a publicity of the bound city, by itself: counties' rows are not asked. `corrections`: of the whole list."""

    programme: Programme
    roster: Roster
    item: RosterItem
    listed: ListedItem
    corrections: int
    calendar: Calendar = PUBLISHED


@dataclass(frozen=True, slots=True)
class Community:
    """A unit that may apply, with the street above it and the places its county has taken, by status."""

    id: UUID
    kind: str
    street_id: UUID | None
    exists: bool
    live: bool
    statuses: Mapping[str, int]


_CAMPAIGN = statement(
    select(campaigns).where(
        campaigns.c.tenant_id == bindparam("city"), campaigns.c.id == bindparam("campaign")
    )
)
_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_CAMPAIGN_BY_CODE = statement(
    select(campaigns.c.id).where(campaigns.c.tenant_id == _TENANT, campaigns.c.code == bindparam("code"))
)


async def get_campaign(tx: TenantConnection, city: int, campaign_id: UUID) -> Campaign:
    """The campaign of a city that the transaction may read. Raises NotFoundError."""
    row = await tx.first(_CAMPAIGN, city=city, campaign=campaign_id)
    if row is None:
        raise NotFoundError(what="campaign", what_zh="批次")
    return entity(Campaign, row)


async def find_campaign_by_code(tx: TenantConnection, code: str) -> UUID | None:
    """The id of the bound tenant's campaign of that code, or None."""
    row = await tx.first(_CAMPAIGN_BY_CODE, code=code)
    return None if row is None else row["id"]


def _status_counts(campaign: Any, level: Any) -> Any:
    """A sub-select: status → how many, of the bound tenant's applications of one level of a campaign."""
    other = applications.alias("other")
    counted = (
        select(other.c.status, func.count().label("n"))
        .where(other.c.tenant_id == _TENANT, other.c.campaign_id == campaign, other.c.level == level)
        .group_by(other.c.status)
        .lateral("counted")
    )
    return select(cast(func.json_object_agg(counted.c.status, counted.c.n), Text)).select_from(counted)


def _counted_campaigns() -> Select[Any]:
    """Campaigns of a city, each with level, status and number of the bound tenant's applications."""
    own = applications.c
    counted = (
        select(own.campaign_id, own.level, own.status, func.count().label("n"))
        .where(own.tenant_id == _TENANT, own.campaign_id == any_(_IDS))
        .group_by(own.campaign_id, own.level, own.status)
        .subquery("counted")
    )
    listed = func.json_agg(func.json_build_array(counted.c.level, counted.c.status, counted.c.n))
    by_campaign = (
        select(counted.c.campaign_id, cast(listed, Text).label("counts"))
        .group_by(counted.c.campaign_id)
        .subquery("by_campaign")
    )
    return (
        select(campaigns, by_campaign.c.counts)
        .outerjoin(by_campaign, by_campaign.c.campaign_id == campaigns.c.id)
        .where(campaigns.c.tenant_id == bindparam("city"), campaigns.c.id == any_(_IDS))
    )


def _endorsed(application: Any) -> Any:
    """Stage and author of every opinion ever given, and whether it returned the version in force."""
    returned = and_(
        opinions.c.verdict == "return", opinions.c.form_version_id == applications.c.form_version_id
    )
    given = func.json_build_array(opinions.c.stage, opinions.c.author_id, returned)
    return select(
        cast(func.json_agg(aggregate_order_by(given, opinions.c.given_at, opinions.c.id)), Text)
    ).where(opinions.c.tenant_id == _TENANT, opinions.c.application_id == application)


_FORM_NAMES: Final = tuple(one.name for one in fields(FormVersion))
_COUNTED: Final = statement(_counted_campaigns())
_APPLICATIONS = statement(
    select(
        applications,
        *(form_versions.c[name].label(f"form_{name}") for name in _FORM_NAMES),
        select(func.array_agg(literal_column("all_versions.author_id")))
        .select_from(form_versions.alias("all_versions"))
        .where(
            literal_column("all_versions.tenant_id") == applications.c.tenant_id,
            literal_column("all_versions.application_id") == applications.c.id,
        )
        .scalar_subquery()
        .label("authors"),
        _endorsed(applications.c.id).scalar_subquery().label("endorsed"),
    )
    .outerjoin(
        form_versions,
        and_(
            form_versions.c.tenant_id == applications.c.tenant_id,
            form_versions.c.id == applications.c.form_version_id,
        ),
    )
    .where(applications.c.tenant_id == _TENANT, applications.c.id == any_(_IDS))
)


async def read_application(tx: TenantConnection, application_id: UUID, now: datetime) -> FoundApplication:
    """The bound tenant's application, with what extends its windows once they have closed. Raises NotFoundError."""
    (found,) = await read_applications(tx, (application_id,), now)
    if isinstance(found, NotFoundError):
        raise found
    return found


async def read_applications(
    tx: TenantConnection, application_ids: Sequence[UUID], now: datetime
) -> tuple[FoundApplication | NotFoundError, ...]:
    """As `read_application` for each, in their order: two statements, and what single ones ask for of past and extensions."""
    rows = await tx.all(_APPLICATIONS, ids=list(application_ids))
    wanted: dict[int, set[UUID]] = {}
    for row in rows:
        wanted.setdefault(row["campaign_tenant_id"], set()).add(row["campaign_id"])
    counted = {
        (city, row["id"]): (parse_stored(row["programme"]), orjson.loads(row["counts"] or "[]"))
        for city, ids in wanted.items()
        for row in await tx.all(_COUNTED, city=city, ids=list(ids))
    }
    found = {row["id"]: await _found(tx, row, counted, now) for row in rows}
    missing = NotFoundError(what="application", what_zh="申请")
    return tuple(found.get(one, missing) for one in application_ids)


async def _found(
    tx: TenantConnection,
    row: Any,
    counted: Mapping[tuple[int, UUID], tuple[Programme, Sequence[tuple[str, str, int]]]],
    now: datetime,
) -> FoundApplication | NotFoundError:
    application = entity(Application, row)
    form = None
    if application.form_version_id is not None:
        form = FormVersion(**{name: row[f"form_{name}"] for name in _FORM_NAMES})
    if (application.campaign_tenant_id, application.campaign_id) not in counted:
        return NotFoundError(what="campaign", what_zh="批次")
    programme, counts = counted[application.campaign_tenant_id, application.campaign_id]
    statuses = {status: number for level, status, number in counts if level == application.level}
    given = orjson.loads(row["endorsed"] or "[]")
    authors = tuple(row["authors"] or ())
    view = ApplicationView(
        tenant_id=application.tenant_id,
        campaign_tenant_id=application.campaign_tenant_id,
        level=application.level,
        status=application.status,
        community_id=application.community_id,
        street_id=application.street_id,
        filed_by=application.filed_by,
        form_authors=authors,
        form_hash=None if form is None else form.hash,
        form_returned=any(returned for *_, returned in given),
        endorsed=tuple((stage, UUID(person)) for stage, person, _ in given),
        county_taken=places_taken(programme, statuses),
        facts=await read_facts(tx, programme, application.level, application.community_id),
        form_history=(None, None) if form is None else (form.certified_on, form.reviews),
        figures=() if form is None else parse_figures(form.figures),
    )
    extensions = await find_extensions(tx, programme, view, application.campaign_id, now)
    if extensions:
        view = replace(view, extended=latest_closes(extensions))
    return FoundApplication(application, programme, form, len(authors), view, extensions)


def places_taken(programme: Programme, statuses: Mapping[str, int]) -> int:
    """How many places of a county are taken, from the number of its applications in each status."""
    return sum(number for status, number in statuses.items() if status in programme.holds_county_place.value)


_street = units.alias("street")
_county = units.alias("county")
_COMMUNITY = statement(
    select(
        units.c.id,
        units.c.kind,
        _street.c.id.label("street_id"),
        and_(
            units.c.valid_from <= bindparam("today"),
            or_(units.c.valid_to.is_(None), units.c.valid_to > bindparam("today")),
        ).label("exists"),
        select(applications.c.id)
        .where(
            applications.c.tenant_id == _TENANT,
            applications.c.campaign_id == bindparam("campaign"),
            applications.c.level == bindparam("level"),
            applications.c.community_id == units.c.id,
            *(applications.c.status != status for status in ENDED),
        )
        .exists()
        .label("live"),
        _status_counts(bindparam("campaign"), bindparam("level")).scalar_subquery().label("statuses"),
    )
    .outerjoin(
        _street,
        and_(
            _street.c.tenant_id == units.c.tenant_id,
            _street.c.id == units.c.parent_id,
            _street.c.kind == "street",
        ),
    )
    .where(units.c.tenant_id == _TENANT, units.c.id == bindparam("community"))
)


async def get_community(
    tx: TenantConnection, community_id: UUID, campaign_id: UUID, level: str, today: date
) -> Community:
    """A unit of the bound tenant as an applicant for a level of a campaign. Raises NotFoundError."""
    row = await tx.first(_COMMUNITY, community=community_id, campaign=campaign_id, level=level, today=today)
    if row is None:
        raise NotFoundError(what="community", what_zh="社区")
    statuses = orjson.loads(row["statuses"] or "{}")
    return Community(row["id"], row["kind"], row["street_id"], row["exists"], row["live"], statuses)


_ROSTERS = statement(
    select(rosters)
    .where(
        rosters.c.tenant_id == _TENANT,
        rosters.c.campaign_id == bindparam("campaign"),
        rosters.c.level == bindparam("level"),
    )
    .order_by(rosters.c.created_at, rosters.c.id)
)
_ITEMS = statement(
    select(roster_items)
    .where(
        roster_items.c.tenant_id == _TENANT,
        roster_items.c.roster_id == any_(bindparam("rosters", type_=ARRAY(rosters.c.id.type))),
    )
    .order_by(roster_items.c.roster_id, roster_items.c.position)
)
_ROSTER = statement(
    select(rosters).where(rosters.c.tenant_id == _TENANT, rosters.c.id == bindparam("roster"))
)
_OBJECTIONS = statement(
    select(objections)
    .where(objections.c.tenant_id == _TENANT, objections.c.roster_id == bindparam("roster"))
    .order_by(objections.c.received_at, objections.c.id)
)
_CORRECTIONS = statement(
    select(publicity_corrections)
    .where(
        publicity_corrections.c.tenant_id == _TENANT, publicity_corrections.c.roster_id == bindparam("roster")
    )
    .order_by(publicity_corrections.c.number)
)
_last = (
    select(ledger_entries.c.seq, ledger_entries.c.hash)
    .where(
        ledger_entries.c.tenant_id == applications.c.tenant_id,
        ledger_entries.c.subject_id == applications.c.id,
    )
    .order_by(ledger_entries.c.seq.desc())
    .limit(1)
    .lateral("last")
)
_granted = (
    select(tenant_grants.c.id)
    .where(
        tenant_grants.c.tenant_id == applications.c.tenant_id,
        tenant_grants.c.grantee_tenant_id == _TENANT,
        tenant_grants.c.scope == "oversee",
        tenant_grants.c.valid_from <= bindparam("now", type_=DateTime(timezone=True)),
        or_(
            tenant_grants.c.valid_to.is_(None),
            tenant_grants.c.valid_to > bindparam("now", type_=DateTime(timezone=True)),
        ),
    )
    .exists()
)
_looked_at = (
    select(func.max(ledger_entries.c.seq).label("seq"))
    .where(
        ledger_entries.c.tenant_id == applications.c.tenant_id,
        ledger_entries.c.subject_id == applications.c.id,
        or_(ledger_entries.c.operation == VISITED, ledger_entries.c.operation == OPINED),
    )
    .scalar_subquery()
    .label("looked_at")
)
_CANDIDATES = statement(
    select(
        applications.c.tenant_id,
        applications.c.id,
        applications.c.status,
        _county.c.name.label("county"),
        _street.c.name.label("street"),
        units.c.name.label("community"),
        ledger_heads.c.origin,
        _last.c.seq,
        _last.c.hash,
        _looked_at,
    )
    .join(
        units, and_(units.c.tenant_id == applications.c.tenant_id, units.c.id == applications.c.community_id)
    )
    .join(
        _street,
        and_(_street.c.tenant_id == applications.c.tenant_id, _street.c.id == applications.c.street_id),
    )
    .join(_county, and_(_county.c.tenant_id == _street.c.tenant_id, _county.c.id == _street.c.parent_id))
    .join(ledger_heads, ledger_heads.c.tenant_id == applications.c.tenant_id)
    .join(_last, true())
    .where(
        applications.c.tenant_id == any_(_GRANTED),
        applications.c.campaign_tenant_id == _TENANT,
        applications.c.campaign_id == bindparam("campaign"),
        applications.c.level == bindparam("level"),
        _granted,
    )
    # Communities come before villages.
    .order_by(
        applications.c.community_kind.is_not_distinct_from("village"),
        applications.c.tenant_id,
        applications.c.created_at,
        applications.c.id,
    )
)
_NAME = statement(select(tenants.c.name).where(tenants.c.id == _TENANT))


_REPORTED = statement(
    select(roster_items)
    .join(
        rosters,
        and_(rosters.c.tenant_id == roster_items.c.tenant_id, rosters.c.id == roster_items.c.roster_id),
    )
    .where(
        roster_items.c.tenant_id == _TENANT,
        roster_items.c.roster_id == bindparam("roster"),
        rosters.c.kind == RosterKind.REPORT.value,
        roster_items.c.verdict == ItemVerdict.LISTED.value,
    )
    .order_by(roster_items.c.position)
)


async def read_reported(tx: TenantConnection, roster_id: UUID) -> tuple[RosterItem, ...]:
    """What a report of the bound city lists. Raises RosterMissingError for another kind of list, or none."""
    rows = await tx.all(_REPORTED, roster=roster_id)
    if not rows:
        raise RosterMissingError(kind=RosterKind.REPORT.value, kind_zh=KIND_ZH[RosterKind.REPORT])
    return tuple(entity(RosterItem, row) for row in rows)


async def read_round(tx: TenantConnection, campaign_id: UUID, level: str, now: datetime) -> FoundRound:
    """A level of the bound city's campaign. Raises NotFoundError.

    Candidates are read through the city's recorded grants, which are read again here: what a token says of them is not enough
    for a write.
    """
    campaign = await get_campaign(tx, tx.tenant_id, campaign_id)
    programme = parse_stored(campaign.programme)
    programme.get_level(level)
    lists = tuple(entity(Roster, row) for row in await tx.all(_ROSTERS, campaign=campaign_id, level=level))
    items: dict[UUID, list[RosterItem]] = {roster.id: [] for roster in lists}
    for row in await tx.all(_ITEMS, rosters=list(items)):
        items[row["roster_id"]].append(entity(RosterItem, row))
    city = (await tx.one(_NAME))["name"]
    granted = list(tx.scope.granted)
    found = await tx.all(_CANDIDATES, granted=granted, campaign=campaign_id, level=level, now=now)
    candidates = tuple(_candidate(city, row) for row in found)
    statuses: dict[str, int] = {}
    for candidate in candidates:
        statuses[candidate.status] = statuses.get(candidate.status, 0) + 1
    publicity = find_latest(lists, RosterKind.PUBLICITY)
    objected = () if publicity is None else await read_objections(tx, publicity.id)
    corrected = () if publicity is None else await read_corrections(tx, publicity.id)
    listed = (
        ()
        if publicity is None
        else list_items(programme, publicity, items[publicity.id], objected, corrected, candidates)
    )
    extensions = await read_extensions(tx, tx.tenant_id, campaign_id, level)
    calendar = await read_calendar(tx, tx.tenant_id)
    extended = latest_closes(extensions)
    view = RoundView(campaign.tenant_id, level, lists, statuses, extended, calendar, listed)
    found_items = {key: tuple(value) for key, value in items.items()}
    return FoundRound(
        campaign,
        programme,
        view,
        found_items,
        candidates,
        extensions,
        objections=objected,
        corrections=corrected,
    )


async def read_objections(tx: TenantConnection, roster_id: UUID) -> tuple[Objection, ...]:
    """The objections to the items of a list of the bound city, in order of time."""
    return tuple(entity(Objection, row) for row in await tx.all(_OBJECTIONS, roster=roster_id))


async def read_corrections(tx: TenantConnection, roster_id: UUID) -> tuple[PublicityCorrection, ...]:
    """The corrections of the items of a list of the bound city, in their order."""
    return tuple(entity(PublicityCorrection, row) for row in await tx.all(_CORRECTIONS, roster=roster_id))


def list_items(
    programme: Programme,
    publicity: Roster,
    items: Sequence[RosterItem],
    objected: Sequence[Objection],
    corrected: Sequence[PublicityCorrection],
    candidates: Sequence[Candidate],
) -> tuple[ListedItem, ...]:
    """The items of a publicity as they stand, from the rows of that list and the round's candidates."""
    there = {(one.tenant_id, one.id) for one in candidates} - find_left(candidates, objected)
    opens_on = publicity.opens_on or date.max
    return tuple(
        list_item(
            item,
            opens_on,
            objected,
            corrected,
            programme.zone,
            there=(item.application_tenant_id, item.application_id) in there,
            announced=publicity.closes_on,
        )
        for item in items
    )


def find_left(candidates: Iterable[Candidate], objected: Iterable[Objection]) -> frozenset[tuple[int, UUID]]:
    """The applications (county, id) that have left the round: they ended, or an objection to them was upheld.

    The one place that says so: what has left is on no later list and holds up none. An objection counts from its decision on,
    also before the county's log has followed it.
    """
    ended = {(one.tenant_id, one.id) for one in candidates if has_left(one.status)}
    upheld = {
        (one.application_tenant_id, one.application_id)
        for one in objected
        if one.status == ObjectionStatus.UPHELD
    }
    return frozenset(ended | upheld)


async def read_publicised(tx: TenantConnection, roster_id: UUID, position: int) -> FoundItem:
    """An item of a publicity of the bound city. Raises NotFoundError, also for a list of another kind."""
    row = await tx.first(_ROSTER, roster=roster_id)
    items = await tx.all(_ITEMS, rosters=[roster_id])
    item = next((entity(RosterItem, one) for one in items if one["position"] == position), None)
    if row is None or item is None or row["kind"] != RosterKind.PUBLICITY or row["opens_on"] is None:
        raise NotFoundError(what="publicised item", what_zh="公示条目")
    roster = entity(Roster, row)
    campaign = await get_campaign(tx, tx.tenant_id, roster.campaign_id)
    programme = parse_stored(campaign.programme)
    objected = await read_objections(tx, roster_id)
    corrected = await read_corrections(tx, roster_id)
    listed = list_item(item, row["opens_on"], objected, corrected, programme.zone, announced=row["closes_on"])
    calendar = await read_calendar(tx, tx.tenant_id)
    return FoundItem(programme, roster, item, listed, len(corrected), calendar)


def _candidate(city: str, row: Any) -> Candidate:
    name = " / ".join((city, row["county"], row["street"], row["community"]))
    entry = Cite(row["origin"], row["seq"], row["hash"])
    return Candidate(row["tenant_id"], row["id"], row["status"], name, entry, looked_at=row["looked_at"])


def entity(kind: type[T], row: Any) -> T:
    """A dataclass of certification/model.py from a row that has its columns."""
    return kind(**{one.name: row[one.name] for one in fields(kind)})  # type: ignore[arg-type]


def recorded_at(table: Table, which: Any) -> Any:
    """A sub-select: the sequence of the first (`func.min`) or the last (`func.max`) entry that wrote a row of `table`, keyed by `id`."""
    return (
        select(which(ledger_rows.c.seq))
        .where(
            ledger_rows.c.tenant_id == table.c.tenant_id,
            ledger_rows.c.table_name == literal_column(f"'{table.name}'", Text),
            ledger_rows.c.row_key == cast(table.c.id, Text),
        )
        .scalar_subquery()
    )
