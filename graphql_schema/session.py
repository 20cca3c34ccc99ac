"""What one request carries: who asks, when, in which language, and the door to the rows.

A session is made by the boundary for every request and is never kept. It decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from audit.signer import Signer
from certification.shelf import Shelf
from certification.signing.model import Given
from certification.signing.offering import Offers
from graphql_schema.lanes import Lanes
from tenancy.database import Database
from tenancy.errors import InvariantError
from tenancy.identity import Principal

Locale = Literal["zh-CN", "en"]


class Desk(Protocol):
    """What acts need of the process that serves them; reading needs none of it."""

    @property
    def demo(self) -> bool:
        """Whether the demonstration's logins are welcome."""

    @property
    def shelf(self) -> Shelf:
        """Where programmes lie."""

    @property
    def offers(self) -> Offers:
        """What makes an intent that was offered for signing the same again."""

    @property
    def lanes(self) -> Lanes:
        """Where acts wait for their tenant, to be done together."""

    def now(self) -> datetime:
        """This very moment; `Session.now` is when the request came."""

    def get_signer(self, tenant_id: int) -> Signer:
        """The signer of a tenant's log. Raises the refusal of a tenant that is not registered."""

    async def keep_erasures(self, database: Database, tenant_id: int) -> None:
        """Keep outside the database what was erased in a tenant, for the day an older backup is restored."""

    def derive(self, purpose: str, text: str) -> bytes:
        """What nobody else can work out of a text: 32 bytes, for a purpose, the same every time."""

    def issue_token(self, principal: Principal) -> tuple[str, datetime]:
        """A bearer token, and when it ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """One request. `now` is aware UTC; `desk` is for mutations.

    `client`: where it came from, as tries are counted by (an address, or an IPv6 network of 64 bits); never stored as it is.
    `public`: the tenants whose public lists everybody reads. `given`: the officer's signature that came with the request.
    """

    principal: Principal | None
    now: datetime
    database: Database
    locale: Locale = "zh-CN"
    trace_id: str = ""
    desk: Desk | None = None
    client: str = ""
    public: tuple[int, ...] = ()
    given: Given | None = None

    def get_desk(self) -> Desk:
        """The desk. Raises InvariantError in a session that can only read."""
        if self.desk is None:
            raise InvariantError(what="a mutation ran without a desk")
        return self.desk
