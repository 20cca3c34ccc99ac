"""Logs in which keys come and go, made by hand: officers with keys, and a writer that seals whatever it is told."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.canonical import digest
from audit.dsse import intent_pae, officer_key_id, possession_pae
from audit.entry import GENESIS, Actor, Cite, Draft, Entry, OfficerSignature, Subject, format_time, seal
from audit.head import Head
from audit.keyring import Keyring
from audit.keys import Ed25519Signer
from audit.note import encode_base64
from audit.officers import ADMINISTRATOR, SYSTEM
from audit.tree import Frontier
from tests.unit.audit.kit import KEY, ORIGIN, SIGNER, START, opening

CITY = "xingji.test/411600"
SECOND = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
THIRD = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34))))


@dataclass
class Officer:
    """A person with a key made of a number; `next_key` is another key of the same person."""

    number: int
    role: str = "county_officer"
    origin: str = ORIGIN
    key: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([self.number]) * 32)

    def next_key(self) -> "Officer":
        fresh = Officer(self.number, self.role, self.origin)
        fresh.key = Ed25519PrivateKey.from_private_bytes(bytes([self.number, 1]) * 16)
        return fresh

    @property
    def id(self) -> UUID:
        return UUID(int=self.number)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_id(self) -> str:
        return officer_key_id(self.public)

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.role, self.origin)

    def declares(self) -> dict[str, Any]:
        proof = self.key.sign(possession_pae(self.origin, self.id, self.public))
        return {
            "key": self.key_id,
            "proof": encode_base64(proof),
            "public": encode_base64(self.public),
        }


ALICE, BOB, CAROL = Officer(101, ADMINISTRATOR), Officer(102, ADMINISTRATOR), Officer(103, ADMINISTRATOR)
OFFICER = Officer(110)
ROBOT = Officer(111, "system")


class Log:
    """A chain that its keyring follows: `add` seals and checks, `force` seals alone."""

    def __init__(self, *pinned: Ed25519Signer) -> None:
        self.signer = SIGNER
        self.entries: list[Entry] = []
        self.ring = Keyring.of([one.verifier_key for one in pinned] or KEY)
        self.take(opening())

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=len(self.entries))

    @property
    def prev(self) -> bytes:
        return self.entries[-1].hash if self.entries else GENESIS

    @property
    def head(self) -> Head:
        frontier = Frontier().extend(entry.hash for entry in self.entries)
        return Head(1, ORIGIN, self.prev, frontier, None)

    def force(self, draft: Draft, signer: Ed25519Signer | None = None) -> Entry:
        """Seal it in its place, whatever it says."""
        return seal(draft, ORIGIN, len(self.entries), self.prev, signer or self.signer)

    def take(self, draft: Draft, signer: Ed25519Signer | None = None) -> Entry:
        """Seal it, check it, go on from it. Raises RefutedError."""
        entry = self.force(draft, signer)
        self.ring.check(entry)
        self.ring = self.ring.after(entry)
        self.entries.append(entry)
        return entry

    def draft(
        self,
        operation: str,
        by: Officer,
        intent: dict[str, Any],
        *,
        signed: Officer | None = None,
        cites: tuple[Cite, ...] = (),
        system: bool = False,
        expires: datetime | None = None,
    ) -> Draft:
        """An act, bound as recording binds it, and signed by the officer if told."""
        request, subject = f"request-{len(self.entries)}", Subject("thing", UUID(int=7), 1)
        told = {
            **intent,
            "arguments": digest(len(self.entries)).hex(),
            "operation": operation,
            "origin": ORIGIN,
            "request": request,
            "subject": {"id": str(subject.id), "revision": 1, "type": "thing"},
        }
        if signed is not None:
            told["expires"] = format_time(expires or self.now + timedelta(minutes=5))
        actor = Actor(SYSTEM, "system", ORIGIN) if system else by.actor
        draft = Draft(operation, request, self.now, actor, subject, told, cites=cites)
        return draft if signed is None else sign(draft, signed)

    def add(self, operation: str, by: Officer, intent: dict[str, Any] | None = None, **more: Any) -> Entry:
        return self.take(self.draft(operation, by, intent or {}, **more))

    def certify(self, officer: Officer, first: Officer = ALICE, second: Officer = BOB) -> None:
        """Enrol, vouch, certify."""
        named = {"key": officer.key_id, "person": str(officer.id)}
        self.add("officer_key.enrolled", officer, officer.declares())
        self.add("officer_key.vouched", first, named)
        self.add("officer_key.certified", second, named)


def sign(draft: Draft, officer: Officer) -> Draft:
    """With the officer's signature over its intent."""
    signature = OfficerSignature(officer.key_id, officer.key.sign(intent_pae(draft.intent)))
    return replace(draft, actor=replace(draft.actor, key=officer.key_id), officer_sig=signature)
