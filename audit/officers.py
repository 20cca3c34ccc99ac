"""Officers' keys and the policy of signing, as a log tells them: what each entry about them must be, as pure functions.

    officer_key.enrolled    by the officer     {"key", "proof", "public"}               the key is theirs, nobody else says so
    officer_key.vouched     by an administrator {"key", "person"}                       the first of two
    officer_key.certified   by another one     {"key", "person"}                        in force from the next entry on
    officer_key.rotated     by the officer, signed with the old key
                                               {"key", "proof", "public", "replaces"}   the new one is in force, the old one is not
    officer_key.revoked     by the officer or an administrator  {"key", "person", "reason"}
    officer_key.admitted    by the system      {"home", "key", "person", "public"}      of another log's officer, citing its entry there
    officer_key.withdrawn   by the system      {"key"}                                  citing what ended it there
    signing_policy.proposed by an administrator {"operations"}
    signing_policy.set      by an administrator {"operations"}                          asks for less: as another one proposed

`key` is the hex SHA-256 of the raw public key, `public` its base64, `proof` the key's signature (base64) over
`dsse.possession_pae`. Intents of persons hold `arguments`, `operation`, `origin`, `request`, `subject` and, where signed, `expires`
beside these. A person has one key in force in a log at a time; a key is never declared twice. Once a policy asks for any key, what
decides over keys and policy needs one as well (`PROTECTED`), or two stolen tokens could undo it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from audit.dsse import officer_key_id, possession_pae
from audit.entry import Entry
from audit.errors import NoteMalformedError
from audit.note import VerifierKey, decode_base64
from audit.rotation import is_reason
from audit.schema import is_hash, is_name, is_origin_text, is_uuid
from audit.verdict import RefutedError

ADMINISTRATOR: Final = "tenant_administrator"
SYSTEM: Final = UUID(int=0)
ENROLLED: Final = "officer_key.enrolled"
VOUCHED: Final = "officer_key.vouched"
CERTIFIED: Final = "officer_key.certified"
KEY_ROTATED: Final = "officer_key.rotated"
REVOKED: Final = "officer_key.revoked"
ADMITTED: Final = "officer_key.admitted"
WITHDRAWN: Final = "officer_key.withdrawn"
POLICY_PROPOSED: Final = "signing_policy.proposed"
POLICY_SET: Final = "signing_policy.set"
PROTECTED: Final = frozenset({VOUCHED, CERTIFIED, POLICY_PROPOSED, POLICY_SET})
_BOUND: Final = {"arguments", "expires", "operation", "origin", "request", "subject"}


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """One key: whose, and the sequences of what was said of it. It signs in entries after `certified` and before `ended`."""

    id: str
    public: bytes
    person: UUID
    home: str
    enrolled: int
    vouched_by: UUID | None = None
    certified: int | None = None
    ended: int | None = None

    @property
    def in_force(self) -> bool:
        """Whether it signs now."""
        return self.certified is not None and self.ended is None

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        return VerifierKey(self.home, self.public).holds(message, signature)


@dataclass(frozen=True, slots=True)
class Policy:
    """The operations that need an officer's key, and a proposal that waits for a second administrator."""

    operations: frozenset[str] = frozenset()
    proposed: frozenset[str] | None = None
    proposed_by: UUID | None = None

    @property
    def asked(self) -> frozenset[str]:
        """All of them: with any, also what decides over keys and policy."""
        return self.operations | PROTECTED if self.operations else self.operations


@dataclass(frozen=True, slots=True)
class Officers:
    """All that a log has said of officers' keys so far. Never changed in place; `keys` is told by what comes after."""

    keys: Mapping[str, OfficerKey]
    policy: Policy = Policy()

    @classmethod
    def none(cls) -> "Officers":
        """Of a log that has said nothing yet."""
        return cls({})

    def key_of(self, person: UUID, home: str) -> OfficerKey | None:
        """The key in force of this person."""
        mine = (
            one for one in self.keys.values() if one.person == person and one.home == home and one.in_force
        )
        return next(mine, None)

    def with_keys(self, *keys: OfficerKey) -> "Officers":
        """With these, new or changed."""
        return replace(self, keys={**self.keys, **{key.id: key for key in keys}})


def enrolled(officers: Officers, entry: Entry) -> Officers:
    """Declared by its officer, with proof; in force only when two others have certified it."""
    fields = _fields(entry, {"key", "proof", "public"})
    return officers.with_keys(_declared(officers, entry, fields))


def vouched(officers: Officers, entry: Entry) -> Officers:
    """By the first of two administrators."""
    key = _waiting(officers, entry)
    return officers.with_keys(replace(key, vouched_by=entry.draft.actor.id))


def certified(officers: Officers, entry: Entry) -> Officers:
    """By the second, who is another person; neither is the officer."""
    key = _waiting(officers, entry)
    if key.vouched_by in {None, entry.draft.actor.id}:
        raise RefutedError("officer_key_one_person", entry.seq, key=key.id)
    if officers.key_of(key.person, key.home) is not None:
        raise _wrong(entry, "person")
    return officers.with_keys(replace(key, certified=entry.seq))


def rotated(officers: Officers, entry: Entry) -> Officers:
    """The old key, which signed this entry, gives way to the new one."""
    fields = _fields(entry, {"key", "proof", "public", "replaces"})
    old = officers.keys.get(fields["replaces"]) if is_hash(fields["replaces"]) else None
    if old is None or entry.draft.officer_sig is None or entry.draft.officer_sig.key != old.id:
        raise _wrong(entry, "replaces")
    new = _declared(officers, entry, fields)
    return officers.with_keys(replace(old, ended=entry.seq), replace(new, certified=entry.seq))


def revoked(officers: Officers, entry: Entry) -> Officers:
    """By its officer, or by an administrator of the home log."""
    fields = _fields(entry, {"key", "person", "reason"})
    key, actor = _known(officers, entry, fields), entry.draft.actor
    own = actor.id == key.person and actor.origin == key.home
    if not (own or _is_administrator(entry)) or not is_reason(fields["reason"]):
        raise _wrong(entry, "actor")
    return officers.with_keys(replace(key, ended=entry.seq))


def admitted(officers: Officers, entry: Entry) -> Officers:
    """Another log's officer acts here; who had another key here has this one from now on."""
    fields = _fields(entry, {"home", "key", "person", "public"})
    _check_system(entry, fields["home"])
    public = _public(entry, fields)
    if not (is_uuid(fields["person"]) and is_origin_text(fields["home"]) and fields["home"] != entry.origin):
        raise _wrong(entry, "home")
    person, home = UUID(fields["person"]), fields["home"]
    former = officers.key_of(person, home)
    if fields["key"] in officers.keys:
        raise _wrong(entry, "key")
    key = OfficerKey(fields["key"], public, person, home, entry.seq, None, entry.seq)
    return officers.with_keys(*([] if former is None else [replace(former, ended=entry.seq)]), key)


def withdrawn(officers: Officers, entry: Entry) -> Officers:
    """Ended at home, so here."""
    fields = _fields(entry, {"key"})
    key = _known(officers, entry, fields)
    _check_system(entry, key.home)
    return officers.with_keys(replace(key, ended=entry.seq))


def proposed(officers: Officers, entry: Entry) -> Officers:
    """A policy that waits for a second administrator; it takes the place of one that waited before."""
    operations = _operations(entry)
    policy = replace(officers.policy, proposed=operations, proposed_by=entry.draft.actor.id)
    return replace(officers, policy=policy)


def policy_set(officers: Officers, entry: Entry) -> Officers:
    """From the next entry on. What asks for less must be as another administrator proposed it."""
    operations, before = _operations(entry), officers.policy
    seconded = before.proposed == operations and before.proposed_by != entry.draft.actor.id
    if not (operations >= before.operations or seconded):
        raise RefutedError("signing_policy_one_person", entry.seq)
    return replace(officers, policy=Policy(operations))


EVENTS: Final[Mapping[str, Callable[[Officers, Entry], Officers]]] = MappingProxyType(
    {
        ENROLLED: enrolled,
        VOUCHED: vouched,
        CERTIFIED: certified,
        KEY_ROTATED: rotated,
        REVOKED: revoked,
        ADMITTED: admitted,
        WITHDRAWN: withdrawn,
        POLICY_PROPOSED: proposed,
        POLICY_SET: policy_set,
    }
)


def is_foreign(entry: Entry) -> bool:
    """Whether an officer of another log has signed it."""
    return entry.draft.officer_sig is not None and entry.draft.actor.origin != entry.origin


def _wrong(entry: Entry, field: str) -> RefutedError:
    return RefutedError("key_entry_wrong", entry.seq, operation=entry.draft.operation, field=field)


def _fields(entry: Entry, wanted: set[str]) -> Mapping[str, Any]:
    """The fields of the intent beside those that bind it to its act."""
    given: Mapping[str, Any] = entry.draft.intent
    if given.keys() - _BOUND != wanted:
        raise _wrong(entry, "intent")
    return given


def _public(entry: Entry, fields: Mapping[str, Any]) -> bytes:
    try:
        public = decode_base64(fields["public"])
    except (NoteMalformedError, TypeError) as error:
        raise _wrong(entry, "public") from error
    if len(public) != 32 or officer_key_id(public) != fields["key"]:
        raise _wrong(entry, "key")
    return public


def _declared(officers: Officers, entry: Entry, fields: Mapping[str, Any]) -> OfficerKey:
    """A key that the acting officer of this very log shows to be theirs."""
    public, actor = _public(entry, fields), entry.draft.actor
    if actor.id == SYSTEM or actor.origin != entry.origin or fields["key"] in officers.keys:
        raise _wrong(entry, "key")
    key = OfficerKey(fields["key"], public, actor.id, actor.origin, entry.seq)
    try:
        proof = decode_base64(fields["proof"])
    except (NoteMalformedError, TypeError) as error:
        raise _wrong(entry, "proof") from error
    if not key.holds(possession_pae(entry.origin, actor.id, public), proof):
        raise _wrong(entry, "proof")
    return key


def _known(officers: Officers, entry: Entry, fields: Mapping[str, Any]) -> OfficerKey:
    """The key that an entry names, not ended yet, with its person where that is said."""
    key = officers.keys.get(fields["key"]) if is_hash(fields["key"]) else None
    if key is None or key.ended is not None or fields.get("person", str(key.person)) != str(key.person):
        raise _wrong(entry, "key")
    return key


def _waiting(officers: Officers, entry: Entry) -> OfficerKey:
    """The key that an administrator, not its officer, is about to vouch for."""
    key = _known(officers, entry, _fields(entry, {"key", "person"}))
    if key.certified is not None or key.home != entry.origin:
        raise _wrong(entry, "key")
    if entry.draft.actor.id == key.person:
        raise RefutedError("officer_key_one_person", entry.seq, key=key.id)
    if not _is_administrator(entry):
        raise _wrong(entry, "actor")
    return key


def _operations(entry: Entry) -> frozenset[str]:
    named = _fields(entry, {"operations"})["operations"]
    if not _is_administrator(entry):
        raise _wrong(entry, "actor")
    if type(named) is not list or not all(map(is_name, named)) or named != sorted(set(named)):
        raise _wrong(entry, "operations")
    return frozenset(named)


def _is_administrator(entry: Entry) -> bool:
    actor = entry.draft.actor
    return actor.role == ADMINISTRATOR and actor.origin == entry.origin and actor.id != SYSTEM


def _check_system(entry: Entry, home: object) -> None:
    cites = entry.draft.cites
    if entry.draft.actor.id != SYSTEM or len(cites) != 1 or cites[0].origin != home:
        raise _wrong(entry, "cites")
