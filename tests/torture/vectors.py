"""Public vectors of RFC 6962 proofs, judged where they lie: `testdata/` of a checkout of github.com/transparency-dev/merkle.

    git clone https://github.com/transparency-dev/merkle FOLDER && git -C FOLDER checkout 417fb0c314750d94e53942e9f92e79b6d35915db
    ./dev torture vectors --folder FOLDER

Each file of `inclusion/` and `consistency/` is one claim in JSON with a verdict, `wantErr`; ours must be the same. `subtreeinclusion/` and
`subtreeconsistency/` are of a later draft, which this log does not use. Nothing of the files is copied here: tests/conformance has
malformed proofs of our own making.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from audit.consistency import is_consistent
from audit.inclusion import is_included

Vector = Mapping[str, Any]


def is_vector_included(one: Vector) -> bool:
    """Our verdict on a claim of inclusion."""
    leaf, root = b64decode(one["leafHash"] or ""), b64decode(one["root"] or "")
    return is_included(leaf, one["leafIdx"], one["treeSize"], _path(one), root)


def is_vector_consistent(one: Vector) -> bool:
    """Our verdict on a claim of growth."""
    old, new = b64decode(one["root1"] or ""), b64decode(one["root2"] or "")
    return is_consistent(one["size1"], one["size2"], old, new, _path(one))


KINDS: Final[Mapping[str, Callable[[Vector], bool]]] = {
    "inclusion": is_vector_included,
    "consistency": is_vector_consistent,
}


def judge_vectors(folder: Path) -> Counter[str]:
    """How many of each kind hold and are refused. Raises AssertionError for a verdict that is not theirs, or a folder that has none of a kind."""
    done: Counter[str] = Counter()
    for kind, judge in KINDS.items():
        files = sorted((folder / "testdata" / kind).rglob("*.json"))
        assert files, f"no vectors in {folder / 'testdata' / kind}"
        for file in files:
            one = json.loads(file.read_bytes())
            ours = judge(one)
            assert ours is not one["wantErr"], f"{file}: we say {ours}"
            done[f"{kind}, {'held' if ours else 'refused'}"] += 1
    return done


def _path(one: Vector) -> list[bytes]:
    return [b64decode(hash_) for hash_ in one["proof"] or ()]
