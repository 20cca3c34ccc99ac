"""Which keys count at each place of a log: all that a reader learns about keys from the log itself, beside what was pinned.

    ring = Keyring.of(pinned)             # any key of the log's chain of keys is enough
    for entry in log:
        ring.check(entry)                 # signed by the key in force, by an officer's key in force, or not asked to be
        ring = ring.after(entry)          # itself, unless the entry is about keys
    ring.check_pinned()                   # the chain of keys went through a pinned one

A ring is never changed: what comes after an entry is another ring, so a worker may judge a stretch of the log from a ring that
it was handed, and `used_by` says which records it relied on. The first key is what the opening declares; it is believed when it is
pinned, or when a later key that is pinned took over from it (`audit.rotation`). `audit.officers` says what entries about
officers' keys must be. Whether an admitted key was put in force in its home log is for who holds that log too (`audit.admissions`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from audit.dsse import intent_pae
from audit.entry import OPENED, Entry, format_time
from audit.errors import NoteMalformedError
from audit.national import SUITE_SET, NationalKey, find_declared, find_fault
from audit.note import VerifierKey
from audit.officers import EVENTS, OfficerKey, Officers
from audit.rotation import REPLACED, ROTATED, find_rotation, rotation_text
from audit.schema import is_time
from audit.verdict import RefutedError

Used = tuple[VerifierKey | None, OfficerKey | None, bool, NationalKey | None]
"""What judging an entry relied on: the log's key, the officer's, whether the policy asks for one, the SM2 key."""
_KEY_OPERATIONS: Final = frozenset({OPENED, ROTATED, REPLACED, SUITE_SET, *EVENTS})


@dataclass(frozen=True, slots=True)
class Keyring:
    """`server` is the key in force, None before the opening; `retired` those before it, the first one first; `national` the SM2 key beside."""

    origin: str
    pinned: tuple[VerifierKey, ...]
    server: VerifierKey | None = None
    retired: tuple[VerifierKey, ...] = ()
    is_pinned: bool = False
    national: NationalKey | None = None
    officers: Officers = field(default_factory=Officers.none)

    @classmethod
    def of(cls, pinned: VerifierKey | Iterable[VerifierKey]) -> "Keyring":
        """Before the first entry. Raises ValueError unless the keys are of one log."""
        keys = (pinned,) if isinstance(pinned, VerifierKey) else tuple(pinned)
        if len({key.name for key in keys}) != 1:
            raise ValueError("pinned keys of one log, at least one")
        return cls(keys[0].name, keys)

    @property
    def known(self) -> tuple[VerifierKey, ...]:
        """Every key of the log that is known here, in force or not."""
        mine = (*self.retired, *(() if self.server is None else (self.server,)))
        return tuple(dict.fromkeys((*mine, *self.pinned)))

    def server_key(self, entry: Entry) -> VerifierKey | None:
        """The key that must have signed this entry; None if its opening declares none that is of this log."""
        if entry.draft.operation == REPLACED:
            found = find_rotation(entry)
            return None if found is None or found.new not in self.pinned else found.new
        if self.server is None and entry.key_id not in {key.key_id for key in self.pinned}:
            return _declared(entry)
        if self.server is None:
            return next(key for key in self.pinned if key.key_id == entry.key_id)
        return self.server

    def check(self, entry: Entry) -> None:
        """The server's signature and the officer's. Raises RefutedError."""
        self.check_server(entry)
        self.check_officer(entry)

    def check_server(self, entry: Entry) -> None:
        """The entry is this log's, and signed by its key in force. Raises RefutedError."""
        if entry.origin != self.origin:
            raise RefutedError("entry_foreign", entry.seq, found=entry.origin)
        key = self.server_key(entry)
        if key is None or entry.key_id != key.key_id:
            retired = entry.key_id in {one.key_id for one in self.retired}
            raise RefutedError(
                "entry_key_retired" if retired else "entry_key_unknown", entry.seq, found=entry.key_id
            )
        if not key.holds(entry.signed, entry.signature):
            raise RefutedError("entry_altered", entry.seq)
        if (fault := find_fault(entry, self.national)) is not None:
            raise RefutedError(fault, entry.seq)

    def check_officer(self, entry: Entry) -> None:
        """The officer's signature: there where it is asked for, and right where it is there. Raises RefutedError."""
        draft, seq = entry.draft, entry.seq
        if draft.officer_sig is None:
            if draft.operation in self.officers.policy.asked or draft.actor.key is not None:
                raise RefutedError("officer_signature_missing", seq, operation=draft.operation)
            return
        key = self.officers.keys.get(draft.officer_sig.key)
        if key is None:
            raise RefutedError("officer_key_unknown", seq)
        if not key.in_force:
            raise RefutedError("officer_key_not_in_force", seq, key=key.id)
        if (key.person, key.home, key.id) != (draft.actor.id, draft.actor.origin, draft.actor.key):
            raise RefutedError("officer_key_foreign", seq, key=key.id)
        if not _is_bound(entry):
            raise RefutedError("officer_signature_moved", seq)
        expires = draft.intent.get("expires")
        if not is_time(expires) or datetime.fromisoformat(str(expires)) < draft.time:
            raise RefutedError("officer_signature_expired", seq, time=format_time(draft.time))
        if not key.holds(intent_pae(draft.intent), draft.officer_sig.sig):
            raise RefutedError("officer_signature_wrong", seq, key=key.id)

    def used_by(self, entry: Entry) -> Used:
        """What `check` relies on for this entry: equal in two rings, equal in what they say of it."""
        signature = entry.draft.officer_sig
        officer = None if signature is None else self.officers.keys.get(signature.key)
        return (
            self.server_key(entry),
            officer,
            entry.draft.operation in self.officers.policy.asked,
            self.national,
        )

    def after(self, entry: Entry) -> "Keyring":
        """What counts for the next entry. The entry has been checked and stands in its place. Raises RefutedError."""
        operation = entry.draft.operation
        if operation not in _KEY_OPERATIONS:
            return self
        if operation == SUITE_SET:
            return replace(self, national=find_declared(entry.draft, entry.origin))
        if operation in EVENTS:
            return replace(self, officers=EVENTS[operation](self.officers, entry))
        return self._opened(entry) if operation == OPENED else self._handed_over(entry)

    def check_pinned(self) -> None:
        """The keys that signed the log go through a pinned one. Raises RefutedError."""
        if not self.is_pinned:
            first = (*self.retired, self.server)[0]
            raise RefutedError("entry_key_unknown", 0, found="" if first is None else first.key_id)

    def _opened(self, entry: Entry) -> "Keyring":
        key = _declared(entry)
        if entry.seq != 0 or key is None or key.key_id != entry.key_id or key.name != self.origin:
            raise RefutedError("opening_wrong", entry.seq)
        return replace(self, server=key, is_pinned=key in self.pinned)

    def _handed_over(self, entry: Entry) -> "Keyring":
        found, server = find_rotation(entry), self.server
        if found is None or server is None or found.old != server or found.new in self.retired:
            raise RefutedError("key_rotation_wrong", entry.seq)
        text = rotation_text(entry.origin, entry.seq, entry.prev, found.old, found.new)
        if entry.draft.operation == ROTATED and not found.new.holds(text, found.proof):
            raise RefutedError("key_rotation_wrong", entry.seq)
        pinned = self.is_pinned or found.new in self.pinned
        return replace(self, server=found.new, retired=(*self.retired, server), is_pinned=pinned)


def _declared(entry: Entry) -> VerifierKey | None:
    """The one key that an opening declares for its own log."""
    keys, origin = entry.draft.intent.get("keys"), entry.draft.intent.get("origin")
    if type(keys) is not list or len(keys) != 1 or type(keys[0]) is not str or origin != entry.origin:
        return None
    try:
        key = VerifierKey.parse(keys[0])
    except NoteMalformedError:
        return None
    return key if key.name == entry.origin else None


def _is_bound(entry: Entry) -> bool:
    """Whether the intent names this very act: operation, log, request and subject."""
    draft, subject = entry.draft, entry.draft.subject
    return {name: draft.intent.get(name) for name in ("operation", "origin", "request", "subject")} == {
        "operation": draft.operation,
        "origin": entry.origin,
        "request": draft.request_id,
        "subject": {"id": str(subject.id), "revision": subject.revision, "type": subject.type},
    }
