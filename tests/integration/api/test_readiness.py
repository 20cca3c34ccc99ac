"""What a load balancer asks: whether the server can answer, over the schema that it was written for."""

import asyncpg

from tests.integration.api.kit import Stage


async def test_ready_only_while_the_schema_is_the_newest(fresh: Stage) -> None:
    ready = await fresh.http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "migrations": "ok"})
    root = await asyncpg.connect(fresh.urls.superuser)
    await root.execute("UPDATE alembic_version SET version_num = 'older'")
    await root.close()
    ready = await fresh.http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": "ok", "migrations": "failed"})
    assert (await fresh.http.get("/healthz")).status_code == 200


async def test_anybody_may_fetch_a_head_and_nothing_of_an_unknown_tenant(fresh: Stage) -> None:
    head = await fresh.http.get("/ledger/411602/head")
    origin, size, root, empty, signature = head.text.splitlines()
    assert (head.status_code, origin.endswith("/411602"), empty) == (200, True, "")
    assert int(size) > 0
    assert len(root) == 44
    assert signature.startswith(f"— {origin} ")
    assert (await fresh.http.get("/ledger/999999/head")).status_code == 404
