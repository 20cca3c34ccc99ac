"""The vectors of draws are what the generator makes, and a drawer written from the text alone draws the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from audit import draw
from certification.reviews.assignment import Place, Team, describe_list, find_blocked, recompute
from tests.conformance import second_draw as second
from tests.vectors.draw.generate import FOLDER, make, text_of

DOCUMENT = Path(__file__).parents[2] / "docs/formats/draw.md"


def vector(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_the_vectors_are_what_the_generator_makes() -> None:
    assert {name: text_of(content) for name, content in make().items()} == {
        path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")
    }


def test_a_second_drawer_draws_the_same() -> None:
    found = vector("draw.json")
    for party, secret in found["secrets"].items():
        assert second.commitment(found["origin"], found["draw"], party, secret) == found["commitments"][party]
    made = second.seed(found["origin"], found["draw"], found["list"], found["secrets"])
    assert made == found["seed"]
    assert second.derived(made, "places") == found["derived"]
    assert (second.shuffle(made, 7), second.sample(made, 7, 3)) == (found["shuffle"], found["sample"])
    for one in vector("samples.json"):
        assert second.sample(one["seed"], one["n"], one["k"]) == one["sample"]


def test_a_second_drawer_finds_the_same_root_and_paths() -> None:
    listed = vector("list.json")
    leaves = [second.leaf(row["number"], row["salt"]) for row in listed["rows"]]
    assert second.root(leaves).hex() == listed["root"]
    assert [b"".join(second.path(n, leaves)).hex() for n in range(7)] == [
        row["path"] for row in listed["rows"]
    ]


def test_a_second_drawer_sends_the_same_teams() -> None:
    found = vector("assignment.json")
    assert second.assign(found["list"], found["seed"]) == found["result"]


@pytest.mark.parametrize("number", range(40))
def test_both_send_the_same_teams_whatever_is_barred(number: int) -> None:
    random = Random(number)
    streets = [UUID(int=random.getrandbits(128)) for _ in range(5)]
    places = [
        Place(UUID(int=random.getrandbits(128)), random.choice(streets)) for _ in range(random.randint(1, 25))
    ]
    teams = [
        Team(UUID(int=random.getrandbits(128)), n, frozenset(random.sample(streets, random.randint(0, 4))))
        for n in range(1, random.randint(2, 6))
    ] + [Team(UUID(int=random.getrandbits(128)), 9, frozenset())]
    assert find_blocked(places, teams) is None
    listed = describe_list(UUID(int=1), 2025, places, teams)
    made = random.randbytes(32)
    assert second.assign(listed, made.hex()) == recompute(listed, made, len(places))


@pytest.mark.parametrize("number", range(20))
def test_both_draw_the_same_from_any_seed(number: int) -> None:
    random = Random(number)
    made, n = random.randbytes(32), random.randint(1, 300)
    assert second.shuffle(made.hex(), n) == draw.shuffle(made, n)
    large = random.randint(10_001, 2**64)
    assert second.sample(made.hex(), large, 30) == draw.sample(made, large, 30)


def test_the_worked_example_is_the_vectors() -> None:
    found = vector("draw.json")
    example = DOCUMENT.read_text(encoding="utf-8").partition("## 7. Worked example")[2]
    told = set(re.findall(r"[0-9a-f]{64}", example))
    assert told == {
        *found["commitments"].values(),
        found["list_digest"],
        found["list"]["root"],
        found["seed"],
    }
    for numbers in ("sample", "shuffle"):
        assert json.dumps(found[numbers]) in example
