"""The teller of the story: its actors, its clock, what is kept of it, and the two ways in which an act must end.

A chapter (xingji/demo/chapters) is a module of functions over a `Teller`; the order of the steps is xingji/demo/story.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import httpx

from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, County, counties
from xingji.demo.client import Actor, Login
from xingji.demo.clock import StoryClock

PROGRAMME: Final = "zhoukou-2022"
LEVEL: Final = "provincial"


class StoryError(Exception):
    """A step did not go as the notice says it must."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that the story asked for: who tried what, and the answer."""

    who: str
    what: str
    code: str
    reason: str
    clause: str | None


@dataclass(slots=True)
class Told:
    """What happened, for the summary."""

    recommended: list[str] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)
    certified: list[str] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    steps: int = 0

    def to_json(self) -> dict[str, Any]:
        """For a later run to show."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Told:
        """What `to_json` kept."""
        return cls(**{**kept, "refused": [Refused(**one) for one in kept["refused"]]})


@dataclass(slots=True)
class Teller:
    """The actors, the clock and the progress of one telling."""

    http: httpx.AsyncClient
    clock: StoryClock
    show: Callable[[str, str], None]
    told: Told = field(default_factory=Told)
    keep: Callable[[Told], None] = lambda _told: None
    _actors: dict[tuple[str, str], Actor] = field(default_factory=dict)

    def stranger(self) -> Actor:
        """Somebody without a login."""
        return Actor(self.http, None)

    def actor(self, tenant_code: str, login: str) -> Actor:
        """A person of the cast."""
        key = (tenant_code, login)
        if key not in self._actors:
            self._actors[key] = Actor(self.http, Login(tenant_code, login, PASSWORD))
        return self._actors[key]

    def sign_out(self, tenant_code: str, login: str) -> None:
        """Whoever got another role signs in anew: a token tells of the roles at sign-in."""
        self._actors.pop((tenant_code, login), None)

    async def resting_on(
        self, kind: str, argument: str, level: str = LEVEL, programme: str = PROGRAMME
    ) -> dict[str, Any]:
        """The input that names the campaign, the level and the latest list of a kind."""
        data = await self.actor(CITY, "leader").ask(q.LISTS, kind=kind.upper())
        lists = [edge["node"] for edge in data["rosters"]["edges"]]
        latest = [one["id"] for one in lists if one["level"] == level][-1]
        return {"campaignId": await self.campaign(programme), "level": level, argument: latest}

    async def campaign(self, programme: str = PROGRAMME) -> str:
        """A campaign's id, by its programme."""
        data = await self.actor(CITY, "leader").ask(q.CAMPAIGN, code=programme)
        return str(data["campaigns"]["edges"][0]["node"]["id"])

    async def applications(
        self, county: County, login: str, level: str | None = None
    ) -> dict[str, dict[str, Any]]:
        """What a person of a county sees, of one level or of all, by the community's name."""
        data = await self.actor(county.code, login).ask(q.TRAY)
        nodes = [edge["node"] for edge in data["applications"]["edges"]]
        return {node["community"]["name"]: node for node in nodes if level in (None, node["level"])}

    async def find(self, county: County, login: str, community: str) -> dict[str, Any]:
        """The latest application of a community, as a person of its county sees it."""
        return (await self.applications(county, login))[community]

    async def at_city(self, level: str = LEVEL) -> list[dict[str, Any]]:
        """What the counties recommended for a level, as the city sees it, in order of the counties' codes."""
        data = await self.actor(CITY, "reviewer").ask(q.TRAY)
        nodes = [edge["node"] for edge in data["applications"]["edges"]]
        wanted = {
            (county.code, (county.recommended[1] if level == LEVEL else county.star).name): place
            for place, county in enumerate(counties())
        }
        found = {
            place: node
            for node in nodes
            if node["level"] == level
            and (place := wanted.get((node["tenant"]["code"], node["community"]["name"]))) is not None
        }
        return [found[place] for place in sorted(found)]

    async def done(
        self, actor: Actor, mutation: str, request_id: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The recorded act. Raises StoryError when it is refused."""
        return self.check(actor, await actor.act(mutation, request_id=f"demo:{request_id}", **values))

    def check(self, actor: Actor, result: dict[str, Any]) -> dict[str, Any]:
        """The answer, unless it is a refusal. Raises StoryError."""
        if result["__typename"] == "Refusal":
            raise StoryError(f"{actor.name}: {result}")
        return result

    async def refused(
        self, actor: Actor, mutation: str, values: Mapping[str, Any], who: str, what: str
    ) -> None:
        """An act that must be refused; the refusal is told."""
        self.expect_refusal(await actor.act(mutation, **values), who, what)

    def expect_refusal(self, result: Mapping[str, Any], who: str, what: str) -> None:
        """Tell the refusal that this answer must be. Raises StoryError."""
        if result["__typename"] != "Refusal":
            raise StoryError(f"{who}：{what} was not refused: {result}")
        self.told.refused.append(Refused(who, what, result["code"], result["messageZh"], result["clause"]))
