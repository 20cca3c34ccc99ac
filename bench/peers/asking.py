"""The three reads of bench/reads.py as the peers are asked for them, and their answers brought into our shape.

Each is asked in the way that suits it best: lists as `nodes` or plain lists and not as edges, rows by their keys and not by opaque ids,
hashes and timestamps as it prints them. So a peer never does more than we do, and now and then less. What it answers is the same data:
`ours` of a query builds our answer from the peer's, and the bench compares the two before anything is timed.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from bench.load import post

Row = Mapping[str, Any]
HASHES: Final = ("formHash", "hash")
STAMPS: Final = ("createdAt", "updatedAt", "givenAt")
ENUMS: Final = ("status", "stage", "verdict")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a peer; `shape` makes our `data` of its `data` and the tenant."""

    query: str
    shape: Callable[[Row, int], Row]

    def request(self, tenant: int, variables: Row) -> bytes:
        """The request; the tenant is in a header, as behind a door that has read the token."""
        body = orjson.dumps({"query": self.query, "variables": {"tenant": tenant, **variables}})
        return post("/graphql", body, tenant=tenant)

    def ours(self, answer: bytes, tenant: int) -> Row:
        """Our answer, made of the peer's. Raises KeyError or TypeError when something is missing."""
        return {"data": self.shape(orjson.loads(answer)["data"], tenant)}


def _row(kind: str, row: Row, tenant: int, **relations: Any) -> Row:
    """A row in our spelling: a global id, enums in capitals, hashes in hexadecimal, times with microseconds."""
    plain = {key: _value(key, value) for key, value in row.items() if not isinstance(value, dict | list)}
    own = plain.pop("rowId", None) or plain.pop("id")
    return {**plain, "id": f"{kind}.{tenant}.{own}", **relations}


def _value(key: str, value: Any) -> Any:
    if key in HASHES and not _is_hex(value):
        return b64decode(value).hex()
    if key in STAMPS:
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.upper() if key in ENUMS else value


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(one in "0123456789abcdef" for one in text)


def _opinions(rows: list[Row], tenant: int) -> list[Row]:
    return [_row("Opinion", row, tenant) for row in rows]


def _edges(rows: list[Row]) -> Row:
    return {"edges": [{"node": row} for row in rows]}


# Mercurius: a schema of our own making, so its names are ours.

_MERCURIUS_OPINIONS: Final = "opinions { id stage verdict text authorId givenAt formHash }"


def _mercurius_one(data: Row, tenant: int) -> Row:
    row = data["application"]
    return {"node": _row("Application", row, tenant, opinions=_opinions(row["opinions"], tenant))}


def _mercurius_fifty(data: Row, tenant: int) -> Row:
    rows = [
        _row(
            "Application", row, tenant,
            community=_row("Unit", row["community"], tenant),
            street=_row("Unit", row["street"], tenant),
            form=_row("FormVersion", row["form"], tenant),
            opinions=_opinions(row["opinions"], tenant),
        )
        for row in data["applications"]
    ]  # fmt: skip
    return {"applications": _edges(rows)}


def _mercurius_hundred(data: Row, tenant: int) -> Row:
    rows = [
        _row(
            "Certification", row, tenant,
            community=_row("Unit", row["community"], tenant, parent=row["community"]["parent"]),
            application=_row("Application", row["application"], tenant),
        )
        for row in data["certifications"]
    ]  # fmt: skip
    return {"certifications": _edges(rows)}


MERCURIUS: Final = (
    Asked(
        f"""query One($id: ID!) {{
  application(id: $id) {{ id level status revision createdAt updatedAt {_MERCURIUS_OPINIONS} }}
}}""",
        _mercurius_one,
    ),
    Asked(
        f"""query Fifty {{ applications(first: 50) {{
  id level status createdAt community {{ id name code }} street {{ id name }}
  form {{ id version situation narrative hash }} {_MERCURIUS_OPINIONS}
}} }}""",
        _mercurius_fifty,
    ),
    Asked(
        """query Hundred { certifications(first: 100) {
  id level documentNumber certifiedOn community { id name code parent { name } } application { id status updatedAt }
} }""",
        _mercurius_hundred,
    ),
)

# PostGraphile: the names that it makes of the tables; a unit's code is the newest of its codes without an end.

_POSTGRAPHILE_OPINIONS: Final = """opinions: opinionsByTenantIdAndApplicationId(orderBy: [GIVEN_AT_ASC, ROW_ID_ASC]) {
    nodes { rowId stage verdict text authorId givenAt formHash } }"""
_POSTGRAPHILE_CODE: Final = """codes: unitCodesByTenantIdAndUnitId(first: 1, condition: {validTo: null}, orderBy: VALID_FROM_DESC) {
    nodes { code } }"""


def _nodes_opinions(row: Row, tenant: int) -> list[Row]:
    return _opinions(row["opinions"]["nodes"], tenant)


def _coded(row: Row, tenant: int, **relations: Any) -> Row:
    nodes = row["codes"]["nodes"]
    return _row("Unit", row, tenant, code=nodes[0]["code"] if nodes else None, **relations)


def _postgraphile_one(data: Row, tenant: int) -> Row:
    row = data["application"]
    return {"node": _row("Application", row, tenant, opinions=_nodes_opinions(row, tenant))}


def _postgraphile_fifty(data: Row, tenant: int) -> Row:
    rows = [
        _row(
            "Application", row, tenant,
            community=_coded(row["community"], tenant),
            street=_row("Unit", row["street"], tenant),
            form=_row("FormVersion", row["form"], tenant),
            opinions=_nodes_opinions(row, tenant),
        )
        for row in data["applications"]["nodes"]
    ]  # fmt: skip
    return {"applications": _edges(rows)}


def _postgraphile_hundred(data: Row, tenant: int) -> Row:
    rows = [
        _row(
            "Certification", row, tenant,
            community=_coded(row["community"], tenant, parent=row["community"]["parent"]),
            application=_row("Application", row["application"], tenant),
        )
        for row in data["certifications"]["nodes"]
    ]  # fmt: skip
    return {"certifications": _edges(rows)}


POSTGRAPHILE: Final = (
    Asked(
        f"""query One($tenant: Int!, $id: UUID!) {{
  application: applicationByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {{
    rowId level status revision createdAt updatedAt {_POSTGRAPHILE_OPINIONS} }}
}}""",
        _postgraphile_one,
    ),
    Asked(
        f"""query Fifty($tenant: Int!) {{
  applications: allApplications(first: 50, condition: {{tenantId: $tenant}}, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {{ nodes {{
    rowId level status createdAt
    community: unitByTenantIdAndCommunityId {{ rowId name {_POSTGRAPHILE_CODE} }}
    street: unitByTenantIdAndStreetId {{ rowId name }}
    form {{ rowId version situation narrative hash }} {_POSTGRAPHILE_OPINIONS}
  }} }}
}}""",
        _postgraphile_fifty,
    ),
    Asked(
        f"""query Hundred($tenant: Int!) {{
  certifications: allCertifications(first: 100, condition: {{tenantId: $tenant}}, orderBy: [CERTIFIED_ON_ASC, ROW_ID_ASC]) {{ nodes {{
    rowId level documentNumber certifiedOn
    community: unitByTenantIdAndCommunityId {{ rowId name {_POSTGRAPHILE_CODE} parent: unitByTenantIdAndParentId {{ name }} }}
    application: applicationByTenantIdAndApplicationId {{ rowId status updatedAt }}
  }} }}
}}""",
        _postgraphile_hundred,
    ),
)
