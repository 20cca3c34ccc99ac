"""What the city confirmed and a county's log does not hold yet: nothing more is decided of that county's units before it does.

So a certification is never suspended in the old county's log while it moves to the new one's, nor the other way round.
"""

from __future__ import annotations

from certification.following_changes import pending_changes
from certification.lineage.following import pending_unit_changes
from tenancy.database import TenantConnection


async def read_waiting(tx: TenantConnection) -> frozenset[int]:
    """The granted counties whose logs have something of the bound city's to follow: of units, or of certifications."""
    waiting = {tenant for one in await pending_unit_changes(tx) for tenant in one.tenants}
    return frozenset(waiting | {one.tenant_id for one in await pending_changes(tx)})
