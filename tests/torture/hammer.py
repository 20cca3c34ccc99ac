"""The hammer: writers, full readers and random readers on many logs at once, and whatever is read is checked.

Writers act in their county without pause and send each tenth request twice. A full reader follows a log's checkpoints: each grows from the one
before, and its entries give its root. A random reader takes a receipt that somebody was given and asks for its proof under a checkpoint. Nothing
of `audit/` checks anything here (`stranger`). Anything wrong ends the hammer with an AssertionError.
"""

import asyncio
import base64
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.torture.land import Applicant, Land, MadeCounty
from tests.torture.stranger import (
    is_consistent,
    is_included,
    leaf_hash,
    leaves_of,
    open_checkpoint,
    open_proof,
    root_of,
    tile_path,
)
from xingji.service import open_keys

WIDTH = 256
DUPLICATES = 0.1
PATIENCE = 30.0
"""Seconds within which a checkpoint must cover what was acknowledged."""

OUTAGE = 300.0
"""Seconds within which somebody gets an answer from a server that is killed again and again."""

PROOF = """query Proof($id: ID!) { node(id: $id) { ... on LedgerEntry { hash leaf proof } } }"""
CONSISTENCY = """query Grown($tenantId: ID!, $from: Int!, $to: Int!) {
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
    """What runs; `counts` says how much was done of each. `tolerant`: the server is killed meanwhile, so whoever got no answer asks again."""

    land: Land
    http: httpx.AsyncClient
    luck: random.Random
    tolerant: bool = False
    until: float = 0.0
    receipts: list[tuple[MadeCounty, int, str, float]] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        keys = open_keys(self.land.installation.home)
        for county in self.land.counties:
            self.seen[county.code] = Seen(keys.get(county.origin).verifier_key.format())

    async def run(self, seconds: float, full: int = 4, at_random: int = 4) -> None:
        """Hammer for so long; then every acknowledged receipt must be in a log that was read whole."""
        self.until = time.monotonic() + seconds
        counties = self.land.counties
        share = [counties[number::full] for number in range(full)]
        async with asyncio.TaskGroup() as group:
            for county in counties:
                group.create_task(self.write(self.land.applicant(county)))
            for some in share:
                group.create_task(self.follow(some))
            for _ in range(at_random):
                group.create_task(self.draw())
        await self.settle()

    # --- writers

    async def write(self, applicant: Applicant) -> None:
        """Act in one county without pause."""
        county = applicant.county
        while time.monotonic() < self.until:
            login, mutation, values = applicant.step
            request_id = str(uuid4())
            twice = self.luck.random() < DUPLICATES
            answers = await asyncio.gather(
                *(self.act(county, login, mutation, values, request_id) for _ in range(1 + twice))
            )
            ((seq, hash_),) = {(one["receipt"]["sequence"], one["receipt"]["hash"]) for one in answers}
            new = sum(not one["receipt"]["replayed"] for one in answers)
            assert new == 1 or (new == 0 and self.tolerant), "one request, two entries"
            self.receipts.append((county, seq, hash_, time.monotonic()))
            self.counts["acts"] += 1
            self.counts["duplicates"] += twice
            applicant.answered(answers[0]["application"])

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
        body = {"query": query, "variables": variables}
        response = await self.send(county, login, "POST", "/graphql", json=body)
        answer = response.json()
        while self.tolerant and "internal.error" in response.text:
            # PostgreSQL went away under the act: nobody knows what became of it, so it is asked again.
            await asyncio.sleep(0.1)
            response = await self.send(county, login, "POST", "/graphql", json=body)
            answer = response.json()
        assert response.status_code == 200 and "errors" not in answer, answer
        return dict(answer["data"])

    async def send(
        self, county: MadeCounty, login: str, method: str, path: str, **given: Any
    ) -> httpx.Response:
        """The answer; a tolerant one asks until there is one, and takes no 5xx for an answer."""
        deadline = time.monotonic() + (OUTAGE if self.tolerant else PATIENCE)
        while True:
            headers = {"Authorization": f"Bearer {self.land.token(county, login)}"}
            try:
                response = await self.http.request(method, path, headers=headers, **given)
                if response.status_code < 500 or not self.tolerant:
                    return response
            except httpx.TransportError:
                if not self.tolerant:
                    raise
            assert time.monotonic() < deadline, "no answer"
            self.counts["asked again"] += 1
            await asyncio.sleep(0.05)

    # --- readers

    async def get(self, county: MadeCounty, path: str) -> bytes:
        response = await self.send(county, "county", "GET", f"/ledger/{county.code}/{path}")
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
            found_path = (await self.ask(county, "county", CONSISTENCY, variables))["ledgerConsistency"][
                "path"
            ]
            path = [base64.b64decode(one) for one in found_path]
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
        index, path, checkpoint = open_proof(proof)
        origin, size, root = open_checkpoint(checkpoint, self.seen[county.code].vkey)
        assert (origin, index) == (county.origin, seq)
        assert is_included(bytes.fromhex(hash_), seq, size, path, root), "the proof does not hold"
        self.counts["inclusion proofs"] += 1

    async def entry(self, county: MadeCounty, seq: int) -> dict[str, Any]:
        """One entry, by the id that its place gives."""
        node = f"LedgerEntry.{county.tenant_id}.{seq}"
        return dict((await self.ask(county, "county", PROOF, {"id": node}))["node"])

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


async def hammer(land: Land, seconds: float, seed: int) -> Counter[str]:
    """Run the hammer on a land with a writer in each county; what was done."""
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(
        base_url=land.installation.address, trust_env=False, timeout=60, limits=limits
    ) as http:
        running = Hammer(land, http, random.Random(seed))
        await running.run(seconds)
    return running.counts
