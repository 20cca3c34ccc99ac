"""The clients that the protocols' authors keep, npm's `graphql-ws` and `graphql-sse`, get on with our server."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.node import find_node, install
from tests.http_door import run_door

pytestmark = pytest.mark.timeout(600)

CLIENTS = Path(__file__).parent / "clients"
COUNTED = [{"data": {"count": n}} for n in (1, 2, 3)]
ALICE = [{"data": {"whoami": "alice"}}]


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the clients were told, each by its name."""
    assert request.config.cache is not None
    folder = install(CLIENTS, ["clients.mjs"], "graphql-live", request.config.cache)
    node, _ = find_node()
    with run_door() as door:
        command = [*node, "clients.mjs", f"{door.url}/graphql"]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_socket_client_is_answered(told: dict[str, Any]) -> None:
    assert told["wsCount"] == COUNTED and told["wsQuery"] == ALICE
    assert told["wsTogether"] == [3, 3, 3]
    assert told["wsTick"] == {"tick": 0} and told["wsPongs"]
    assert told["wsStranger"] == [{"data": {"whoami": None}}]


def test_socket_client_is_refused(told: dict[str, Any]) -> None:
    assert told["wsInvalid"] == {"errors": ["document.invalid"]}
    assert told["wsMutation"] == {"errors": ["live.mutation"]}
    assert told["wsAbsent"] == {"errors": ["not_found"]}
    assert told["wsRefused"]["code"] == 4403


def test_socket_client_comes_again_by_itself_when_its_token_has_ended(told: dict[str, Any]) -> None:
    assert told["wsResumed"] == {"closes": [4403], "given": 2}


def test_stream_client_is_answered_and_refused(told: dict[str, Any]) -> None:
    assert told["sseCount"] == COUNTED and told["sseQuery"] == ALICE
    assert told["sseInvalid"] == ["document.invalid"] and told["sseAbsent"] == ["not_found"]
    assert told["sseTick"] == {"tick": 0}
    assert told["sseEnded"] == ["told", "token.ended"]
    assert told["sseRefused"]["name"] == "NetworkError"
