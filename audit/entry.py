"""The entry: one act, in an envelope that was fixed before the first was written.

    {"body": {"actor": {"id", "key", "origin", "role"},      pseudonym, officer's key or null, home log, role
              "cites": [{"hash", "origin", "seq"}…],         entries of other logs that this act rests on
              "intent": {"arguments", …},                    what was decided; digest of all arguments
              "operation", "origin", "prev", "request",      what, in which log, after what, by which call
              "rows": [{"digest", "key", "table"}…],         the rows after the act, by (table, key)
              "seq", "subject": {"id", "revision", "type"},  the place in the log, and what was acted on
              "suite", "time", "version"},
     "officer_sig": {"key", "sig"},                          absent: the entry is server-attested
     "server_sig": {"key", "sig", "sm2"?: {"key", "sig"}}}   sm2: in the national suite (audit.national)

Hashes are lower-case hex, signatures base64, ids UUIDs, time RFC 3339 in UTC with six decimals. The server
signs the JCS of `{body, officer_sig?}`, the officer (once officers have keys) the DSSE PAE of the intent;
the leaf is the JCS of the whole and at most 65,535 bytes long. The normative text is
docs/formats/ledger.md.

Sealing checks what parsing checks, so nothing is written that a reader refuses. Signatures and the place in
the chain are checked by `audit.chain`, not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from audit.canonical import encode, parse_canonical
from audit.errors import EntryMalformedError, EntryTooLargeError, NotCanonicalError, NoteMalformedError
from audit.note import decode_base64, encode_base64
from audit.schema import (
    ENVELOPE,
    NATIONAL,
    NATIONAL_SIG,
    OFFICER_SIG,
    SERVER_SIG,
    SUITE,
    VERSION,
    JsonObject,
    check_body,
    check_fields,
)
from audit.signer import Signer
from audit.tree import leaf_hash

MAX_ENTRY: Final = 65_535
GENESIS: Final = bytes(32)
OPENED: Final = "ledger.opened"
ASCENDING: Final = "ascending"
"""What an opening says of `times` when no entry's time is before its predecessor's."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted:

    a pseudonym, the role acted in, the origin of the tenant they belong to, the officer's key if one
    signed.
    """

    id: UUID
    role: str
    origin: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted on: its type, id and the revision that the act made or rests on."""

    type: str
    id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Cite:
    """An entry of another log: origin, sequence and hash (32 bytes)."""

    origin: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class RowDigest:
    """A row after the act: table, key and digest (32 bytes). Made by `audit.rows`."""

    table: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class OfficerSignature:
    """The officer's signature over the DSSE PAE of the intent: key name and 64 bytes."""

    key: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class NationalSignature:
    """The server's SM2 signature: key hash and r || s (64 bytes)."""

    key: str
    sig: bytes


class SignsNational(Protocol):
    """What signs by SM2 beside the server's Ed25519 key."""

    @property
    def key(self) -> "NamedKey": ...
    def sign(self, message: bytes) -> bytes:
        """r || s (64 bytes)."""


class NamedKey(Protocol):
    """What names a key."""

    @property
    def key_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An act before it has a place. `intent` is JSON of the subset and holds `arguments`.

    That is the hex digest of all arguments. `request_id` is unique for the actor in this log; `time` is
    aware.
    """

    operation: str
    request_id: str
    time: datetime
    actor: Actor
    subject: Subject
    intent: Mapping[str, object]
    rows: tuple[RowDigest, ...] = ()
    cites: tuple[Cite, ...] = ()
    officer_sig: OfficerSignature | None = None

    @property
    def arguments_digest(self) -> bytes:
        """The digest of all arguments (32 bytes), out of the intent."""
        return bytes.fromhex(str(self.intent["arguments"]))


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an act was recorded: what every mutation answers with."""

    origin: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in its place.

    `signed` is what the server signed, `leaf` the whole, `hash` the leaf hash (32 bytes).
    """

    origin: str
    seq: int
    prev: bytes
    draft: Draft
    key_id: str
    signature: bytes
    signed: bytes
    leaf: bytes
    hash: bytes
    sm2: NationalSignature | None = None

    @property
    def receipt(self) -> Receipt:
        """The receipt of this entry."""
        return Receipt(self.origin, self.seq, self.hash)


def format_time(time: datetime) -> str:
    """RFC 3339 in UTC with six decimals and `Z`. Raises ValueError for a naive time."""
    if time.tzinfo is None:
        raise ValueError("a time without zone")
    return time.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def seal(
    draft: Draft,
    origin: str,
    seq: int,
    prev: bytes,
    signer: Signer,
    national: SignsNational | None = None,
) -> Entry:
    """Give a draft its place and the server's signature, or both of its signatures. `prev` is the hash before (32 bytes), GENESIS for
    entry 0.

    Raises EntryMalformedError, NotCanonicalError or EntryTooLargeError.
    """
    body = _body(draft, origin, seq, prev, SUITE if national is None else NATIONAL)
    check_body(body)
    signed = b'{"body":' + encode(body)
    if draft.officer_sig is not None:
        officer: JsonObject = {"key": draft.officer_sig.key, "sig": encode_base64(draft.officer_sig.sig)}
        check_fields(officer, OFFICER_SIG, "officer_sig")
        signed += b',"officer_sig":' + encode(officer)
    signature = signer.sign(signed + b"}")
    server: JsonObject = {"key": signer.key_id, "sig": encode_base64(signature)}
    sm2 = None
    if national is not None:
        sm2 = NationalSignature(national.key.key_id, national.sign(signed + b"}"))
        server["sm2"] = {"key": sm2.key, "sig": encode_base64(sm2.sig)}
    leaf = b'%b,"server_sig":%b}' % (signed, encode(server))
    if len(leaf) > MAX_ENTRY:
        raise EntryTooLargeError(size=len(leaf), limit=MAX_ENTRY)
    return Entry(
        origin, seq, prev, draft, signer.key_id, signature, signed + b"}", leaf, leaf_hash(leaf), sm2
    )


def parse_entry(leaf: bytes) -> Entry:
    """Read a leaf strictly: canonical bytes, exact fields, each in its grammar. Checks no signature.

    Raises NotCanonicalError or EntryMalformedError.
    """
    whole = parse_canonical(leaf, MAX_ENTRY)
    if not isinstance(whole, dict) or not {"body", "server_sig"} <= whole.keys() <= ENVELOPE:
        raise EntryMalformedError(field="envelope")
    body = check_body(whole["body"])
    both = body["suite"] == NATIONAL
    server = check_fields(whole["server_sig"], NATIONAL_SIG if both else SERVER_SIG, "server_sig")
    sm2 = check_fields(server["sm2"], SERVER_SIG, "server_sig.sm2") if both else None
    officer = None
    if "officer_sig" in whole:
        found = check_fields(whole["officer_sig"], OFFICER_SIG, "officer_sig")
        officer = OfficerSignature(found["key"], _signature(found["sig"]))
    return Entry(
        origin=body["origin"],
        seq=body["seq"],
        prev=bytes.fromhex(body["prev"]),
        draft=_draft(body, officer),
        key_id=server["key"],
        signature=_signature(server["sig"]),
        signed=leaf[: -len(b',"server_sig":' + encode(server) + b"}")] + b"}",
        leaf=leaf,
        hash=leaf_hash(leaf),
        sm2=None if sm2 is None else NationalSignature(sm2["key"], _signature(sm2["sig"])),
    )


def _body(draft: Draft, origin: str, seq: int, prev: bytes, suite: str) -> JsonObject:
    actor, subject = draft.actor, draft.subject
    return {
        "actor": {"id": str(actor.id), "key": actor.key, "origin": actor.origin, "role": actor.role},
        "cites": [{"hash": cite.hash.hex(), "origin": cite.origin, "seq": cite.seq} for cite in draft.cites],
        "intent": dict(draft.intent),
        "operation": draft.operation,
        "origin": origin,
        "prev": prev.hex(),
        "request": draft.request_id,
        "rows": [
            {"digest": row.digest.hex(), "key": row.key, "table": row.table}
            for row in sorted(draft.rows, key=lambda row: (row.table, row.key))
        ],
        "seq": seq,
        "subject": {"id": str(subject.id), "revision": subject.revision, "type": subject.type},
        "suite": suite,
        "time": format_time(draft.time),
        "version": VERSION,
    }


def _draft(body: JsonObject, officer: OfficerSignature | None) -> Draft:
    actor, subject = body["actor"], body["subject"]
    return Draft(
        operation=body["operation"],
        request_id=body["request"],
        time=datetime.fromisoformat(body["time"]),
        actor=Actor(UUID(actor["id"]), actor["role"], actor["origin"], actor["key"]),
        subject=Subject(subject["type"], UUID(subject["id"]), subject["revision"]),
        intent=body["intent"],
        rows=tuple(RowDigest(row["table"], row["key"], bytes.fromhex(row["digest"])) for row in body["rows"]),
        cites=tuple(Cite(cite["origin"], cite["seq"], bytes.fromhex(cite["hash"])) for cite in body["cites"]),
        officer_sig=officer,
    )


def _signature(text: str) -> bytes:
    try:
        return decode_base64(text)
    except NoteMalformedError as error:
        raise NotCanonicalError(reason="a signature is not canonical base64") from error
