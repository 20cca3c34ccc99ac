"""Who may read a tenant's log as files (账本阅读范围): entries, tiles; the signed checkpoint is everybody's.

A log is read whole or not at all: whoever reaches a street, a community or a team's work has no part of it. Where nothing was set,
those read it who read all of its entries through GraphQL anyway (`granted`) [D].

| reading | the tenant's own people | its city's officers, by an `oversee` grant | auditors, by an `audit` grant | strangers |
|---|---|---|---|---|
| `public` | yes | yes | yes | yes |
| `granted` | yes | yes | yes | no |
| `own` | yes | yes | no | no |

Pure. Roles and grants are read at the moment of asking (`tenancy.identity.load_standing`), not taken from a token.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tenancy.identity import RoleName, Standing


class LogReading(StrEnum):
    """Who may read a log."""

    PUBLIC = "public"
    GRANTED = "granted"
    OWN = "own"


DEFAULT: Final = LogReading.GRANTED
AT_HOME: Final = frozenset(
    {RoleName.COUNTY_OFFICER, RoleName.CITY_OFFICER, RoleName.AUDITOR, RoleName.TENANT_ADMINISTRATOR}
)
"""The roles that reach the whole of their own tenant."""
BY_GRANT: Final = {
    LogReading.GRANTED: frozenset({RoleName.CITY_OFFICER, RoleName.AUDITOR}),
    LogReading.OWN: frozenset({RoleName.CITY_OFFICER}),
}
"""The roles that read another tenant's log, by a grant that stands."""


def may_read_log(reading: LogReading, tenant_id: int, standing: Standing | None) -> bool:
    """Whether somebody with this standing in the tenant (None: a stranger) reads its log."""
    if reading is LogReading.PUBLIC:
        return True
    if standing is None:
        return False
    allowed = AT_HOME if standing.home_tenant_id == tenant_id else BY_GRANT[reading]
    return any(role.name in allowed for role in standing.roles)
