"""Register lists (实名登记名册) and the sample drawn from one (随机实名查询).

A list is opaque numbers under a root: the RFC 6962 tree over a salted commitment a number, in the list's order. The log holds root and
size alone; so a drawn number is shown to those who check it with its salt and audit path, and nobody else's number is.

    leaf = leaf_hash(commit("register_number", number, salt))
    result of a draw = sample(seed, size, picks): positions from 0, in the order in which they were drawn

Rules alone, but for `read_sample` at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from audit.canonical import Json
from audit.commitment import commit
from audit.draw import sample
from audit.inclusion import paths
from audit.tree import Frontier, leaf_hash
from certification.changes import insert
from certification.errors import DrawRefusedError, NotFoundError, RegisterAlteredError
from certification.reader import parse_stored
from certification.reading import entity
from certification.reviews.drawing import ListValue, Settled
from certification.reviews.model import Draw, DrawPurpose, RegisterList, RegisterNumber, SpotCheckAnswer
from certification.reviews.tables import register_lists, register_numbers
from certification.tables import campaigns
from tenancy.database import TenantConnection
from tenancy.statements import statement

FIELD: Final = "register_number"
"""The field name in a number's commitment."""

MOST_PICKS: Final = 200
"""The most that are drawn at once: the entry that settles a draw binds a row for each."""


def number_leaf(number: str, salt: bytes) -> bytes:
    """The leaf hash (32 bytes) of a number in a list's tree."""
    return leaf_hash(commit(FIELD, number.encode(), salt))


def list_root(leaves: Iterable[bytes]) -> bytes:
    """The root (32 bytes) over the leaf hashes."""
    return Frontier().extend(leaves).root()


def recompute(list_value: Mapping[str, Any], seed: bytes, picks: int) -> Json:
    """The positions that a seed draws from a list, from the log alone. Raises KeyError, TypeError or ValueError."""
    if picks > MOST_PICKS:
        raise ValueError(f"at most {MOST_PICKS} are drawn")
    return [*sample(seed, list_value["size"], picks)]


@dataclass(frozen=True, slots=True)
class Sample:
    """A register list as something to draw from. `numbers` are read for settling alone, in order of position."""

    register: RegisterList
    hours: int | None
    numbers: tuple[RegisterNumber, ...] = ()

    @property
    def purpose(self) -> str:
        return DrawPurpose.SPOT_CHECK

    @property
    def subject_id(self) -> UUID:
        return self.register.id

    @property
    def size(self) -> int:
        return self.register.size

    @property
    def picks(self) -> int | None:
        return None

    @property
    def reveal_hours(self) -> int:
        if self.hours is None:
            raise DrawRefusedError(
                reason_zh="没有规定年度复查的批次",
                reason_en="no campaign's programme speaks of annual reviews",
            )
        return self.hours

    def check_drawable(self, now: datetime) -> None:
        """A list never changes: nothing stands against drawing from it but a draw of it."""

    def list_value(self) -> ListValue:
        """What the opening entry says of it."""
        return {"list": str(self.register.id), "root": self.register.root.hex(), "size": self.register.size}

    def settle(self, seed: bytes, draw: Draw, now: datetime) -> Settled:
        """The drawn positions, and a row for each to be answered. Raises RegisterAlteredError when the stored numbers are not the list's."""
        leaves = [number_leaf(one.number, one.salt) for one in self.numbers]
        if len(leaves) != self.size or list_root(leaves) != self.register.root:
            raise RegisterAlteredError
        drawn = sample(seed, self.size, draw.picks)
        ways = paths(leaves, drawn)
        rows = (_row(draw, self.numbers[position], ways[position]) for position in drawn)
        return Settled([*drawn], insert(*rows))


def _row(draw: Draw, one: RegisterNumber, path: Sequence[bytes]) -> SpotCheckAnswer:
    return SpotCheckAnswer(
        tenant_id=draw.tenant_id,
        draw_id=draw.id,
        position=one.position,
        number=one.number,
        salt=one.salt,
        path=b"".join(path),
    )


_LIST = statement(
    select(register_lists).where(
        register_lists.c.tenant_id == bindparam("tenant_id"), register_lists.c.id == bindparam("list")
    )
)
_NUMBERS = statement(
    select(register_numbers)
    .where(
        register_numbers.c.tenant_id == bindparam("tenant_id"),
        register_numbers.c.list_id == bindparam("list"),
    )
    .order_by(register_numbers.c.position)
)
_PROGRAMMES = statement(
    select(campaigns.c.programme)
    .where(campaigns.c.tenant_id == any_(bindparam("readable", type_=ARRAY(Integer))))
    .order_by(campaigns.c.opened_at.desc(), campaigns.c.id)
)


async def read_sample(tx: TenantConnection, list_id: UUID, *, numbers: bool = False) -> Sample:
    """A list of the bound tenant, with its numbers if asked. Raises NotFoundError.

    Decided [D]: the time to reveal is that of the latest campaign whose programme speaks of annual reviews.
    """
    row = await tx.first(_LIST, list=list_id)
    if row is None:
        raise NotFoundError(what="register list", what_zh="名册")
    found = await tx.all(_NUMBERS, list=list_id) if numbers else ()
    return Sample(
        entity(RegisterList, row),
        await _read_hours(tx),
        tuple(entity(RegisterNumber, one) for one in found),
    )


async def _read_hours(tx: TenantConnection) -> int | None:
    readable = [tx.tenant_id, *tx.scope.granted, *tx.scope.shared]
    for row in await tx.all(_PROGRAMMES, readable=readable):
        rule = parse_stored(row["programme"]).reviews
        if rule is not None:
            return rule.reveal_hours.value
    return None
