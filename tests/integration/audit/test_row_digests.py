"""Python and PostgreSQL compute the same digest and key for any row."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, DateTime, MetaData, Table

from audit.errors import RowUnsupportedError
from audit.rows import row_digest, row_key
from audit.triggers import digest_expression_sql, row_key_sql
from tests.integration.audit.kit import World, sample_lines, samples

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
times = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=3, minutes=30))]),
)
NAMES = ("tenant_id", "id", "revision", "title", "mood", "weight", "done", "due", "noted_at", "seal")
rows = st.fixed_dictionaries(
    {
        "tenant_id": st.integers(1, 2**31 - 1),
        "id": st.uuids(),
        "revision": st.integers(-(2**31), 2**31 - 1),
        "title": texts,
        "mood": st.none() | texts,
        "weight": st.none() | st.integers(-(2**63), 2**63 - 1),
        "done": st.none() | st.booleans(),
        "due": st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
        "noted_at": st.none() | times,
        "seal": st.none() | st.binary(max_size=40),
    }
)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Sao_Paulo"])
async def test_python_and_sql_agree_on_any_row(world: World, zone: str):
    await world.root.execute(f"SET TimeZone = '{zone}'")
    await world.root.execute("SET DateStyle = 'SQL, DMY'")
    statement = (
        f"SELECT {digest_expression_sql(samples, 's')}, {row_key_sql(samples, 's')}"
        " FROM (SELECT $1::int AS tenant_id,"
        "$2::uuid AS id, $3::int AS revision, $4::text AS title, $5::text AS mood, $6::bigint AS weight,"
        "$7::bool AS done, $8::date AS due, $9::timestamptz AS noted_at, $10::bytea AS seal) s"
    )
    query = await world.root.prepare(statement)
    loop = asyncio.get_running_loop()

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows)
    def agree(row):
        found = asyncio.run_coroutine_threadsafe(query.fetchrow(*(row[name] for name in NAMES)), loop).result(
            10
        )
        assert tuple(found) == (row_digest(samples, row), row_key(samples, row))

    await asyncio.to_thread(agree)


async def test_a_key_of_parts_agrees(world: World):
    row = {"tenant_id": 1, "sample_id": uuid4(), "position": -3, "text": "字"}
    found = await world.root.fetchrow(
        f"SELECT {digest_expression_sql(sample_lines, 's')}, {row_key_sql(sample_lines, 's')}"
        " FROM (SELECT $1::int AS tenant_id, $2::uuid AS sample_id, $3::int AS position, $4::text AS text) s",
        *row.values(),
    )
    assert tuple(found) == (row_digest(sample_lines, row), row_key(sample_lines, row))


def test_a_row_that_lacks_a_column_is_refused():
    with pytest.raises(RowUnsupportedError, match="lacks"):
        row_digest(sample_lines, {"tenant_id": 1, "sample_id": uuid4(), "position": 1})


@pytest.mark.parametrize(
    ("type_", "one", "two"),
    [
        ("date", "NULL", "'infinity'"),
        ("date", "'infinity'", "'-infinity'"),
        ("date", "'0044-03-15'", "'0044-03-15 BC'"),
        ("timestamptz", "NULL", "'infinity'"),
        ("timestamptz", "'0044-03-15 00:00+00'", "'0044-03-15 00:00+00 BC'"),
        ("timestamptz", "'2022-01-01 00:00+00'", "'12022-01-01 00:00+00'"),
    ],
)
async def test_values_that_python_cannot_hold_still_differ(world: World, type_: str, one: str, two: str):
    table = Table(
        "odd",
        MetaData(),
        Column("at", Date if type_ == "date" else DateTime(timezone=True)),
    )
    found = [
        await world.root.fetchval(
            f"SELECT {digest_expression_sql(table, 's')} FROM (SELECT {v}::{type_} AS at) s"
        )
        for v in (one, two)
    ]
    assert found[0] != found[1]
