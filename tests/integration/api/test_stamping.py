"""A served world with a time authority: an act is stamped, the export says when, and an authority that lies or is gone stops nothing."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from audit.timestamp import make_request
from tests.integration.api import kit as api
from tests.integration.api.kit import Stage, command, tamper
from tests.integration.api.test_administering import ADD_PERSON
from tests.integration.api.test_logs import COUNTY, OTHER, a_person
from tests.support import clone_database
from tests.timestamping import Tsa, pem, serving
from xingji.demo.run import BEGINS
from xingji.errors import SettingInvalidError
from xingji.postgres import EmbeddedPostgres
from xingji.service import open_service
from xingji.settings import Settings

COUNT = "SELECT count(*) AS n FROM ledger_timestamps s JOIN tenants t ON t.id = s.tenant_id WHERE t.code = $1"


@dataclass
class Authority:
    """What the server is told of it, and how it answers now."""

    tsa: Tsa
    answer: Callable[[bytes], bytes]
    asked: int = 0

    def reply(self, request: bytes) -> bytes:
        self.asked += 1
        return self.answer(request)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    tsa = Tsa.create(tmp_path / "tsa")
    return Authority(tsa, tsa.answer)


@pytest.fixture
async def stage(
    postgres: EmbeddedPostgres,
    founded: api.World,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Stage]:
    """A server over a founded world, which asks the authority all the time."""
    pinned = tmp_path / "authority.pem"
    pinned.write_text(pem(authority.tsa.root))
    monkeypatch.setenv("XINGJI_TSA_CERTIFICATES", str(pinned))
    plain = api.make_settings
    with serving(authority.reply) as url:

        def with_authority(*arguments: object, **named: object) -> Settings:
            given = {"tsa_url": url, "tsa_certificates": pinned, "tsa_seconds": 0.3}
            return replace(plain(*arguments, **named), **given)  # type: ignore[arg-type]

        monkeypatch.setattr(api, "make_settings", with_authority)
        async with (
            clone_database(postgres, founded.template) as urls,
            api.serve_world(urls, founded.home, BEGINS) as stage,
        ):
            yield stage


async def wait_for(found: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while not await found():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def act(stage: Stage, login: str) -> None:
    admin = await stage.person(COUNTY.code, "admin")
    assert "receipt" in await admin.act(ADD_PERSON, a_person(login))


async def stamps(stage: Stage, code: str = COUNTY.code) -> int:
    return int((await stage.rows(COUNT, code))[0]["n"])


async def troubled(stage: Stage) -> list[str]:
    found: list[str] = (await stage.http.get("/readyz")).json().get("unstamped", [])
    return found


async def test_an_act_is_stamped_and_its_export_tells_when(stage: Stage, tmp_path: Path) -> None:
    await wait_for(lambda: stamps(stage))
    before = await stamps(stage)
    await act(stage, "wukong")
    await wait_for(lambda: _more(stage, before))
    await stage.published(COUNTY.code)
    ran = await command(stage.urls, stage.home, "ledger", "check", "--tenant", COUNTY.code, "--json")
    assert (ran.code, ran.json["stamps"]["authority"]) == (0, "tsa"), ran.out
    trust = await command(stage.urls, stage.home, "ledger", "trust")
    assert "CERTIFICATE" in trust.out
    (tmp_path / "trust.json").write_text(trust.out)
    folder = str(tmp_path / "log")
    assert (
        await command(stage.urls, stage.home, "ledger", "export", folder, "--tenant", COUNTY.code)
    ).code == 0
    verify = ("ledger", "verify", folder, "--trust", str(tmp_path / "trust.json"))
    told = await command(stage.urls, stage.home, *verify, "--json")
    assert (told.code, told.json["stamps"]) == (0, ran.json["stamps"])
    assert told.json["stamps"]["count"] >= before + 1
    shown = await command(stage.urls, stage.home, *verify, "--lang", "en")
    assert "says the time authority tsa" in shown.out

    wrong = json.loads(trust.out)
    wrong["time_authorities"] = [pem(Tsa.create(tmp_path / "other").root)]
    (tmp_path / "trust.json").write_text(json.dumps(wrong))
    refuted = await command(stage.urls, stage.home, *verify, "--json")
    assert (refuted.code, refuted.json["code"]) == (1, "timestamp_authority_unknown")
    assert await stage.verify()

    sql = "DELETE FROM ledger_timestamps WHERE tenant_id = (SELECT id FROM tenants WHERE code = '{}')"
    await tamper(stage.urls, sql.format(COUNTY.code))
    ran = await command(stage.urls, stage.home, "ledger", "check", "--tenant", COUNTY.code, "--json")
    assert (ran.code, ran.json["code"]) == (1, "timestamp_row_wrong")
    ran = await command(stage.urls, stage.home, "ledger", "check", "--tenant", OTHER.code, "--json")
    assert (ran.code, ran.json["code"]) == (0, "verified")


async def _more(stage: Stage, before: int) -> bool:
    return await stamps(stage) > before


async def _is_troubled(stage: Stage) -> bool:
    return bool(await troubled(stage))


async def test_an_idle_log_is_not_stamped_again(stage: Stage, authority: Authority) -> None:
    await wait_for(lambda: _all_stamped(stage))
    for code in (COUNTY.code, OTHER.code):
        await stage.published(code)
    asked, had = authority.asked, await stamps(stage)
    await asyncio.sleep(1.5)
    assert (authority.asked, await stamps(stage)) == (asked, had)


async def _all_stamped(stage: Stage) -> bool:
    sql = "SELECT (SELECT count(*) FROM tenants) - (SELECT count(*) FROM ledger_timestamps) AS n"
    return not (await stage.rows(sql))[0]["n"]


def silent(_request: bytes) -> bytes:
    time.sleep(1)
    return b""


async def test_publication_goes_on_whatever_the_authority_does(
    stage: Stage,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await wait_for(lambda: _all_stamped(stage))
    monkeypatch.setattr("xingji.stamping.SECONDS", 0.3)
    monkeypatch.setattr("xingji.stamping.FIRST_PATIENCE", 0.1)
    replayed = authority.tsa.answer(make_request(b"another note", 1))
    impostor = Tsa.create(tmp_path / "impostor")
    lies: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
        "gone": ("timestamp_unreached", _raise),
        "slow": ("timestamp_unreached", silent),
        "huge": ("timestamp_unreached", lambda _: bytes(1_000_000)),
        "garbage": ("timestamp_malformed", lambda _: b"<html>sorry</html>"),
        "replayed": ("timestamp_malformed", lambda _: replayed),
        "impostor": ("timestamp_authority_unknown", impostor.answer),
    }
    for name, (code, answer) in lies.items():
        authority.answer = answer
        caplog.clear()
        with caplog.at_level(logging.ERROR, logger="xingji.stamping"):
            await act(stage, name)
            await stage.published(COUNTY.code)
            await wait_for(lambda: _is_troubled(stage))
            asked = authority.asked
            await wait_for(lambda asked=asked: asyncio.sleep(0, authority.asked >= asked + 2))  # type: ignore[misc]
            messages = [one.getMessage() for one in caplog.records if one.name == "xingji.stamping"]
        assert [f"[{code}]" in message for message in messages] == [True], (name, messages)
        before = await stamps(stage)
        monkeypatch.setattr("xingji.stamping.SECONDS", 10.0)
        authority.answer = authority.tsa.answer
        await wait_for(lambda before=before: _more(stage, before))  # type: ignore[misc]
        await wait_for(lambda: _is_well(stage))
        monkeypatch.setattr("xingji.stamping.SECONDS", 0.3)


async def _is_well(stage: Stage) -> bool:
    return not await troubled(stage)


def _raise(_request: bytes) -> bytes:
    raise ConnectionResetError


async def test_certificates_that_are_none_are_refused_at_the_start(
    postgres: EmbeddedPostgres, founded: api.World, tmp_path: Path
) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    settings = replace(
        api.make_settings(founded.home), tsa_url="http://127.0.0.1:1", tsa_certificates=tmp_path / "none.pem"
    )
    async with clone_database(postgres, founded.template) as urls:
        with pytest.raises(SettingInvalidError, match="XINGJI_TSA_CERTIFICATES"):
            async with open_service(settings, urls.app):
                raise AssertionError
