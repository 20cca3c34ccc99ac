"""Officers' keys (工作人员密钥) and signing policies (签名规定). Public halves only: everybody in the tenant sees who holds which key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from certification.signing.tables import officer_keys, signing_policies
from graphql_schema.declare import Node, column, computed, equals, in_tenant, rows, to_one
from graphql_schema.permissions import Permission
from graphql_schema.scalars import Hex
from graphql_schema.types.tenant import Tenant
from tenancy.tables import tenants


@strawberry.input(description="Which keys (密钥筛选).")
class OfficerKeyFilter:
    """All that is given must hold."""

    person_id: UUID | None = equals(officer_keys.c.person_id, "Of this person (人员代号).")
    tenant_id: strawberry.ID | None = in_tenant("In this tenant's log (租户).")


@strawberry.input(description="Which policies (签名规定筛选).")
class SigningPolicyFilter:
    """All that is given must hold."""

    tenant_id: strawberry.ID | None = in_tenant("Of this tenant (租户).")


@rows(
    officer_keys, permission=Permission.READ, description="An officer's key, its public half (工作人员密钥)."
)
class OfficerKey(Node):
    """In force from `certifiedAt` until `endedAt`."""

    key: str = column(officer_keys.c.key, description="SHA-256 of the public key, as entries name it (指纹).")
    public_key: Hex = column(officer_keys.c.public_key, description="Ed25519, raw (公钥).")
    person_id: UUID = column(officer_keys.c.person_id, description="Its officer's pseudonym (人员代号).")
    enrolled_at: datetime = column(officer_keys.c.enrolled_at, description="When it was declared (登记时间).")
    vouched_by: UUID | None = column(officer_keys.c.vouched_by, description="The first person (核验人代号).")
    vouched_at: datetime | None = column(officer_keys.c.vouched_at, description="When (核验时间).")
    certified_by: UUID | None = column(
        officer_keys.c.certified_by,
        description="The second person; its officer, where an older key did (核证人代号).",
    )
    certified_at: datetime | None = column(
        officer_keys.c.certified_at, description="In force since (生效时间)."
    )
    ended_at: datetime | None = column(officer_keys.c.ended_at, description="Signs nothing since (失效时间).")
    ended_by: str | None = column(
        officer_keys.c.ended_by, description="What ended it: rotated, revoked, withdrawn (失效原因)."
    )
    end_reason: str | None = column(officer_keys.c.end_reason, description="Why it was revoked (理由).")
    tenant: Tenant = to_one({tenants.c.id: officer_keys.c.tenant_id}, description="In whose log (租户).")
    home: Tenant = to_one(
        {tenants.c.id: officer_keys.c.home_tenant_id}, description="Whose officer it is (所属租户)."
    )


def decide_operations(needs: Mapping[str, Any], _: Any) -> list[str]:
    """The operations that a policy names."""
    return str(needs["operations"]).split()


@rows(
    signing_policies,
    permission=Permission.READ,
    description="Which operations need the officer's key (签名规定).",
)
class SigningPolicy(Node):
    """The one with the largest number among those that are set is in force."""

    number: int = column(signing_policies.c.number, description="Of the tenant's policies, from 1 (序号).")
    operations: list[str] = computed(
        {"operations": signing_policies.c.operations},
        decide_operations,
        description="Operations that need a key; with any, what decides over keys needs one too (须签名的操作).",
    )
    proposed_by: UUID = column(
        signing_policies.c.proposed_by, description="The proposer's pseudonym (提出人代号)."
    )
    proposed_at: datetime = column(signing_policies.c.proposed_at, description="When (提出时间).")
    set_by: UUID | None = column(
        signing_policies.c.set_by,
        description="Who put it in force; asking for less, another person (确认人代号).",
    )
    set_at: datetime | None = column(
        signing_policies.c.set_at, description="When it came into force (生效时间)."
    )
    tenant: Tenant = to_one({tenants.c.id: signing_policies.c.tenant_id}, description="Whose (租户).")
