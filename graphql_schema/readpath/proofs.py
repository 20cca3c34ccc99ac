"""Proofs of the ledger: worked out from its tiles behind the statement, in the same transaction.

The statement prints the place of an entry as a token, and Python puts its proof there, or null until a published checkpoint covers it:

    {"#p":"<tenant>.<sequence>"}

Quotes inside a JSON string are escaped, so nothing else looks like a token. Every path is checked under its checkpoint before it leaves: what
does not lead there is an error, never a wrong proof.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import FromClause

from audit.consistency import is_consistent
from audit.errors import AuditError, LedgerBrokenError
from audit.note import encode_base64
from audit.proof import format_proof
from audit.publishing import Published, find_published, prove_under, published_tiles
from audit.tiles import Tiles
from graphql_schema.readpath.encode import marker
from tenancy.database import TenantConnection

logger = logging.getLogger(__name__)

UNPROVABLE: Final = "ledger.unprovable"
_TOKEN: Final = re.compile(rb'\{"#p":"([0-9]+)\.([0-9]+)"\}')


@dataclass(slots=True)
class Trees:
    """The published trees that one answer proves by; each is looked up once."""

    tx: TenantConnection
    found: dict[int, tuple[Published, Tiles] | None] = field(default_factory=dict)

    async def find(self, tenant_id: int) -> tuple[Published, Tiles] | None:
        """The tree under the last published checkpoint. Raises PublishingRefusedError for a damaged one."""
        if tenant_id not in self.found:
            last = await find_published(self.tx.raw, tenant_id)
            tiles = None if last is None else published_tiles(self.tx.raw, tenant_id, last)
            self.found[tenant_id] = None if last is None or tiles is None else (last, tiles)
        return self.found[tenant_id]

    async def prove(self, tenant_id: int, seq: int) -> str | None:
        """An entry's proof as text. Raises AuditError when the tiles do not lead to the checkpoint."""
        tree = await self.find(tenant_id)
        if tree is None or seq >= tree[0].checkpoint.size:
            return None
        return format_proof(await prove_under(self.tx.raw, tenant_id, *tree, seq))


def print_proof(row: FromClause) -> list[Any]:
    """The token of an entry's proof."""
    return ['{"#p":"', row.c.tenant_id, ".", row.c.seq, '"}']


async def fill_proofs(tx: TenantConnection, answer: bytes) -> bytes:
    """The answer with proofs in place of tokens, and a marker where the log does not prove."""
    trees, proofs = Trees(tx), dict[bytes, bytes]()
    for match in _TOKEN.finditer(answer):
        if match[0] not in proofs:
            try:
                proofs[match[0]] = orjson.dumps(await trees.prove(int(match[1]), int(match[2])))
            except AuditError as error:
                logger.error("entry %s of tenant %s: %s", match[2].decode(), match[1].decode(), error)
                proofs[match[0]] = marker(UNPROVABLE).encode()
    return _TOKEN.sub(lambda match: proofs[match[0]], answer)


async def prove_growth(
    tx: TenantConnection, tenant_id: int, old_size: int, new_size: int | None
) -> dict[str, Any] | None:
    """The path between two sizes that the published checkpoint covers (`new_size` None: its own), by the fields' names; else None.

    Raises AuditError when the tiles do not lead from the one to the other.
    """
    tree = await Trees(tx).find(tenant_id)
    if tree is None:
        return None
    last, tiles = tree
    size = last.checkpoint.size if new_size is None else new_size
    if not 0 <= old_size <= size <= last.checkpoint.size:
        return None
    path = await tiles.consistency_proof(old_size, size)
    old, new = await tiles.root(old_size), await tiles.root(size)
    true = size != last.checkpoint.size or new == last.checkpoint.root
    if not true or not is_consistent(old_size, size, old, new, path):
        raise LedgerBrokenError(origin=last.checkpoint.origin, reason=f"{old_size} → {size}")
    return {
        "from_size": old_size,
        "to_size": size,
        "from_root": old.hex(),
        "to_root": new.hex(),
        "path": [encode_base64(hash_) for hash_ in path],
        "checkpoint": last.note,
    }
