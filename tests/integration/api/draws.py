"""Draws for tests through the front door: what is sent, by whom, and a list to draw from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from audit.draw import commitment
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.star import mutation, unit
from xingji.demo.cast import CITY, County, counties

COUNTY: Final = counties()[0]
DRAW: Final = """id purpose status size picks listValue listDigest secondParty revealsFirst revealBy seed result settledAt voided
  replaces { id } registerList { id root size } parties { party commitment secret revealedAt defaultedAt defaults personTenant { code } }
  drawn { position number salt path outcome note recordedAt }"""
_RECORDED: Final = f"... on DrawRecorded {{ draw {{ {DRAW} }} receipt {{ sequence replayed }} }}"
OPEN, COMMIT = mutation("openDraw", _RECORDED), mutation("commitSecret", _RECORDED)
REVEAL, VOID = mutation("revealSecret", _RECORDED), mutation("voidDraw", _RECORDED)
ANSWER: Final = mutation("answerSpotCheck", _RECORDED)
LIST: Final = mutation(
    "commitRegisterList",
    "... on RegisterListRecorded { list { id size root takenOn } receipt { sequence replayed } }",
)
DRAWS: Final = (
    f"query($f: DrawFilter) {{ draws(filter: $f) {{ edges {{ node {{ tenant {{ code }} {DRAW} }} }} }} }}"
)
LISTS: Final = """query { registerLists { edges { node { id size root
  numbers(first: 100) { edges { node { position number salt } } } } } } }"""
NUMBERS: Final = tuple(f"R-{n:04}" for n in range(40))


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with a secret of their own."""

    name: str
    caller: Caller
    secret: bytes

    def commits(self, origin: str, draw_id: str) -> str:
        """Its commitment, in hex."""
        return commitment(origin, UUID(draw_id.rpartition(".")[2]), self.name, self.secret).hex()


async def party(stage: Stage, name: str, salt: str = "", county: County = COUNTY) -> Party:
    """The county's officer, the city's, or the auditor."""
    code, login = {"county": (county.code, "county"), "city": (CITY, "leader"), "auditor": (CITY, "auditor")}[
        name
    ]
    return Party(name, await stage.person(code, login), sha256(f"{name}{salt}".encode()).digest())


async def origin(stage: Stage, county: County = COUNTY) -> str:
    """The name of the county's log."""
    (row,) = await stage.rows("SELECT origin FROM ledger_heads WHERE tenant_id = $1", county.tenant_id)
    return str(row["origin"])


async def commit_list(
    stage: Stage, numbers: tuple[str, ...] = NUMBERS, *, county: County = COUNTY, **changes: Any
) -> dict[str, Any]:
    """The nominee's register, as its clerk."""
    given = {
        "communityId": unit(county, county.nominee),
        "takenOn": "2022-04-25",
        "numbers": list(numbers),
        **changes,
    }
    return await (await stage.person(county.code, "clerk")).act(LIST, given)


async def open_draw(
    stage: Stage, first: Party, second: str, drawn_from: str, *, county: County = COUNTY, **changes: Any
) -> dict[str, Any]:
    """A draw of five, opened by a party."""
    key = str(uuid4())
    given = {
        "drawId": key,
        "purpose": "SPOT_CHECK",
        "drawnFromId": drawn_from,
        "secondParty": second,
        "commitment": first.commits(await origin(stage, county), key),
        "picks": 5,
        **changes,
    }
    return await first.caller.act(OPEN, given)


async def committed(
    stage: Stage, first: Party, second: Party, drawn_from: str, *, county: County = COUNTY, **changes: Any
) -> str:
    """The id of a draw to which both parties have committed."""
    opened = await open_draw(stage, first, second.name.upper(), drawn_from, county=county, **changes)
    assert opened["__typename"] == "DrawRecorded", opened
    draw_id = str(opened["draw"]["id"])
    done = await commit(stage, second, draw_id, county=county)
    assert done["__typename"] == "DrawRecorded", done
    return draw_id


async def commit(
    stage: Stage, who: Party, draw_id: str, *, county: County = COUNTY, **changes: Any
) -> dict[str, Any]:
    """A party commits to its secret."""
    given = {"drawId": draw_id, "commitment": who.commits(await origin(stage, county), draw_id), **changes}
    return await who.caller.act(COMMIT, given)


async def reveal(who: Party, draw_id: str, **changes: Any) -> dict[str, Any]:
    """A party reveals its secret."""
    return await who.caller.act(REVEAL, {"drawId": draw_id, "secret": who.secret.hex(), **changes})


async def drawn(stage: Stage, first: Party, second: Party, drawn_from: str, **changes: Any) -> dict[str, Any]:
    """A draw that has come to its end."""
    draw_id = await committed(stage, first, second, drawn_from, **changes)
    await reveal(first, draw_id)
    done = await reveal(second, draw_id)
    assert done["__typename"] == "DrawRecorded", done
    return dict(done["draw"])


async def void(stage: Stage, who: Party, draw_id: str, *, days: int = 4) -> dict[str, Any]:
    """Some days later it is declared void."""
    stage.clock.travel(stage.clock() + timedelta(days=days))
    return await who.caller.act(VOID, {"drawId": draw_id})
