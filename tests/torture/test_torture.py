"""Short versions of the hammer, the kills and the faults, over one served land: `./dev torture` runs the long ones."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.torture.faults import torture_steps
from tests.torture.hammer import hammer
from tests.torture.kills import torture_kills
from tests.torture.land import Land, served

SEED = 20220425


@pytest_asyncio.fixture(scope="module")
async def land() -> AsyncIterator[Land]:
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    folder.chmod(0o711)
    async with served(folder, counties=6) as made:
        yield made
    shutil.rmtree(folder)


async def test_whatever_is_read_under_load_holds(land: Land):
    counts = await hammer(land, 8, SEED)
    assert counts["receipts found"] == counts["acts"] > 20
    assert min(counts[name] for name in ("duplicates", "inclusion proofs", "consistency proofs")) > 0


@pytest.mark.timeout(240)
async def test_an_act_outlives_its_servers_death_at_any_step(land: Land):
    told = await torture_steps(land, stride=20, offset=2)
    assert told.steps > 2 and told.answered > 0 and told.unanswered > 0


async def test_what_was_acknowledged_is_proved_after_every_kill(land: Land):
    counts = await torture_kills(land, kills=5, seed=SEED)
    assert counts["kills"] == 5 and counts["receipts found"] == counts["acts"] > 20
    await land.check_whole()
