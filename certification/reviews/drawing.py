"""What is drawn, and how a draw (抽取) goes on: the rules that every purpose of a draw shares.

A draw is over a list as it stood when the draw was opened: the opening entry holds the list's value whole, `list_digest` binds it,
and the last reveal settles over that very value. What becomes of the cycle or list afterwards changes nothing of what is drawn:
otherwise whoever may change it could undo a draw after seeing the other party's secret (docs/adr/0016). A purpose is a `Drawable`,
and its result follows from (list value, seed, picks) alone, so that anybody replays it from the log.

Pure: reading is certification/reviews/drawables.py's, the acts are certification/acts/{open_draw,…}.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from audit.canonical import Json
from certification.changes import Write
from certification.reviews.model import Draw

ListValue: TypeAlias = "dict[str, Json]"
"""What is drawn from, as JSON of the ledger's subset: it stands whole in the opening entry."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a draw came to: `result` as the entry says it, and the rows that follow in the same act."""

    result: Json
    writes: tuple[Write, ...] = ()


class Drawable(Protocol):
    """Something to draw from, of the bound tenant.

    `size`: how many there are; `picks`: how many are drawn, None: the opener says, from 1 to `size`; `reveal_hours`: how long a party
    has to commit, and then to reveal.
    """

    @property
    def purpose(self) -> str: ...
    @property
    def subject_id(self) -> UUID: ...
    @property
    def size(self) -> int: ...
    @property
    def picks(self) -> int | None: ...
    @property
    def reveal_hours(self) -> int: ...

    def check_drawable(self, now: datetime) -> None:
        """Raise the CertificationError that stands against opening a draw of it now. Reading it raises for what does not exist alone:
        a retry of an act that was done reads it again."""

    def list_value(self) -> ListValue:
        """The list as it is now; `list_digest` is SHA-256 of its canonical JSON."""

    def settle(self, seed: bytes, draw: Draw, now: datetime) -> Settled:
        """What the seed (32 bytes) gives over the committed `draw.list_value` (canonical JSON), never over the list as it is now. Never refuses: what has gone
        since is drawn and left unwritten."""


class Recompute(Protocol):
    """A purpose's result from the log alone: what `settle` gives as `result`. Raises KeyError, TypeError or ValueError for a list
    that no draw of the purpose has."""

    def __call__(self, list_value: Mapping[str, Any], seed: bytes, picks: int) -> Json: ...
