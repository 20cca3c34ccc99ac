"""Makes the vectors of docs/formats/draw.md: `PYTHONPATH=platform:. python -m tests.vectors.draw.generate`."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from audit.canonical import digest
from audit.draw import commitment, derive, sample, seed, shuffle
from audit.inclusion import paths
from certification.reviews.assignment import recompute
from certification.reviews.sampling import list_root, number_leaf

FOLDER: Final = Path(__file__).parent
ORIGIN: Final = "xingji.example/411602"
DRAW: Final = UUID("6f1b4a52-3c0d-4d55-9d0e-0a4c5a1f7e21")
SECRETS: Final = {"city": bytes(range(32, 64)), "county": bytes(range(32))}


def a_list(size: int) -> dict[str, Any]:
    """A list of so many numbers, whole."""
    rows = [
        {"number": f"R-{n:03}", "position": n, "salt": sha256(bytes([n])).hexdigest()} for n in range(size)
    ]
    leaves = [number_leaf(str(row["number"]), bytes.fromhex(str(row["salt"]))) for row in rows]
    ways = paths(leaves, range(size))
    return {
        "list": str(UUID(int=1)),
        "root": list_root(leaves).hex(),
        "rows": [{**row, "path": b"".join(ways[n]).hex()} for n, row in enumerate(rows)],
    }


def an_assignment() -> dict[str, Any]:
    """Nine communities of three streets, three teams, two of them barred somewhere."""
    streets = [str(UUID(int=100 + n)) for n in range(3)]
    barred = [[streets[0]], [], [streets[0], streets[1]]]
    return {
        "cycle": str(UUID(int=2)),
        "places": {
            street: [str(UUID(int=1000 + 10 * n + m)) for m in range(3)] for n, street in enumerate(streets)
        },
        "teams": [
            {"barred": found, "id": str(UUID(int=500 + n)), "number": n + 1} for n, found in enumerate(barred)
        ],
        "year": 2025,
    }


def make() -> dict[str, Any]:
    """File name → content."""
    listed, assigned = a_list(7), an_assignment()
    value = {"list": listed["list"], "root": listed["root"], "size": 7}
    made = seed(ORIGIN, DRAW, digest(value), SECRETS)
    return {
        "draw.json": {
            "origin": ORIGIN,
            "draw": str(DRAW),
            "secrets": {name: secret.hex() for name, secret in SECRETS.items()},
            "commitments": {
                name: commitment(ORIGIN, DRAW, name, secret).hex() for name, secret in SECRETS.items()
            },
            "list": value,
            "list_digest": digest(value).hex(),
            "seed": made.hex(),
            "sample": sample(made, 7, 3),
            "shuffle": shuffle(made, 7),
            "derived": derive(made, "places").hex(),
        },
        "samples.json": [
            {"seed": one.hex(), "n": n, "k": k, "sample": sample(one, n, k)}
            for one in (sha256(b"a").digest(), sha256(b"b").digest())
            for n, k in ((1, 1), (2, 2), (52, 52), (5_000, 20), (2**53, 5), (3 * 2**62, 12))
        ],
        "list.json": listed,
        "assignment.json": {"list": assigned, "seed": made.hex(), "result": recompute(assigned, made, 9)},
    }


def text_of(content: object) -> str:
    """As a file holds it."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    for name, content in make().items():
        (FOLDER / name).write_text(text_of(content), encoding="utf-8")
