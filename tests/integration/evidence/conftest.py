"""A server over a world where the streets have agreed, with a home of its own: files are counted."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.api.kit import Stage, World, serve_world
from tests.integration.plain import STEPS
from tests.support import clone_database
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres

REPORTED: Final = STEPS - 1
"""How many steps of the story lie before the province's decision."""


@asynccontextmanager
async def _alone(postgres: EmbeddedPostgres, world: World, start: Any) -> AsyncIterator[Stage]:
    home = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    # Not what other tests have attached in the home that all worlds share.
    shutil.copytree(world.home, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("evidence"))
    async with clone_database(postgres, world.template) as urls, serve_world(urls, home, start) as stage:
        yield stage
    shutil.rmtree(home)


@pytest.fixture
async def files(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """On 2022-05-10, before any county has recommended."""
    async with _alone(postgres, await chapter(3), shanghai(5, 10)) as stage:
        yield stage


@pytest.fixture
async def reported(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """On 2022-07-15, after the report and before the province's decision is recorded."""
    async with _alone(postgres, await chapter(REPORTED), shanghai(7, 15)) as stage:
        yield stage
