"""The same questions by graphql-core's own executor, over the world's rows, one field at a time.

Written from the meaning of the fields and not from their declarations, so that the two can disagree.
"""

# ruff: noqa: N802 - a method is named after the type and the field it answers
from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_enum_type,
    parse,
)

from audit.entry import Cite
from certification.calendar import Calendar, is_working_day
from certification.comparison import compare
from certification.evidence import find_attaching
from certification.figures import Figure
from certification.history import Facts, first_year, fold, settle
from certification.judging import ItemFinding, judge
from certification.life import (
    ApplicationView,
    available_actions,
    find_held_obstacle,
    find_history_obstacle,
    find_obstacle,
)
from certification.model import Roster
from certification.planner import local_day
from certification.publicity import ListedItem, pause_of
from certification.rosters import RoundView, available_roster_actions
from graphql_schema.scalars import format_timestamp, parse_timestamp
from tenancy.identity import Principal, RoleName
from tests.integration.graphql_schema import naive_draws, naive_reviews, naive_signing
from tests.integration.graphql_schema.naive_draws import NaiveDraws
from tests.integration.graphql_schema.naive_reviews import NaiveReviews
from tests.integration.graphql_schema.naive_signing import NaiveSigning
from tests.integration.graphql_schema.world import CITY, EAST, NOW, PROGRAMME, STRANGER, WEST, Row, World

TABLES = {
    "Tenant": "tenants",
    "Unit": "units",
    "UnitLineage": "unit_lineages",
    "UnitSuccession": "unit_successions",
    "Campaign": "campaigns",
    "CampaignLevel": "campaign_levels",
    "CampaignWindow": "campaign_windows",
    "StandardClause": "standard_clauses",
    "Application": "applications",
    "FormVersion": "form_versions",
    "Opinion": "opinions",
    "ItemAssessment": "item_assessments",
    "ApplicationEnding": "application_endings",
    "Certification": "certifications",
    "Evidence": "evidence",
    "Roster": "rosters",
    "RosterItem": "roster_items",
    "LegacyRecord": "legacy_records",
    "CertificationChange": "certification_changes",
    "UnitChange": "unit_changes",
    "Standing": "standings",
    "Holding": "units",
    "Extension": "extensions",
    "CalendarYear": "calendar_years",
    "CalendarDay": "calendar_days",
    "LedgerEntry": "ledger_entries",
    "LedgerCheckpoint": "ledger_checkpoints",
    "LedgerReading": "ledger_readings",
    "StoryEntry": "ledger_entries",
    "RoleAssignment": "role_assignments",
    "Objection": "objections",
    "PublicNotice": "rosters",
    "PublicNoticeItem": "roster_items",
    "AccessRecord": "access_log",
    **naive_draws.TABLES,
    **naive_reviews.TABLES,
    **naive_signing.TABLES,
}
CONTACT = ("contact_name", "fixed_phone", "mobile_phone")
SHARED = {"Campaign", "CampaignLevel", "CampaignWindow", "StandardClause", "Roster", "RosterItem"}
SHARED |= {"Extension", "CalendarYear", "CalendarDay", "CertificationChange", "Objection", "UnitChange"}
PUBLIC = {"PublicNotice", "PublicNoticeItem"}
PEOPLE = {"Person", "AccessRecord"}
# By hand, from the published arrangements of 2022: 3 to 5 June are Dragon Boat holidays.
WORKED = [date(2022, 5, n) for n in (11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30, 31)]
WORKED += [date(2022, 6, n) for n in (1, 2, 6, 7, 8, 9, 10)]
SET_TO_REST = date(2022, 5, 12)
CLOSES = {
    "recommendation": datetime(2022, 5, 15, 16, tzinfo=UTC),
    "city_review": datetime(2022, 5, 30, 16, tzinfo=UTC),
}
OPENS = {
    "recommendation": datetime(2022, 4, 24, 16, tzinfo=UTC),
    "city_review": datetime(2022, 5, 15, 16, tzinfo=UTC),
}
NAMES = {"recommendation": "逐级推荐", "city_review": "市局复核"}
WAITING = dict.fromkeys(("draft", "submitted", "returned", "street_endorsed"), "recommendation")
WAITING |= dict.fromkeys(("county_recommended", "city_reviewed", "site_visited", "publicised"), "city_review")
STORIED = (
    "applications",
    "certifications",
    "legacy_records",
    "annual_reviews",
    "review_corrections",
    "register_lists",
)
STORIES = {
    "application.filed": ("APPLICATION", "application filed"),
    "application.returned": ("APPLICATION", "application returned"),
    "application.opinion_given": ("ENDORSEMENT", "opinion given"),
    "review.inspected": ("REVIEW", "review inspected"),
    "evidence.attached": ("EVIDENCE", "evidence attached"),
    "review_correction.confirmed": ("CORRECTION", "review corrected"),
    "register.committed": ("SPOT_CHECK", "register list committed"),
    "draw.opened": ("SPOT_CHECK", "draw opened"),
    "told": ("OTHER", "told"),
}
PLACES: dict[str, list[Any]] = {}
"""The place that a cursor stands for, of every one that was written."""
KEYS: dict[str, str | tuple[str, ...]] = {
    "LedgerEntry": "seq",
    "LedgerCheckpoint": "size",
    "StoryEntry": "seq",
    "RegisterNumber": ("list_id", "position"),
}


@cache
def schema_of(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


class Naive(NaiveDraws, NaiveReviews, NaiveSigning):
    """Answers for one reader."""

    def __init__(self, sdl: str, world: World, reader: Principal) -> None:
        self.schema, self.world, self.reader = schema_of(sdl), world, reader
        self.role = reader.roles[0].name.value
        self.jurisdiction = reader.roles[0].unit_id

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Data, and errors as (message, path)."""
        result = execute_sync(
            self.schema,
            parse(query),
            {},
            variable_values=variables,
            field_resolver=self.resolve,
            type_resolver=lambda value, _info, _type: value["__typename"],
        )
        errors = [(error.message, error.path) for error in result.errors or []]
        return {"data": result.data, "errors": errors}

    # -- which rows

    def tenants(self, type_: str) -> set[int]:
        if type_ in PUBLIC:
            return {CITY, STRANGER}
        own = {self.reader.tenant_id, *self.reader.granted}
        return own | set(self.reader.shared) if type_ in SHARED else own

    def visible(self, type_: str, row: Row) -> bool:
        if type_ == "Tenant":
            return True
        if row["tenant_id"] not in self.tenants(type_):
            return False
        if type_ == "Objection" and not {row["tenant_id"], row["application_tenant_id"]} & self.tenants(
            "Unit"
        ):
            return False
        if type_ not in PUBLIC and self.role == "review_team":
            return self.team_sees(type_, row)
        if type_ in naive_draws.TABLES:
            return self.sees_drawn(type_, row)
        if type_ in naive_reviews.TABLES or type_ in naive_reviews.WHOLE_ONLY:
            return self.sees_review(type_, row)
        if type_ == "Evidence" and row["subject_type"] == "annual_review":
            return self.sees_review(type_, row)
        if type_ == "UnitChange":
            plan = json.loads(row["details"])
            return bool({row["tenant_id"], plan["tenant"], plan["to"]} & self.tenants("Unit"))
        if type_ == "Holding":
            return self.reaches(row)
        if type_ in ("Certification", "LegacyRecord", "Standing"):
            return self.reaches(self.one("Unit", tenant_id=row["tenant_id"], id=row["community_id"]))
        application = self.application_of(type_, row)
        if self.role not in ("street_officer", "community_clerk") or application is False:
            return True
        column = "street_id" if self.role == "street_officer" else "community_id"
        return bool(application) and application[column] == self.jurisdiction

    def application_of(self, type_: str, row: Row) -> Any:
        """The application a row speaks of, None when there is none, False when the type has none."""
        if type_ == "Application":
            return row
        if type_ == "Objection":
            found = (a for a in self.world.all("applications") if a["id"] == row["application_id"])
            return next((a for a in found if a["tenant_id"] == row["application_tenant_id"]), None)
        column = {
            "FormVersion": "application_id",
            "Opinion": "application_id",
            "ItemAssessment": "application_id",
            "ApplicationEnding": "application_id",
            "LedgerEntry": "subject_id",
            "Evidence": "subject_id",
        }.get(type_)
        if column is None:
            return False
        found = (a for a in self.world.all("applications") if a["id"] == row[column])
        return next((a for a in found if a["tenant_id"] == row["tenant_id"]), None)

    def reaches(self, unit: Row | None) -> bool:
        """Whether the reader's jurisdiction holds a community."""
        if self.role not in ("street_officer", "community_clerk"):
            return True
        column = "parent_id" if self.role == "street_officer" else "id"
        return unit is not None and unit[column] == self.jurisdiction

    def rows(self, type_: str, **wanted: Any) -> list[Row]:
        return [
            {**row, "__typename": type_}
            for row in self.world.all(TABLES[type_])
            if self.visible(type_, row) and all(row[name] == value for name, value in wanted.items())
        ]

    def one(self, type_: str, **wanted: Any) -> Row | None:
        return next(iter(self.rows(type_, **wanted)), None)

    # -- fields

    def resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        parent, name = info.parent_type.name, info.field_name
        method: Callable[..., Any] | None = getattr(self, f"{parent}_{name}", None)
        if method is not None:
            return method(source, arguments)
        if parent.endswith(("Connection", "Edge")) or parent == "PageInfo":
            value = source[name]
            return value() if callable(value) else value
        if name == "id":
            key = KEYS.get(parent, "id")
            tenant = source["id"] if parent == "Tenant" else source["tenant_id"]
            return f"{parent}.{tenant}.{source[key]}"
        value = source[re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)]
        if is_enum_type(get_named_type(info.return_type)):
            return None if value is None else value.upper()
        return plain(value)

    def connection(
        self, rows: list[Row], arguments: dict[str, Any], order: str, descending: bool = False
    ) -> dict[str, Any]:
        rows = sorted(rows, key=lambda row: place(row, order), reverse=descending)
        total, page = len(rows), rows
        for name, behind in (("after", not descending), ("before", descending)):
            if arguments.get(name) is not None:
                bound = PLACES[arguments[name]]
                page = [
                    row
                    for row in page
                    if (place(row, order) > bound if behind else place(row, order) < bound)
                ]
        last, first = arguments.get("last"), arguments.get("first")
        if last is not None:
            shown = page[max(0, len(page) - last) :]
            more, past = arguments.get("before") is not None, len(page) > last
        else:
            shown = page[: 20 if first is None else first]
            more, past = len(page) > len(shown), arguments.get("after") is not None
        edges = [{"node": row, "cursor": cursor(row, order)} for row in shown]
        info = {
            "hasNextPage": more,
            "hasPreviousPage": past,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        }
        return {"edges": edges, "pageInfo": info, "totalCount": total}

    def Query_viewer(self, _: Any, __: Any) -> Any:
        return next(row for row in self.world.all("people") if row["id"] == self.reader.person_id)

    def Query_node(self, _: Any, arguments: dict[str, Any]) -> Any:
        return self.find(arguments["id"])

    def Query_nodes(self, _: Any, arguments: dict[str, Any]) -> Any:
        return [self.find(text) for text in arguments["ids"]]

    def find(self, text: str) -> Row | None:
        type_, tenant, key = text.split(".")
        if type_ in PEOPLE and self.role not in ("auditor", "tenant_administrator"):
            raise GraphQLError("You may not see this.")
        for row in self.rows(type_):
            number = row["id"] if type_ == "Tenant" else row["tenant_id"]
            if str(number) == tenant and str(row[KEYS.get(type_, "id")]) == key:
                return row
        return None

    def Query_tenants(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.rows("Tenant"), a, "code")

    def Query_units(self, _: Any, a: dict[str, Any]) -> Any:
        given = a.get("filter") or {}
        rows = self.filtered("Unit", given, {"parentId": "parent_id"})
        if given.get("kind") is not None:
            rows = [row for row in rows if row["kind"].upper() in given["kind"]]
        return self.connection(rows, a, "sort_key")

    def Query_campaigns(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("Campaign", a.get("filter") or {}, {}), a, "opened_at")

    def Query_applications(self, _: Any, a: dict[str, Any]) -> Any:
        given, order = a.get("filter") or {}, a.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        rows = self.filtered(
            "Application", given, {"communityId": "community_id", "campaignId": "campaign_id"}
        )
        if given.get("status") is not None:
            rows = [row for row in rows if row["status"].upper() in given["status"]]
        return self.connection(rows, a, order["field"].lower(), order.get("direction") == "DESC")

    def Query_rosters(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("Roster", a.get("filter") or {}, {"campaignId": "campaign_id"})
        return self.connection(rows, a, "created_at")

    def Query_objections(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("Objection", a.get("filter") or {}, {"publicityId": "roster_id"})
        return self.connection(rows, a, "received_at")

    def Query_publicNotices(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("PublicNotice", a.get("filter") or {}, {"campaignId": "campaign_id"})
        today = local_day(NOW, PROGRAMME.zone)
        rows = [row for row in rows if row["kind"] in ("publicity", "decision")]
        rows = [row for row in rows if row["opens_on"] is None or row["opens_on"] <= today]
        return self.connection(rows, a, "created_at", descending=True)

    def PublicNotice_noticeId(self, row: Row, _: Any) -> Any:
        return f"PublicNotice.{row['tenant_id']}.{row['id']}"

    def PublicNotice_campaign(self, row: Row, _: Any) -> Any:
        return next(one["name"] for one in self.world.all("campaigns") if one["id"] == row["campaign_id"])

    def PublicNotice_batch(self, row: Row, _: Any) -> Any:
        key = (row["campaign_id"], row["level"])
        levels = self.world.all("campaign_levels")
        return next(one["batch"] for one in levels if (one["campaign_id"], one["level"]) == key)

    def PublicNotice_publicity(self, row: Row, _: Any) -> Any:
        return self.count(row, row["opens_on"], ()) if row["opens_on"] else None

    def PublicNotice_items(self, row: Row, _: Any) -> Any:
        rows = self.rows("PublicNoticeItem", tenant_id=row["tenant_id"], roster_id=row["id"])
        return sorted(rows, key=lambda item: item["position"])

    def PublicNoticeItem_result(self, row: Row, _: Any) -> Any:
        return row["verdict"].upper() if "certified" in row["verdict"] else None

    def beside(self, table: str, row: Row) -> list[Row]:
        """The rows about an item of a list."""
        key = ("tenant_id", "roster_id", "position")
        return [one for one in self.world.all(table) if all(one[name] == row[name] for name in key)]

    def name_of(self, row: Row, _: Any) -> Any:
        corrected = sorted(self.beside("publicity_corrections", row), key=lambda one: one["number"])
        items = [row] if "community_name" in row else self.beside("roster_items", row)
        return (corrected or items)[-1]["community_name"]

    PublicNoticeItem_communityName = RosterItem_currentName = Objection_communityName = name_of

    def item_count(self, row: Row, _: Any) -> Any:
        roster = next(one for one in self.world.all("rosters") if one["id"] == row["roster_id"])
        if roster["opens_on"] is None:
            return None
        corrected = [one["corrected_on"] for one in self.beside("publicity_corrections", row)]
        start = max([roster["opens_on"], *corrected])
        return self.count(roster, start, self.beside("objections", row))

    PublicNoticeItem_publicity = RosterItem_publicity = item_count

    def count(self, roster: Row, start: date, objections: Sequence[Row]) -> Any:
        """Day by day: worked, and no investigation open in it; until the announced day at least."""
        zone, city = PROGRAMME.zone, roster["tenant_id"]
        days: list[date] = []
        rows = [one for one in self.world.all("calendar_days") if one["tenant_id"] == city]
        set_days = {one["day"]: one["working"] for one in rows if one["working"] is not None}
        held = [
            (
                local_day(one["accepted_at"], zone),
                date.max if one["status"] in ("accepted", "upheld") else local_day(one["decided_at"], zone),
            )
            for one in objections
            if one["accepted_at"]
        ]
        day = start
        while len(days) < 5 and (day := day + timedelta(1)) < date(2022, 8, 1):
            if set_days.get(day, is_working_day(day)) and not any(a <= day <= b for a, b in held):
                days.append(day)
        over = sum(day < local_day(NOW, zone) for day in days)
        return {
            "days_counted": over,
            "days_left": 5 - over,
            "closes_on": max(days[-1], roster["closes_on"]) if len(days) == 5 else None,
            "stopped": any(last == date.max for _, last in held),
        }

    def RosterItem_objectionCount(self, row: Row, _: Any) -> Any:
        return len(self.beside("objections", row))

    def Objection_publicity(self, row: Row, _: Any) -> Any:
        return self.one("Roster", tenant_id=row["tenant_id"], id=row["roster_id"])

    def Objection_application(self, row: Row, _: Any) -> Any:
        return self.one("Application", tenant_id=row["application_tenant_id"], id=row["application_id"])

    def Application_objections(self, row: Row, _: Any) -> Any:
        key = {"tenant_id": row["campaign_tenant_id"], "application_tenant_id": row["tenant_id"]}
        rows = self.rows("Objection", **key, application_id=row["id"])
        return sorted(rows, key=lambda one: [one["received_at"], one["id"]])

    def objectors(self, row: Row, column: str) -> str | None:
        """The city's alone; whom it grants nothing is not shown that there is something."""
        value = self.personal(row, column)
        if value is None or row["tenant_id"] not in {self.reader.tenant_id, *self.reader.granted}:
            return None
        whole = row["tenant_id"] == self.reader.tenant_id and self.role == "city_officer"
        return value if whole else "***"

    def Objection_text(self, row: Row, _: Any) -> Any:
        return self.objectors(row, "text_commitment")

    def Objection_name(self, row: Row, _: Any) -> Any:
        return self.objectors(row, "name_commitment")

    def Objection_contact(self, row: Row, _: Any) -> Any:
        return self.objectors(row, "contact_commitment")

    def Objection_reason(self, row: Row, _: Any) -> Any:
        return self.objectors(row, "reason_commitment")

    def Objection_availableActions(self, row: Row, _: Any) -> Any:
        ours = row["tenant_id"] == self.reader.tenant_id and self.role == "city_officer"
        starts = {
            "accept_objection": "received",
            "uphold_objection": "accepted",
            "dismiss_objection": "accepted",
        }
        steps = {one.action: one for one in PROGRAMME.objections}
        found = []
        for action, start in starts.items():
            code, message = "", ""
            if not ours:
                code, message = (
                    "actor.not_entitled",
                    f"“{action}” is for a city_officer of this jurisdiction",
                )
            elif row["status"] != start:
                code = "objection.wrong_status"
                message = f"“{action}” does not start from the status {row['status']} of an objection"
            clause = "三（二）"
            found.append(
                {
                    "action": action,
                    "name": steps[action].name,
                    "clause": clause,
                    "allowed": not code,
                    "obstacle": {"code": code, "message": message, "clause": clause} if code else None,
                }
            )
        return found

    def Unit_story(self, unit: Row, a: dict[str, Any]) -> Any:
        """Every entry whose subject is the unit's, one's before it, or what is filed for it."""
        if self.role == "review_team" or not self.reaches(unit):
            return self.connection([], a, "seq", descending=True)
        line, waiting = set(), [unit["id"]]
        while waiting:
            line.add(one := waiting.pop())
            waiting += [
                row["predecessor_unit_id"]
                for row in self.world.all("unit_lineages")
                if (row["unit_id"], row["tenant_id"], row["predecessor_tenant_id"])
                == (one, unit["tenant_id"], unit["tenant_id"])
                and row["predecessor_unit_id"] not in line
            ]
        subjects = set(line)
        for table in STORIED:
            subjects |= {row["id"] for row in self.world.all(table) if row["community_id"] in line}
        for table in ("evidence", "draws"):
            subjects |= {row["id"] for row in self.world.all(table) if row["subject_id"] in subjects - line}
        rows = self.rows("StoryEntry", tenant_id=unit["tenant_id"])
        rows = [row for row in rows if row["subject_id"] in subjects]
        given = a.get("filter") or {}
        if given.get("kind") is not None:
            rows = [row for row in rows if self.StoryEntry_kind(row, {}) in given["kind"]]
        if given.get("operation") is not None:
            rows = [row for row in rows if row["operation"] in given["operation"]]
        for name, keeps in (
            ("since", lambda at, bound: at >= bound),
            ("before", lambda at, bound: at < bound),
        ):
            if given.get(name) is not None:
                rows = [row for row in rows if keeps(row["recorded_at"], parse_timestamp(given[name]))]
        return self.connection(rows, a, "seq", descending=True)

    def StoryEntry_kind(self, row: Row, _: Any) -> Any:
        return STORIES[row["operation"]][0]

    def StoryEntry_summary(self, row: Row, _: Any) -> Any:
        said = self.StoryEntry_outcome(row, None)
        found = [str(said["year"])] if said["year"] else []
        found += [one for one in (said["verdict"] or said["result"],) if one]
        words = f" ({', '.join(found)})" if found else ""
        return STORIES[row["operation"]][1] + words.replace("agree", "agreed").replace(
            "rectify", "to be rectified"
        )

    def StoryEntry_actor(self, row: Row, _: Any) -> Any:
        return {"role": "", "origin": "", **json.loads(row["leaf"])["body"].get("actor", {})}

    def StoryEntry_outcome(self, row: Row, _: Any) -> Any:
        intent = json.loads(row["leaf"])["body"]["intent"]
        facts = intent.get("facts", [{}])[0]
        first = {name: facts.get(name) for name in ("result", "level", "year")}
        return {**dict.fromkeys(("stage", "verdict", "status")), **first, **intent}

    def StoryEntry_receipt(self, row: Row, _: Any) -> Any:
        tenant = self.one("Tenant", id=row["tenant_id"])
        return {"origin": tenant["origin"] if tenant else None, "sequence": row["seq"], "hash": row["hash"]}

    def StoryEntry_application(self, row: Row, _: Any) -> Any:
        return self.one("Application", tenant_id=row["tenant_id"], id=row["subject_id"])

    def StoryEntry_certification(self, row: Row, _: Any) -> Any:
        return self.one("Certification", tenant_id=row["tenant_id"], id=row["subject_id"])

    def StoryEntry_review(self, row: Row, _: Any) -> Any:
        return self.one("AnnualReview", tenant_id=row["tenant_id"], id=row["subject_id"])

    def StoryEntry_legacyRecord(self, row: Row, _: Any) -> Any:
        return self.one("LegacyRecord", tenant_id=row["tenant_id"], id=row["subject_id"])

    def Query_certifications(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("Certification", a.get("filter") or {}, {"communityId": "community_id"})
        return self.connection(rows, a, "certified_on")

    def Query_legacyRecords(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("LegacyRecord", a.get("filter") or {}, {"communityId": "community_id"})
        return self.connection(rows, a, "proposed_at")

    def Query_certificationChanges(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("CertificationChange", a.get("filter") or {}, {})
        return self.connection(rows, a, "proposed_at")

    def Query_unitChanges(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("UnitChange", a.get("filter") or {}, {}), a, "proposed_at")

    def Query_accessLog(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("AccessRecord", a.get("filter") or {}, {}), a, "at")

    def Query_ledgerEntries(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("LedgerEntry", a.get("filter") or {}, {}), a, "seq")

    def filtered(self, type_: str, given: dict[str, Any], ids: dict[str, str]) -> list[Row]:
        rows = self.rows(type_)
        for name, value in given.items():
            if value is None or isinstance(value, list):
                continue
            if name == "tenantId":
                rows = [row for row in rows if str(row["tenant_id"]) == value.split(".")[1]]
            elif name in ids:
                _, tenant, key = value.split(".")
                other = (
                    "campaign_tenant_id" if (type_, name) == ("Application", "campaignId") else "tenant_id"
                )
                rows = [row for row in rows if str(row[ids[name]]) == key and str(row[other]) == tenant]
            elif name == "kind":
                rows = [row for row in rows if row[name].upper() == value]
            else:
                column = re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)
                rows = [row for row in rows if str(row[column]) == str(value)]
        return rows

    def tenant_of(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["tenant_id"])

    Unit_tenant = Application_tenant = Campaign_tenant = Roster_tenant = tenant_of
    LegacyRecord_tenant = CertificationChange_tenant = UnitChange_tenant = tenant_of
    Certification_tenant = LedgerEntry_tenant = Viewer_tenant = AccessRecord_tenant = tenant_of
    Extension_tenant = CalendarYear_tenant = LedgerCheckpoint_tenant = LedgerReading_tenant = tenant_of
    OfficerKey_tenant = SigningPolicy_tenant = tenant_of

    def Tenant_parent(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["parent_id"])

    def Opinion_authorTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["author_tenant_id"])

    def Unit_code(self, row: Row, _: Any) -> Any:
        codes = self.world.all("unit_codes")
        mine = [
            code for code in codes if (code["tenant_id"], code["unit_id"]) == (row["tenant_id"], row["id"])
        ]
        return next((code["code"] for code in mine if code["valid_to"] is None), None)

    def unit(self, row: Row, column: str) -> Any:
        return None if row[column] is None else self.one("Unit", tenant_id=row["tenant_id"], id=row[column])

    def Unit_parent(self, row: Row, _: Any) -> Any:
        return self.unit(row, "parent_id")

    def Unit_children(self, row: Row, a: dict[str, Any]) -> Any:
        return self.connection(
            self.rows("Unit", tenant_id=row["tenant_id"], parent_id=row["id"]), a, "sort_key"
        )

    def Unit_lineage(self, row: Row, _: Any) -> Any:
        return self.rows("UnitLineage", tenant_id=row["tenant_id"], unit_id=row["id"])

    def UnitLineage_predecessor(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["predecessor_tenant_id"], id=row["predecessor_unit_id"])

    def UnitLineage_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["predecessor_tenant_id"])

    Unit_predecessors = Unit_lineage

    def Unit_successors(self, row: Row, _: Any) -> Any:
        return self.rows("UnitSuccession", tenant_id=row["tenant_id"], unit_id=row["id"])

    def UnitSuccession_successor(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["successor_tenant_id"], id=row["successor_unit_id"])

    def UnitSuccession_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["successor_tenant_id"])

    def UnitChange_outcome(self, row: Row, _: Any) -> Any:
        plan = json.loads(row["details"])
        before, after = f"Unit.{plan['tenant']}.", f"Unit.{plan['to']}."
        return {
            "__typename": "UnitChangeOutcome",
            "closed": [{**one, "unit_id": before + one["unit"]} for one in plan.get("closed", ())],
            "opened": [
                {**one, "unit_id": after + one["unit"], "parent_id": after + one["parent"]}
                for one in plan.get("opened", ())
            ],
            "altered": [
                {
                    **one,
                    "unit_id": before + one["unit"],
                    "former_name": one["was_name"],
                    "former_code": one["was_code"],
                }
                for one in plan.get("altered", ())
            ],
            "passed": [
                {**one, "predecessor_id": before + one["from"], "successor_id": after + one["unit"]}
                for one in plan.get("passed", ())
            ],
            "left_out": plan.get("left_out"),
        }

    def UnitChange_availableActions(self, row: Row, _: Any) -> Any:
        ours = self.reader.tenant_id == row["tenant_id"] and self.role == "city_officer"
        found = []
        for action, name in (
            ("confirm_unit_change", "确认区划变更"),
            ("decline_unit_change", "否决区划变更"),
        ):
            code, message = "", ""
            if not ours:
                code, message = "actor.not_entitled", f"“{action}” is for a city_officer of this jurisdiction"
            elif row["confirmed_at"] or row["declined_at"]:
                code, message = (
                    "unit_change.settled",
                    "the change of divisions was confirmed or declined before",
                )
            elif action.startswith("confirm") and row["proposed_by"] == self.reader.person_id:
                code, message = "actor.second_person", "is for another person than the one who proposed it"
            obstacle = {"code": code, "message": message, "clause": None} if code else None
            found.append(
                {"action": action, "name": name, "clause": None, "allowed": not code, "obstacle": obstacle}
            )
        return found

    def Certification_former(self, row: Row, _: Any) -> Any:
        return self.one("Certification", tenant_id=row["former_tenant_id"], id=row["former_id"])

    def part(self, type_: str, row: Row, *order: str) -> Any:
        rows = self.rows(type_, tenant_id=row["tenant_id"], campaign_id=row["id"])
        return sorted(rows, key=lambda found: [found[name] for name in order])

    def Campaign_levels(self, row: Row, _: Any) -> Any:
        return self.part("CampaignLevel", row, "level")

    def Campaign_windows(self, row: Row, _: Any) -> Any:
        return self.part("CampaignWindow", row, "opens_at", "stage")

    def Campaign_standard(self, _: Row, a: dict[str, Any]) -> Any:
        """As the delivered file says."""
        level, told = a["level"], json.loads(PROGRAMME.canonical)["standard"]
        ground = {"clause": None, "decided": False, "reason": None, "points": None, "veto": False}
        indicators = []
        for one in told["indicators"]:
            for at in (at for at in one["at"] if at["level"] == level):
                words = {**one, "numerator_en": None, "denominator_en": None, **one, **at}
                zero = one.get("zero", {"value": None, "reason": None})
                groups = [{"code": g["code"], "label": g["label_en"]} for g in one.get("groups", [])]
                empty = {**ground, "item": None, "per": None, "threshold": None}
                said = {
                    "label": one["label_en"],
                    "numerator": words["numerator_en"],
                    "denominator": words["denominator_en"],
                    "unit": one.get("unit_en", ""),
                    "zero": zero["value"],
                    "zero_reason": zero["reason"],
                    "groups": groups,
                    "stated": one["comparison"] != "history",
                }
                indicators.append({**empty, **words, **said})
        items = [
            {**ground, **one, "label": one["label_en"]} for one in told["items"] if level in one["levels"]
        ]
        return {**told, "level": level, "pass_score": None, "items": items, "indicators": indicators}

    def Campaign_clauses(self, row: Row, _: Any) -> Any:
        return self.part("StandardClause", row, "level", "part", "position", "code")

    def Campaign_rosters(self, row: Row, a: dict[str, Any]) -> Any:
        return self.connection(self.part("Roster", row, "created_at"), a, "created_at")

    def Roster_campaign(self, row: Row, _: Any) -> Any:
        return self.one("Campaign", tenant_id=row["tenant_id"], id=row["campaign_id"])

    def Roster_previous(self, row: Row, _: Any) -> Any:
        return self.one("Roster", tenant_id=row["tenant_id"], id=row["previous_id"])

    def Roster_items(self, row: Row, _: Any) -> Any:
        rows = self.rows("RosterItem", tenant_id=row["tenant_id"], roster_id=row["id"])
        return sorted(rows, key=lambda item: item["position"])

    def RosterItem_application(self, row: Row, _: Any) -> Any:
        return self.one("Application", tenant_id=row["application_tenant_id"], id=row["application_id"])

    def Application_community(self, row: Row, _: Any) -> Any:
        return self.unit(row, "community_id")

    def Application_street(self, row: Row, _: Any) -> Any:
        return self.unit(row, "street_id")

    Certification_community = LegacyRecord_community = Application_community

    def RoleAssignment_unit(self, row: Row, _: Any) -> Any:
        # Who reaches the role reaches what it is over.
        unit = self.unit_of(row["tenant_id"], row["unit_id"])
        return unit and {**unit, "__typename": "Unit"}

    def Application_campaign(self, row: Row, _: Any) -> Any:
        return self.one("Campaign", tenant_id=row["campaign_tenant_id"], id=row["campaign_id"])

    def Application_form(self, row: Row, _: Any) -> Any:
        return self.one("FormVersion", tenant_id=row["tenant_id"], id=row["form_version_id"])

    def of(self, type_: str, row: Row, *order: str) -> Any:
        rows = self.rows(type_, tenant_id=row["tenant_id"], application_id=row["id"])
        return sorted(rows, key=lambda found: [found[name] for name in order])

    def Application_formVersions(self, row: Row, _: Any) -> Any:
        return self.of("FormVersion", row, "version")

    def Application_opinions(self, row: Row, _: Any) -> Any:
        return self.of("Opinion", row, "given_at", "id")

    def Application_assessments(self, row: Row, _: Any) -> Any:
        return self.of("ItemAssessment", row, "assessed_at", "item_code", "id")

    def Application_ending(self, row: Row, _: Any) -> Any:
        return next(iter(self.of("ApplicationEnding", row, "application_id")), None)

    def Application_comparison(self, row: Row, a: dict[str, Any]) -> Any:
        versions = {found["version"]: found for found in self.Application_formVersions(row, None)}
        if a["from"] not in versions or a["to"] not in versions:
            return None
        before, after = (
            {
                **found,
                **{name: found[f"{name}_commitment"] for name in CONTACT},
                "certified_on": plain(found["certified_on"]),
            }
            for found in (versions[a["from"]], versions[a["to"]])
        )
        known = self.Application_campaign(row, None) is not None
        form = PROGRAMME.forms[before["form"]] if known else None
        indicators = PROGRAMME.indicators if known else ()
        return [asdict(one) for one in compare(form, before, after, indicators)]

    def FormVersion_figures(self, row: Row, _: Any) -> Any:
        empty = dict.fromkeys(("group", "numerator", "denominator", "count", "holds"))
        return [{**empty, **one} for one in json.loads(row["figures"] or "[]")]

    def Application_figures(self, row: Row, _: Any) -> Any:
        form = self.Application_form(row, None)
        return [] if form is None else self.FormVersion_figures(form, None)

    def Application_judgement(self, row: Row, _: Any) -> Any:
        if self.Application_campaign(row, None) is None:
            return None
        form, items = self.Application_form(row, None), {}
        for opinion in self.Application_opinions(row, None):
            if form is None or opinion["form_version_id"] != form["id"]:
                continue
            if opinion["verdict"] == "return":
                items = {}
            for one in self.Opinion_items(opinion, None) if opinion["verdict"] != "return" else ():
                items[one["item_code"]] = ItemFinding(one["verdict"], one["score"])
        history = self.history(row["tenant_id"], row["community_id"]) if row["level"] == "star" else None
        figures = figures_of(form and form["figures"])
        found = judge(PROGRAMME, row["level"], items, figures, history)
        outcomes = [
            {**asdict(one), "refuses": one in found.refusing, "explanation": one.en, "remedy": one.change_en}
            for one in found.outcomes
        ]
        return {**asdict(found), "outcomes": outcomes}

    def Application_evidence(self, row: Row, _: Any) -> Any:
        rows = self.rows("Evidence", tenant_id=row["tenant_id"], subject_id=row["id"])
        return sorted(rows, key=lambda found: [found["created_at"], found["id"]])

    def Evidence_authorTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["author_tenant_id"])

    def Application_certification(self, row: Row, _: Any) -> Any:
        return next(iter(self.of("Certification", row, "id")), None)

    def Query_ledgerCheckpoints(self, _: Any, a: dict[str, Any]) -> Any:
        found = self.filtered("LedgerCheckpoint", a.get("filter") or {}, {})
        return self.connection(found, a, "size", descending=True)

    def Query_ledgerReadings(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("LedgerReading", a.get("filter") or {}, {}), a, "set_at")

    def LedgerEntry_proof(self, row: Row, _: dict[str, Any]) -> Any:
        """The world's checkpoints cover nothing that its tiles could prove."""
        return None

    def Application_ledgerEntries(self, row: Row, a: dict[str, Any]) -> Any:
        rows = self.rows("LedgerEntry", tenant_id=row["tenant_id"], subject_id=row["id"])
        return self.connection(rows, a, "seq")

    def Application_availableActions(self, row: Row, _: Any) -> Any:
        if self.Application_campaign(row, None) is None:
            return []
        mine = [
            a["status"]
            for a in self.world.all("applications")
            if all(a[name] == row[name] for name in ("tenant_id", "campaign_id", "level"))
        ]
        form = next((f for f in self.world.all("form_versions") if f["id"] == row["form_version_id"]), {})
        given = [o for o in self.world.all("opinions") if o["application_id"] == row["id"]]
        view = ApplicationView(
            **{name: row[name] for name in ("tenant_id", "campaign_tenant_id", "level", "status")},
            **{name: row[name] for name in ("community_id", "street_id", "filed_by")},
            form_authors=tuple(
                f["author_id"] for f in self.world.all("form_versions") if f["application_id"] == row["id"]
            ),
            form_returned=any(
                o["verdict"] == "return" and o["form_version_id"] == row["form_version_id"] for o in given
            ),
            form_hash=form.get("hash"),
            endorsed=tuple((o["stage"], o["author_id"]) for o in given),
            county_taken=sum(status in PROGRAMME.holds_county_place.value for status in mine),
            facts=self.facts(row["tenant_id"], row["community_id"]),
            form_history=(form.get("certified_on"), form.get("reviews")),
            figures=figures_of(form.get("figures")),
            extended=self.extended_for(row),
            lists=tuple(
                (roster["kind"], item["verdict"])
                for item in self.world.all("roster_items")
                for roster in self.world.all("rosters")
                if item["roster_id"] == roster["id"] and item["application_id"] == row["id"]
            ),
            upheld=any(
                one["application_id"] == row["id"] and one["status"] == "upheld"
                for one in self.world.all("objections")
            ),
        )
        files = [one for one in self.world.all("evidence") if one["subject_id"] == row["id"]]
        attaching = find_attaching(PROGRAMME, view, len(files), self.actor(row))
        assert attaching is not None
        return [
            shown(found) for found in (*available_actions(PROGRAMME, view, self.actor(row), NOW), attaching)
        ]

    def actor(self, row: Row) -> Any:
        """The reader as an actor in the row's tenant."""
        away = row["tenant_id"] != self.reader.tenant_id
        return SimpleNamespace(
            person_id=self.reader.person_id,
            home_tenant_id=self.reader.tenant_id,
            roles=[role for role in self.reader.roles if not away or role.name != RoleName.AUDITOR],
            oversees=away,
        )

    def facts(self, tenant: int, community: UUID) -> Facts:
        """What the community's entries told."""
        return Facts(community, tuple(self.world.told.get((tenant, community), ())))

    def history(self, tenant: int, community: UUID, on: Any = None, until: Any = None) -> Any:
        """As star asks for it."""
        facts = self.facts(tenant, community)
        return fold(facts, "provincial", on or date(2022, 5, 10), PROGRAMME.history, until)

    def shown(self, tenant: int, community: UUID, on: Any = None, until: Any = None) -> Any:
        found = self.history(tenant, community, on, until)
        one = found.certified
        return {
            "level": "provincial",
            "applying_for": "star",
            "certified_on": one and one.on,
            "certified_by": one and cited(one.cite),
            "stands": found.stands,
            "state": one and one.state,
            "years": [
                {
                    "year": year.year,
                    "first": year.year,
                    "result": year.result,
                    "legacy": year.legacy,
                    "cite": year.cite and cited(year.cite),
                }
                for year in found.years
            ],
            "streak": found.streak,
            "broken_by": found.broken_by
            and {
                "kind": found.broken_by.kind,
                "year": found.broken_by.year,
                "cite": found.broken_by.cite and cited(found.broken_by.cite),
            },
            "first_year": first_year(found, 3),
            "legacy": found.legacy,
            "obstacle": told(find_history_obstacle(PROGRAMME, "star", found)),
        }

    def Application_history(self, row: Row, _: Any) -> Any:
        if row["level"] != "star" or self.Application_campaign(row, None) is None:
            return None
        return self.shown(row["tenant_id"], row["community_id"])

    def Application_restsOnLegacy(self, row: Row, _: Any) -> Any:
        form = next((f for f in self.world.all("form_versions") if f["id"] == row["form_version_id"]), {})
        if form.get("certified_on") is None:
            known = row["level"] == "star" and self.Application_campaign(row, None) is not None
            return known and self.history(row["tenant_id"], row["community_id"]).legacy
        certified = settle(self.facts(row["tenant_id"], row["community_id"]), date(2022, 5, 10)).certified
        legacy = [one.on for one in certified if one.legacy]
        return form["certified_on"] in legacy or any(one["legacy"] for one in json.loads(form["reviews"]))

    def FormVersion_certifiedBy(self, row: Row, _: Any) -> Any:
        return None if row["certified_by"] is None else json.loads(row["certified_by"])

    def FormVersion_reviews(self, row: Row, _: Any) -> Any:
        return None if row["reviews"] is None else json.loads(row["reviews"])

    def shows_past(self, row: Row) -> bool:
        """Of a community in reach whose city's campaign is in reach."""
        known = row["kind"] in ("community", "village") and CITY in self.tenants("Campaign")
        known = known and self.role != "review_team"
        return known and self.reaches(row)

    def Unit_history(self, row: Row, a: dict[str, Any]) -> Any:
        asked = a.get("on") and date.fromisoformat(a["on"]), moment(a.get("knownAt"))
        return self.shown(row["tenant_id"], row["id"], *asked) if self.shows_past(row) else None

    def Query_standings(self, _: Any, a: dict[str, Any]) -> Any:
        given = a.get("filter") or {}
        day = date.fromisoformat(given.get("onDay") or "2022-05-10")
        plain_ = {name: one for name, one in given.items() if name in ("level", "tenantId", "communityId")}
        rows = []
        for row in self.filtered("Standing", plain_, {"communityId": "community_id"}):
            if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"]):
                # Of a community that is there on the day, and of the campaign that is named.
                unit = next(one for one in self.world.all("units") if one["id"] == row["community_id"])
                there = unit["valid_to"] is None or day < unit["valid_to"]
                wanted = given.get("campaignId")
                asked = row["level"] == "provincial" and CITY in self.tenants("Campaign")
                asked = asked and (wanted is None or self.find(wanted) is not None)
                found = {**row, "asked": asked, "day": day}
                eligible = self.Standing_eligible(found, None)
                if there and (given.get("eligible") is None or eligible is given["eligible"]):
                    rows.append(found)
        return self.connection(rows, a, "certified_on")

    def stood(self, row: Row) -> Any:
        if not row["asked"]:
            return None
        return self.history(row["tenant_id"], row["community_id"], row["day"])

    def star(self, row: Row) -> Any:
        """The star certification that holds on the day."""
        known = settle(self.facts(row["tenant_id"], row["community_id"]), row["day"]).certified
        return next((one for one in known if one.level == "star" and one.state != "revoked"), None)

    def Standing_eligible(self, row: Row, _: Any) -> Any:
        if not row["asked"]:
            return None
        return self.star(row) is None and self.stood(row).stands and self.stood(row).streak >= 3

    def Standing_eligibleFor(self, row: Row, _: Any) -> Any:
        return "star" if row["asked"] else None

    def Standing_reason(self, row: Row, _: Any) -> Any:
        if not row["asked"] or self.Standing_eligible(row, None):
            return "ELIGIBLE" if row["asked"] else None
        if self.star(row) is not None:
            return "HELD"
        found = self.stood(row)
        return "MISSING" if found.stands else found.certified.state.upper()

    def Standing_stands(self, row: Row, _: Any) -> Any:
        return row["asked"] and self.stood(row).stands if row["asked"] else None

    def Standing_streak(self, row: Row, _: Any) -> Any:
        return self.stood(row).streak if row["asked"] else None

    def of_standing(self, row: Row, name: str) -> Any:
        if not row["asked"]:
            return None
        return self.shown(row["tenant_id"], row["community_id"], row["day"])[name]

    def Standing_years(self, row: Row, _: Any) -> Any:
        return self.of_standing(row, "years") or []

    def Standing_firstYear(self, row: Row, _: Any) -> Any:
        return self.of_standing(row, "first_year")

    def Standing_brokenBy(self, row: Row, _: Any) -> Any:
        return self.of_standing(row, "broken_by")

    def Standing_certifiedBy(self, row: Row, _: Any) -> Any:
        return self.of_standing(row, "certified_by")

    def Standing_obstacle(self, row: Row, _: Any) -> Any:
        if row["asked"] and self.star(row) is not None:
            return told(self.held("star", row["tenant_id"], row["community_id"], row["day"]))
        return self.of_standing(row, "obstacle")

    def held(self, level: str, tenant: int, community: UUID, day: date = date(2022, 5, 10)) -> Any:
        """That it is what it would apply for."""
        now = datetime.combine(day, time(9), UTC)
        return find_held_obstacle(PROGRAMME, level, self.facts(tenant, community), now)

    def Standing_community(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["tenant_id"], id=row["community_id"])

    def Campaign_standingCounts(self, row: Row, a: dict[str, Any]) -> Any:
        if self.role in ("street_officer", "community_clerk", "review_team"):
            return None
        counted: dict[str, int] = {}
        for unit in self.world.all("units"):
            there = unit["valid_to"] is None or unit["valid_to"] > date(2022, 5, 10)
            mine = unit["tenant_id"] in self.tenants("Unit") and unit["tenant_id"] in (EAST, WEST)
            if unit["kind"] in ("community", "village") and there and mine and row["tenant_id"] == CITY:
                found = self.history(unit["tenant_id"], unit["id"])
                reason = "uncertified"
                if found.certified is not None and a["level"] == "star":
                    standing = {"tenant_id": unit["tenant_id"], "community_id": unit["id"], "asked": True}
                    reason = self.Standing_reason({**standing, "day": date(2022, 5, 10)}, None).lower()
                counted[reason] = counted.get(reason, 0) + 1
        return [{"reason": name, "number": counted[name]} for name in sorted(counted)]

    def Query_certifiedOn(self, _: Any, a: dict[str, Any]) -> Any:
        on, until, level = date.fromisoformat(a["on"]), moment(a.get("knownAt")), a["level"]
        rows = []
        for row in self.filtered("Holding", a.get("filter") or {}, {}):
            known = settle(self.facts(row["tenant_id"], row["id"]), on, until).certified
            held = [one for one in known if one.level == level and one.state != "revoked"]
            there = row["valid_from"] <= on and (row["valid_to"] is None or on < row["valid_to"])
            if held and there:
                held.sort(key=lambda one: (one.state is not None, one.on))
                rows.append({**row, "held": held[0]})
        return self.connection(rows, a, "sort_key")

    def Holding_community(self, row: Row, _: Any) -> Any:
        return self.one("Unit", id=row["id"])

    def Holding_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["tenant_id"])

    def Standing_tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["tenant_id"])

    def Holding_certifiedOn(self, row: Row, _: Any) -> Any:
        return row["held"].on.isoformat()

    def Holding_certifiedBy(self, row: Row, _: Any) -> Any:
        return cited(row["held"].cite)

    def Holding_state(self, row: Row, _: Any) -> Any:
        return row["held"].state and row["held"].state.upper()

    def Unit_eligibility(self, row: Row, _: Any) -> Any:
        if not self.shows_past(row):
            return []
        answer = []
        for level in ("provincial", "star"):
            view = ApplicationView(
                tenant_id=row["tenant_id"],
                campaign_tenant_id=CITY,
                level=level,
                status=None,
                community_id=row["id"],
                street_id=row["parent_id"],
                facts=self.facts(row["tenant_id"], row["id"]),
            )
            lacks = find_history_obstacle(PROGRAMME, level, self.history(row["tenant_id"], row["id"]))
            against = find_obstacle(PROGRAMME, "file_application", view, self.actor(row), NOW)
            held = self.held(level, row["tenant_id"], row["id"])
            answer.append(
                {
                    "level": level,
                    "eligible": lacks is None and held is None,
                    "allowed": against is None,
                    "obstacle": told(held or lacks or against),
                }
            )
        return answer

    def Unit_legacyRecords(self, row: Row, _: Any) -> Any:
        rows = self.rows("LegacyRecord", tenant_id=row["tenant_id"], community_id=row["id"])
        return sorted(rows, key=lambda found: (found["year"], found["proposed_at"], found["id"]))

    def LegacyRecord_attestedTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["attested_tenant_id"])

    def Certification_legacy(self, row: Row, _: Any) -> Any:
        return row["legacy_id"] is not None or bool(row["former_legacy"])

    def Certification_legacyRecord(self, row: Row, _: Any) -> Any:
        return self.one("LegacyRecord", tenant_id=row["tenant_id"], id=row["legacy_id"])

    def CertificationChange_county(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["certification_tenant_id"])

    def CertificationChange_certification(self, row: Row, _: Any) -> Any:
        return self.one("Certification", tenant_id=row["certification_tenant_id"], id=row["certification_id"])

    def extensions_of(self, city: int, level: str | None) -> list[Row]:
        return [
            one
            for one in self.world.all("extensions")
            if one["tenant_id"] == city and one["confirmed_at"] and one["level"] in (None, level)
        ]

    def extended_for(self, row: Row) -> dict[str, datetime]:
        """Stage → latest close, for an application."""
        whom = [(None, None), (row["tenant_id"], None), (row["tenant_id"], row["community_id"])]
        found = self.extensions_of(row["campaign_tenant_id"], row["level"])
        mine = [one for one in found if (one["beneficiary_tenant_id"], one["community_id"]) in whom]
        return {one["stage"]: one["closes_at"] for one in sorted(mine, key=lambda one: one["closes_at"])}

    def extended_round(self, city: int, level: str | None) -> dict[str, datetime]:
        found = self.extensions_of(city, level)
        return {one["stage"]: one["closes_at"] for one in found if one["beneficiary_tenant_id"] is None}

    def due(self, city: int, code: str, name: str, stage: str, until: datetime, extended: bool) -> Any:
        last = (until + timedelta(hours=8)).date() - timedelta(days=1)
        left = [day for day in WORKED if day <= last and not (city == CITY and day == SET_TO_REST)]
        return {
            "code": code,
            "name": name,
            "opens_at": OPENS[stage],
            "closes_at": until,
            "last_day": last,
            "working_days_left": len(left),
            "overdue": False,
            "extended": extended,
            "obstacle": None,
        }

    def window_due(self, city: int, stage: str, extended: dict[str, datetime]) -> Any:
        return self.due(
            city, stage, NAMES[stage], stage, extended.get(stage, CLOSES[stage]), stage in extended
        )

    def Application_deadline(self, row: Row, _: Any) -> Any:
        if self.Application_campaign(row, None) is None or row["status"] not in WAITING:
            return None
        return self.window_due(row["campaign_tenant_id"], WAITING[row["status"]], self.extended_for(row))

    def Campaign_deadlines(self, row: Row, a: dict[str, Any]) -> Any:
        city, extended = row["tenant_id"], self.extended_round(row["tenant_id"], a["level"])
        start = date(2022, 5, 26) if "city_review" in extended else date(2022, 5, 20)
        until = datetime(start.year, start.month, start.day, 16, tzinfo=UTC)
        return [
            *(self.window_due(city, stage, extended) for stage in CLOSES),
            self.due(city, "publicity", "最迟公示", "city_review", until, "city_review" in extended),
            {**self.window_due(city, "city_review", extended), "code": "report", "name": "报送截止"},
        ]

    def Campaign_comparison(self, row: Row, a: dict[str, Any]) -> Any:
        city, names = row["tenant_id"], {one["id"]: one for one in self.world.all("units")}
        asked = {role.name for role in self.reader.roles} & {"city_officer", "auditor"}
        if self.reader.tenant_id != city or not asked:
            return None
        level = a["level"]
        if EAST not in self.reader.granted:
            return []
        rankings = [
            one
            for one in self.part("Roster", row, "created_at")
            if (one["level"], one["kind"]) == (level, "ranking")
        ]
        answer = []
        for one in self.world.all("applications"):
            if (one["tenant_id"], one["campaign_id"], one["level"]) != (EAST, row["id"], level):
                continue
            if one["status"] not in PROGRAMME.holds_county_place.value:
                continue
            lines = self.rows("RosterItem", roster_id=rankings[-1]["id"]) if rankings else []
            line = next((item for item in lines if item["application_id"] == one["id"]), {})
            places = [names[one["street_id"]], names[one["community_id"]]]
            name = " / ".join(place["name"] for place in (names[places[0]["parent_id"]], *places))
            answer.append(
                {
                    "application_id": f"Application.{EAST}.{one['id']}",
                    "community_name": name,
                    "status": one["status"].upper(),
                    "position": line.get("position"),
                    "score": line.get("score"),
                    "verdict": line["verdict"].upper() if line else None,
                    "stages": self.stages_of(one),
                    "village": one["community_kind"] == "village",
                }
            )
        answer.sort(key=lambda one: (one["village"], one["community_name"], one["application_id"]))
        return sorted(answer, key=lambda one: (one["position"] is None, one["position"] or 0))

    def stages_of(self, application: Row) -> list[dict[str, Any]]:
        """The verdicts on items by opinions that stand, counted stage by stage."""
        given = [o for o in self.world.all("opinions") if o["application_id"] == application["id"]]
        stages: dict[str, dict[str, Any]] = {}
        for opinion in given:
            returned = [o for o in given if o["verdict"] == "return" and o["given_at"] >= opinion["given_at"]]
            if returned or opinion["form_version_id"] != application["form_version_id"]:
                continue
            for item in self.world.all("item_assessments"):
                if item["opinion_id"] == opinion["id"]:
                    empty = dict.fromkeys(("meets", "does_not_meet", "not_applicable", "notes"), 0)
                    counts = stages.setdefault(opinion["stage"], {"stage": opinion["stage"].upper(), **empty})
                    counts[item["verdict"]] += 1
                    counts["notes"] += item["note"] != ""
        return [stages[stage] for stage in sorted(stages)]

    def listed_item(self, item: Row, roster: Row) -> ListedItem:
        """An item as it stands; what is not the granted county's is not there."""
        against, zone = self.beside("objections", item), PROGRAMME.zone
        corrected = [one["corrected_on"] for one in self.beside("publicity_corrections", item)]
        statuses = [
            one["status"]
            for one in self.world.all("applications")
            if one["id"] == item["application_id"] and one["tenant_id"] == EAST
        ]
        return ListedItem(
            item["position"],
            self.name_of(item, None),
            max([roster["opens_on"], *corrected]),
            tuple(
                pause
                for one in against
                if (pause := pause_of(one["status"], one["accepted_at"], one["decided_at"], zone))
            ),
            sum(one["status"] in ("received", "accepted") for one in against),
            any(status not in ("rejected", "withdrawn", "lapsed") for status in statuses)
            and all(one["status"] != "upheld" for one in against),
            roster["closes_on"],
        )

    def Campaign_availableActions(self, row: Row, a: dict[str, Any]) -> Any:
        city, level = row["tenant_id"], a["level"]
        # Of the two counties one has granted its oversight.
        counted = [
            one["status"]
            for one in self.world.all("applications")
            if (one["tenant_id"], one["campaign_id"], one["level"]) == (EAST, row["id"], level)
            and self.reader.tenant_id == city == CITY
        ]
        view = RoundView(
            campaign_tenant_id=city,
            level=level,
            rosters=tuple(
                Roster(**{name: value for name, value in one.items() if name != "__typename"})
                for one in self.part("Roster", row, "created_at")
                if one["level"] == level
            ),
            statuses={status: counted.count(status) for status in counted},
            extended=self.extended_round(city, level),
            calendar=Calendar({SET_TO_REST: False} if city == CITY else {}),
            listed=tuple(
                self.listed_item(item, one)
                for one in self.part("Roster", row, "created_at")
                if (one["level"], one["kind"]) == (level, "publicity")
                for item in self.rows("RosterItem", tenant_id=city, roster_id=one["id"])
            ),
        )
        actor = SimpleNamespace(
            person_id=self.reader.person_id,
            home_tenant_id=self.reader.tenant_id,
            roles=self.reader.roles if city == self.reader.tenant_id else (),
            oversees=False,
        )
        return [shown(found) for found in available_roster_actions(PROGRAMME, view, actor, NOW)]

    def Campaign_extensions(self, row: Row, a: dict[str, Any]) -> Any:
        return self.connection(self.part("Extension", row, "proposed_at"), a, "proposed_at")

    Extension_campaign = Roster_campaign

    def Extension_beneficiary(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["beneficiary_tenant_id"])

    def Extension_community(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["beneficiary_tenant_id"], id=row["community_id"])

    def CalendarYear_days(self, row: Row, _: Any) -> Any:
        rows = self.rows("CalendarDay", tenant_id=row["tenant_id"], year=row["year"])
        return sorted(rows, key=lambda found: found["day"])

    def Query_extensions(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("Extension", a.get("filter") or {}, {"campaignId": "campaign_id"})
        return self.connection(rows, a, "proposed_at")

    def Query_calendarYears(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("CalendarYear", a.get("filter") or {}, {}), a, "year")

    def Campaign_publicityPlan(self, row: Row, a: dict[str, Any]) -> Any:
        if (row["tenant_id"], a.get("level")) == (CITY, "star"):
            counted = [
                date(2022, 5, 27),
                date(2022, 5, 30),
                date(2022, 5, 31),
                date(2022, 6, 1),
                date(2022, 6, 2),
            ]
            return {
                "opens_on": date(2022, 5, 26),
                "counted": counted,
                "report_from": date(2022, 6, 6),
                "obstacle": None,
            }
        return {
            "opens_on": date(2022, 5, 20),
            "counted": [date(2022, 5, day) for day in range(23, 28)],
            "report_from": date(2022, 5, 30),
            "obstacle": None,
        }

    def in_force(self, row: Row, version: UUID) -> bool:
        found = (a for a in self.world.all("applications") if a["id"] == row["application_id"])
        return next(found)["form_version_id"] == version

    def FormVersion_isCurrent(self, row: Row, _: Any) -> Any:
        return self.in_force(row, row["id"])

    def Opinion_stands(self, row: Row, _: Any) -> Any:
        others = [
            o
            for o in self.world.all("opinions")
            if o["application_id"] == row["application_id"] and o["id"] != row["id"]
        ]
        returned = any(o["verdict"] == "return" and o["given_at"] >= row["given_at"] for o in others)
        return self.in_force(row, row["form_version_id"]) and not returned

    def Opinion_items(self, row: Row, _: Any) -> Any:
        rows = self.rows("ItemAssessment", tenant_id=row["tenant_id"], opinion_id=row["id"])
        return sorted(rows, key=lambda item: item["item_code"])

    def Opinion_formVersion(self, row: Row, _: Any) -> Any:
        return self.one("FormVersion", tenant_id=row["tenant_id"], id=row["form_version_id"])

    def Certification_application(self, row: Row, _: Any) -> Any:
        return self.one("Application", tenant_id=row["tenant_id"], id=row["application_id"])

    def Certification_citedSeq(self, row: Row, _: Any) -> Any:
        if abs(row["cited_seq"]) >= 2**53:
            raise GraphQLError("The number does not fit 53 bits.")
        return row["cited_seq"]

    def personal(self, row: Row, column: str) -> str | None:
        values = self.world.personal_values
        return next((value.value for value in values if value.commitment == row[column]), None)

    def contact(self, row: Row, column: str, cover: Callable[[str], str]) -> str | None:
        value = self.personal(row, column)
        hidden = self.role in ("auditor", "review_team", "tenant_administrator")
        return cover(value) if hidden and value is not None else value

    def FormVersion_contactName(self, row: Row, _: Any) -> Any:
        return self.contact(row, "contact_name_commitment", lambda value: value[0] + "**")

    def FormVersion_fixedPhone(self, row: Row, _: Any) -> Any:
        return self.contact(row, "fixed_phone_commitment", lambda value: "*********" + value[-2:])

    def FormVersion_mobilePhone(self, row: Row, _: Any) -> Any:
        return self.contact(row, "mobile_phone_commitment", lambda value: "*********" + value[-2:])

    def Viewer_personId(self, row: Row, _: Any) -> Any:
        return str(row["id"])

    def Viewer_name(self, row: Row, _: Any) -> Any:
        return self.personal(row, "name_commitment")

    def Viewer_roles(self, row: Row, _: Any) -> Any:
        return self.Person_roles(row, None)


def first_fact(row: Row) -> dict[str, Any]:
    """The first fact that an entry says."""
    found: dict[str, Any] = json.loads(row["leaf"])["body"]["intent"]["facts"][0]
    return found


def figures_of(text: str | None) -> tuple[Figure, ...]:
    return tuple(Figure(**one) for one in json.loads(text or "[]"))


def told(obstacle: Any) -> Any:
    return obstacle and {"code": obstacle.code, "message": obstacle.en, "clause": obstacle.clause}


def cited(cite: Cite) -> dict[str, Any]:
    return {"origin": cite.origin, "sequence": cite.seq, "hash": cite.hash}


def shown(found: Any) -> dict[str, Any]:
    """An action, by the words that the API shows."""
    against = found.obstacle
    return {
        "action": found.action,
        "name": found.name,
        "clause": found.clause,
        "allowed": found.allowed,
        "obstacle": against and {"code": against.code, "message": against.en, "clause": against.clause},
    }


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def place(row: Row, order: str) -> list[Any]:
    tenant = row["id"] if row["__typename"] == "Tenant" else row["tenant_id"]
    if row["__typename"] == "Standing":
        return [row[order], row["community_id"], row["level"], row["valid_from"], tenant]
    key = KEYS.get(row["__typename"], "id")
    return [row[order], *(row[name] for name in (key if isinstance(key, tuple) else (key,))), tenant]


def cursor(row: Row, order: str) -> str:
    text = ":".join([order, *(str(plain(part)) for part in place(row, order))])
    PLACES[text] = place(row, order)
    return text


def plain(value: Any) -> Any:
    match value:
        case datetime():
            return format_timestamp(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case UUID():
            return str(value)
        case list():
            return [plain(item) for item in value]
        case _:
            return value
