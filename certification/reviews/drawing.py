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
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from audit.canonical import Json
from audit.draw import SECRET_SIZE
from certification.changes import Write
from certification.errors import DrawStatusError, FieldRefusedError, NotEntitledError, NotFoundError
from certification.life import Actor, sees_reviews_alone
from certification.model import ROLE_ZH
from certification.reviews.model import Draw, DrawParty, DrawSide, DrawStatus
from tenancy.identity import RoleName

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


PARTY_ROLE: Final[Mapping[str, str]] = {
    DrawSide.COUNTY: RoleName.COUNTY_OFFICER,
    DrawSide.CITY: RoleName.CITY_OFFICER,
    DrawSide.AUDITOR: RoleName.AUDITOR,
}
PARTY_ZH: Final[Mapping[str, str]] = {
    DrawSide.COUNTY: "县（市、区）",
    DrawSide.CITY: "市局",
    DrawSide.AUDITOR: "审计方",
}
STATUS_ZH: Final[Mapping[str, str]] = {
    DrawStatus.OPEN: "待对方承诺",
    DrawStatus.COMMITTED: "待公开密数",
    DrawStatus.DRAWN: "已抽取",
    DrawStatus.VOID: "已作废",
}


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a party has kept to its word in a tenant: when it last kept silent, when last a draw with it came to its end."""

    party: str
    defaulted_at: datetime | None
    drawn_at: datetime | None

    @property
    def is_suspect(self) -> bool:
        """Whether it kept silent and no draw with it has come to its end since."""
        silent, drawn = self.defaulted_at, self.drawn_at
        return silent is not None and (drawn is None or drawn <= silent)


def decide_first(conduct: Sequence[Conduct], parties: Sequence[str]) -> str | None:
    """Which of the parties must reveal before the other: the one that kept silent last, None where it is nobody or both.

    Who reveals last sees what the draw comes to, and could undo it once by keeping silent. It does not get that place again.
    """
    silent = {one.party: one.defaulted_at for one in conduct if one.is_suspect and one.party in parties}
    latest = max((at for at in silent.values() if at is not None), default=None)
    last = [party for party, at in silent.items() if at == latest]
    return last[0] if len(last) == 1 else None


def decide_defaulted(parties: Sequence[DrawParty], reveals_first: str | None) -> tuple[str, ...]:
    """Who kept silent: whoever has not revealed, but for the party that had to wait for another."""
    silent = tuple(one.party for one in parties if one.secret is None)
    return (reveals_first,) if reveals_first is not None and reveals_first in silent else silent


def check_party(tenant_id: int, party: str, action: str, name: str, actor: Actor) -> str:
    """The role in which the actor is that party of a draw of the tenant. Raises NotEntitledError.

    The county's are its own officers; the city's and the auditors those of another tenant, by a grant that stands.
    """
    _check_told(actor)
    role = PARTY_ROLE[party]
    at_home = actor.home_tenant_id == tenant_id
    if at_home != (party == DrawSide.COUNTY) or all(one.name != role for one in actor.roles):
        raise NotEntitledError(action=action, name=name, role=role, role_zh=ROLE_ZH[role])
    return role


def party_of(tenant_id: int, actor: Actor) -> str:
    """The party that an officer would be: the county's at home, else an auditor or the city's by the role. Raises NotFoundError."""
    _check_told(actor)
    if actor.home_tenant_id == tenant_id:
        return DrawSide.COUNTY
    held = {one.name for one in actor.roles}
    is_auditor = RoleName.AUDITOR in held and RoleName.CITY_OFFICER not in held
    return DrawSide.AUDITOR if is_auditor else DrawSide.CITY


def _check_told(actor: Actor) -> None:
    """Raise NotFoundError for a review team's member, who is told of no draw but their review's."""
    if sees_reviews_alone(actor):
        raise NotFoundError(what="draw", what_zh="抽取")


def check_status(draw: Draw, wanted: Sequence[str], action: str, name: str) -> None:
    """Raises DrawStatusError unless the draw is in one of the statuses."""
    if draw.status not in wanted:
        raise DrawStatusError(action=action, name=name, status=draw.status, status_zh=STATUS_ZH[draw.status])


def check_commitment(field: str, label: str, value: bytes) -> None:
    """Raises FieldRefusedError for what is not 32 bytes."""
    if len(value) != SECRET_SIZE:
        raise FieldRefusedError(
            field=field,
            label=label,
            reason_zh=f"须为 {SECRET_SIZE} 字节",
            reason_en=f"has {SECRET_SIZE} bytes",
        )
