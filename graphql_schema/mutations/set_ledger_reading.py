"""`setLedgerReading`: an administrator sets who may read the tenant's log as files (设定账本阅读范围)."""

from __future__ import annotations

import strawberry

from certification.acts.set_ledger_reading import ACT, Command
from graphql_schema.declare import Outcome
from graphql_schema.mutations.boundary import answer_administering
from graphql_schema.session import Session
from tenancy.log_reading import LogReading


@strawberry.input(description="Who may read the log, and why (账本阅读范围).")
class SetLedgerReadingInput:
    """Of one's own tenant."""

    reading: LogReading = strawberry.field(description="Who (范围).")
    reason: str = strawberry.field(description="Why (理由).")


async def set_ledger_reading(
    root: Session, request_id: strawberry.ID, input: SetLedgerReadingInput
) -> Outcome:
    """It holds from the next request on."""
    return await answer_administering(root, ACT, Command(input.reading, input.reason), request_id)
