"""Holding a key: what an officer shows when enrolling or rotating, and who may do it."""

from __future__ import annotations

from uuid import UUID

from audit.dsse import officer_key_id, possession_pae
from audit.note import VerifierKey, encode_base64
from certification.errors import NotEntitledError
from certification.life import Actor
from certification.signing.errors import KeyProofError

KEY_SIZE = 32


def check_officer(tenant_id: int, action: str, name: str, actor: Actor) -> str:
    """Any role of the tenant, at home. Raises NotEntitledError."""
    if actor.home_tenant_id != tenant_id or not actor.roles:
        raise NotEntitledError(action=action, name=name, role="officer", role_zh="工作人员")
    return str(actor.roles[0].name)


def check_proof(origin: str, person: UUID, public_key: bytes, proof: bytes) -> None:
    """Raise KeyProofError unless the proof is this key's, for this person of this log."""
    holds = len(public_key) == KEY_SIZE and VerifierKey(origin, public_key).holds(
        possession_pae(origin, person, public_key), proof
    )
    if not holds:
        raise KeyProofError


def declared(public_key: bytes, proof: bytes) -> dict[str, object]:
    """What an intent says of a new key."""
    return {
        "key": officer_key_id(public_key),
        "proof": encode_base64(proof),
        "public": encode_base64(public_key),
    }
