"""Kills: the server is killed at random moments under the hammer's load, and now and then PostgreSQL with it; it is only ever started again.

Readers go on across the kills, so a log that forked or went back is seen by who kept its checkpoint.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter

import httpx

from tests.torture.faults import zygote
from tests.torture.hammer import Hammer
from tests.torture.land import Land

POSTGRES_EVERY = 10
LONGEST = 0.8
"""Seconds that a server lives at most, once it is ready."""


async def torture_kills(land: Land, kills: int, seed: int) -> Counter[str]:
    """Kill so often; what was done between and behind the kills, every receipt found again."""
    installation, luck = land.installation, random.Random(seed)
    installation.stop(signal.SIGTERM)
    with zygote(installation.home, installation.port) as servers:
        await servers.start("never", 0)
        async with httpx.AsyncClient(base_url=installation.address, trust_env=False, timeout=10) as http:
            client = Hammer(land, http, luck, tolerant=True)
            load = asyncio.create_task(client.run(3600, full=2, at_random=2))
            for number in range(1, kills + 1):
                await asyncio.sleep(luck.uniform(0, LONGEST))
                if load.done():
                    break
                if number % POSTGRES_EVERY == 0:
                    os.kill(installation.postmaster(), signal.SIGKILL)
                await servers.stop(signal.SIGKILL)
                await servers.start("never", 0)
                client.counts["kills"] += 1
            client.until = time.monotonic() + 1
            await load
        await servers.stop(signal.SIGTERM)
    await installation.start()
    return client.counts
