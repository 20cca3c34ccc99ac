"""What a load balancer asks: whether the server can answer, over the schema that it was written for."""

import asyncio

import asyncpg
import pytest

from tests.integration.api.kit import Stage, heads_of
from tests.integration.api.test_administering import ADD_PERSON
from xingji.demo.cast import counties


async def test_ready_only_while_the_schema_is_the_newest(fresh: Stage) -> None:
    ready = await fresh.http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "migrations": "ok"})
    root = await asyncpg.connect(fresh.urls.superuser)
    await root.execute("UPDATE alembic_version SET version_num = 'older'")
    await root.close()
    ready = await fresh.http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": "ok", "migrations": "failed"})
    assert (await fresh.http.get("/healthz")).status_code == 200


async def test_heads_that_cannot_be_kept_are_told_until_they_can(
    fresh: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_told(wanted: bool) -> None:
        for _ in range(400):
            ready = await fresh.http.get("/readyz")
            assert ready.status_code == 200
            if (county.code in ready.json().get("unkept", ())) == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(ready.text)

    monkeypatch.setattr("xingji.keeping.CADENCE", 0.05)
    folder, county = heads_of(fresh.urls, fresh.home), counties()[0]
    if folder.exists():
        folder.rename(folder.with_suffix(".away"))
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")
    admin = await fresh.person(county.code, "admin")
    roles = [{"role": "AUDITOR", "unitId": f"Unit.{county.tenant_id}.{county.unit_id}"}]
    values = {"name": "孙悟空", "login": "sun", "password": "wukong-72-changes", "roles": roles}
    assert "receipt" in await admin.act(ADD_PERSON, values)
    await is_told(True)
    folder.unlink()
    await is_told(False)
    assert list(folder.glob("*.head"))


async def test_anybody_may_fetch_a_head_and_nothing_of_an_unknown_tenant(fresh: Stage) -> None:
    await fresh.published("411602")
    head = await fresh.http.get("/ledger/411602/head")
    origin, size, root, empty, signature = head.text.splitlines()
    assert (head.status_code, origin.endswith("/411602"), empty) == (200, True, "")
    assert int(size) > 0
    assert len(root) == 44
    assert signature.startswith(f"— {origin} ")
    assert (await fresh.http.get("/ledger/999999/head")).status_code == 404
