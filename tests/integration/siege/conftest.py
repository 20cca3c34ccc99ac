"""One server for all that besieges it: a process of its own before the world behind its walls."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.api.walls import Walled
from tests.integration.siege.besieged import Besieged, besieged
from xingji.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
async def place(postgres: EmbeddedPostgres, walled: Walled) -> AsyncIterator[Besieged]:
    async with besieged(postgres, walled) as served:
        yield served
