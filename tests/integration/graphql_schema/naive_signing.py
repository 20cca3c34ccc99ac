"""Officers' keys, policies of signing and who signed an entry: rows of the world, and the naive answers of their fields."""

# ruff: noqa: N802 - a method is named after the type and the field it answers
from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from audit.canonical import encode
from certification.signing import tables as s
from tests.integration.graphql_schema.world import CITY, EAST, START, WEST, Row, World, digest, uid

TABLES = {"OfficerKey": "officer_keys", "SigningPolicy": "signing_policies"}
LOOKALIKE = '"},"officer_sig":{"key":"'
"""What an officer may write into a text: no signature."""


def add_signing(world: World) -> None:
    """Keys that wait, are in force, rotated, revoked, admitted from the city; a policy in force and one proposed; signed entries."""
    for tenant in (CITY, EAST, WEST):
        _key(world, tenant, "officer", 3)
        _key(world, tenant, "clerk", 0)
    for county in (EAST, WEST):
        _key(world, county, "officer", 5, "rotated")
        _key(world, county, "former", 4, "revoked", end_reason="离任\t")
        _key(world, county, "officer", 6, home=CITY)
        _policy(world, county, 1, "application.opinion_given role.assigned", in_force=True)
        _policy(world, county, 2, "", in_force=False)
        _entries(world, county)


def _key(
    world: World, tenant: int, person: str, at: int, ended_by: str | None = None, home: int = 0, **more: Any
) -> None:
    key, certified, own = uid("key", tenant, at, home), at > 2, not home
    world.add(
        s.officer_keys,
        tenant_id=tenant,
        id=key,
        key=digest("fingerprint", key).hex(),
        public_key=digest("public", key),
        home_tenant_id=home or tenant,
        person_id=uid("person", person, home or tenant),
        enrolled_at=START + timedelta(minutes=at // 2),
        vouched_by=uid("person", "first", tenant) if certified and own else None,
        vouched_at=START + timedelta(minutes=7) if certified and own else None,
        certified_by=uid("person", "second", tenant) if certified and own else None,
        certified_at=START + timedelta(minutes=8) if certified else None,
        ended_at=START + timedelta(minutes=9) if ended_by else None,
        ended_by=ended_by,
        **more,
    )


def _policy(world: World, tenant: int, number: int, operations: str, *, in_force: bool) -> None:
    world.add(
        s.signing_policies,
        tenant_id=tenant,
        id=uid("policy", tenant, number),
        number=number,
        operations=operations,
        proposed_by=uid("person", "officer", tenant),
        proposed_at=START,
        set_by=uid("person", "second", tenant) if in_force else None,
        set_at=START + timedelta(hours=1) if in_force else None,
    )


def _entries(world: World, county: int) -> None:
    """One that its officer signed, and one whose text looks as if."""
    body = {
        "actor": {"origin": f"xingji/41160{county}", "role": "county_officer"},
        "intent": {"text": LOOKALIKE},
    }
    head = next(one for one in world.all("ledger_heads") if one["tenant_id"] == county)
    for signed in ({"officer_sig": {"key": "0" * 64, "sig": "AA=="}}, {}):
        seq = sum(1 for row in world.all("ledger_entries") if row["tenant_id"] == county)
        leaf = encode({"body": body, **signed, "server_sig": {"key": "00000000", "sig": "AA=="}}).decode()
        subject = uid("application", county, 0, "provincial")
        world.entry(county, seq, "application.returned", subject, leaf, digest("entry", county, seq))
        head["size"] += 1


class NaiveSigning:
    """The fields; `one`, `filtered` and `connection` are the naive executor's."""

    one: Any
    filtered: Any
    connection: Any

    def Query_officerKeys(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("OfficerKey", a.get("filter") or {}, {}), a, "enrolled_at")

    def Query_signingPolicies(self, _: Any, a: dict[str, Any]) -> Any:
        return self.connection(self.filtered("SigningPolicy", a.get("filter") or {}, {}), a, "proposed_at")

    def OfficerKey_home(self, row: Row, _: Any) -> Any:
        return self.one("Tenant", id=row["home_tenant_id"])

    def SigningPolicy_operations(self, row: Row, _: Any) -> Any:
        return [one for one in row["operations"].split(" ") if one]

    def LedgerEntry_attestation(self, row: Row, _: Any) -> Any:
        return "OFFICER" if "officer_sig" in json.loads(row["leaf"]) else "SERVER"
