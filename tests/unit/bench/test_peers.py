"""The peers' packages come from a lock that names no host, and their answers are brought into our shape."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from bench.peers.asking import MERCURIUS, POSTGRAPHILE, Asked
from bench.peers.installing import FILES, HERE

HASH = hashlib.sha256(b"form")
OPINION = {"stage": "site_visit", "verdict": "agree", "text": "A", "authorId": "p"}
EXPECTED = {
    "data": {
        "node": {
            "id": "Application.7.a",
            "status": "CERTIFIED",
            "createdAt": "2022-04-22T03:00:00.000000Z",
            "opinions": [
                {
                    **OPINION,
                    "id": "Opinion.7.o",
                    "stage": "SITE_VISIT",
                    "verdict": "AGREE",
                    "formHash": HASH.hexdigest(),
                }
            ],
        }
    }
}
OF_POSTGRAPHILE = {
    "rowId": "a",
    "status": "certified",
    "createdAt": "2022-04-22T05:00:00.000000+02:00",
    "opinions": {"nodes": [{**OPINION, "rowId": "o", "formHash": base64.b64encode(HASH.digest()).decode()}]},
}
OF_MERCURIUS = {
    "id": "a",
    "status": "certified",
    "createdAt": "2022-04-22T03:00:00.000000Z",
    "opinions": [{**OPINION, "id": "o", "formHash": HASH.hexdigest()}],
}


def test_the_lock_names_packages_by_digest_and_no_host() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert {"node_modules/postgraphile", "node_modules/mercurius"} <= packages.keys()
    for one in packages.values():
        assert one["integrity"].startswith("sha512-")
        assert not {"resolved", "link"} & one.keys()
        assert "://" not in json.dumps({key: value for key, value in one.items() if key != "funding"})
    assert "omit-lockfile-registry-resolved=true" in (HERE / ".npmrc").read_text().split()
    assert all((HERE / name).exists() for name in FILES)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(POSTGRAPHILE[0], OF_POSTGRAPHILE, id="PostGraphile"),
        pytest.param(MERCURIUS[0], OF_MERCURIUS, id="Mercurius"),
    ],
)
def test_an_answer_in_our_shape_is_ours(asked: Asked, answer: dict[str, Any]) -> None:
    assert asked.ours(json.dumps({"data": {"application": answer}}).encode(), 7) == EXPECTED


@pytest.mark.parametrize("changed", [{"status": "filed"}, {"rowId": "b"}, {"opinions": {"nodes": []}}])
def test_an_answer_with_other_data_is_not_ours(changed: dict[str, Any]) -> None:
    answer = {"data": {"application": OF_POSTGRAPHILE | changed}}
    assert POSTGRAPHILE[0].ours(json.dumps(answer).encode(), 7) != EXPECTED


def test_the_tenant_is_in_the_header() -> None:
    assert b"\r\nX-Tenant: 7\r\n" in MERCURIUS[0].request(7, {})
