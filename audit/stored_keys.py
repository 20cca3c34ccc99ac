"""The last entry of a stored log that says which key is in force: its opening, or the last change of its key. Checks nothing."""

from typing import Any, Final

from sqlalchemy import Integer, bindparam, or_, select
from sqlalchemy.sql import ClauseElement

from audit.entry import OPENED, Entry, parse_entry
from audit.errors import LedgerMissingError
from audit.note import VerifierKey
from audit.rotation import REPLACED, ROTATED, find_rotation
from audit.statements import Connection, statement
from audit.tables import ledger_entries

_NAMED: Final = {"opened": OPENED, "rotated": ROTATED, "replaced": REPLACED}


async def get_key_entry(conn: Connection, tenant_id: int) -> Entry:
    """The opening, or the last change of the key. Raises LedgerMissingError."""
    finding = _finding()
    leaf = await conn.fetchval(finding.text, *finding.arguments(tenant_id=tenant_id, **_NAMED))
    if leaf is None:
        raise LedgerMissingError(tenant_id=tenant_id)
    return parse_entry(str(leaf).encode())


def key_behind(entry: Entry) -> VerifierKey:
    """The key that such an entry puts in force. Raises NoteMalformedError."""
    rotation, intent = find_rotation(entry), entry.draft.intent
    keys: Any = intent.get("keys")
    return VerifierKey.parse(keys[0]) if rotation is None else rotation.new


@statement
def _finding() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.leaf)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=Integer),
            or_(*(entries.operation == bindparam(name) for name in _NAMED)),
        )
        .order_by(entries.seq.desc())
    )
