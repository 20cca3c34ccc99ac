"""A round played through the API, with its receipts kept and a place to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration.api.kit import Stage, World
from tests.integration.plain import PlainRound
from xingji.demo.client import Actor
from xingji.demo.story import Story
from xingji.demo.telling import Teller, Told


class StoryStoppedError(Exception):
    """The story stops here, as a killed process would."""


@dataclass(slots=True)
class Kept(Teller):
    """Keeps each receipt by its request id; stops before so many acts."""

    acts: int | None = None
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def done(
        self, actor: Actor, mutation: str, request_id: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        if self.acts is not None and len(self.receipts) >= self.acts:
            raise StoryStoppedError
        result = await Teller.done(self, actor, mutation, request_id, values)
        # The report is asked for twice, to be answered with one receipt.
        self.receipts.setdefault(request_id, {**result["receipt"], "followed": result.get("followed", [])})
        return result


class KeptRound(Kept, PlainRound):
    """The plain round of the tests."""


class KeptStory(Kept, Story):
    """The demonstration's story."""


@dataclass(frozen=True, slots=True)
class Playing:
    """A played world and what was told and received."""

    world: World
    told: Told
    receipts: Mapping[str, Mapping[str, Any]]


async def play_until(
    stage: Stage,
    steps: int | None,
    acts: int | None = None,
    kind: type[KeptRound] | type[KeptStory] = KeptRound,
    told: Told | None = None,
) -> tuple[Told, dict[str, dict[str, Any]]]:
    """Play on behind what was told, to the end or until the interruption."""
    shown = 0

    def show(_title: str, _outcome: str) -> None:
        nonlocal shown
        shown += 1
        if shown == steps:
            raise StoryStoppedError

    story = kind(stage.http, stage.clock, show, told or Told(), acts=acts)
    try:
        await story.play()
    except StoryStoppedError:
        assert steps is not None or acts is not None
    return story.told, story.receipts
