"""What one request gives to a plan: coerced variables, who asks, and the tenants in reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from graphql.execution.values import VariableValues

from graphql_schema.declare import ScopeKind
from graphql_schema.permissions import NOBODY, Access, Signature, decide_access
from graphql_schema.session import Session
from tenancy.database import Scope
from tenancy.identity import Principal


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """All that a plan depends on beside the document and the shape of its variables: nothing of a tenant.

    `Standpoints` keeps one object for equal readers, so that they compare by identity.
    """

    signature: Signature
    signed_in: bool
    many_own: bool
    many_shared: bool

    def many(self, scope: ScopeKind) -> bool:
        """Whether the scope may hold more than one tenant."""
        if scope is ScopeKind.PUBLIC:
            return True
        return self.many_shared if scope is ScopeKind.SHARED else self.many_own


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What follows from a principal alone, worked out once for each that a token store hands out again."""

    principal: Principal | None
    access: Access
    own: list[int]
    shared: list[int]
    scope: Scope | None
    reader: Reader


class Standpoints:
    """The standpoints of the principals seen last, by identity: an entry holds its principal, so no other can take its place."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._found: dict[int, Standpoint] = {}
        self._readers: dict[tuple[Signature, bool, bool, bool], Reader] = {}

    def get(self, principal: Principal | None) -> Standpoint:
        """The standpoint of exactly this principal."""
        found = self._found.get(id(principal))
        if found is None or found.principal is not principal:
            while len(self._found) >= self._size:
                self._found.pop(next(iter(self._found)))
            found = self._found[id(principal)] = self._stand(principal)
        return found

    def _stand(self, principal: Principal | None) -> Standpoint:
        if principal is None:
            return Standpoint(None, NOBODY, [], [], None, self._reader(NOBODY.signature, False, False, False))
        own = [principal.tenant_id, *principal.granted]
        shared = [*own, *principal.shared]
        access = decide_access(principal.roles)
        reader = self._reader(access.signature, True, len(own) > 1, len(shared) > 1)
        return Standpoint(principal, access, own, shared, principal.scope(), reader)

    def _reader(self, *parts: Any) -> Reader:
        return self._readers.setdefault(parts, Reader(*parts))


@dataclass(frozen=True, slots=True)
class Call:
    """One request's values, from which a plan's parameters are read; `beyond`: the tenants asked for out of reach."""

    session: Session
    standpoint: Standpoint
    variables: dict[str, Any]
    coerce: Callable[[], VariableValues]
    beyond: set[int] = field(default_factory=set)

    def after(self) -> Call:
        """The same call behind an act, which was recorded later than the request came: the payload shows what it made."""
        if self.session.desk is None:
            return self
        return replace(self, session=replace(self.session, now=self.session.desk.now()))

    @property
    def values(self) -> VariableValues:
        """The variables as graphql-core has them, for compiling and for rare arguments; coerced again."""
        return self.coerce()

    @property
    def access(self) -> Access:
        """What the reader's roles reach."""
        return self.standpoint.access

    @property
    def tenant_id(self) -> int:
        """The reader's own tenant, 0 for a stranger."""
        principal = self.session.principal
        return 0 if principal is None else principal.tenant_id

    def tenants(self, scope: ScopeKind) -> list[int]:
        """The tenants whose rows of this kind are in reach."""
        if scope is ScopeKind.PUBLIC:
            return list(self.session.public)
        return self.standpoint.shared if scope is ScopeKind.SHARED else self.standpoint.own

    def within(self, scope: ScopeKind, tenant: int) -> int:
        """The tenant if it is in reach, else 0, which is nobody's: an empty answer and no hint; the attempt is kept."""
        if scope is ScopeKind.REGISTRY or tenant in self.tenants(scope):
            return tenant
        self.beyond.add(tenant)
        return 0

    @property
    def person_id(self) -> UUID | None:
        """The reader's pseudonym."""
        return None if self.session.principal is None else self.session.principal.person_id


Getter = Callable[[Call], Any]
