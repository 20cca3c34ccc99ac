"""What a document leaves behind: nothing in its connection until it is asked again, and no more in the process than there is room for."""

from __future__ import annotations

import pytest

from graphql_schema.documents import Documents
from graphql_schema.execution import Engine, execute
from graphql_schema.limits import Limits
from graphql_schema.readpath.plans import Kept
from graphql_schema.schema import build_schema
from graphql_schema.session import Session
from tenancy.database import Database
from tests.integration.graphql_schema.world import CITY_OFFICER, NOW

PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1"


@pytest.fixture
async def single(reading: Database) -> Database:
    """A database of one connection, so that a test knows which one answered."""
    return await Database.connect(reading.dsn, 1, 1, vault=reading.vault)


async def ready(database: Database, part: str) -> int:
    raw = await database.take()
    try:
        return int(await raw.fetchval(PREPARED, f"%{part}%"))
    finally:
        database.give_back(raw)


async def test_a_statement_is_kept_ready_from_its_second_time_on(single: Database) -> None:
    engine = Engine(build_schema())
    documents = Documents(engine.schema, Limits())
    try:
        for number in range(30):
            operation = documents.prepare(f"{{ campaigns {{ edges {{ node {{ mark{number}x: id }} }} }} }}")
            session = Session(CITY_OFFICER, NOW, single, "zh-CN", "trace")
            for times, kept in ((1, 0), (2, int(number < 3)), (3, int(number < 3))):
                if times > 1 and number >= 3:
                    continue
                answer = await execute(engine, operation, None, session)
                assert f"mark{number}x".encode() in answer
                assert await ready(single, f"mark{number}x") == kept
        assert await ready(single, "mark") == 3
    finally:
        await single.close()


def test_values_are_kept_within_their_number_and_weight() -> None:
    kept: Kept[str] = Kept(3, 100)
    for number in range(5):
        kept.keep(number, f"value {number}", 10)
    assert [kept.find(number) for number in range(5)] == [None, None, "value 2", "value 3", "value 4"]
    assert kept.find(2) is not None
    kept.keep(5, "heavy", 85)
    assert [kept.find(number) for number in range(6)] == [None, None, "value 2", None, None, "heavy"]
    kept.keep(6, "too heavy", 101)
    assert len(kept) == 0
