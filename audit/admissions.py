"""A key that one log admits of another log's officer, held against that other log, its home.

A log's own entries show that a key was admitted by the system, citing an entry of the home log (`audit.officers`). They cannot show that the home log
ever said so: whoever holds the log's own key can admit an officer whom nobody has certified. With the home log at hand that is seen.

    made = Certifications(origin)                  # of the home log
    made.hear(entry)                               # each verified entry of HEARD, in order
    check_admission(entry, {made.origin: made})    # each admission of the log that is judged, and what such keys signed

The rule: the cited entry is the home log's very entry, it put that key of that person in force, and the home log had not ended the key by then. Two logs have no
common order, so of that last the entries' times speak, with LEEWAY: an act that is under way while its key is revoked elsewhere is no forgery. What an admitted
key signs is held against its end at home likewise, so that nothing hangs on whether the log owned up to it (`officer_key.withdrawn`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from audit.entry import Entry, format_time
from audit.errors import UnusableInputError
from audit.officers import ADMITTED, CERTIFIED, KEY_ROTATED, REVOKED, is_foreign
from audit.verdict import RefutedError

CERTIFYING: Final = frozenset({CERTIFIED, KEY_ROTATED})
HEARD: Final = CERTIFYING | {REVOKED}
LEEWAY: Final = timedelta(minutes=5)
"""As long as an officer's signature may be on its way."""


@dataclass(slots=True)
class Certifications:
    """What a home log of `size` entries, verified, says was put in force (hash, key and person by the entry's sequence), and when a key ended."""

    origin: str
    size: int = 0
    found: dict[int, tuple[bytes, object, object]] = field(default_factory=dict)
    ended: dict[object, datetime] = field(default_factory=dict)

    def hear(self, entry: Entry) -> None:
        """Take in an entry; one that neither puts a key in force nor ends one is let pass."""
        draft = entry.draft
        if draft.operation in {KEY_ROTATED, REVOKED}:
            self.ended[draft.intent["replaces" if draft.operation == KEY_ROTATED else "key"]] = draft.time
        if draft.operation in CERTIFYING:
            person = draft.intent["person"] if draft.operation == CERTIFIED else str(draft.actor.id)
            self.found[entry.seq] = entry.hash, draft.intent["key"], person


def check_admission(entry: Entry, homes: Mapping[str, Certifications]) -> None:
    """Hold an admission, or what an admitted key has signed, against its home log, where that is among `homes`; any other entry is let pass.

    Raises RefutedError `admission_unfounded`, `admission_late` or `officer_key_ended_at_home`; UnusableInputError where the home log at hand ends
    before the entry that is cited.
    """
    if is_foreign(entry):
        _check_end(
            entry, homes.get(entry.draft.actor.origin), entry.draft.actor.key, "officer_key_ended_at_home"
        )
    if entry.draft.operation != ADMITTED:
        return
    (cite,), intent = entry.draft.cites, entry.draft.intent
    home = homes.get(cite.origin)
    if home is None:
        return
    if cite.seq >= home.size:
        raise UnusableInputError(
            reason=f"entry {entry.seq} cites entry {cite.seq} of {cite.origin}, which has only {home.size} here: export that log again"
        )
    if home.found.get(cite.seq) != (cite.hash, intent["key"], intent["person"]):
        raise RefutedError(
            "admission_unfounded", entry.seq, home=cite.origin, cited=cite.seq, key=intent["key"]
        )
    _check_end(entry, home, intent["key"], "admission_late")


def _check_end(entry: Entry, home: Certifications | None, key: object, code: str) -> None:
    """The home log had not ended the key, or not long before."""
    ended = None if home is None else home.ended.get(key)
    if home is not None and ended is not None and entry.draft.time > ended + LEEWAY:
        raise RefutedError(code, entry.seq, home=home.origin, ended=format_time(ended), key=key)
