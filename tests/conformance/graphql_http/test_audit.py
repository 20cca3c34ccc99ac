"""The audit of GraphQL over HTTP that npm's `graphql-http` carries, whole: what it only warns of counts too."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conformance.node import find_node, install
from tests.http_door import run_door

pytestmark = pytest.mark.timeout(600)

AUDIT = Path(__file__).parent / "audit"


@pytest.fixture(scope="module")
def audit_folder(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    return install(AUDIT, ["audit.mjs"], "graphql-http", request.config.cache)


def test_whole_audit_passes(audit_folder: Path) -> None:
    node, _ = find_node()
    with run_door() as door:
        command = [*node, "audit.mjs", f"{door.url}/graphql"]
        run = subprocess.run(
            command, cwd=audit_folder, capture_output=True, text=True, check=True, timeout=120
        )
    results = json.loads(run.stdout)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
