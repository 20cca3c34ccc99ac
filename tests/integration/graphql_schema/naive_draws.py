"""Register lists and draws: rows of the world, and the naive answers of their fields."""

# ruff: noqa: N802 - a method is named after the type and the field it answers
from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from certification.reviews import tables as r
from tests.integration.graphql_schema.world import CITY, EAST, START, WEST, Row, World, digest, uid

TABLES = {
    "Draw": "draws",
    "DrawParty": "draw_parties",
    "RegisterList": "register_lists",
    "RegisterNumber": "register_numbers",
    "SpotCheckAnswer": "spot_check_answers",
}


def add_draws(world: World) -> None:
    """In each county a list of two communities: one drawn from after a void draw, one with a draw under way; teams drawn besides."""
    for county in (EAST, WEST):
        for at in range(2):
            _list(world, county, uid(f"community{at}.0", county), at)
        void = _draw(world, county, 0, "void", listed=0)
        _draw(world, county, 1, "drawn", listed=0, replaces=void)
        _draw(world, county, 2, "committed", listed=1)
        _draw(world, county, 3, "open", listed=None)


def _list(world: World, county: int, community: UUID, at: int) -> None:
    listed = uid("list", county, at)
    world.add(
        r.register_lists,
        tenant_id=county,
        id=listed,
        community_id=community,
        taken_on=date(2022, 5, 1 + at),
        size=3,
        root=digest("root", listed),
        author_id=uid("person", "clerk", county),
        created_at=START + timedelta(minutes=at),
    )
    for position in range(3):
        world.add(
            r.register_numbers,
            tenant_id=county,
            list_id=listed,
            position=position,
            number=f"R-{position}",
            salt=digest("salt", listed, position),
        )


def _draw(
    world: World, county: int, at: int, status: str, *, listed: int | None, replaces: UUID | None = None
) -> UUID:
    draw, ended = uid("draw", county, at), status in ("void", "drawn")
    opened = START + timedelta(hours=at)
    subject = uid("cycle", county) if listed is None else uid("list", county, listed)
    world.add(
        r.draws,
        tenant_id=county,
        id=draw,
        purpose="assignment" if listed is None else "spot_check",
        subject_id=subject,
        review_id=None if at else uid("review", county),
        status=status,
        revision=at + 1,
        size=3,
        picks=2,
        list_value=json.dumps({"list": str(subject)}),
        list_digest=digest("listed", draw),
        second_party="auditor" if at == 2 else "city",
        reveals_first="city" if replaces else None,
        reveal_by=opened + timedelta(hours=72),
        replaces_id=replaces,
        seed=digest("seed", draw) if status == "drawn" else None,
        result="[2,0]" if status == "drawn" else None,
        opened_by=uid("person", "officer", county),
        opened_at=opened,
        settled_at=opened + timedelta(hours=80) if ended else None,
    )
    for party in ("county", "city")[: 1 if status == "open" else 2]:
        told = status == "drawn" or (status == "void" and party == "county")
        world.add(
            r.draw_parties,
            tenant_id=county,
            draw_id=draw,
            party=party,
            commitment=digest("commitment", draw, party),
            person_tenant_id=county if party == "county" else CITY,
            person_id=uid("person", "officer", county if party == "county" else CITY),
            committed_at=opened,
            secret=digest("secret", draw, party) if told else None,
            revealed_at=opened + timedelta(hours=1) if told else None,
            defaulted_at=opened + timedelta(hours=80) if status == "void" and not told else None,
        )
    for position in (0, 2) if status == "drawn" else ():
        answered = position == 0
        world.add(
            r.spot_check_answers,
            tenant_id=county,
            draw_id=draw,
            position=position,
            number=f"R-{position}",
            salt=digest("salt", subject, position),
            path=digest("path", position),
            outcome="mismatch" if answered else None,
            note="登记信息不符" if answered else None,
            author_tenant_id=CITY if answered else None,
            author_id=uid("person", "officer", CITY) if answered else None,
            recorded_at=opened if answered else None,
        )
    return draw


class NaiveDraws:
    """The fields; `rows`, `one`, `filtered`, `connection`, `reaches` and `world` are the naive executor's."""

    world: World
    reader: Any
    rows: Any
    one: Any
    filtered: Any
    connection: Any
    reaches: Any

    def sees_drawn(self, type_: str, row: Row) -> bool:
        """Whether the reader reaches a row about a draw or a list, in a tenant that is theirs to read."""
        if type_ == "RegisterNumber" and row["tenant_id"] != self.reader.tenant_id:
            return False
        tenant = row["tenant_id"]
        if "draw_id" in row:
            row = self._find("draws", tenant, row["draw_id"])
        listed = row["list_id"] if type_ == "RegisterNumber" else row.get("subject_id")
        found = row if type_ == "RegisterList" else self._find("register_lists", tenant, listed)
        place = found and self._find("units", tenant, found["community_id"])
        return bool(self.reaches(place))

    def _find(self, table: str, tenant: int, key: Any) -> Any:
        rows = (row for row in self.world.all(table) if (row["tenant_id"], row["id"]) == (tenant, key))
        return next(rows, None)

    def Query_draws(self, _: Any, a: dict[str, Any]) -> Any:
        given = {**(a.get("filter") or {})}
        names = {"drawnFrom": "subject_id", "purpose": "purpose", "status": "status"}
        wanted = {names[name]: given.pop(name) for name in [*given] if name in names}
        rows = self.filtered("Draw", given, {})
        for column, value in wanted.items():
            rows = [row for row in rows if value is None or str(row[column]) == value.lower()]
        return self.connection(rows, a, "opened_at")

    def Query_registerLists(self, _: Any, a: dict[str, Any]) -> Any:
        rows = self.filtered("RegisterList", a.get("filter") or {}, {"communityId": "community_id"})
        return self.connection(rows, a, "created_at")

    def _tenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["tenant_id"])

    Draw_tenant = RegisterList_tenant = _tenant

    def RegisterList_community(self, row: Row, _: Any) -> Any:
        return self.one("Unit", tenant_id=row["tenant_id"], id=row["community_id"])

    def RegisterList_numbers(self, row: Row, a: dict[str, Any]) -> Any:
        rows = self.rows("RegisterNumber", tenant_id=row["tenant_id"], list_id=row["id"])
        return self.connection(rows, a, "position")

    def Draw_drawnFrom(self, row: Row, _: Any) -> Any:
        return str(row["subject_id"])

    def Draw_voided(self, row: Row, _: Any) -> Any:
        key = ("void", row["tenant_id"], row["subject_id"])
        return sum(
            (one["status"], one["tenant_id"], one["subject_id"]) == key for one in self.world.all("draws")
        )

    def Draw_replaces(self, row: Row, _: Any) -> Any:
        return self.one("Draw", tenant_id=row["tenant_id"], id=row["replaces_id"])

    def Draw_registerList(self, row: Row, _: Any) -> Any:
        return self.one("RegisterList", tenant_id=row["tenant_id"], id=row["subject_id"])

    def Draw_parties(self, row: Row, _: Any) -> Any:
        rows = self.rows("DrawParty", tenant_id=row["tenant_id"], draw_id=row["id"])
        return sorted(rows, key=lambda one: (one["committed_at"], one["party"]))

    def Draw_drawn(self, row: Row, _: Any) -> Any:
        rows = self.rows("SpotCheckAnswer", tenant_id=row["tenant_id"], draw_id=row["id"])
        return sorted(rows, key=lambda one: one["position"])

    def DrawParty_personTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["person_tenant_id"])

    def DrawParty_defaults(self, row: Row, _: Any) -> Any:
        return sum(
            (one["tenant_id"], one["party"]) == (row["tenant_id"], row["party"])
            and one["defaulted_at"] is not None
            for one in self.world.all("draw_parties")
        )

    def SpotCheckAnswer_authorTenant(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["author_tenant_id"])
