"""A small world as plain rows: a city and two counties (and a stranger city), with everything the read types show.

The same rows are inserted into PostgreSQL and walked by the naive resolvers of naive.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.entry import Cite, format_time
from audit.note import encode_base64
from audit.tables import ledger_checkpoints, ledger_entries, ledger_heads, ledger_rows
from audit.tree import EMPTY_ROOT, leaf_hash
from certification import fact
from certification import tables as c
from certification.fact import Fact, format_fact
from certification.history import Facts, Told
from certification.projection import row_of
from certification.reader import load_programme
from certification.reviews import tables as r
from certification.reviews.tables import history_facts, standings
from certification.standing import project
from tenancy import tables as t
from tenancy.database import Scope, TenantConnection
from tenancy.identity import Principal, Role, RoleName
from tenancy.personal import PersonalValue, insert_values
from tenancy.vault import Vault

Row = dict[str, Any]
PROGRAMME = load_programme("zhoukou-2022")
SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
START = datetime(2022, 4, 25, 1, 2, 3, 456789, tzinfo=UTC)
NOW = datetime(2022, 5, 10, tzinfo=UTC)
CITY, EAST, WEST, STRANGER = 1, 2, 3, 9
COUNTIES = (EAST, WEST)


def uid(*parts: object) -> UUID:
    """The same name, the same UUID."""
    return uuid5(SPACE, "/".join(map(str, parts)))


def digest(*parts: object) -> bytes:
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()


def a_review(year: int) -> dict[str, Any]:
    """A year's review as a form keeps it."""
    cite = {"hash": digest("review", year).hex(), "origin": "xingji/411602", "sequence": year}
    return {"cite": cite, "legacy": year % 2 == 0, "result": "pass_after_rectification", "year": year}


def a_figure(n: int, version: int) -> str | None:
    """Some figures as a form keeps them; most are missing."""
    held = {"code": "certificate_held", "denominator": 9, "group": "newly_employed", "numerator": 9 - version}
    registered = {"code": "labour_force_registered", "denominator": 4000, "numerator": 3199 + n}
    found = [
        held,
        registered,
        {"code": "reported_in_time", "holds": n % 2 == 0},
        {"code": "staff", "count": n},
    ]
    return json.dumps(found[version % 2 :]) if n % 3 else None


class World:
    """Rows by table name."""

    def __init__(self, communities: int = 3) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.personal_values: list[PersonalValue] = []
        self.told: dict[tuple[int, UUID], list[Told]] = {}
        for number, code, level, parent in (
            (CITY, "411600", "city", None),
            (EAST, "411602", "county", CITY),
            (WEST, "411603", "county", CITY),
            (STRANGER, "410100", "city", None),
        ):
            self.add(
                t.tenants,
                id=number,
                code=code,
                name=f'市县"{number}"\\',
                level=level,
                parent_id=parent,
                unit_id=uid("root", number),
                origin=f"xingji/{code}",
            )
            self.unit(number, "root", level, None)
            self.person(number, "officer")
        for city in (CITY, STRANGER):
            self.city(city)
            self.public(city)
        for county in COUNTIES:
            self.county(county, communities)
            for s, years in ((0, (2019, 2020, 2021)), (1, (2019, 2021))):
                self.legacy(county, uid(f"community{s}.0", county), years)
            self.head(county)
        self.stand()

    def add(self, table: Any, **row: Any) -> Row:
        full = {column.name: row.get(column.name) for column in table.columns}
        self.rows.setdefault(table.name, []).append(full)
        return full

    def all(self, table: str) -> list[Row]:
        return self.rows.get(table, [])

    def unit(self, tenant: int, name: str, kind: str, parent: UUID | None, closed: bool = False) -> UUID:
        unit_id = uid(name, tenant)
        self.add(
            t.units,
            tenant_id=tenant,
            id=unit_id,
            parent_id=parent,
            kind=kind,
            name=f"{name}·单位\n{tenant}",
            sort_key=f"{kind}:{name}",
            valid_from=date(2020, 1, 2),
            valid_to=date(2023, 3, 4) if closed else None,
        )
        for since, until in ((date(2020, 1, 2), date(2021, 1, 1)), (date(2021, 1, 1), None)):
            if until is None and closed:
                continue
            self.add(
                t.unit_codes,
                tenant_id=tenant,
                unit_id=unit_id,
                code=f"{since.year}{tenant:08d}",
                valid_from=since,
                valid_to=until,
                source="test",
            )
        return unit_id

    def personal(self, tenant: int, subject: UUID, field: str, value: str, erased: bool = False) -> bytes:
        commitment = digest(tenant, subject, field)
        if not erased:
            salt = digest("salt", subject, field)
            self.personal_values.append(PersonalValue(tenant, commitment, subject, field, value, salt))
        return commitment

    def person(self, tenant: int, name: str) -> UUID:
        person = uid("person", name, tenant)
        self.add(
            t.people,
            tenant_id=tenant,
            id=person,
            name_commitment=self.personal(tenant, person, "name", f"王{name}"),
            created_at=START,
        )
        self.add(
            t.access_log,
            tenant_id=tenant,
            id=uid("attempt", name, tenant),
            at=START,
            person_id=person,
            operation="application.filed",
            target="-",
            code="not_found",
            trace_id=f"trace {tenant}",
        )
        self.add(
            t.role_assignments,
            tenant_id=tenant,
            id=uid("role", name, tenant),
            person_id=person,
            role="city_officer" if tenant in (CITY, STRANGER) else "county_officer",
            unit_id=uid("root", tenant),
            valid_from=START,
            valid_to=None,
        )
        self.add(
            t.role_assignments,
            tenant_id=tenant,
            id=uid("old role", name, tenant),
            person_id=person,
            role="auditor",
            unit_id=uid("root", tenant),
            valid_from=START - timedelta(days=9),
            valid_to=START,
        )
        return person

    def city(self, city: int) -> None:
        campaign = uid("campaign", city)
        self.add(
            c.campaigns,
            tenant_id=city,
            id=campaign,
            code="zhoukou-2022",
            name="第六批",
            document_number="周人社办〔2022〕72号",
            issued_on=date(2022, 4, 25),
            programme=PROGRAMME.canonical.decode(),
            programme_digest=digest("programme"),
            opened_at=START,
        )
        key = {"tenant_id": city, "campaign_id": campaign}
        self.add(c.campaign_levels, **key, level="provincial", batch=6, city_quota=6, county_quota=1)
        self.add(c.campaign_levels, **key, level="star", batch=4, city_quota=4)
        for at, stage in enumerate(("application", "county", "city")):
            opens = START + timedelta(days=at)
            self.add(
                c.campaign_windows, **key, stage=stage, opens_at=opens, closes_at=opens + timedelta(days=20)
            )
        for at, part in enumerate(("platform", "services", "indicators")):
            self.add(
                c.standard_clauses,
                **key,
                level="provincial",
                code=f"{at + 1}.1",
                part=part,
                position=at,
                wording="办公面积≥50m²",
            )
        if city == CITY:
            self.arrangements(city)
        for at, kind in enumerate(("ranking", "publicity")):
            roster = uid("roster", city, kind)
            self.add(
                c.rosters,
                tenant_id=city,
                id=roster,
                campaign_id=campaign,
                level="provincial",
                kind=kind,
                previous_id=uid("roster", city, "ranking") if at else None,
                document_number=None,
                opens_on=date(2022, 5, 20) if at else None,
                closes_on=date(2022, 5, 27) if at else None,
                closed_at=None,
                reason="择优",
                author_id=uid("person", "officer", city),
                created_at=START + timedelta(hours=at),
            )
            for position, county in enumerate(COUNTIES, 1):
                self.add(
                    c.roster_items,
                    tenant_id=city,
                    roster_id=roster,
                    position=position,
                    application_tenant_id=county,
                    application_id=uid("application", county, 0, "provincial"),
                    community_name="周口市/社区",
                    verdict="selected" if kind == "ranking" else "listed",
                    reason="",
                    cited_origin="xingji/411602",
                    cited_seq=2**53 - 1,
                    cited_hash=digest("cited"),
                )

    def public(self, city: int) -> None:
        """Lists that everybody may read at NOW, an objection in every state, and a correction."""
        campaign, officer = uid("campaign", city), uid("person", "officer", city)
        lists = (("publicity", "star", date(2022, 5, 5)), ("decision", "provincial", None))
        for at, (kind, level, opens_on) in enumerate(lists):
            roster = uid("public roster", city, kind)
            self.add(
                c.rosters,
                tenant_id=city,
                id=roster,
                campaign_id=campaign,
                level=level,
                kind=kind,
                document_number=None if opens_on else "豫人社〔2022〕1号",
                document_date=None if opens_on else date(2022, 5, 9),
                opens_on=opens_on,
                closes_on=opens_on and date(2022, 5, 11),
                reason="不公开的理由",
                author_id=officer,
                created_at=START + timedelta(hours=5, minutes=at),
            )
            for position in range(1, 5):
                self.add(
                    c.roster_items,
                    tenant_id=city,
                    roster_id=roster,
                    position=position,
                    application_tenant_id=COUNTIES[position % 2],
                    application_id=uid("application", COUNTIES[position % 2], position % 3, "provincial"),
                    community_name=f"周口市/社区{position}",
                    verdict="listed" if opens_on else ("certified", "not_certified")[position % 2],
                    reason="不公开的理由",
                    cited_origin="xingji/411602",
                    cited_seq=position,
                    cited_hash=digest("cited", position),
                )
                if opens_on:
                    self.objection(city, roster, position)
        for at, name in enumerate(("改一", "改二")):
            self.add(
                c.publicity_corrections,
                tenant_id=city,
                id=uid("correction", city, at),
                roster_id=uid("public roster", city, "publicity"),
                position=4,
                community_name=name,
                reason="笔误",
                corrected_on=date(2022, 5, 6 + at),
                author_id=officer,
                # The clock was put back between the two.
                created_at=START + timedelta(days=11),
                number=1 + at,
            )

    def objection(self, city: int, roster: UUID, position: int) -> None:
        status = ("received", "accepted", "dismissed", "upheld")[position - 1]
        objection, officer = uid("objection", city, position), uid("person", "officer", city)
        accepted = None if status == "received" else datetime(2022, 5, 6, 3, tzinfo=UTC)
        decided = datetime(2022, 5, 7, 3, tzinfo=UTC) if status in ("dismissed", "upheld") else None
        anonymous = position == 2
        self.add(
            c.objections,
            tenant_id=city,
            id=objection,
            roster_id=roster,
            position=position,
            application_tenant_id=COUNTIES[position % 2],
            application_id=uid("application", COUNTIES[position % 2], position % 3, "provincial"),
            status=status,
            code_digest=digest("code", city, position),
            text_commitment=self.personal(city, objection, "objection_text", "就业人数不实"),
            name_commitment=None if anonymous else self.personal(city, objection, "objector_name", "赵六"),
            contact_commitment=None
            if anonymous
            else self.personal(city, objection, "objector_contact", "13700000000"),
            reason_commitment=decided
            and self.personal(city, objection, "objection_reason", "走访赵六", erased=position == 4),
            public_reason=decided and "已核查",
            received_at=START + timedelta(days=10, hours=position // 2),
            accepted_at=accepted,
            accepted_by=accepted and officer,
            decided_at=decided,
            decided_by=decided and officer,
        )

    def arrangements(self, city: int) -> None:
        """Extensions for all, for a level, for a county, for a community, and one that nobody confirmed; a day set, one set back."""
        east = {"beneficiary_tenant_id": EAST}
        for n, (stage, until, whom) in enumerate(
            (
                ("recommendation", datetime(2022, 5, 17, 16, tzinfo=UTC), {}),
                ("recommendation", datetime(2022, 5, 19, 16, tzinfo=UTC), east),
                (
                    "recommendation",
                    datetime(2022, 5, 24, 16, tzinfo=UTC),
                    {**east, "community_id": uid("community1.0", EAST)},
                ),
                ("city_review", datetime(2022, 6, 6, 16, tzinfo=UTC), {"level": "star"}),
                ("city_review", datetime(2022, 6, 9, 16, tzinfo=UTC), {}),
            )
        ):
            confirmed = n < 4
            self.add(
                c.extensions,
                tenant_id=city,
                id=uid("extension", city, n),
                campaign_id=uid("campaign", city),
                stage=stage,
                closes_at=until,
                reason="汛期",
                proposed_by=uid("person", "officer", city),
                proposed_at=START + timedelta(hours=n),
                confirmed_by=uid("person", "other", city) if confirmed else None,
                confirmed_at=START + timedelta(hours=n, minutes=1) if confirmed else None,
                **whom,
            )
        done = {"set_by": uid("person", "officer", city), "set_at": START}
        self.add(
            c.calendar_years,
            tenant_id=city,
            id=uid("year", city),
            year=2022,
            document_number="国办发明电〔2021〕11号",
            title="2022年安排",
            complete=False,
            reason="停电",
            revision=1,
            **done,
        )
        for day, working in ((date(2022, 5, 12), False), (date(2022, 5, 14), None)):
            self.add(
                c.calendar_days, tenant_id=city, day=day, year=2022, working=working, name="调整", **done
            )
        self.add(
            t.ledger_readings,
            tenant_id=city,
            id=uid("reading", city),
            reading="own",
            reason="核查期间",
            revision=1,
            **done,
        )
        # Of no entry: it shows, and proves nothing.
        line = encode_base64(bytes(68))
        self.add(
            ledger_checkpoints,
            tenant_id=city,
            size=0,
            root=EMPTY_ROOT,
            note=f"{format_checkpoint(Checkpoint('a.log', 0, EMPTY_ROOT))}\n— a.log {line}\n",
            published_at=START,
        )
        self.add(
            t.tenant_grants,
            tenant_id=EAST,
            id=uid("grant", EAST),
            grantee_tenant_id=city,
            scope="oversee",
            valid_from=START,
            valid_to=None,
        )

    def county(self, county: int, communities: int) -> None:
        root = uid("root", county)
        for s in range(2):
            street = self.unit(county, f"street{s}", "street", root)
            for n in range(communities):
                kind = "village" if n == 2 else "community"
                community = self.unit(county, f"community{s}.{n}", kind, street, closed=n == 1)
                levels = ("provincial", "star") if n == 0 else ("provincial",)
                for level in levels:
                    self.application(county, s * communities + n, street, community, level)
        self.add(
            t.unit_lineages,
            tenant_id=county,
            id=uid("lineage", county),
            unit_id=uid("street0", county),
            kind="moved",
            predecessor_tenant_id=WEST if county == EAST else EAST,
            predecessor_unit_id=uid("street1", WEST if county == EAST else EAST),
            effective_on=date(2021, 6, 1),
            source="test",
        )
        self.add(
            t.unit_successions,
            tenant_id=county,
            id=uid("succession", county),
            unit_id=uid("community0.1", county),
            kind="merged",
            successor_tenant_id=county if county == EAST else EAST,
            successor_unit_id=uid("community0.0", EAST),
            carried=county == EAST,
            effective_on=date(2023, 3, 4),
            source="test",
        )
        self.unit_changes(county)
        self.erasures(county)

    def erasures(self, county: int) -> None:
        """A form's contact that was erased, and a person's name that was proposed."""
        form = uid("form", uid("application", county, 2, "provincial"), 0)
        for kind, subject in (("form_version", form), ("person", uid("person", "officer", county))):
            done = kind == "form_version"
            self.add(
                t.erasures,
                tenant_id=county,
                id=uid("erasure", county, kind),
                subject_type=kind,
                subject_id=subject,
                ground="consent_withdrawn",
                reference="第1号",
                erased='[{"commitment":"00","field":"contact_name"}]' if done else None,
                proposed_by=uid("person", "officer", county),
                proposed_at=START,
                confirmed_by=uid("person", "other", county) if done else None,
                confirmed_at=START + timedelta(hours=1) if done else None,
                declined_by=None,
                declined_at=None,
            )

    def unit_changes(self, county: int) -> None:
        """A merger that was confirmed, a rename declined, and a move to the other county that waits."""
        units = [str(uid(f"community0.{n}", county)) for n in range(3)]
        other = WEST if county == EAST else EAST
        plans: dict[str, dict[str, Any]] = {
            "merge": {
                "closed": [{"code": "411602002001", "name": "甲", "unit": units[1]}],
                "left_out": "零星",
                "passed": [{"carried": False, "from": units[1], "unit": units[0]}],
            },
            "rename": {
                "altered": [
                    {"code": "1", "name": "乙", "unit": units[2], "was_code": "1", "was_name": "丙"},
                ]
            },
            "move": {
                "closed": [{"code": "411602002001", "name": "甲", "unit": units[0]}],
                "opened": [
                    {"code": "2", "kind": "village", "name": "甲", "parent": units[2], "unit": units[1]},
                ],
                "passed": [{"carried": True, "from": units[0], "unit": units[1]}],
            },
        }
        for kind, plan in plans.items():
            self.add(
                r.unit_changes,
                tenant_id=CITY,
                id=uid("unit change", county, kind),
                kind=kind,
                details=json.dumps({**plan, "tenant": county, "to": other if kind == "move" else county}),
                document_number="周政文〔2022〕1号",
                document_date=date(2022, 1, 2),
                effective_on=date(2022, 1, 3),
                reason="调整",
                proposed_by=uid("person", "officer" if county == EAST else "other", CITY),
                proposed_at=START,
                confirmed_by=uid("person", "other", CITY) if kind == "merge" else None,
                confirmed_at=START + timedelta(hours=1) if kind == "merge" else None,
                declined_by=uid("person", "other", CITY) if kind == "rename" else None,
                declined_at=START + timedelta(hours=1) if kind == "rename" else None,
                decline_reason="不妥" if kind == "rename" else None,
            )

    def application(self, county: int, n: int, street: UUID, community: UUID, level: str) -> None:
        application = uid("application", county, n, level)
        versions = [uid("form", application, v) for v in range(n % 3)]
        created = START + timedelta(hours=n // 2)
        self.add(
            c.applications,
            tenant_id=county,
            id=application,
            campaign_tenant_id=CITY if n % 4 < 3 else STRANGER,
            campaign_id=uid("campaign", CITY if n % 4 < 3 else STRANGER),
            level=level,
            community_id=community,
            street_id=uid("nowhere") if (county, n) == (WEST, 4) else street,
            status=c.STATUSES[n % len(c.STATUSES)],
            revision=n,
            form_version_id=versions[-1] if versions else None,
            filed_by=uid("person", "clerk", county),
            created_at=created,
            updated_at=created + timedelta(days=1, microseconds=n),
            community_kind=("community", "village", None)[n % 3],
        )
        for v, version in enumerate(versions):
            self.form(county, n, application, version, v, created)
        for o, stage in enumerate(("street", "county", "city", "site_visit")) if versions else ():
            self.add(
                c.opinions,
                tenant_id=county,
                id=uid("opinion", application, o),
                application_id=application,
                stage=stage,
                verdict=("refuse", "return" if n == 2 else "agree", "agree", "agree")[o],
                text=f'同意\t"{o}" </script> 😀 {{"!":"null"}}',
                form_version_id=versions[o // 3 and -1],
                form_hash=digest("form", versions[o // 3 and -1]),
                author_tenant_id=county if o < 2 else CITY,
                author_id=uid("person", "officer", county),
                given_at=created + timedelta(minutes=o // 2),
                justification_confirmed=True if o == 1 else None,
            )
            for item, verdict in (("1.2", "does_not_meet"), ("1.1", "meets")) if o > 1 else ():
                self.add(
                    c.item_assessments,
                    tenant_id=county,
                    id=uid("item", application, o, item),
                    application_id=application,
                    opinion_id=uid("opinion", application, o),
                    item_code=item,
                    verdict=verdict,
                    note="缺一项" if verdict != "meets" else "",
                    assessor_tenant_id=CITY,
                    assessor_id=uid("person", "officer", CITY),
                    assessed_at=created + timedelta(minutes=o // 2),
                )
        if n == 4:
            self.add(
                c.application_endings,
                tenant_id=county,
                application_id=application,
                status="withdrawn",
                reason="另有安排",
                author_id=uid("person", "clerk", county),
                ended_at=created,
            )
        if n == 1:
            self.add(
                c.certifications,
                tenant_id=county,
                id=uid("certification", application),
                community_id=community,
                level=level,
                application_id=application,
                document_number="豫人社〔2022〕1号",
                certified_on=date(2022, 7, 1),
                cited_origin="xingji/411600",
                cited_seq=2**53,
                cited_hash=digest("decision"),
            )
            made = fact.certified(community, uid("certification", application), level, date(2022, 7, 1))
            self.tell(county, replace(made, cite=Cite("xingji/411600", 9, digest("decision"))))
        for e in range(n % 3):
            self.file(county, "application", application, e, created)
        if n == 0 and level == "provincial":
            self.file(county, "unit", community, 0, created)
        self.entries(county, application)

    def file(self, county: int, kind: str, subject: UUID, e: int, created: datetime) -> None:
        self.add(
            c.evidence,
            tenant_id=county,
            id=uid("evidence", subject, e),
            subject_type=kind,
            subject_id=subject,
            item_code="1.1" if e else None,
            label=f"照片\n{e}",
            media_type="image/jpeg",
            size=2**33 + e,
            sha256=digest("file", e),
            author_tenant_id=CITY if e else county,
            author_id=uid("person", "officer", county),
            created_at=created,
        )

    def form(self, county: int, n: int, application: UUID, version: UUID, v: int, created: datetime) -> None:
        mobile = self.personal(county, version, "mobile_phone", "13800001234") if n % 2 else None
        self.add(
            c.form_versions,
            tenant_id=county,
            id=version,
            application_id=application,
            version=v + 1,
            form="form-2",
            situation=f"基本情况。专职{v}名，持证上岗。",
            narrative="推荐材料" * 3,
            contact_name_commitment=self.personal(county, version, "contact_name", "李四", erased=n == 5),
            fixed_phone_commitment=self.personal(county, version, "fixed_phone", "0394-8270001"),
            mobile_phone_commitment=mobile,
            hash=digest("form", version),
            author_id=uid("person", "clerk", county),
            created_at=created,
            justification="距城区远" if n % 2 else None,
            certified_on=date(2018, 7, 2) if n % 2 else None,
            reviews=json.dumps([a_review(2019 + n)]) if n % 2 else None,
            certified_by=json.dumps(a_review(2018)["cite"]) if n % 2 else None,
            figures=a_figure(n, v),
        )

    def legacy(self, county: int, community: UUID, years: tuple[int, ...]) -> None:
        """Certified 2018 and reviewed in those years, all attested; one review proposed and one declined."""
        kinds = [("certification", 2018, "certified"), *(("annual_review", year, "pass") for year in years)]
        kinds += [("annual_review", 2015, "fail"), ("annual_review", 2016, "pass_after_rectification")]
        for at, (kind, year, result) in enumerate(kinds):
            record = uid("legacy", community, year)
            attested, declined = year > 2016, year == 2015
            self.add(
                c.legacy_records,
                tenant_id=county,
                id=record,
                community_id=community,
                kind=kind,
                level="provincial",
                year=year,
                result=result,
                document_number=f"豫人社〔{year}〕1号",
                document_date=date(year, 12, 1),
                document_sha256=digest("scan", record),
                proposed_by=uid("person", "officer", county),
                proposed_at=START + timedelta(minutes=at // 2),
                attested_by=uid("person", "officer", CITY) if attested else None,
                attested_tenant_id=CITY if attested else None,
                attested_at=START + timedelta(hours=1) if attested else None,
                declined_at=START + timedelta(hours=1) if declined else None,
                decline_reason="不实" if declined else None,
            )
            for seq in (at, at + 1) if attested else (at,):
                row = {"tenant_id": county, "table_name": "legacy_records", "row_key": str(record)}
                self.add(ledger_rows, **row, seq=seq, digest=digest("row", record, seq))
        certification = uid("certification", community)
        self.add(
            c.certifications,
            tenant_id=county,
            id=certification,
            community_id=community,
            level="provincial",
            document_number="豫人社〔2018〕1号",
            certified_on=date(2018, 12, 1),
            cited_origin=f"xingji/41160{county}",
            cited_seq=3,
            cited_hash=digest("proposed"),
            legacy_id=uid("legacy", community, 2018),
            state="suspended" if len(years) == 2 and county == EAST else None,
            state_document="豫人社〔2022〕2号" if len(years) == 2 else None,
            state_on=date(2022, 5, 1) if len(years) == 2 else None,
        )
        self.tell(
            county, fact.certified(community, certification, "provincial", date(2018, 12, 1), legacy=True)
        )
        for year in years:
            of = (uid("legacy", community, year), "provincial", year, "pass")
            self.tell(county, fact.reviewed(community, *of, legacy=True))
        if len(years) == 2:
            state = "suspended" if county == EAST else None
            self.tell(county, fact.changed(community, certification, "provincial", date(2022, 5, 1), state))
        for kind in ("suspend", "reinstate"):
            self.add(
                c.certification_changes,
                tenant_id=CITY,
                id=uid("change", certification, kind),
                certification_tenant_id=county,
                certification_id=certification,
                kind=kind,
                document_number="豫人社〔2022〕2号",
                document_date=date(2022, 5, 1),
                reason="台账不实",
                proposed_by=uid("person", "officer", CITY),
                proposed_at=START,
                confirmed_by=uid("person", "other", CITY) if kind == "suspend" else None,
                confirmed_at=START + timedelta(hours=2) if kind == "suspend" else None,
                declined_by=uid("person", "other", CITY) if kind == "reinstate" else None,
                declined_at=START + timedelta(hours=3) if kind == "reinstate" else None,
                decline_reason="依据不足" if kind == "reinstate" else None,
            )

    def tell(self, county: int, *facts: Fact) -> None:
        """An entry that says facts, and their copies."""
        seq = sum(1 for row in self.all("ledger_entries") if row["tenant_id"] == county)
        body = {
            "intent": {"facts": [format_fact(fact) for fact in facts]},
            "origin": f"xingji/41160{county}",
            "seq": seq,
            "time": format_time(START + timedelta(seconds=seq)),
        }
        leaf = json.dumps({"body": body})
        self.entry(county, seq, "told", facts[0].community_id, leaf, leaf_hash(leaf.encode()))
        now = START + timedelta(seconds=seq)
        for position, one in enumerate(facts):
            self.add(history_facts, **row_of(county, seq, position, one, now))
            told = Told(one, Cite(f"xingji/41160{county}", seq, leaf_hash(leaf.encode())), position, now)
            self.told.setdefault((county, one.community_id), []).append(told)

    def stand(self) -> None:
        """The standings of all that was told."""
        for (county, community), told in self.told.items():
            for one in project(county, Facts(community, tuple(told))):
                self.add(standings, **asdict(one))

    def head(self, county: int) -> None:
        self.add(
            ledger_heads,
            tenant_id=county,
            origin=f"xingji/41160{county}",
            size=len([row for row in self.all("ledger_entries") if row["tenant_id"] == county]),
            head=digest("head", county),
            frontier=b"",
            key_id="00000000",
            asks="",
        )

    def entries(self, county: int, application: UUID) -> None:
        for operation in ("application.filed", "application.opinion_given"):
            actor = {"origin": f"xingji/41160{county}", "role": "community_clerk"}
            intent = {"status": "submitted", "verdict": "agree"} if "opinion" in operation else {}
            seq = sum(1 for row in self.all("ledger_entries") if row["tenant_id"] == county)
            self.entry(
                county,
                seq,
                operation,
                application,
                json.dumps({"body": {"actor": actor, "intent": intent}}),
                digest("entry", county, seq),
            )

    def entry(self, county: int, seq: int, operation: str, subject: UUID, leaf: str, hash_: bytes) -> None:
        self.add(
            ledger_entries,
            tenant_id=county,
            seq=seq,
            prev=digest("entry", county, seq - 1),
            hash=hash_,
            leaf=leaf,
            recorded_at=START + timedelta(seconds=seq),
            operation=operation,
            subject_type="application",
            subject_id=subject,
            actor_id=uid("person", "clerk", county),
            request_id=f"r{seq}",
            arguments_digest=digest(seq),
        )

    async def insert(self, url: str, vault: Vault) -> None:
        """Insert every row as the superuser, without triggers: nobody acted, there are no entries to match."""
        raw = await asyncpg.connect(url)
        try:
            async with raw.transaction():
                await raw.execute("SET LOCAL session_replication_role = replica")
                for table, rows in self.sets():
                    await insert_rows(raw, table, rows)
                for tenant in {value.tenant_id for value in self.personal_values}:
                    mine = [value for value in self.personal_values if value.tenant_id == tenant]
                    await insert_values(TenantConnection(raw, Scope(tenant), vault), mine)
        finally:
            await raw.close()

    def sets(self) -> Iterator[tuple[Any, list[Row]]]:
        for table in (
            *t.metadata.sorted_tables,
            ledger_entries,
            ledger_heads,
            ledger_rows,
            ledger_checkpoints,
        ):
            if rows := self.all(table.name):
                yield table, rows


async def insert_rows(raw: Any, table: Any, rows: list[Row]) -> None:
    names = [column.name for column in table.columns]
    marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
    await raw.executemany(sql, [[row[name] for name in names] for row in rows])


def principal(
    tenant: int,
    role: str,
    unit: UUID | None = None,
    *,
    granted: tuple[int, ...] = (),
    shared: tuple[int, ...] = (),
) -> Principal:
    """The officer of a tenant in another role."""
    held = Role(RoleName(role), unit or uid("root", tenant), "county")
    return Principal(tenant, uid("person", "officer", tenant), (held,), granted, shared, False)


CITY_OFFICER = principal(CITY, "city_officer", granted=COUNTIES)
COUNTY_OFFICER = principal(EAST, "county_officer", shared=(CITY,))
LONE_OFFICER = principal(EAST, "county_officer")
AUDITOR = principal(CITY, "auditor", granted=COUNTIES)
STREET_OFFICER = principal(EAST, "street_officer", uid("street0", EAST), shared=(CITY,))
CLERK = principal(EAST, "community_clerk", uid("community1.0", EAST), shared=(CITY,))
STRANGE_OFFICER = principal(STRANGER, "city_officer")
INSPECTOR = replace(
    principal(EAST, "review_team", shared=(CITY,)), person_id=uid("person", "inspector", EAST)
)
CITY_INSPECTOR = replace(
    principal(CITY, "review_team", granted=COUNTIES), person_id=uid("person", "inspector", CITY)
)
READERS = {
    "city officer": CITY_OFFICER,
    "county officer": COUNTY_OFFICER,
    "county officer without the city": LONE_OFFICER,
    "auditor": AUDITOR,
    "street officer": STREET_OFFICER,
    "clerk": CLERK,
    "inspector": INSPECTOR,
    "city inspector": CITY_INSPECTOR,
    "stranger": STRANGE_OFFICER,
}
