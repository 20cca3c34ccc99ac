"""What an attack costs the server, against what a good request costs it; and the same over and over."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Final

from tests.integration.siege.attacks import ATTACKS, GOOD, Attack, attacker
from tests.integration.siege.besieged import MIB, Besieged

DEAREST: Final = 20
LONGEST: Final = 20_000
"""Bytes of a refusal."""
_FRESH: Final = int.from_bytes(os.urandom(4))


def cost_of_good(place: Besieged, times: int) -> float:
    """Seconds of CPU for a good document that the server has not seen before."""
    with attacker(place) as somebody:
        somebody.ask(GOOD.replace("{n}", f"{_FRESH}"))
        before = place.cpu()
        for number in range(times):
            answer = somebody.ask(GOOD.replace("{n}", f"{_FRESH}_{number}"))
            assert answer.status == 200 and answer.code is None, answer
        return (place.cpu() - before) / times


def attack(place: Besieged, one: Attack, numbers: Iterable[int]) -> float:
    """Seconds of CPU for one attack, each time as it must be refused. Raises AssertionError."""
    before, times = place.cpu(), 0
    with attacker(place) as somebody:
        for number in numbers:
            answer = somebody.send(one.make(_FRESH + number), one.headers)
            assert (answer.status, answer.code) == (one.status, one.code), answer.body[:600]
            assert len(answer.body) < LONGEST
            times += 1
            if one.status == 413:
                somebody.close()
    return (place.cpu() - before) / times


def repeat_all(place: Besieged, times: int) -> None:
    """Every attack so often."""
    for one in ATTACKS.values():
        attack(place, one, range(1_000, 1_000 + times))


def attack_all(place: Besieged, times: int) -> Counter[str]:
    """Every attack so often, one after the other: dearest and fattest of all. Raises AssertionError."""
    good = cost_of_good(place, 50)
    counts: Counter[str] = Counter()
    for name, one in ATTACKS.items():
        attack(place, one, range(10**6, 10**6 + 250))  # what may be kept is kept
        before = place.memory()
        ratio = attack(place, one, range(times)) / good
        grown = place.memory() - before
        assert ratio < DEAREST and grown < 8 * MIB, (name, ratio, grown)
        counts["attacks"] += times
        counts["dearest, % of a good document never seen"] = max(
            counts["dearest, % of a good document never seen"], round(100 * ratio)
        )
        counts["grown at most, KiB"] = max(counts["grown at most, KiB"], grown >> 10)
    return counts
