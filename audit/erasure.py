"""Erased values, as the log says it: which commitments nothing opens any more.

    "erased": [{"commitment": 64 hex digits, "field": NAME}, …]      in the intent of `personal.erased`

A commitment whose value is gone tells nothing without its salt. Whether it was erased or taken away behind the ledger's back, only such
an entry tells (`audit.values`). A malformed list names nothing, so what is gone is then found missing.
"""

from typing import Final

from audit.entry import Entry
from audit.schema import is_hash

ERASED: Final = "personal.erased"


def find_erased(entry: Entry) -> tuple[bytes, ...]:
    """The commitments (32 bytes each) that an entry says were erased; none for any other entry."""
    told = entry.draft.intent.get("erased")
    if entry.draft.operation != ERASED or not isinstance(told, list):
        return ()
    found = (one.get("commitment") for one in told if isinstance(one, dict))
    return tuple(bytes.fromhex(str(one)) for one in found if is_hash(one))
