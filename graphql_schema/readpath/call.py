"""What one request gives to a plan: coerced variables, who asks, and the tenants in reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql.execution.values import VariableValues

from graphql_schema.declare import ScopeKind
from graphql_schema.permissions import Access, Signature
from graphql_schema.session import Session


@dataclass(frozen=True, slots=True)
class Reader:
    """All that a plan depends on beside the document and the shape of its variables: nothing of a tenant."""

    signature: Signature
    signed_in: bool
    many_own: bool
    many_shared: bool

    def many(self, scope: ScopeKind) -> bool:
        """Whether the scope may hold more than one tenant."""
        return self.many_shared if scope is ScopeKind.SHARED else self.many_own


@dataclass(frozen=True, slots=True)
class Call:
    """One request's values, from which a plan's parameters are read."""

    session: Session
    access: Access
    tenant_id: int
    own: list[int]
    shared: list[int]
    values: VariableValues
    variables: dict[str, Any]

    @classmethod
    def of(cls, session: Session, values: VariableValues) -> Call:
        """The call of a session; for a stranger there are no tenants."""
        principal = session.principal
        if principal is None:
            return cls(session, session.access, 0, [], [], values, values.coerced)
        own = [principal.tenant_id, *principal.granted]
        shared = [*own, *principal.shared]
        return cls(session, session.access, principal.tenant_id, own, shared, values, values.coerced)

    def reader(self) -> Reader:
        """What a plan for this call depends on."""
        return Reader(
            self.access.signature, self.session.principal is not None, len(self.own) > 1, len(self.shared) > 1
        )

    def tenants(self, scope: ScopeKind) -> list[int]:
        """The tenants whose rows of this kind are in reach."""
        return self.shared if scope is ScopeKind.SHARED else self.own

    def within(self, scope: ScopeKind, tenant: int) -> int:
        """The tenant if it is in reach, else 0, which is nobody's: an empty answer and no hint."""
        return tenant if scope is ScopeKind.REGISTRY or tenant in self.tenants(scope) else 0

    @property
    def person_id(self) -> UUID | None:
        """The reader's pseudonym."""
        return None if self.session.principal is None else self.session.principal.person_id


Getter = Callable[[Call], Any]
