"""What holds of a review's observations (查看结果): the set alone decides, whatever order its pieces came in.

Of a key, the observations of one round count: the latest in which it was looked at, and none before the round from which it had to be
looked at anew. Of those, the heads are the ones that no other of the same key and round supersedes; were all superseded, in a circle,
all are heads. Heads that say the same agree; where they judge and differ, the key is in conflict, and has no value until an observation
supersedes all of them.

    round 1   item:1.1  a: meets   b: does_not_meet               conflict
              c: does_not_meet, supersedes a and b                c holds
    rectify, naming 1.1  → round 2: item:1.1 has to be looked at anew, everything else is as it was
    return               → round 2: everything has to be looked at anew

Notes and photos stand beside each other and are never in conflict; nor is the note of an item part of what is judged. An observation
that names one of another key, or one that never came, supersedes nothing by it. Pure; knows no standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from audit.canonical import digest
from certification.reviews.model import Observation, ReviewVerdict, ReviewVerdictKind

ITEM: Final = "item"
FIGURE: Final = "figure"
PHOTO: Final = "photo"
JUDGED: Final = (ITEM, FIGURE)


@dataclass(frozen=True, slots=True)
class Anew:
    """From which round things must be looked at: `everything`, and by clause where that is later."""

    everything: int = 1
    clauses: Mapping[str, int] | None = None

    def since(self, key: str) -> int:
        """The first round whose observations of the key count."""
        return max(self.everything, (self.clauses or {}).get(code_of(key), 1))


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds in a round: by key the heads, the value of those that agree, the keys that are in conflict."""

    heads: Mapping[str, tuple[Observation, ...]]
    values: Mapping[str, str]
    conflicts: tuple[str, ...]

    @property
    def digest(self) -> bytes:
        """SHA-256 (32 bytes) over the heads, by id, key and value: what a judgement rests on."""
        heads = sorted((one for group in self.heads.values() for one in group), key=lambda one: str(one.id))
        return digest([{"id": str(one.id), "key": one.key, "value": one.value} for one in heads])


def find_findings(observations: Iterable[Observation], round_: int, anew: Anew) -> Findings:
    """What holds in a round of a review, of all its observations."""
    by_key: dict[str, dict[int, list[Observation]]] = {}
    for one in observations:
        if anew.since(one.key) <= one.round <= round_:
            by_key.setdefault(one.key, {}).setdefault(one.round, []).append(one)
    heads = {key: _heads(rounds[max(rounds)]) for key, rounds in sorted(by_key.items())}
    conflicts = tuple(key for key, found in heads.items() if len({_judged(one) for one in found}) > 1)
    values = {key: found[0].value for key, found in heads.items() if key not in conflicts}
    return Findings(heads, values, conflicts)


def find_anew(verdicts: Iterable[ReviewVerdict], *, carries: bool) -> Anew:
    """What the verdicts on earlier rounds leave to be looked at anew; nothing carries over a return."""
    everything, clauses = 1, dict[str, int]()
    for one in verdicts:
        following = one.round + 1
        if one.verdict == ReviewVerdictKind.RETURN:
            everything = max(everything, following)
        elif one.verdict in (ReviewVerdictKind.RECTIFY, ReviewVerdictKind.RECHECK):
            if not carries:
                everything = max(everything, following)
            for code in clauses_of(one):
                clauses[code] = max(clauses.get(code, 1), following)
    return Anew(everything, clauses)


def clauses_of(verdict: ReviewVerdict) -> tuple[str, ...]:
    """The clauses that a verdict names."""
    return tuple(orjson.loads(verdict.items or "[]"))


def code_of(key: str) -> str:
    """The item or indicator of a key; of notes and photos their own name."""
    return key.split(":")[1]


def superseded(one: Observation) -> tuple[UUID, ...]:
    """The ids that an observation says it takes the place of."""
    return tuple(UUID(text) for text in orjson.loads(one.supersedes or "[]"))


def _heads(found: Sequence[Observation]) -> tuple[Observation, ...]:
    """In the order of their ids."""
    gone = {id_ for one in found for id_ in superseded(one)}
    left = [one for one in found if one.id not in gone] or found
    return tuple(sorted(left, key=lambda one: str(one.id)))


def _judged(one: Observation) -> Any:
    """What of an observation must agree with another of its key."""
    if one.key.split(":")[0] not in JUDGED:
        return None
    value = orjson.loads(one.value)
    return tuple(sorted((name, said) for name, said in value.items() if name != "note"))
