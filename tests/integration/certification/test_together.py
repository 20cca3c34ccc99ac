"""Acts done together leave what they leave one by one: the same answers, rows and entries, byte for byte, however they are put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.entry import Subject
from certification.acts import file_application, give_opinion, return_application, submit, withdraw
from certification.changes import Act, Change
from certification.errors import ActTooLargeError, CertificationError
from certification.recording import Recorded, perform
from certification.together import Asked, perform_all
from tenancy.database import TenantConnection
from tests.integration.certification.world import APRIL_26, CITY, World, named

COUNTY = 2
PEOPLE = ("street/2", "both/2", "county/2", "county2/2", "clerk/2/1", "clerk/2/2", "street/3", "idle/2")
READ = (
    "SELECT * FROM ledger_entries WHERE tenant_id = 2 ORDER BY seq",
    "SELECT * FROM ledger_rows WHERE tenant_id = 2 ORDER BY seq, table_name, row_key",
    "SELECT * FROM ledger_heads WHERE tenant_id = 2",
    "SELECT * FROM applications WHERE tenant_id = 2 ORDER BY id",
    "SELECT * FROM opinions WHERE tenant_id = 2 ORDER BY id",
    "SELECT * FROM application_endings WHERE tenant_id = 2 ORDER BY application_id",
)
Plan = Sequence[Sequence[tuple[str, int, str, int]]]
"""Batches of acts: which act, on which of three applications, by whom, under which request's number."""
KINDS = (
    "street",
    "street",
    "street",
    "county",
    "county",
    "refuse",
    "stale",
    "return",
    "withdraw",
    "file",
    "missing",
)
plans: st.SearchStrategy[Plan] = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.integers(0, 2),
            st.sampled_from(PEOPLE[:4] + PEOPLE),
            st.integers(0, 30),
        ),
        min_size=1,
        max_size=9,
        unique_by=lambda one: (one[2], one[3]),
    ),
    min_size=1,
    max_size=3,
)


class UndoneError(Exception):
    """Takes back what a try has written."""


async def submitted(world: World) -> list[tuple[UUID, bytes]]:
    """Three applications of the county that its street may give an opinion on, with the hashes of their forms."""
    campaign = await world.open()
    found = []
    for place in (1, 2, 3):
        application = await world.file(campaign, COUNTY, place)
        await world.save(application, COUNTY, place)
        bound = await world.hash_of(COUNTY, application)
        await world.act(submit.ACT, submit.Command(application, bound), f"clerk/2/{place}", APRIL_26)
        found.append((application, bound))
    return found


def asked(
    world: World, found: list[tuple[UUID, bytes]], campaign: UUID, one: tuple[str, int, str, int]
) -> Asked[Any, Any]:
    kind, number, who, request = one
    application, bound = found[number]
    act: Act[Any, Any] = give_opinion.ACT
    command: Any = give_opinion.Command(application, kind, "agree", "同意。", bound)
    if kind == "refuse":
        command = give_opinion.Command(application, "street", "refuse", "材料不实。", bound)
    elif kind == "stale":
        command = give_opinion.Command(application, "street", "agree", "同意。", bytes(32))
    elif kind == "missing":
        command = give_opinion.Command(named("nowhere"), "street", "agree", "同意。", bound)
    elif kind == "return":
        act, command = (
            return_application.ACT,
            return_application.Command(application, "county", "请补充。", bound),
        )
    elif kind == "withdraw":
        act, command = withdraw.ACT, withdraw.Command(application, "不再申报。")
    elif kind == "file":
        act = file_application.ACT
        command = file_application.Command(CITY, campaign, "provincial", named(f"unit/2/s/{number + 1}"))
    return Asked(act, command, world.principal(who), f"request {request}".replace(" ", "-"))


def plain(answer: Recorded | Exception) -> object:
    """An answer as a value: errors are not equal to each other."""
    return answer if isinstance(answer, Recorded) else (type(answer), str(answer))


async def one_by_one(tx: TenantConnection, world: World, batch: Sequence[Asked[Any, Any]]) -> list[object]:
    answers: list[object] = []
    for one in batch:
        try:
            done = await perform(
                tx, world.keys[COUNTY], one.act, one.command, one.principal, one.request_id, lambda: APRIL_26
            )
        except CertificationError as refusal:
            answers.append(plain(refusal))
        else:
            answers.append(done)
    return answers


async def together(tx: TenantConnection, world: World, batch: Sequence[Asked[Any, Any]]) -> list[object]:
    return [plain(one) for one in await perform_all(tx, world.keys[COUNTY], lambda: batch, lambda: APRIL_26)]


async def tried(
    world: World,
    batches: Sequence[Sequence[Asked[Any, Any]]],
    do: Callable[[TenantConnection, World, Sequence[Asked[Any, Any]]], Awaitable[list[object]]],
) -> tuple[list[object], list[list[asyncpg.Record]]]:
    """The answers and what is left in the database, with every deferred check made; then it is all taken back."""
    answers: list[object] = []
    left: list[list[asyncpg.Record]] = []
    with pytest.raises(UndoneError):
        async with world.database.write(world.principal("street/2").acting_scope(COUNTY)) as tx:
            for batch in batches:
                answers += await do(tx, world, batch)
            await tx.raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
            left += [await tx.raw.fetch(sql) for sql in READ]
            raise UndoneError
    return answers, left


async def test_any_order_and_any_batches_leave_the_same(world: World) -> None:
    found = await submitted(world)
    campaign = UUID(str(await world.value(CITY, "SELECT id FROM campaigns")))
    chosen: list[Plan] = [
        # A place is taken, wanted and given back within one batch.
        [[("street", 0, "street/2", 0), ("street", 1, "street/2", 1), ("county", 0, "county/2", 2), ("county", 1, "county2/2", 3)]],
        [[("street", 0, "street/2", 0), ("street", 1, "street/2", 1)], [("county", 0, "county/2", 2), ("return", 0, "county/2", 3), ("county", 1, "county/2", 4)]],
        # A retry beside others.
        [[("street", 0, "street/2", 0)], [("street", 1, "street/2", 1), ("street", 0, "street/2", 0), ("refuse", 2, "street/2", 2)]],
    ]  # fmt: skip

    @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
    @given(plans)
    def collect(plan: Plan) -> None:
        chosen.append(plan)

    collect()
    several = refused = 0
    for plan in chosen:
        batches = [[asked(world, found, campaign, one) for one in batch] for batch in plan]
        alone = await tried(world, batches, one_by_one)
        assert await tried(world, batches, together) == alone, plan
        several += sum(isinstance(one, Recorded) for one in alone[0]) > 1
        refused += any(not isinstance(one, Recorded) for one in alone[0])
    assert several > 5
    assert refused > 5


async def test_what_is_read_as_a_set_is_written_as_a_set(world: World) -> None:
    """Three opinions take as many statements as one."""
    found = await submitted(world)
    counted: list[int] = []
    for size in (1, 1, 3):  # the first one also learns the types
        batch = [
            asked(world, found, named("-"), ("street", number, "street/2", number)) for number in range(size)
        ]
        with pytest.raises(UndoneError):
            async with world.database.write(world.principal("street/2").acting_scope(COUNTY)) as tx:
                statements: list[str] = []
                tx.raw.add_query_logger(lambda query, into=statements: into.append(query.query))
                answers = await together(tx, world, batch)
                assert all(isinstance(one, Recorded) for one in answers)
                counted.append(len(statements))
                raise UndoneError
    assert counted[1] == counted[2] <= 8


async def test_an_entry_that_is_too_large_is_no_answer_but_undoes_the_batch(world: World) -> None:
    """Its rows are written by then: only the transaction's end takes them back."""
    found = await submitted(world)

    async def load(tx: TenantConnection, command: object, now: object) -> None: ...

    large: Act[Any, Any] = Act(
        "x.large",
        load,
        lambda *_: "clerk",
        lambda *_: Change("x.large", Subject("x", named("x"), 1), {"text": "x" * 70_000}, ()),
    )
    mate = asked(world, found, named("-"), ("street", 0, "street/2", 0))
    batch = [mate, Asked(large, None, world.principal("clerk/2/1"), "large")]
    with pytest.raises(ActTooLargeError):
        await tried(world, [batch], together)
