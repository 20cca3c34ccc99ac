"""The memory that refuses to sign: what this process saw of each log, and the heads that are kept outside the database.

The rule: nothing is signed behind a stored head that does not grow from the newest head known. A database put back to an
earlier state, at a start or under a running server, is noticed at the next lock of a head; so is another history of any length. What
was seen is known by the chain hash, which covers everything before it, so while nothing happens behind our back the check
compares two values and asks nothing.

    guard = Guard(HeadStore(folder))
    signer = guard.watch(signer)            # `append` consults it before it signs
    …                                       # committed: remember(head, signer)
    for origin in guard.unwritten:          # now and then, and at the end
        await guard.flush(origin)

What was seen is always committed: a head comes in when it was locked or read, or when its transaction has committed. A refused log is
judged anew when another process, which incarnated it (`audit.incarnation`), has given up the note that we knew.
It decides nothing about reading.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlalchemy.sql import ClauseElement

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import NoteMalformedError, NoteUnverifiedError, SigningRefusedError
from audit.head import Head, sign_head
from audit.heads import HeadStore
from audit.national import NationalKey, NationalSigner
from audit.note import VerifierKey
from audit.signer import Signer
from audit.statements import Connection, statement
from audit.tables import ledger_entries
from audit.tree import Frontier

PREFETCH: Final = 5_000
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchedSigner:
    """A signer beside its guard."""

    signer: Signer
    guard: "Guard"
    origin: str
    key_id: str
    public_key: bytes

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) over `message`."""
        return self.signer.sign(message)

    def find_national(self, key: NationalKey) -> NationalSigner | None:
        """The signer of an SM2 key of this log, where there is one."""
        find = getattr(self.signer, "find_national", None)
        found: NationalSigner | None = None if find is None else find(key)
        return found


@dataclass(slots=True)
class _Memory:
    """Of one log: the newest head seen, the hash last signed; the note in the folder as we know it, and its size.

    `judged` is the stored hash and the note that were refused, so that asking again costs nothing.
    """

    signer: Signer
    seen: Head | None = None
    sealed: bytes = b""
    note: bytes | None = None
    known: int = 0
    refused: SigningRefusedError | None = None
    judged: tuple[bytes, bytes | None] | None = None


@dataclass(slots=True)
class Guard:
    """The memory of one process over the folder of kept heads."""

    store: HeadStore
    _memories: dict[str, _Memory] = field(default_factory=dict)

    def watch(self, signer: Signer) -> WatchedSigner:
        """The signer, to be consulted about its log from now on."""
        return WatchedSigner(signer, self, signer.origin, signer.key_id, signer.public_key)

    @property
    def refused(self) -> tuple[str, ...]:
        """The origins of logs that nothing is signed for."""
        return tuple(origin for origin, memory in self._memories.items() if memory.refused is not None)

    async def check(self, conn: Connection, head: Head, signer: Signer) -> None:
        """Take in a head that was locked or read, or was written in this very transaction. Raises SigningRefusedError."""
        memory = self._memories.setdefault(head.origin, _Memory(signer))
        if signer.key_id == head.key_id != memory.signer.key_id:
            memory.signer, memory.judged = signer, None  # handed over by another process
        seen = memory.seen
        if seen is not None and seen.hash != head.hash == memory.sealed:
            # Our own, and perhaps not committed yet: it comes in when it is (`remember`).
            memory.refused = None
            return
        if seen is None or (
            head.hash != seen.hash and not await _is_prefix(conn, seen.size, seen.hash, head)
        ):
            await self._judge(conn, head, memory)
        memory.seen, memory.refused = head, None

    def sealed(self, head: Head, signer: Signer) -> None:
        """This head was signed and written, and may yet be rolled back."""
        self._memories.setdefault(head.origin, _Memory(signer)).sealed = head.hash

    def remember(self, head: Head) -> None:
        """This head has been committed."""
        memory = self._memories[head.origin]
        if memory.seen is None or memory.seen.size < head.size:
            memory.seen = head

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The origins of logs of which more was seen than lies in the folder."""
        return tuple(
            origin
            for origin, memory in self._memories.items()
            if memory.seen is not None and memory.seen.size > memory.known
        )

    async def flush(self, origin: str) -> None:
        """Write what was seen of a log to the folder. Raises OSError, or NoteMalformedError for what lies there."""
        memory = self._memories[origin]
        head = memory.seen
        if head is None:
            return
        note = sign_head(head, memory.signer).encode()
        if await asyncio.to_thread(self.store.keep, origin, note, memory.known):
            memory.note = note
        memory.known = head.size

    async def _judge(self, conn: Connection, head: Head, memory: _Memory) -> None:
        """By what is kept outside; when we saw more ourselves, only if the head that we knew was given up there."""
        try:
            note = self.store.find(head.origin)
        except OSError as error:
            raise self._refuse(memory, head, f"{error.strerror}") from error
        if memory.refused is not None and memory.judged == (head.hash, note):
            raise memory.refused
        memory.judged = head.hash, note
        if memory.seen is not None and not self._was_given_up(head.origin, memory.note):
            raise self._refuse(memory, head, f"{memory.seen.size} → {head.size}")
        if note is None:
            return
        try:
            kept = open_checkpoint(note, VerifierKey(head.origin, memory.signer.public_key))
        except (NoteMalformedError, NoteUnverifiedError) as error:
            raise self._refuse(memory, head, str(error)) from error
        if not await grows_from(conn, head, kept):
            raise self._refuse(memory, head, f"{kept.size} → {head.size}")
        memory.note, memory.known, memory.sealed = note, kept.size, b""

    def _was_given_up(self, origin: str, note: bytes | None) -> bool:
        return note is not None and self.store.find(origin) != note and self.store.was_given_up(origin, note)

    def _refuse(self, memory: _Memory, head: Head, reason: str) -> SigningRefusedError:
        error = SigningRefusedError(origin=head.origin, reason=reason)
        if memory.refused is None:
            _log.error("%s", error)
        memory.refused = error
        return error


async def check_head(conn: Connection, head: Head, signer: Signer) -> None:
    """Whether this signer may sign behind this committed head. Raises SigningRefusedError."""
    if isinstance(signer, WatchedSigner):
        await signer.guard.check(conn, head, signer.signer)


def sealed(head: Head, signer: Signer) -> None:
    """Tell the signer's guard what was written, before the commit."""
    if isinstance(signer, WatchedSigner):
        signer.guard.sealed(head, signer.signer)


def remember(head: Head, signer: Signer) -> None:
    """Tell the signer's guard what has been committed."""
    if isinstance(signer, WatchedSigner):
        signer.guard.remember(head)


async def grows_from(conn: Connection, head: Head, kept: Checkpoint) -> bool:
    """Whether the stored log begins with the entries of a kept head. Reads hashes only where the log has grown since."""
    if kept.size > head.size:
        return False
    if kept.size == head.size:
        return kept.root == head.frontier.root()
    reading, frontier = _reading_hashes(), Frontier()
    arguments = reading.arguments(tenant_id=head.tenant_id, size=kept.size)
    async for row in conn.cursor(reading.text, *arguments, prefetch=PREFETCH):
        frontier = frontier.extend((row["hash"],))
    return frontier.size == kept.size and frontier.root() == kept.root


async def _is_prefix(conn: Connection, size: int, hash_: bytes, head: Head) -> bool:
    """Whether the stored log's entry `size - 1` has this hash, and so the same entries before it."""
    if head.size <= size:
        return False
    finding = _finding_hash()
    found = await conn.fetchval(finding.text, *finding.arguments(tenant_id=head.tenant_id, seq=size - 1))
    return bool(found == hash_)


@statement
def _reading_hashes() -> ClauseElement:
    entries = ledger_entries.c
    return (
        select(entries.hash)
        .where(
            entries.tenant_id == bindparam("tenant_id", type_=Integer),
            entries.seq < bindparam("size", type_=BigInteger),
        )
        .order_by(entries.seq)
    )


@statement
def _finding_hash() -> ClauseElement:
    entries = ledger_entries.c
    return select(entries.hash).where(
        entries.tenant_id == bindparam("tenant_id", type_=Integer),
        entries.seq == bindparam("seq", type_=BigInteger),
    )
