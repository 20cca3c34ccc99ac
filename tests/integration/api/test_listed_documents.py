"""A served world that knows its clients' documents and no other: people sign in, ask, act and watch by hashes alone."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from graphql_schema.documents import READING, hash_text
from tests.integration.api.kit import PASSWORD, Stage, World, make_settings, serve_world
from tests.integration.api.test_administering import ADD_PERSON
from tests.support import DatabaseUrls, clone_database
from xingji.demo import documents as q
from xingji.demo.cast import counties
from xingji.demo.client import SIGN_IN
from xingji.demo.run import BEGINS
from xingji.errors import DocumentsInvalidError
from xingji.http.settings import HttpSettings
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_service

COUNTY = counties()[0]
PERSON = {"name": "孙悟空", "login": "sunwukong", "password": "wukong-72-changes", "roles": []}
LISTED = (SIGN_IN, ADD_PERSON, q.TRAY)
SIZE = "SELECT count(*) AS entries FROM ledger_entries"


def name_of(text: str) -> str:
    return f"sha256:{hash_text(text).hex()}"


def write_list(folder: Path, *texts: str) -> Path:
    file = folder / "documents.json"
    file.write_text(json.dumps({hash_text(text).hex(): text for text in texts}))
    return file


@pytest.fixture
async def urls(postgres: EmbeddedPostgres, founded: World) -> AsyncIterator[DatabaseUrls]:
    async with clone_database(postgres, founded.template) as found:
        yield found


async def send(stage: Stage, text: str, token: str | None = None, **variables: Any) -> httpx.Response:
    """What the document of this hash answers."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"documentId": name_of(text), "variables": variables}
    return await stage.http.post("/graphql", json=body, headers=headers)


async def sign_in(stage: Stage, login: str) -> str:
    values = {"tenantCode": COUNTY.code, "login": login, "password": PASSWORD}
    answer = await send(stage, SIGN_IN, input=values)
    token: str = answer.json()["data"]["signIn"]["token"]
    return token


def code_of(answer: httpx.Response) -> Any:
    return answer.json()["errors"][0]["extensions"]["code"]


async def test_people_act_by_hashes_and_nothing_else_is_served(
    urls: DatabaseUrls, founded: World, tmp_path: Path
) -> None:
    listed = write_list(tmp_path, *LISTED)
    async with serve_world(urls, founded.home, BEGINS, trusted=listed) as stage:
        token = await sign_in(stage, "admin")
        acting = {"requestId": str(uuid4()), "input": PERSON}
        first = (await send(stage, ADD_PERSON, token, **acting)).json()["data"]["addPerson"]
        by_text = await stage.http.post(
            "/graphql",
            json={"query": ADD_PERSON, "variables": acting},
            headers={"authorization": f"Bearer {token}"},
        )
        again = by_text.json()["data"]["addPerson"]
        assert again["receipt"] == {**first["receipt"], "replayed": True}
        for other in (
            q.TRAY + " ",
            "{ viewer { __typename } }",
            "{ __schema { types { name } } }",
            "{ nothing }",
        ):
            refused = await stage.http.post(
                "/graphql", json={"query": other}, headers={"authorization": f"Bearer {token}"}
            )
            assert code_of(refused) == "document.untrusted"
        assert code_of(await send(stage, q.TRAY + " ", token)) == "document.unknown"


async def test_an_act_that_the_budget_refuses_was_not_tried(urls: DatabaseUrls, founded: World) -> None:
    door = HttpSettings(budget=2 * READING + len(ADD_PERSON), stranger_budget=0)
    async with serve_world(urls, founded.home, BEGINS, door=door) as stage:
        admin = await stage.person(COUNTY.code, "admin")
        assert "receipt" in await admin.act(ADD_PERSON, PERSON)
        before = await stage.rows(SIZE)
        acting = {"requestId": str(uuid4()), "input": {**PERSON, "login": "sunwukong2"}}
        refused = await admin.send(ADD_PERSON + " ", acting)
        told = refused.json()["errors"][0]["extensions"]
        assert (refused.status_code, told["code"]) == (429, "limit.budget")
        assert told["price"] == READING + len(ADD_PERSON) + 1 and told["seconds"] > 0
        assert await stage.rows(SIZE) == before
        assert "receipt" in (await admin.ask(ADD_PERSON, **acting))["data"]["addPerson"]


async def test_a_list_with_what_the_schema_refuses_stops_the_start(
    urls: DatabaseUrls, founded: World, tmp_path: Path
) -> None:
    wrong = "query Old { nothingOfThatName }"
    settings = replace(make_settings(founded.home), documents=write_list(tmp_path, SIGN_IN, wrong))
    with pytest.raises(DocumentsInvalidError) as refusal:
        async with open_service(settings, urls.app):
            pass
    assert hash_text(wrong).hex() in str(refusal.value) and "nothingOfThatName" in str(refusal.value)
