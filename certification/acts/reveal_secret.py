"""A party of a draw reveals its secret (公开密数); with the last one the draw is settled in the same act.

The secret must open the party's commitment. Decided [D]: any officer of the party who knows the secret may reveal it, for who committed
may be ill; and revealing late counts until the draw is void. What is drawn is what the opening says, whatever has become of it since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from orjson import loads

from audit.canonical import encode
from audit.draw import opens, seed
from audit.entry import Subject
from certification.changes import Act, Change, Context, Write, update
from certification.errors import DrawRevealedError, DrawSecretError, DrawTurnError, NotEntitledError
from certification.life import Actor
from certification.model import ROLE_ZH
from certification.reviews.drawables import FoundDraw, read_draw, read_drawable
from certification.reviews.drawing import (
    PARTY_ROLE,
    PARTY_ZH,
    Drawable,
    check_commitment,
    check_party,
    check_status,
    party_of,
)
from certification.reviews.model import Draw, DrawParty, DrawStatus
from tenancy.database import TenantConnection

OPERATION: Final = "draw.revealed"
ACTION: Final = ("reveal_secret", "公开密数")


@dataclass(frozen=True, slots=True)
class Command:
    """The secret, 32 bytes."""

    draw_id: UUID
    secret: bytes


@dataclass(frozen=True, slots=True)
class State:
    """The draw, and what it draws from."""

    found: FoundDraw
    drawable: Drawable


async def load(tx: TenantConnection, command: Command, now: datetime) -> State:
    """Read the draw. Raises NotFoundError."""
    found = await read_draw(tx, command.draw_id)
    draw = found.draw
    settling = sum(one.secret is None for one in found.parties) == 1
    return State(found, await read_drawable(tx, draw.purpose, draw.subject_id, now, settling=settling))


def authorise(state: State, command: Command, actor: Actor) -> str:
    """An officer of one of the two parties."""
    draw = state.found.draw
    party = _party(state.found, actor)
    return check_party(draw.tenant_id, party, *ACTION, actor)


def decide(state: State, command: Command, context: Context) -> Change:
    """The secret, and what follows once none is missing."""
    found, draw = state.found, state.found.draw
    party = found.find_party(_party(found, context.actor))
    check_status(draw, (DrawStatus.COMMITTED,), *ACTION)
    check_commitment("secret", "密数", command.secret)
    if party is None:
        raise DrawSecretError
    if party.secret is not None:
        raise DrawRevealedError
    _check_turn(found, party)
    if not opens(party.commitment, found.origin, draw.id, party.party, command.secret):
        raise DrawSecretError
    told = replace(party, secret=command.secret, revealed_at=context.now)
    parties = tuple(told if one.party == party.party else one for one in found.parties)
    after = replace(draw, revision=draw.revision + 1)
    settled: tuple[Write, ...] = ()
    if all(one.secret is not None for one in parties):
        after, settled = _settle(state, after, parties, context.now)
    intent: dict[str, object] = {
        "party": party.party,
        "secret": command.secret.hex(),
        "status": str(after.status),
    }
    return Change(
        operation=OPERATION,
        subject=Subject("draw", draw.id, after.revision),
        intent={**intent, **_drawn(after)},
        writes=(*update(told, after), *settled),
    )


def _settle(
    state: State, draw: Draw, parties: tuple[DrawParty, ...], now: datetime
) -> tuple[Draw, tuple[Write, ...]]:
    secrets = {one.party: one.secret for one in parties if one.secret is not None}
    made = seed(state.found.origin, draw.id, draw.list_digest, secrets)
    settled = state.drawable.settle(made, draw, now)
    after = replace(
        draw, status=DrawStatus.DRAWN, seed=made, result=encode(settled.result).decode(), settled_at=now
    )
    return after, settled.writes


def _drawn(draw: Draw) -> dict[str, object]:
    if draw.seed is None or draw.result is None:
        return {}
    return {"result": loads(draw.result), "seed": draw.seed.hex()}


def _party(found: FoundDraw, actor: Actor) -> str:
    """Which of the two parties the actor would be. Raises NotEntitledError."""
    party = party_of(found.draw.tenant_id, actor)
    names = {found.draw.second_party, *(one.party for one in found.parties)}
    if party not in names:
        role = PARTY_ROLE[found.draw.second_party]
        raise NotEntitledError(action=ACTION[0], name=ACTION[1], role=role, role_zh=ROLE_ZH[role])
    return party


def _check_turn(found: FoundDraw, party: DrawParty) -> None:
    first = found.draw.reveals_first
    waited = None if first is None else found.find_party(first)
    if waited is not None and waited.party != party.party and waited.secret is None:
        raise DrawTurnError(party=waited.party, party_zh=PARTY_ZH[waited.party])


ACT: Final = Act(OPERATION, load, authorise, decide)
