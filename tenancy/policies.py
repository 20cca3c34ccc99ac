"""Row-level security as text (ADR 0005): what guards a table, for migrations and the test of the catalogue.

The rule upheld here: a reader sees a row because a transaction setting says so, and an absent setting says
nothing. Every setting is read through a scalar sub-select, so that it is evaluated once a statement and not
once a row. RLS is FORCED: the owner of the table is bound as well.

Migrations copy this text literally; they do not import it. Nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Table

TENANT: Final = "(SELECT nullif(current_setting('app.tenant', true), '')::int)"
OWN: Final = f"tenant_id = {TENANT}"

READERS: Final = {
    "granted": "tenant_id = ANY ((SELECT nullif(current_setting('app.granted', true), '')::int[])::int[])",
    "shared": "tenant_id = ANY ((SELECT nullif(current_setting('app.shared', true), '')::int[])::int[])",
    "grantee": f"grantee_tenant_id = {TENANT}",
}
"""Kind of reader beside the owner → the condition under which it may SELECT a row."""

PRIVILEGES: Final = {
    "personal_values": ("SELECT", "INSERT", "DELETE"),
    "access_log": ("SELECT", "INSERT"),
}
"""What the app role may do where it differs from `EDITABLE`: personal values can only be erased whole."""

EDITABLE: Final = ("SELECT", "INSERT", "UPDATE")


def policy_sql(name: str, policies: Iterable[str]) -> list[str]:
    """Statements that create the policies of table `name`: `own`, then one for each other reader."""
    own = f"CREATE POLICY own ON {name} USING ({OWN}) WITH CHECK ({OWN})"
    return [own, *(f"CREATE POLICY {kind} ON {name} FOR SELECT USING ({READERS[kind]})" for kind in policies)]


def guard_sql(
    name: str, policies: Iterable[str], app_role: str, privileges: Iterable[str] = EDITABLE
) -> list[str]:
    """Everything that guards tenant table `name`, one DDL statement each (Citus wants them one by one)."""
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        *policy_sql(name, policies),
        f"GRANT {', '.join(privileges)} ON {name} TO {app_role}",
    ]


def guard_table_sql(table: Table, app_role: str) -> list[str]:
    """`guard_sql` as `table.info` asks for it; a registry table gets `GRANT SELECT` and nothing else."""
    if not table.info["tenant"]:
        return [f"GRANT SELECT ON {table.name} TO {app_role}"]
    privileges = PRIVILEGES.get(table.name, EDITABLE)
    return guard_sql(table.name, table.info["policies"], app_role, privileges)
