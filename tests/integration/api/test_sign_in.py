"""Who gets in, for how long, and what a token is still worth when what it says has ended."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.api.kit import Caller, Stage, World, opinion, serve_world, tamper
from tests.support import clone_database
from xingji import service
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, counties
from xingji.demo.client import SIGN_IN
from xingji.demo.run import BEGINS
from xingji.postgres import EmbeddedPostgres

FIRST = counties()[0]


async def sign_in(stage: Stage, login: str, password: str, code: str = FIRST.code) -> dict[str, Any]:
    values = {"tenantCode": code, "login": login, "password": password}
    answer: dict[str, Any] = (await stage.stranger.get(SIGN_IN, input=values))["signIn"]
    return answer


async def test_whatever_is_wrong_is_refused_in_the_same_words(fresh: Stage):
    found = [
        await sign_in(fresh, *wrong)
        for wrong in (
            ("county", "wrong-password"),
            ("nobody", PASSWORD),
            ("county", PASSWORD, "999999"),
            ("county", ""),
            ("county", "x" * 5000),
            ("", PASSWORD),
            ("county\0", PASSWORD),
        )
    ]
    assert {one["code"] for one in found} == {"tenancy.sign_in.refused"}
    assert len({one["messageZh"] for one in found}) == 1


async def test_five_failures_lock_the_login_for_a_while_and_nobody_elses(fresh: Stage):
    for _ in range(5):
        assert (await sign_in(fresh, "county", "wrong-password"))["__typename"] == "Refusal"
    assert (await sign_in(fresh, "county", PASSWORD))["code"] == "tenancy.sign_in.refused"
    assert (await sign_in(fresh, "county2", PASSWORD))["__typename"] == "SignedIn"
    assert (await sign_in(fresh, "county", PASSWORD, counties()[1].code))["__typename"] == "SignedIn"
    fresh.clock.travel(fresh.clock() + timedelta(minutes=16))
    assert (await sign_in(fresh, "county", PASSWORD))["__typename"] == "SignedIn"


async def test_a_success_clears_the_count(fresh: Stage):
    for _ in range(3):
        for _ in range(4):
            await sign_in(fresh, "clerk", "wrong-password")
        assert (await sign_in(fresh, "clerk", PASSWORD))["__typename"] == "SignedIn"


async def test_the_demonstrations_logins_are_refused_elsewhere(postgres: EmbeddedPostgres, founded: World):
    async with (
        clone_database(postgres, founded.template) as urls,
        serve_world(urls, founded.home, BEGINS, demo=False) as stage,
    ):
        for code, login in (
            (CITY, "leader"),
            (CITY, "auditor"),
            (FIRST.code, "county"),
            (FIRST.code, "admin"),
        ):
            assert (await sign_in(stage, login, PASSWORD, code))["code"] == "tenancy.sign_in.refused"


async def test_a_token_of_the_demonstration_is_refused_elsewhere(
    postgres: EmbeddedPostgres, founded: World, fresh: Stage
):
    """Also with the same keys: the claim says that it is the demonstration's."""
    token = (await fresh.person(CITY, "leader")).token
    async with (
        clone_database(postgres, founded.template) as urls,
        serve_world(urls, founded.home, BEGINS, demo=False) as stage,
    ):
        response = await Caller(stage.http, token).send("{ viewer { personId } }")
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"]["code"] == "tenancy.token.refused"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB"),
        lambda token: token.split(".")[0] + "." + token.split(".")[1] + ".",
        lambda _token: "not.a.token",
        lambda _token: "eyJhbGciOiJub25lIn0.e30.",
    ],
)
async def test_a_token_that_is_not_ours_is_refused_with_401(reading: Stage, spoil: Callable[[str], str]):
    token = (await reading.person(FIRST.code, "county")).token
    assert token is not None
    response = await Caller(reading.http, spoil(token)).send("{ viewer { personId } }")
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "tenancy.token.refused"
    assert "www-authenticate" in response.headers


async def test_an_expired_token_is_refused_with_401(fresh: Stage, monkeypatch: pytest.MonkeyPatch):
    caller = await fresh.person(FIRST.code, "county")
    assert (await caller.send("{ viewer { personId } }")).status_code == 200
    later = service.wall_clock() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(service, "wall_clock", lambda: later)
    response = await caller.send("{ viewer { personId } }")
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "tenancy.token.refused"
    assert response.json()["errors"][0]["message"]


async def test_a_revoked_grant_stops_the_citys_writes_at_once(endorsed: Stage):
    application = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    bound = (application["id"], application["form"]["hash"])
    county = await endorsed.person(FIRST.code, "county")
    assert "receipt" in await county.act(q.GIVE_OPINION, opinion(*bound, "COUNTY"))
    endorsed.clock.travel(BEGINS + timedelta(days=22))
    reviewer = await endorsed.person(CITY, "reviewer")
    await tamper(
        endorsed.urls,
        f"UPDATE tenant_grants SET valid_to = '2022-05-11' WHERE tenant_id = {FIRST.tenant_id}",
    )
    refused = await reviewer.act(q.GIVE_OPINION, opinion(*bound, "CITY"))
    assert refused["code"] == "actor.not_entitled"
    # Reading follows with the next token, ten minutes at most.
    assert FIRST.nominee.name in await endorsed.tray(CITY, "reviewer")
    await endorsed.person(CITY, "reviewer", fresh=True)
    assert FIRST.nominee.name not in await endorsed.tray(CITY, "reviewer")


async def test_an_unknown_login_costs_as_much_as_a_wrong_password(fresh: Stage):
    """Roughly: a login that is unknown is checked against a hash too, the full argon2 of ours."""
    await sign_in(fresh, "nobody", PASSWORD)
    started = time.perf_counter()
    await sign_in(fresh, "nobody", PASSWORD)
    assert time.perf_counter() - started > 0.01
