"""`xingji draw`: a secret made offline serves a real draw, and the exported log replays it; damage is refuted by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.draw import commitment
from tests.integration.api import reviews
from tests.integration.api.draws import (
    ANSWER,
    COUNTY,
    DRAWS,
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
from tests.integration.api.star import unit
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


async def test_teams_and_a_team_s_sample_are_drawn_again(fresh: Stage, tmp_path: Path) -> None:
    """A cycle's teams; then a spot check of one review, which its team sees and answers, and no other team."""
    await reviews.prepare(fresh)
    people = [await reviews.inspector(fresh, login) for login in ("cha1", "cha2")]
    cycle = await reviews.planned(fresh, *(reviews.team(f"第{n}组", one) for n, one in enumerate(people, 1)))
    teams = await reviews.assigned(fresh, cycle["id"])
    county, city = await party(fresh, "county"), await party(fresh, "city")
    found = (await county.caller.get(reviews.REVIEWS))["annualReviews"]["edges"]
    review = next(
        one["node"] for one in found if one["node"]["community"]["id"] == unit(COUNTY, COUNTY.nominee)
    )
    other = next(one["node"] for one in found if one["node"]["community"]["id"] != review["community"]["id"])
    listed = (await commit_list(fresh))["list"]["id"]
    wrong = await open_draw(fresh, county, "CITY", listed, reviewId=other["id"])
    assert wrong["code"] == "draw.refused"
    done = await drawn(fresh, county, city, listed, reviewId=review["id"])

    mine, others = ("cha1", "cha2") if review["team"]["number"] == 1 else ("cha2", "cha1")
    answer = {
        "drawId": done["id"],
        "position": done["drawn"][0]["position"],
        "outcome": "NOT_FOUND",
        "note": "查无此号",
    }
    stranger = await fresh.person(COUNTY.code, others)
    assert (await stranger.get(DRAWS))["draws"]["edges"] == []
    assert (await stranger.act(ANSWER, answer))["code"] == "not_found"
    member = await fresh.person(COUNTY.code, mine)
    (seen,) = (await member.get(DRAWS))["draws"]["edges"]
    assert [one["number"] for one in seen["node"]["drawn"]] == [one["number"] for one in done["drawn"]]
    assert (await member.get(LISTS))["registerLists"]["edges"] == []
    told = await member.act(ANSWER, answer)
    assert told["draw"]["drawn"][0]["outcome"] == "NOT_FOUND"

    log = await export(fresh, tmp_path)
    ran = await replay(fresh, log, "--json")
    assert ran.code == 0, ran.out
    assert [one["purpose"] for one in ran.json["draws"]] == ["assignment", "spot_check"]
    assert ran.json["draws"][0]["result"] == json.loads(teams["result"])
