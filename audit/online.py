"""Verifying a stored log in its database, and the audited rows against it.

In one REPEATABLE READ snapshot, streaming, the first wrong thing ends it:
1. the head row against the kept head (`since`);
2. every entry: as `audit.chain` says, then the columns beside the leaf and the records of its row digests
   against the leaf; another log's officer's key against that log (`audit.admissions`);
3. what is stored of the log beside it: checkpoints, time tokens, what a city recorded (`audit.derived`), and tiles (`audit.tilecheck`);
4. the head row against the entries, and the log against what its city recorded of it (`audit.witnessed`);
5. the rows of every audited table, digested anew in Python from their text, against the latest record:
   changed, missing or extra;
6. the personal values against the commitments of the rows, for who can open them, and what is gone against the entries
   that say it was erased (`audit.values`).

Not checked: whether head, entries and all that was published of them were rolled back together when no kept head is given.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from cryptography.x509 import Certificate
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql import ClauseElement

from audit.admissions import Certifications, check_admission
from audit.chain import ChainCheck, Diagnosis
from audit.derived import DerivedCheck
from audit.entry import Entry, RowDigest, format_time
from audit.erasure import find_erased
from audit.errors import LedgerMissingError
from audit.headcheck import open_kept_head
from audit.keyring import Keyring
from audit.note import VerifierKey
from audit.rows import TENANT, DigestColumn, digest_columns, digest_texts, key_columns
from audit.statements import Connection, Statement, compile_statement, statement
from audit.tables import ledger_entries, ledger_heads, ledger_rows
from audit.tilecheck import TileCheck
from audit.tree import EMPTY_ROOT
from audit.triggers import row_key_sql
from audit.values import ReadValues, check_values
from audit.verdict import RefutedError, Verdict, verified
from audit.verify import Progress
from audit.witnessed import Witnessed, check_witnessed

PREFETCH = 500


async def verify_stored(
    conn: Connection,
    tenant_id: int,
    key: VerifierKey | Iterable[VerifierKey],
    tables: Sequence[Table],
    *,
    since: bytes | None = None,
    progress: Progress | None = None,
    values: ReadValues | None = None,
    recorded: Sequence[Witnessed] = (),
    homes: Mapping[str, Certifications] | None = None,
    authorities: Sequence[Certificate] = (),
) -> Verdict:
    """Verify the tenant's stored log and the rows of `tables` (all audited tables).

    `conn` is in a transaction bound to the tenant that has read nothing yet: its isolation is raised here.
    `since` is a signed head kept elsewhere; `progress` hears (entries done, of how many); `values` reads and
    opens the personal values, and without it the verdict says that they were not checked; `recorded` is what the city's log recorded of
    this one, `homes` what other logs certified, by their origins; `authorities` are certificates of time authorities that tokens are
    judged by. Raises LedgerMissingError or UnusableInputError.
    """
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    keyring = Keyring.of(key)
    kept = () if since is None else (open_kept_head(since, keyring),)
    check = ChainCheck(keyring, kept, roots={one.checkpoint.size: EMPTY_ROOT for one in recorded})
    try:
        erased: dict[bytes, int] = {}
        derived = DerivedCheck(conn, tenant_id, authorities)
        await _check_log(conn, tenant_id, check, derived, progress, erased, homes or {})
        check_witnessed(
            recorded,
            keyring.origin,
            check.keyring.known,
            check.frontier.size,
            check.roots,
            check.incarnations,
        )
        for table in tables:
            await _check_rows(conn, tenant_id, table)
        await _check_tables(conn, tenant_id, {table.name for table in tables})
        if values is not None:
            await check_values(conn, tenant_id, values, tables, erased)
    except RefutedError as finding:
        return finding.verdict(keyring.origin)
    vouched = kept[0].size if kept else None
    return verified(
        keyring.origin,
        check.frontier.size,
        check.frontier.root(),
        vouched,
        values=values is not None,
        sm2=check.keyring.national,
    ).with_stamps(derived.stamps.conclude())


async def check_log(
    conn: Connection,
    tenant_id: int,
    key: VerifierKey | Iterable[VerifierKey],
    progress: Progress | None = None,
) -> None:
    """Steps 2 to 4: entries, what is stored of the log beside them, and the head, in the caller's snapshot. Raises RefutedError, LedgerMissingError."""
    check, derived = ChainCheck(Keyring.of(key)), DerivedCheck(conn, tenant_id, ())
    await _check_log(conn, tenant_id, check, derived, progress, {}, {})


async def _check_log(
    conn: Connection,
    tenant_id: int,
    check: ChainCheck,
    derived: DerivedCheck,
    progress: Progress | None,
    erased: dict[bytes, int],
    homes: Mapping[str, Certifications],
) -> None:
    """`erased` is filled with the commitments that entries say were erased, and the last that does."""
    reading = _reading_head()
    head = await conn.fetchrow(reading.text, *reading.arguments(tenant_id=tenant_id))
    if head is None:
        raise LedgerMissingError(tenant_id=tenant_id)
    for kept in (one for one in check.kept if one.size > head["size"]):
        with suppress(RefutedError):
            async for row in _stream(conn, _reading_entries(), tenant_id=tenant_id):
                check.feed(row["leaf"].encode())
        raise check.contradiction(kept, "rolled_back", head["size"], size=head["size"])
    latest: datetime | None = None
    records = _Records(_stream(conn, _reading_records(), tenant_id=tenant_id))
    tiles = TileCheck(conn, tenant_id)
    async for row in _stream(conn, _reading_entries(), tenant_id=tenant_id):
        try:
            entry = check.feed(row["leaf"].encode())
        except RefutedError as finding:
            named = Diagnosis(finding, check.keyring)
            raise await _diagnose(conn, tenant_id, named, row, head["size"]) from finding
        latest = entry.draft.time
        check_admission(entry, homes)
        _check_columns(entry, row)
        erased.update(dict.fromkeys(find_erased(entry), entry.seq))
        await records.check(entry)
        await derived.check(entry, check.frontier, check.keyring)
        await tiles.check(entry.hash)
        if progress is not None and entry.seq % PREFETCH == 0:
            progress(entry.seq + 1, head["size"])
    await records.check_nothing_more()
    _check_head(head, check, latest)
    check.keyring.check_pinned()
    await derived.check_nothing_more(check.frontier.size, check.keyring)
    await tiles.check_nothing_more(derived.published)


async def _diagnose(
    conn: Connection, tenant_id: int, diagnosis: Diagnosis, row: asyncpg.Record, size: int
) -> RefutedError:
    if diagnosis.is_needed:
        async for other in _stream(conn, _reading_entries(), tenant_id=tenant_id):
            diagnosis.feed(other["leaf"].encode())
    named = diagnosis.conclude((row["actor_id"], row["subject_id"]))
    if named.code == "entry_altered" and named.seq is not None and named.seq >= size:
        return RefutedError("entry_inserted", named.seq)
    return named


def _check_columns(entry: Entry, row: asyncpg.Record) -> None:
    """Every column beside the leaf says what the leaf says."""
    draft = entry.draft
    signed = {
        "actor_id": draft.actor.id,
        "subject_id": draft.subject.id,
        "subject_type": draft.subject.type,
        "operation": draft.operation,
        "request_id": draft.request_id,
        "arguments_digest": draft.arguments_digest,
        "recorded_at": format_time(draft.time),
        "seq": entry.seq,
        "prev": entry.prev,
        "hash": entry.hash,
    }
    for column, value in signed.items():
        if row[column] == value:
            continue
        field_name = column.partition("_")[0]
        if field_name in {"actor", "subject"}:
            shown = {"was": f"{column}={value}", "now": f"column {column}={row[column]}"}
            raise RefutedError(f"{field_name}_edited", entry.seq, **shown)
        raise RefutedError("column_edited", entry.seq, column=column)


def _check_head(head: asyncpg.Record, check: ChainCheck, latest: datetime | None) -> None:
    """The head row is the state after the last entry."""
    found = check.frontier.size
    if found < head["size"]:
        raise RefutedError("entries_cut", found, size=head["size"], found=found)
    expected = {
        "origin": check.keyring.origin,
        "size": found,
        "head": check.head,
        "frontier": check.frontier.to_bytes(),
        "key_id": None if check.keyring.server is None else check.keyring.server.key_id,
        "asks": " ".join(sorted(check.keyring.officers.policy.operations)),
        "national": None if check.keyring.national is None else check.keyring.national.public_key,
    }
    for column, value in expected.items():
        if head[column] != value:
            raise RefutedError("head_row_wrong", column=column)
    if found == 0:
        raise RefutedError("entry_missing", 0)
    if head["recorded_at"] not in {None, latest}:
        raise RefutedError("head_row_wrong", column="recorded_at")


@dataclass(slots=True)
class _Records:
    """The stored records of row digests, in the order of the entries that made them."""

    stream: AsyncIterator[asyncpg.Record]
    _ahead: asyncpg.Record | None = None

    async def check(self, entry: Entry) -> None:
        """The records of this entry are exactly its rows."""
        found: list[RowDigest] = []
        while (record := await self._peek()) is not None and record["seq"] <= entry.seq:
            self._ahead = None
            row = RowDigest(record["table_name"], record["row_key"], record["digest"])
            if record["seq"] < entry.seq or row not in entry.draft.rows:
                raise RefutedError("row_record_wrong", record["seq"], table=row.table, key=row.key)
            found.append(row)
        for row in entry.draft.rows:
            if row not in found:
                raise RefutedError("row_record_wrong", entry.seq, table=row.table, key=row.key)

    async def check_nothing_more(self) -> None:
        """No record is left over."""
        record = await self._peek()
        if record is not None:
            raise RefutedError(
                "row_record_wrong", record["seq"], table=record["table_name"], key=record["row_key"]
            )

    async def _peek(self) -> asyncpg.Record | None:
        if self._ahead is None:
            self._ahead = await anext(self.stream, None)
        return self._ahead


async def _check_rows(conn: Connection, tenant_id: int, table: Table) -> None:
    count = range(len(digest_columns(table)))
    reading = _reading_rows(table)
    async for record in _stream(conn, reading, tenant_id=tenant_id, table_name=table.name):
        if record["digest"] is None:
            raise RefutedError("row_extra", table=table.name, key=record["present"])
        place = {"table": table.name, "key": record["recorded"]}
        if record["present"] is None:
            raise RefutedError("row_missing", record["seq"], **place)
        if digest_texts(table, (record[f"c{n}"] for n in count)) != record["digest"]:
            raise RefutedError("row_changed", record["seq"], **place)


async def _check_tables(conn: Connection, tenant_id: int, known: set[str]) -> None:
    async for record in _stream(conn, _reading_tables(), tenant_id=tenant_id):
        if record["table_name"] not in known:
            raise RefutedError("table_unknown", table=record["table_name"])


async def _stream(conn: Connection, reading: Statement, **values: object) -> AsyncIterator[asyncpg.Record]:
    async for record in conn.cursor(reading.text, *reading.arguments(**values), prefetch=PREFETCH):
        yield record


@statement
def _reading_head() -> ClauseElement:
    return select(ledger_heads).where(ledger_heads.c.tenant_id == bindparam("tenant_id", type_=Integer))


@statement
def _reading_entries() -> ClauseElement:
    entries = ledger_entries.c
    columns = [column for column in entries if column.name != "recorded_at"]
    (time,) = (column for column in digest_columns(ledger_entries) if column.name == "recorded_at")
    return (
        select(*columns, _text_of(ledger_entries, time).label("recorded_at"))
        .where(entries.tenant_id == bindparam("tenant_id", type_=Integer))
        .order_by(entries.seq)
    )


@statement
def _reading_records() -> ClauseElement:
    rows = ledger_rows.c
    return (
        select(ledger_rows).where(rows.tenant_id == bindparam("tenant_id", type_=Integer)).order_by(rows.seq)
    )


@statement
def _reading_tables() -> ClauseElement:
    rows = ledger_rows.c
    return select(rows.table_name).where(rows.tenant_id == bindparam("tenant_id", type_=Integer)).distinct()


def _text_of(table: Table, column: DigestColumn) -> ColumnElement[str]:
    return literal_column(column.sql.format(f"{table.name}.{column.name}"), Text)


def _reading_rows(table: Table) -> Statement:
    """The tenant's rows of a table beside the latest record of each, either of which may be absent.

    Values come as the TEXT of the row format: a tampered value may be one that Python has no type for.
    """
    key_columns(table)
    tenant = bindparam("tenant_id", type_=Integer)
    digested = [_text_of(table, column).label(f"c{n}") for n, column in enumerate(digest_columns(table))]
    key = literal_column(row_key_sql(table, table.name), Text).label("present")
    present = select(key, *digested).where(table.c[TENANT] == tenant).subquery("present_rows")
    rows = ledger_rows.c
    latest = (
        select(rows.row_key.label("recorded"), rows.seq, rows.digest)
        .where(rows.tenant_id == tenant, rows.table_name == bindparam("table_name", type_=Text))
        .ext(distinct_on(rows.row_key))
        .order_by(rows.row_key, rows.seq.desc())
        .subquery("latest_records")
    )
    return compile_statement(
        select(present, latest)
        .select_from(present.join(latest, present.c.present == latest.c.recorded, full=True))
        .order_by(
            func.coalesce(latest.c.seq, literal_column("9223372036854775807", BigInteger)), present.c.present
        )
    )
