"""Whether an act is signed by its officer, and the entry that says so; a key from another log is admitted on the way.

    no signature, none asked for         as the server says: server-attested
    no signature, but asked for          SignatureRequiredError with the intent, byte for byte
    a signature                          it must hold over what would be recorded now, by the officer's key in force at home

What the policy asks for stands in the locked head (`audit.head.Head.asks`), so it costs no reading. Rotating one's key is always
signed, with the key that goes. A key of another tenant's officer is admitted by an entry before the act's, in the same batch.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from audit.canonical import digest, encode
from audit.dsse import intent_pae
from audit.entry import Actor as EntryActor
from audit.entry import Draft, OfficerSignature, Subject, format_time
from audit.head import Head
from audit.ledger import SYSTEM
from audit.note import VerifierKey, encode_base64
from audit.officers import ADMITTED, KEY_ROTATED, Policy
from audit.rows import record_rows
from certification.changes import Write, insert, update
from certification.life import Actor
from certification.signing.errors import (
    SignatureExpiredError,
    SignatureKeyError,
    SignatureRequiredError,
    SignatureStaleError,
)
from certification.signing.model import OfficerKey
from certification.signing.offering import Signing
from certification.signing.reading import find_key, find_key_of, get_cite
from tenancy.database import TenantConnection

ALWAYS: Final = frozenset({KEY_ROTATED})


async def attest(
    tx: TenantConnection, head: Head, draft: Draft, actor: Actor, signing: Signing | None, now: datetime
) -> tuple[tuple[Draft, ...], tuple[Write, ...]]:
    """The drafts to append in this order, the act's last, and the rows of those before it. Raises the refusals of signing."""
    given = None if signing is None else signing.given
    expires = now if signing is None else signing.expires(now)
    intent = {**draft.intent, "expires": format_time(expires)}
    if given is None or given.sig is None:
        if given is not None or draft.operation in Policy(head.asks).asked | ALWAYS:
            raise SignatureRequiredError(intent=encode(intent).decode())
        return (draft,), ()
    if given.expires != expires:
        raise SignatureExpiredError
    key = await find_key_of(tx, actor.home_tenant_id, actor.home_tenant_id, actor.person_id)
    if key is None or key.key != given.key:
        raise SignatureKeyError
    if not VerifierKey(draft.actor.origin, key.public_key).holds(intent_pae(intent), given.sig):
        raise SignatureStaleError
    signature = OfficerSignature(key.key, given.sig)
    signed = replace(draft, intent=intent, actor=replace(draft.actor, key=key.key), officer_sig=signature)
    if actor.home_tenant_id == tx.tenant_id:
        return (signed,), ()
    before, writes = await _admit(tx, head, key, draft.actor.origin, now)
    return (*before, signed), writes


async def _admit(
    tx: TenantConnection, head: Head, key: OfficerKey, home: str, now: datetime
) -> tuple[tuple[Draft, ...], tuple[Write, ...]]:
    """The entry by which another log's key counts here, unless it does; a former one of the person gives way."""
    known = await find_key(tx, key.id)
    if known is not None:
        if not known.in_force:
            raise SignatureKeyError
        return (), ()
    former = await find_key_of(tx, tx.tenant_id, key.home_tenant_id, key.person_id)
    row = OfficerKey(
        tx.tenant_id,
        key.id,
        key.key,
        key.public_key,
        key.home_tenant_id,
        key.person_id,
        now,
        certified_at=now,
    )
    ended = () if former is None else update(replace(former, ended_at=now, ended_by="rotated"))
    writes = (*ended, *insert(row))
    told = {
        "home": home,
        "key": key.key,
        "person": str(key.person_id),
        "public": encode_base64(key.public_key),
    }
    draft = Draft(
        operation=ADMITTED,
        request_id=f"{ADMITTED}:{key.key}",
        time=now,
        actor=EntryActor(SYSTEM, "system", head.origin),
        subject=Subject("officer_key", key.id, 1),
        intent={**told, "arguments": digest(told).hex()},
        rows=tuple(row for write in writes for row in record_rows(write.table, [write.row()])),
        cites=(await get_cite(tx, key.home_tenant_id, key.id),),
    )
    return (draft,), writes
