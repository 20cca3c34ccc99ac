"""Row-level security as text (ADR 0005): what guards a table, for migrations and the test of the catalogue.

The rule upheld here: a reader sees a row because a transaction setting says so, and an absent setting says
nothing. Every setting is read through a scalar sub-select, so that it is evaluated once a statement and not
once a row. RLS is FORCED: the owner of the table is bound as well.

Migrations copy this text literally; they do not import it. Nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

TENANT: Final = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN: Final = f"tenant_id = {TENANT}"

PUBLIC: Final = "tenant_id = ANY ((SELECT nullif(current_setting('app.public', true), '')::int[])::int[])"

READERS: Final = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
    "grantee": f"grantee_tenant_id = {TENANT}",
    "public": PUBLIC,
    "cited": "subject_type = 'extension' AND tenant_id = ANY"
    " ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
}
"""Kind of reader beside the owner → the condition under which it may SELECT a row.

`cited` is of the ledger's entries alone: a county that acts by an extension cites the city's entry on it.
"""

NARROWED: Final = {
    ("rosters", "public"): f"{PUBLIC} AND kind IN ('publicity', 'decision')",
    ("roster_items", "public"): (
        f"{PUBLIC} AND EXISTS (SELECT FROM rosters r WHERE r.tenant_id = roster_items.tenant_id"
        " AND r.id = roster_items.roster_id AND r.kind IN ('publicity', 'decision'))"
    ),
}
"""(Table, kind of reader) → the condition where it is not the kind's own: rankings and reports are nobody's outside."""

PRIVILEGES: Final = {
    "credentials": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "personal_values": ("SELECT", "INSERT", "DELETE"),
    "personal_keys": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "access_log": ("SELECT", "INSERT"),
    "throttles": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "register_numbers": ("SELECT", "INSERT"),
    "history_facts": ("SELECT", "INSERT", "DELETE"),
    "standings": ("SELECT", "INSERT", "UPDATE", "DELETE"),
}
"""What the app role may do where it differs from `EDITABLE`: personal values can only be erased whole, with
how a person signs in, and a key only erased or wrapped anew; what is folded from the ledger can be thrown away and folded again."""

EDITABLE: Final = ("SELECT", "INSERT", "UPDATE")


def policy_sql(name: str, policies: Iterable[str]) -> list[str]:
    """Statements that create the policies of table `name`: `own`, then one for each other reader."""
    own = f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})"
    conditions = ((kind, NARROWED.get((name, kind), READERS[kind])) for kind in policies)
    return [
        own,
        *(f"CREATE POLICY {kind} ON {name} FOR SELECT USING ({using})" for kind, using in conditions),
    ]
