"""`xingji draw`: a secret made offline serves a real draw, and the exported log replays it; damage is refuted by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.draw import commitment
from tests.integration.api.draws import (
    COUNTY,
    LISTS,
    commit_list,
    committed,
    drawn,
    open_draw,
    party,
    reveal,
    void,
)
from tests.integration.api.kit import Ran, Stage, command
from tests.integration.api.test_draws import stage as stage  # noqa: PLC0414 - the fixture


async def export(served: Stage, folder: Path) -> Path:
    """The county's log as files."""
    target = folder / "log"
    done = await command(served.urls, served.home, "ledger", "export", str(target), "--tenant", COUNTY.code)
    assert done.code == 0, done.err
    return target


async def replay(served: Stage, log: Path, *more: str) -> Ran:
    return await command(
        served.urls, served.home, "draw", "replay", str(log), "--key", str(log / "key.vkey"), *more
    )


async def test_draws_of_an_exported_log_are_drawn_again(stage: Stage, tmp_path: Path) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    listed = (await commit_list(stage))["list"]["id"]
    first = await committed(stage, county, city, listed)
    await reveal(county, first)
    await void(stage, county, first)
    done = await drawn(stage, city, county, listed)
    clerk = await stage.person(COUNTY.code, "clerk")
    (edge,) = (await clerk.get(LISTS))["registerLists"]["edges"]
    whole = [one["node"] for one in edge["node"]["numbers"]["edges"]]
    log = await export(stage, tmp_path)

    ran = await replay(stage, log, "--json")
    assert ran.code == 0, ran.out
    void_one, drawn_one = ran.json["draws"]
    assert [one["defaulted"] for one in void_one["parties"]] == [False, True]
    assert drawn_one["void_before"] == [void_one["draw"]] == [first.rpartition(".")[2]]
    assert (drawn_one["seed"], drawn_one["result"]) == (done["seed"], json.loads(done["result"]))
    shown = await replay(stage, log, "--draw", done["id"])
    assert shown.code == 0
    assert str(json.loads(done["result"])) in shown.out
    assert "kept silent" in (await replay(stage, log)).out

    key = listed.rpartition(".")[2]
    sample = [{name: one[name] for name in ("position", "number", "salt", "path")} for one in done["drawn"]]
    spoilt = [{**sample[0], "number": "R-9999"}, *sample[1:]]
    for rows, code in (
        (whole, 0),
        (sample, 0),
        (spoilt, 1),
        (whole[1:], 1),
        ([whole[1], whole[0], *whole[2:]], 0),
    ):
        assert (
            await replay(stage, log, "--list", str(write(tmp_path, {"list": key, "rows": rows})))
        ).code == code
    unknown = write(tmp_path, {"list": str(UUID(int=1)), "rows": whole})
    assert (await replay(stage, log, "--list", str(unknown))).code == 2
    assert (await replay(stage, log, "--list", str(write(tmp_path, {"rows": 1})))).code == 2
    assert (await replay(stage, log, "--draw", str(UUID(int=1)))).code == 2
    assert (await replay(stage, log, "--draw", "first")).code == 2
    assert (await replay(stage, tmp_path / "nothing")).code == 2


def write(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "list.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


async def test_a_log_that_does_not_hold_replays_nothing(stage: Stage, tmp_path: Path) -> None:
    county, city = await party(stage, "county"), await party(stage, "city")
    listed = (await commit_list(stage))["list"]["id"]
    await drawn(stage, county, city, listed)
    log = await export(stage, tmp_path)
    (bundle,) = (path for path in (log / "tile/entries").rglob("*") if path.is_file())
    data = bundle.read_bytes()
    bundle.write_bytes(data.replace(county.secret.hex().encode(), bytes(32).hex().encode()))
    ran = await replay(stage, log, "--json")
    assert (ran.code, ran.json["code"]) == (1, "entry_altered")


async def test_a_secret_made_offline_serves(stage: Stage) -> None:
    county = await party(stage, "county")
    listed = (await commit_list(stage))["list"]["id"]
    ran = await command(
        stage.urls, stage.home, "draw", "secret", "--origin", "o/1", "--party", "county", "--json"
    )
    made = ran.json
    assert (
        made["commitment"]
        == commitment("o/1", UUID(made["draw"]), "county", bytes.fromhex(made["secret"])).hex()
    )
    plain = await command(
        stage.urls, stage.home, "draw", "secret", "--origin", "o/1", "--party", "city", "--draw", made["draw"]
    )
    assert (plain.code, made["draw"] in plain.out, made["secret"] in plain.out) == (0, True, False)
    opened = await open_draw(
        stage, county, "CITY", listed, drawId=made["draw"], commitment=made["commitment"]
    )
    assert opened["draw"]["id"].endswith(made["draw"])
    wrong = await command(
        stage.urls, stage.home, "draw", "secret", "--origin", "o/1", "--party", "city", "--draw", "x"
    )
    assert wrong.code == 2
