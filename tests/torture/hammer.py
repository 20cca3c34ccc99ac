"""The hammer: writers, full readers and random readers on many logs at once, and whatever is read is checked.

Writers act in their county without pause and send each tenth request twice. A full reader follows a log's checkpoints: each grows from the one
before, and its entries give its root. A random reader takes a receipt that somebody was given and asks for its proof under a checkpoint. Nothing
of `audit/` checks anything here (`stranger`). Anything wrong ends the hammer with an AssertionError.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.torture.land import Land, MadeCounty
from tests.torture.stranger import (
    is_consistent,
    is_included,
    leaf_hash,
    leaves_of,
    open_checkpoint,
    root_of,
    tile_path,
)
from xingji.demo import documents as q
from xingji.demo.words import form_of
from xingji.service import open_keys

WIDTH = 256
DUPLICATES = 0.1
PATIENCE = 30.0
"""Seconds within which a checkpoint must cover what was acknowledged."""

PROOF = """query Proof($filter: LedgerEntryFilter!) { ledgerEntries(filter: $filter, first: 1) { edges { node { hash leaf
  proof { index size root path checkpoint } } } } }"""
CONSISTENCY = """query Grown($tenantId: ID!, $from: SafeInt!, $to: SafeInt!) {
  ledgerConsistency(tenantId: $tenantId, fromSize: $from, toSize: $to) { path } }"""


@dataclass(slots=True)
class Seen:
    """A log as a full reader knows it: hashes of its entries, the size and root of the last checkpoint, its key."""

    vkey: str
    hashes: list[bytes] = field(default_factory=list)
    size: int = 0
    root: bytes = b""


@dataclass
class Hammer:
    """What runs; `counts` says how much was done of each."""

    land: Land
    http: httpx.AsyncClient
    luck: random.Random
    until: float = 0.0
    receipts: list[tuple[MadeCounty, int, str, float]] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    async def run(self, seconds: float, writers: int, full: int, at_random: int) -> None:
        """Hammer for so long; then every acknowledged receipt must be in a log that was read whole."""
        self.until = time.monotonic() + seconds
        keys = open_keys(self.land.installation.home)
        for county in self.land.counties:
            self.seen[county.code] = Seen(keys.get(county.origin).verifier_key.format())
        counties = self.land.counties
        share = [counties[number::full] for number in range(full)]
        async with asyncio.TaskGroup() as group:
            for number in range(writers):
                group.create_task(self.write(counties[number % len(counties)], number))
            for some in share:
                group.create_task(self.follow(some))
            for _ in range(at_random):
                group.create_task(self.draw())
        await self.settle()

    # --- writers

    def steps(self, county: MadeCounty) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(login, mutation, input), each made from the answer before, which is sent in."""
        unit = f"Unit.{county.tenant_id}.{county.id_of('community')}"
        wanted = {"campaignId": self.land.campaign, "level": "provincial", "communityId": unit}
        while True:
            application = yield "clerk", q.FILE_APPLICATION, wanted  # type: ignore[misc]
            bound = {"applicationId": application["id"]}
            form = {**bound, **form_of(county.name, "第一街道", "第一社区")}
            bound["formHash"] = (yield "clerk", q.SAVE_FORM, form)["form"]["hash"]  # type: ignore[misc]
            yield "clerk", q.SUBMIT_APPLICATION, bound
            yield (
                "street",
                q.GIVE_OPINION,
                {**bound, "stage": "STREET", "verdict": "REFUSE", "text": "材料不实。"},
            )

    async def write(self, county: MadeCounty, number: int) -> None:
        """Act in one county; a county has one writer, as its one community has one application open."""
        assert number < len(self.land.counties)
        steps = self.steps(county)
        step = next(steps)
        while time.monotonic() < self.until:
            login, mutation, values = step
            request_id = str(uuid4())
            twice = self.luck.random() < DUPLICATES
            answers = await asyncio.gather(
                *(self.act(county, login, mutation, values, request_id) for _ in range(1 + twice))
            )
            receipts = {(one["receipt"]["sequence"], one["receipt"]["hash"]) for one in answers}
            assert len(receipts) == 1, "one request, two entries"
            assert sum(not one["receipt"]["replayed"] for one in answers) == 1
            ((seq, hash_),) = receipts
            self.receipts.append((county, seq, hash_, time.monotonic()))
            self.counts["acts"] += 1
            self.counts["duplicates"] += twice
            step = steps.send(answers[0]["application"])  # type: ignore[attr-defined]

    async def act(
        self, county: MadeCounty, login: str, mutation: str, values: dict[str, Any], request_id: str
    ) -> dict[str, Any]:
        data = await self.ask(county, login, mutation, {"requestId": request_id, "input": values})
        (result,) = data.values()
        assert "receipt" in result, result
        return dict(result)

    async def ask(
        self, county: MadeCounty, login: str, query: str, variables: dict[str, Any]
    ) -> dict[str, Any]:
        response = await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.land.token(county, login)}"},
        )
        answer = response.json()
        assert response.status_code == 200 and "errors" not in answer, answer
        return dict(answer["data"])

    # --- readers

    async def get(self, county: MadeCounty, path: str) -> bytes:
        response = await self.http.get(
            f"/ledger/{county.code}/{path}",
            headers={"Authorization": f"Bearer {self.land.token(county, 'street')}"},
        )
        assert response.status_code == 200, (path, response.status_code, response.text[:300])
        return response.content

    async def head(self, county: MadeCounty) -> tuple[int, bytes]:
        note = (await self.get(county, "checkpoint")).decode()
        origin, size, root = open_checkpoint(note, self.seen[county.code].vkey)
        assert origin == county.origin
        return size, root

    async def follow(self, counties: tuple[MadeCounty, ...]) -> None:
        """Read whole what grew, again and again."""
        while time.monotonic() < self.until:
            for county in counties:
                await self.read_whole(county)
            await asyncio.sleep(0.05)

    async def read_whole(self, county: MadeCounty) -> None:
        """Take the log's checkpoint, and every entry that is new under it."""
        seen = self.seen[county.code]
        size, root = await self.head(county)
        assert size >= seen.size, "a checkpoint went back"
        if size == seen.size:
            assert root == seen.root, "two roots of one size"
            return
        hashes = seen.hashes[: seen.size // WIDTH * WIDTH]
        for index in range(seen.size // WIDTH, -(-size // WIDTH)):
            width = min(WIDTH, size - index * WIDTH)
            name = tile_path(index) + (f".p/{width}" if width < WIDTH else "")
            found = [leaf_hash(leaf) for leaf in leaves_of(await self.get(county, f"tile/entries/{name}"))]
            assert len(found) == width
            tile = await self.get(county, f"tile/0/{name}")
            assert tile == b"".join(found), "a tile is not of its entries"
            hashes += found
        assert hashes[: seen.size] == seen.hashes[: seen.size], "what was published has changed"
        assert root_of(hashes) == root, "the root is not of the entries"
        if seen.size:
            variables = {
                "tenantId": f"Tenant.{county.tenant_id}.{county.tenant_id}",
                "from": seen.size,
                "to": size,
            }
            found_path = (await self.ask(county, "street", CONSISTENCY, variables))["ledgerConsistency"][
                "path"
            ]
            path = [bytes.fromhex(one) for one in found_path]
            assert is_consistent(seen.size, size, path, seen.root, root), "the log does not grow"
            self.counts["consistency proofs"] += 1
        seen.hashes, seen.size, seen.root = hashes, size, root
        self.counts["whole readings"] += 1

    async def draw(self) -> None:
        """Take receipts by lot and check their proofs."""
        while time.monotonic() < self.until:
            if not self.receipts:
                await asyncio.sleep(0.1)
                continue
            await self.prove(*self.luck.choice(self.receipts))

    async def prove(self, county: MadeCounty, seq: int, hash_: str, at: float) -> None:
        """The receipt is in the log, by the proof that the server gives, under a checkpoint that it signed."""
        node = await self.entry(county, seq)
        assert node["hash"] == hash_ and leaf_hash(node["leaf"].encode()).hex() == hash_
        proof = node["proof"]
        if proof is None:
            assert time.monotonic() - at < PATIENCE, f"{county.origin} {seq} is not covered yet"
            self.counts["not covered yet"] += 1
            await asyncio.sleep(0.2)
            return
        origin, size, root = open_checkpoint(proof["checkpoint"], self.seen[county.code].vkey)
        assert origin == county.origin and proof["index"] == seq and proof["size"] == size
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert is_included(bytes.fromhex(hash_), seq, size, path, root), "the proof does not hold"
        self.counts["inclusion proofs"] += 1

    async def entry(self, county: MadeCounty, seq: int) -> dict[str, Any]:
        raise NotImplementedError

    async def settle(self) -> None:
        """Every checkpoint covers what was acknowledged, and each receipt stands where it says."""
        latest: dict[str, int] = {}
        for county, seq, _, _ in self.receipts:
            latest[county.code] = max(latest.get(county.code, -1), seq)
        deadline = time.monotonic() + PATIENCE
        for county in self.land.counties:
            while self.seen[county.code].size <= latest.get(county.code, -1):
                assert time.monotonic() < deadline, f"{county.origin} is not published"
                await self.read_whole(county)
                await asyncio.sleep(0.1)
        for county, seq, hash_, _ in self.receipts:
            assert self.seen[county.code].hashes[seq].hex() == hash_, "an acknowledged act is not in its log"
        self.counts["receipts found"] = len(self.receipts)


async def hammer(
    land: Land,
    seconds: float,
    seed: int,
    say: Callable[[str], None] = lambda _line: None,
) -> Counter[str]:
    """Run the hammer on a land with a writer for each county; what was done."""
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(
        base_url=land.installation.address, trust_env=False, timeout=60, limits=limits
    ) as http:
        running = Hammer(land, http, random.Random(seed))
        await running.run(seconds, len(land.counties), full=4, at_random=4)
    say(", ".join(f"{name} {count:,}" for name, count in sorted(running.counts.items())))
    return running.counts
