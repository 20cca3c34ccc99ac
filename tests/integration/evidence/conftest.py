"""A server over a world where the streets have agreed, with a home of its own: files are counted."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.integration.api.kit import Stage, World, serve_world
from tests.support import clone_database
from xingji.demo.clock import shanghai
from xingji.postgres import EmbeddedPostgres


@pytest.fixture
async def files(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """On 2022-05-10, before any county has recommended."""
    world = await chapter(3)
    home = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    shutil.copytree(world.home, home, dirs_exist_ok=True)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, home, shanghai(5, 10)) as stage,
    ):
        yield stage
    shutil.rmtree(home)
