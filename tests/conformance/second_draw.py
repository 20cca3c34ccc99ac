"""A second drawer, from docs/formats/draw.md alone: it shares no code with `audit/`. Simple and slow on purpose.

The stream is one long text that grows, the shuffle is of a whole list, the tree is the recursive definition, and teams go by a queue
of (team, came from, community).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def jcs(value: Any) -> bytes:
    """Canonical JSON of what these formats hold: ASCII keys, no floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(origin: str, draw: str, party: str, secret: str) -> str:
    bound = {"draw": draw, "origin": origin, "party": party, "secret": secret}
    return hashlib.sha256(b"xingji-draw-commitment-1" + bytes(1) + jcs(bound)).hexdigest()


def seed(origin: str, draw: str, listed: Any, secrets: dict[str, str]) -> str:
    bound = {
        "draw": draw,
        "list": hashlib.sha256(jcs(listed)).hexdigest(),
        "origin": origin,
        "secrets": secrets,
    }
    return hashlib.sha256(b"xingji-draw-seed-1" + bytes(1) + jcs(bound)).hexdigest()


def derived(seed: str, label: str) -> str:
    message = b"xingji-draw-derived-1" + bytes(1) + label.encode()
    return hmac.new(bytes.fromhex(seed), message, "sha256").hexdigest()


class Numbers:
    """The stream of a seed, word after word."""

    def __init__(self, seed: str) -> None:
        self.key, self.text, self.at = bytes.fromhex(seed), b"", 0

    def word(self) -> int:
        if self.at == len(self.text):
            block = (len(self.text) // 32).to_bytes(8, "big")
            self.text += hmac.new(self.key, b"xingji-draw-stream-1" + bytes(1) + block, "sha256").digest()
        self.at += 8
        return int(self.text[self.at - 8 : self.at].hex(), 16)

    def below(self, n: int) -> int:
        word = self.word()
        while word >= 2**64 - (2**64 % n):
            word = self.word()
        return word % n


def shuffle(seed: str, n: int) -> list[int]:
    numbers, items = Numbers(seed), list(range(n))
    for i in range(n):
        j = i + numbers.below(n - i)
        items[i], items[j] = items[j], items[i]
    return items


def sample(seed: str, n: int, k: int) -> list[int]:
    """As the text says; of a list too long to write down, only the places that were touched."""
    if n <= 10_000:
        return shuffle(seed, n)[:k]
    numbers, touched, found = Numbers(seed), dict[int, int](), []
    for i in range(k):
        j = i + numbers.below(n - i)
        touched[i], touched[j] = touched.get(j, j), touched.get(i, i)
        found.append(touched[i])
    return found


def leaf(number: str, salt: str) -> bytes:
    message = b"xingji-commitment-1\0register_number\0" + number.encode()
    return hashlib.sha256(b"\0" + hmac.new(bytes.fromhex(salt), message, "sha256").digest()).digest()


def split(n: int) -> int:
    """The largest power of two below n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def assign(listed: Any, seed: str) -> dict[str, list[str]]:
    street_of = {place: street for street, found in listed["places"].items() for place in found}
    barred = {team["id"]: team["barred"] for team in listed["teams"]}
    places, teams = sorted(street_of), sorted(barred)
    teams = [teams[i] for i in shuffle(derived(seed, "teams"), len(teams))]
    has: dict[str, list[str]] = {team: [] for team in teams}
    for i in shuffle(derived(seed, "places"), len(places)):
        # A team, the item of the queue that it was come to from, and by which community.
        free = [team for team in teams if street_of[places[i]] not in barred[team]]
        queue: list[tuple[str, Any, str]] = [(team, None, places[i]) for team in free]
        for item in queue:  # it grows as we go
            for place in has[item[0]]:
                for team in teams:
                    if street_of[place] not in barred[team] and team not in [one[0] for one in queue]:
                        queue.append((team, item, place))
        fewest = min(len(has[one[0]]) for one in queue)
        taking = next(one for one in queue if len(has[one[0]]) == fewest)
        while taking is not None:
            team, giving, place = taking
            if giving is not None:
                has[giving[0]].remove(place)
            has[team].append(place)
            taking = giving
    return {team: sorted(found) for team, found in has.items()}
