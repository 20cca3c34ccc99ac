"""What was said of a log and is stored beside it, against its entries: checkpoints, time tokens, and what a city recorded of its counties.

Every stored checkpoint says what its columns say, is signed by the key in force at its size, and has the root of that many entries; so a
history that the key's holder wrote anew shows by what was published of the old one, as long as that is stored. The records of counties' checkpoints are those of the entries that recorded them, and so are time tokens, which are judged too where an authority is pinned.

Not checked: cosignatures (a reader with his own trust does that), and whether a checkpoint was deleted: nothing
in the database tells that, only who kept it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
from cryptography.x509 import Certificate
from sqlalchemy import bindparam, select
from sqlalchemy.sql import ClauseElement

from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.entry import Entry
from audit.errors import NoteMalformedError, NoteUnverifiedError
from audit.keyring import Keyring
from audit.note import parse_note
from audit.stampcheck import StampCheck, is_recorded
from audit.stamping import reading_stamps
from audit.statements import Connection, Statement, statement
from audit.tables import ledger_checkpoints, ledger_witnessed
from audit.timestamped import find_timestamped
from audit.tree import Frontier
from audit.verdict import RefutedError
from audit.witnessed import read_witnessed

PREFETCH: Final = 200


@dataclass(slots=True)
class _Rows:
    """Rows in order, with a look at the next."""

    stream: AsyncIterator[asyncpg.Record]
    _ahead: asyncpg.Record | None = None

    async def until(self, column: str, last: int) -> AsyncIterator[asyncpg.Record]:
        """The rows whose `column` is at most `last`; they are taken."""
        while (row := self._ahead or await anext(self.stream, None)) is not None:
            self._ahead = row
            if row[column] > last:
                return
            self._ahead = None
            yield row

    async def find_next(self) -> asyncpg.Record | None:
        """The next row."""
        self._ahead = self._ahead or await anext(self.stream, None)
        return self._ahead


class DerivedCheck:
    """Feed it every entry, with the state behind it."""

    def __init__(self, conn: Connection, tenant_id: int, authorities: Sequence[Certificate] = ()) -> None:
        def rows(reading: Statement) -> _Rows:
            return _Rows(_stream(conn, reading, tenant_id))

        self._checkpoints = rows(_reading_checkpoints())
        self._witnessed = rows(_reading_witnessed())
        self._stamps = rows(reading_stamps())
        self.stamps = StampCheck(authorities)
        self.published = 0
        """The size of the last checkpoint so far."""

    async def check(self, entry: Entry, frontier: Frontier, keyring: Keyring) -> None:
        """What is stored of the log as it is behind this entry. Raises RefutedError."""
        async for row in self._checkpoints.until("size", frontier.size):
            checkpoint = _open(row, keyring)
            if row["size"] != frontier.size:
                raise RefutedError("checkpoint_row_wrong", size=row["size"])
            if checkpoint.root != frontier.root():
                raise RefutedError("checkpoint_contradicted", size=row["size"])
            self.published = row["size"]
        await self._check_witnessed(entry)
        await self._check_stamp(entry)

    async def check_nothing_more(self, size: int, keyring: Keyring) -> None:
        """Nothing was said of more than the log's `size` entries. Raises RefutedError."""
        if (row := await self._checkpoints.find_next()) is not None:
            _open(row, keyring)
            raise RefutedError("checkpoint_beyond", size, published=row["size"], size=size)
        if (row := await self._witnessed.find_next()) is not None:
            raise RefutedError("witnessed_row_wrong", row["seq"], origin=row["origin"])
        if (row := await self._stamps.find_next()) is not None:
            raise RefutedError("timestamp_row_wrong", row["seq"], size=row["size"])

    async def _check_stamp(self, entry: Entry) -> None:
        """The token that this entry records is stored, with the checkpoint that it is over, and no other is."""
        recorded = find_timestamped(entry)
        rows = [row async for row in self._stamps.until("seq", entry.seq)]
        if recorded is None and not rows:
            return
        if recorded is None or [(row["seq"], row["size"]) for row in rows] != [(entry.seq, recorded.size)]:
            size = rows[0]["size"] if recorded is None else recorded.size
            raise RefutedError("timestamp_row_wrong", entry.seq, size=size)
        note, token = (rows[0]["note"] or "").encode(), rows[0]["token"]
        if not (is_recorded(note, recorded.note) and is_recorded(token, recorded.token)):
            raise RefutedError("timestamp_row_wrong", entry.seq, size=recorded.size)
        self.stamps.check(recorded, note, token)

    async def _check_witnessed(self, entry: Entry) -> None:
        said = {
            one.checkpoint.origin: (entry.seq, one.checkpoint.size, one.checkpoint.root)
            for one in read_witnessed(entry)
        }
        async for row in self._witnessed.until("seq", entry.seq):
            if said.pop(row["origin"], None) != (row["seq"], row["size"], row["root"]):
                raise RefutedError("witnessed_row_wrong", row["seq"], origin=row["origin"])
        for origin in said:
            raise RefutedError("witnessed_row_wrong", entry.seq, origin=origin)


def _open(row: asyncpg.Record, keyring: Keyring) -> Checkpoint:
    """The checkpoint of a row, which says what its columns say and is signed by the key in force."""
    data = row["note"].encode()
    try:
        checkpoint = parse_checkpoint(parse_note(data).text)
        if checkpoint == Checkpoint(keyring.origin, row["size"], row["root"]) and keyring.server is not None:
            return open_checkpoint(data, keyring.server)
    except NoteMalformedError as error:
        raise RefutedError("checkpoint_row_wrong", size=row["size"]) from error
    except NoteUnverifiedError as error:
        raise RefutedError("checkpoint_unsigned", size=row["size"]) from error
    raise RefutedError("checkpoint_row_wrong", size=row["size"])


async def _stream(conn: Connection, reading: Statement, tenant_id: int) -> AsyncIterator[asyncpg.Record]:
    async for row in conn.cursor(reading.text, *reading.arguments(tenant_id=tenant_id), prefetch=PREFETCH):
        yield row


@statement
def _reading_checkpoints() -> ClauseElement:
    checkpoints = ledger_checkpoints.c
    tenant = bindparam("tenant_id", type_=checkpoints.tenant_id.type)
    return select(ledger_checkpoints).where(checkpoints.tenant_id == tenant).order_by(checkpoints.size)


@statement
def _reading_witnessed() -> ClauseElement:
    rows = ledger_witnessed.c
    tenant = bindparam("tenant_id", type_=rows.tenant_id.type)
    return select(ledger_witnessed).where(rows.tenant_id == tenant).order_by(rows.seq, rows.origin)
