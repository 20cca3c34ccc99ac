"""Worlds for whoever tests through the front door: founded once and played once for the run, cloned for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.api.arrangements import arrange
from tests.integration.api.kit import Stage, World, found_world, serve_world
from tests.integration.api.star import propose_something
from tests.integration.api.walls import Walled, play_and_build
from tests.integration.demo.kit import KeptStory, Playing, play_until
from tests.support import DatabaseUrls, clone_database
from xingji.demo.clock import shanghai
from xingji.demo.run import BEGINS, place_programmes
from xingji.postgres import EmbeddedPostgres

PLAYED = shanghai(7, 15, 10)
"""When the plain round is over."""


@pytest.fixture(scope="session")
async def founded(postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[World]:
    """Units, ledgers and people of Zhoukou on 2022-04-25; nothing played yet."""
    home = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    async with clone_database(postgres, migrated) as urls:
        await found_world(urls, home, BEGINS)
        place_programmes(home)
        yield World(urls.name, home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
async def played(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[Playing]:
    """The plain round, played once without a break; clone it."""
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            told = await play_until(stage, None)
        yield Playing(World(urls.name, founded.home), *told)


@pytest.fixture(scope="session")
async def whole(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[Playing]:
    """The demonstration's round, which has a row of every kind, played once without a break; clone it."""
    async with clone_database(postgres, founded.template) as urls:
        async with serve_world(urls, founded.home, BEGINS) as stage:
            told = await play_until(stage, None, kind=KeptStory)
        yield Playing(World(urls.name, founded.home), *told)


@pytest.fixture(scope="session")
async def chapter(
    postgres: EmbeddedPostgres, founded: World
) -> AsyncIterator[Callable[[int], Awaitable[World]]]:
    """`await chapter(3)`: the world as it is after three steps of the plain round; clone it."""
    kept: dict[int, World] = {}
    async with AsyncExitStack() as stack:

        async def get(steps: int) -> World:
            if steps not in kept:
                urls = await stack.enter_async_context(clone_database(postgres, founded.template))
                async with serve_world(urls, founded.home, BEGINS) as stage:
                    await play_until(stage, steps)
                kept[steps] = World(urls.name, founded.home)
            return kept[steps]

        yield get


@pytest.fixture(scope="session")
async def walled(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Walled]:
    """A world with a row of every type on both sides of every wall; clone it."""
    world = await chapter(10)
    async with clone_database(postgres, world.template) as urls:
        async with serve_world(urls, world.home, shanghai(5, 20)) as stage:
            walls = await play_and_build(stage)
            moment = stage.clock()
        yield Walled(World(urls.name, world.home), moment, walls)


@asynccontextmanager
async def _served(postgres: EmbeddedPostgres, world: World, start: object) -> AsyncIterator[Stage]:
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, world.home, start) as stage,
    ):
        yield stage


@pytest.fixture
async def fresh(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[Stage]:
    """A server over a founded world."""
    async with _served(postgres, founded, BEGINS) as stage:
        yield stage


@pytest.fixture
async def endorsed(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """A server after the streets' opinions, on 2022-05-10."""
    async with _served(postgres, await chapter(3), shanghai(5, 10)) as stage:
        yield stage


@pytest.fixture
async def replay(postgres: EmbeddedPostgres, played: Playing) -> AsyncIterator[Stage]:
    """A server over a played world, on 2022-07-15."""
    async with _served(postgres, played.world, PLAYED) as stage:
        yield stage


@pytest.fixture(scope="session")
async def reading(postgres: EmbeddedPostgres, played: Playing) -> AsyncIterator[Stage]:
    """One server over a played world for all that only read or are refused, with something of every kind in it."""
    async with _served(postgres, played.world, PLAYED) as stage:
        await propose_something(stage)
        await arrange(stage)
        yield stage


@pytest.fixture
async def copy(postgres: EmbeddedPostgres, played: Playing) -> AsyncIterator[DatabaseUrls]:
    """A played world that nobody serves, to tamper with."""
    async with clone_database(postgres, played.world.template) as urls:
        yield urls
