"""Who may read what: roles to permissions, permissions to reach.

A permission says *whether*, its reach says *how far*: the whole tenant, or the streets, or the communities of the roles that give it. A
plan depends on permissions and kinds of reach only; the units themselves are parameters. A review team's member reaches what the team is
assigned and nothing else, whatever unit the role is over. A reader with several roles reaches the union,
permission by permission: an auditor who is also a street officer reads every application and the contacts of one street.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID


class Permission(StrEnum):
    """What a root field or a type asks for. `PUBLIC` asks for nothing, not even signing in.

    `INSPECT` is for what review teams do, and officers beside them: a team's member is asked for nothing else that is done.
    `DRAW` is for the parties of a draw: an auditor, who may be the second, does nothing else.
    """

    PUBLIC = "public"
    READ = "read"
    READ_CONTACTS = "read_contacts"
    READ_PEOPLE = "read_people"
    ACT = "act"
    INSPECT = "inspect"
    DRAW = "draw"
    ADMINISTER = "administer"


class ReachKind(StrEnum):
    """How far a permission goes within a tenant."""

    WHOLE = "whole"
    STREET = "street"
    COMMUNITY = "community"
    TEAM = "team"


ROLE_REACH: Final[Mapping[str, ReachKind]] = {
    "community_clerk": ReachKind.COMMUNITY,
    "street_officer": ReachKind.STREET,
    "county_officer": ReachKind.WHOLE,
    "city_officer": ReachKind.WHOLE,
    "review_team": ReachKind.TEAM,
    "auditor": ReachKind.WHOLE,
    "tenant_administrator": ReachKind.WHOLE,
}

ROLE_PERMISSIONS: Final[Mapping[str, frozenset[Permission]]] = {
    "community_clerk": frozenset({Permission.READ, Permission.READ_CONTACTS, Permission.ACT}),
    "street_officer": frozenset({Permission.READ, Permission.READ_CONTACTS, Permission.ACT}),
    "county_officer": frozenset(
        {Permission.READ, Permission.READ_CONTACTS, Permission.ACT, Permission.INSPECT, Permission.DRAW}
    ),
    "city_officer": frozenset(
        {Permission.READ, Permission.READ_CONTACTS, Permission.ACT, Permission.INSPECT, Permission.DRAW}
    ),
    "review_team": frozenset({Permission.READ, Permission.INSPECT}),
    "auditor": frozenset({Permission.READ, Permission.READ_PEOPLE, Permission.DRAW}),
    "tenant_administrator": frozenset({Permission.READ, Permission.READ_PEOPLE, Permission.ADMINISTER}),
}


class RoleLike(Protocol):
    """The part of `tenancy.identity.Role` that decides reading."""

    @property
    def name(self) -> str: ...
    @property
    def unit_id(self) -> UUID: ...


Signature = frozenset[tuple[Permission, ReachKind]]


@dataclass(frozen=True, slots=True)
class Access:
    """What a set of roles may read: `signature` shapes a plan, `units` fills its parameters."""

    signature: Signature
    reached: Mapping[tuple[Permission, ReachKind], tuple[UUID, ...]]

    def units(self, permission: Permission, kind: ReachKind) -> tuple[UUID, ...]:
        """The units that this permission reaches by this kind."""
        return self.reached.get((permission, kind), ())


NOBODY: Final = Access(frozenset(), {})


def decide_access(roles: Iterable[RoleLike]) -> Access:
    """The access that roles give. An unknown role gives none."""
    return _decide(tuple((str(role.name), role.unit_id) for role in roles))


@lru_cache(maxsize=4096)
def _decide(roles: tuple[tuple[str, UUID], ...]) -> Access:
    reached: dict[tuple[Permission, ReachKind], list[UUID]] = {}
    for name, unit_id in roles:
        for permission in ROLE_PERMISSIONS.get(name, ()):
            reached.setdefault((permission, ROLE_REACH[name]), []).append(unit_id)
    whole = {permission for permission, kind in reached if kind is ReachKind.WHOLE}
    kept = {
        key: tuple(units)
        for key, units in reached.items()
        if key[1] is ReachKind.WHOLE or key[0] not in whole
    }
    return Access(frozenset(kept), kept)


def kinds_of(signature: Signature, permission: Permission) -> frozenset[ReachKind]:
    """The kinds of reach that a permission has in a signature; empty when it is not held."""
    return frozenset(kind for held, kind in signature if held is permission)
