"""The examples cannot drift from the schema: what no longer fits it stops the build; and their proofs are those of RFC 6962 at every size."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.consistency import consistency_path
from audit.inclusion import paths
from audit.keys import Ed25519Signer
from audit.proof import Proof, format_proof
from audit.tree import Frontier, leaf_hash
from tests.conformance.node import find_node
from tests.integration.clients.kit import (
    build_python,
    build_typescript,
    copy_examples,
    install_python,
    install_typescript,
)

pytestmark = pytest.mark.timeout(600)
SIZES = 18
JUDGES = {
    "python": """
import json, sys
from base64 import b64decode
from proofs import Checkpoint, check_growth, check_inclusion
def holds(judge, *given):
    try:
        judge(*given)
        return True
    except ValueError:
        return False
def head(one):
    return Checkpoint(one["origin"], one["size"], bytes.fromhex(one["root"]))
told = json.load(sys.stdin)
print(json.dumps([
    holds(check_inclusion, bytes.fromhex(one["leaf"]), one["index"], one["proof"], told["keys"]) if "proof" in one
    else holds(check_growth, head(one["old"]), head(one["new"]), [b64decode(text) for text in one["path"]])
    for one in told["cases"]]))
""",
    "typescript": """
import { readFileSync } from "node:fs";
import { checkGrowth, checkInclusion } from "./proofs.js";
const hex = (text) => Buffer.from(text, "hex");
const head = (one) => ({ ...one, root: hex(one.root) });
const told = JSON.parse(readFileSync(0, "utf8"));
const found = [];
for (const one of told.cases) {
  const judged = "proof" in one
    ? checkInclusion(hex(one.leaf), one.index, one.proof, told.keys)
    : checkGrowth(head(one.old), head(one.new), one.path.map((text) => Buffer.from(text, "base64")));
  found.push(await judged.then(() => true, () => false));
}
console.log(JSON.stringify(found));
""",
}


@pytest.fixture(params=["python", "typescript"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def build(language: str, root: Path, cache: pytest.Cache) -> subprocess.CompletedProcess[str]:
    if language == "python":
        return build_python(root, install_python(cache))
    return build_typescript(root, install_typescript(cache))


def test_an_operation_that_does_not_fit_the_schema_stops_the_build(
    language: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root = copy_examples(tmp_path / "clone")
    page = root / "docs" / "examples" / "operations" / "page.graphql"
    page.write_text(page.read_text("utf-8").replace("status", "stature"), "utf-8")
    assert request.config.cache is not None
    made = build(language, root, request.config.cache)
    assert made.returncode != 0 and "stature" in made.stdout + made.stderr


def flip(text: bytes, at: int) -> bytes:
    return text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]


def make_cases(signer: Ed25519Signer) -> list[tuple[bool, dict[str, Any]]]:
    """Every place and every growth of every size, each true and damaged: what a judge has to say, and of what."""
    leaves = [leaf_hash(bytes([number])) for number in range(SIZES)]
    heads = [
        Checkpoint("log.example/1", size, Frontier().extend(leaves[:size]).root())
        for size in range(SIZES + 1)
    ]
    cases: list[tuple[bool, dict[str, Any]]] = []
    for head in heads[1:]:
        note = sign_checkpoint(head, signer)
        for index, path in paths(leaves[: head.size], range(head.size)).items():
            case = {
                "leaf": leaves[index].hex(),
                "index": index,
                "proof": format_proof(Proof(index, path, note)),
            }
            shorter = format_proof(Proof(index, path[1:], note))
            longer = format_proof(Proof(index, (*path, leaves[0]), note))
            forged = note.replace(b64encode(head.root).decode(), b64encode(flip(head.root, 3)).decode())
            cases += [
                (True, case),
                (False, {**case, "leaf": flip(leaves[index], 0).hex()}),
                (not path, {**case, "proof": shorter}),
                (False, {**case, "proof": longer}),
                (False, {**case, "proof": format_proof(Proof(index, path, forged))}),
            ]
        for old in heads[1 : head.size + 1]:
            path = consistency_path(leaves[: head.size], old.size)
            shown = {"old": show(old), "new": show(head), "path": [b64encode(one).decode() for one in path]}
            cases += [
                (True, shown),
                (False, {**shown, "old": {**show(old), "root": flip(old.root, 31).hex()}}),
                (False, {**shown, "new": {**show(head), "root": flip(head.root, 31).hex()}}),
                (False, {**shown, "path": [*shown["path"], b64encode(leaves[0]).decode()]}),
                (not path, {**shown, "path": shown["path"][1:]}),
            ]
    return cases


def show(head: Checkpoint) -> dict[str, Any]:
    return {"origin": head.origin, "size": head.size, "root": head.root.hex()}


def test_proofs_are_judged_as_we_judge_them(
    language: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    cache = request.config.cache
    assert cache is not None
    root = copy_examples(tmp_path / "clone")
    if language == "python":
        folder = root / "docs/examples/python"
        command = [str(install_python(cache)), "-c", JUDGES["python"]]
    else:
        made = build_typescript(root, install_typescript(cache))
        assert made.returncode == 0, made.stdout
        folder = root / "docs/examples/typescript/dist"
        (folder / "judge.mjs").write_text(JUDGES["typescript"])
        command = [*find_node()[0], "judge.mjs"]
    signer = Ed25519Signer("log.example/1", Ed25519PrivateKey.generate())
    wanted, cases = zip(*make_cases(signer), strict=True)
    told = json.dumps({"keys": [signer.verifier_key.format()], "cases": cases})
    ran = subprocess.run(
        command, cwd=folder, input=told, capture_output=True, text=True, check=True, timeout=60
    )
    found = json.loads(ran.stdout)
    assert len(found) == len(wanted) and {True, False} == set(found)
    wrong = [case for case, ours, theirs in zip(cases, wanted, found, strict=True) if ours != theirs]
    assert wrong == []
