"""A file goes up, is bound by its hash, and comes down again: to those who may, and only to them."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from PIL import Image

from certification.errors import EvidenceFullError
from certification.evidence import check_attachable
from graphql_schema.mutations import boundary
from tests.integration.api.kit import Ran, Stage, command
from tests.integration.evidence.kit import code_of, fetch, files_of, pdf, photo, rows_of, send
from xingji.demo.cast import CITY, counties
from xingji.evidence import keeping
from xingji.evidence.store import DirectoryStore, Publish

OURS, THEIRS = counties()[0], counties()[1]
LIST = "query($id: ID!) { node(id: $id) { ... on Application { revision evidence { id label itemCode mediaType size sha256 } } } }"


async def submitted(stage: Stage) -> str:
    """An application that is at the county's stage."""
    tray = await stage.tray(OURS.code, "county")
    return str(tray[OURS.nominee.name]["id"])


async def test_a_photo_is_cleaned_bound_and_given_back(files: Stage) -> None:
    stage = files
    application, county = await submitted(stage), await stage.person(OURS.code, "county")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SECRET CAMERA"
    sent = photo(exif=exif.tobytes(), comment=b"SECRET PLACE")
    assert b"SECRET" in sent
    answer = await send(county, application, sent, item="1.1", label="办公场所")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["receipt"]["replayed"] is False and made["evidence"]["mediaType"] == "image/jpeg"
    got = await fetch(county, made["evidence"]["id"])
    assert got.status_code == 200
    assert hashlib.sha256(got.content).hexdigest() == made["evidence"]["sha256"]
    assert b"SECRET" not in got.content and b"Exif" not in got.content
    assert Image.open(io.BytesIO(got.content)).size == (48, 64), "turned as the camera said"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith('attachment; filename="evidence-')
    again = await fetch(county, made["evidence"]["id"], **{"If-None-Match": got.headers["etag"]})
    assert again.status_code == 304
    listed = (await county.get(LIST, id=application))["node"]["evidence"]
    assert [(one["id"], one["label"], one["itemCode"]) for one in listed] == [
        (made["evidence"]["id"], "办公场所", "1.1")
    ]
    assert [path.name for path in files_of(stage)] == [made["evidence"]["sha256"]]
    assert (await stage.verify())[OURS.code].ok


async def attached(stage: Stage, **fields: str) -> dict[str, str]:
    """A photo on the county's application."""
    county = await stage.person(OURS.code, "county")
    answer = await send(county, await submitted(stage), photo(), **fields)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json()["evidence"])


async def test_a_retry_is_answered_with_the_first_receipt(files: Stage) -> None:
    county, application = await files.person(OURS.code, "county"), await submitted(files)
    first = await send(county, application, photo(), requestId="once")
    again = await send(county, application, photo(), requestId="once", name="other.png", kind="image/png")
    assert (first.status_code, again.status_code) == (201, 200)
    # A proof comes with the first checkpoint behind the entry.
    receipt = {**again.json()["receipt"], "proof": None}
    assert receipt == {**first.json()["receipt"], "replayed": True, "proof": None}
    assert again.json()["evidence"] == first.json()["evidence"]
    other = await send(county, application, photo("PNG"), requestId="once")
    assert (other.status_code, code_of(other)) == (409, "request.conflict")
    assert await rows_of(files) == 2 and len(files_of(files)) == 1


STATUSES = {None: 201, "application.wrong_status": 422, "not_found": 404}


async def test_each_stage_attaches_what_it_has_in_hand(files: Stage) -> None:
    application = await submitted(files)
    before = (await (await files.person(OURS.code, "county")).get(LIST, id=application))["node"]["revision"]
    for code, login, wanted in (
        (OURS.code, "clerk", "application.wrong_status"),
        (OURS.code, "street", "application.wrong_status"),
        (CITY, "reviewer", "application.wrong_status"),
        (OURS.code, "rival", "not_found"),
        (OURS.code, "admin", "permission.denied"),
        (CITY, "auditor", "permission.denied"),
        (OURS.code, "county", None),
    ):
        answer = await send(await files.person(code, login), application, photo())
        assert answer.status_code == STATUSES.get(wanted, 403), login
        assert wanted is None or code_of(answer) == wanted
    assert await rows_of(files) == 2 and len(files_of(files)) == 1
    after = (await (await files.person(OURS.code, "county")).get(LIST, id=application))["node"]["revision"]
    assert after == before + 1


async def test_a_county_keeps_papers_with_a_unit_and_the_city_does_not(files: Stage) -> None:
    unit = f"Unit.{OURS.tenant_id}.{OURS.nominee.id}"
    county, clerk = await files.person(OURS.code, "county"), await files.person(OURS.code, "clerk")
    made = await send(county, unit, pdf(), label="2018 年认定文件")
    assert made.status_code == 201, made.text
    assert code_of(await send(await files.person(CITY, "reviewer"), unit, pdf())) == "actor.not_entitled"
    assert code_of(await send(clerk, unit, pdf())) == "actor.not_entitled"
    assert (await fetch(county, made.json()["evidence"]["id"])).content == pdf()
    assert (await fetch(clerk, made.json()["evidence"]["id"])).status_code == 404
    assert (await files.verify())[OURS.code].ok


async def test_who_does_not_read_the_subject_gets_what_is_not_there(files: Stage) -> None:
    made = await attached(files)
    absent = f"Evidence.{OURS.tenant_id}.{uuid4()}"
    for code, login in ((THEIRS.code, "county"), (THEIRS.code, "clerk"), (OURS.code, "rival")):
        caller = await files.person(code, login)
        bodies = []
        for id_ in (made["id"], absent, "Evidence.1.x", "..%5C..%5Cpasswd"):
            answer = await fetch(caller, id_)
            assert answer.status_code == 404, (login, id_)
            error = answer.json()["errors"][0]
            bodies.append((error["message"], error["extensions"]["code"]))
            if id_ == made["id"]:
                kept = await files.rows(
                    "SELECT code, operation, target FROM access_log WHERE trace_id = $1 AND operation = 'evidence.read'",
                    error["extensions"]["traceId"],
                )
                assert [tuple(row) for row in kept] == [("not_found", "evidence.read", made["id"])]
        assert len(set(bodies)) == 1
    assert (await fetch(files.stranger, made["id"])).status_code == 401
    for code, login in (
        (OURS.code, "clerk"),
        (OURS.code, "street"),
        (CITY, "reviewer"),
        (CITY, "auditor"),
        (OURS.code, "admin"),
    ):
        assert (await fetch(await files.person(code, login), made["id"])).status_code == 200, login


async def test_no_more_than_so_many_files(files: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    application = await submitted(files)
    await attached(files)
    monkeypatch.setattr(
        "certification.acts.attach_evidence.check_attachable",
        lambda state, actor: check_attachable(replace(state, files=state.files + 99), actor),
    )
    full = await send(await files.person(OURS.code, "county"), application, photo("PNG"))
    assert code_of(full) == "evidence.full" and len(files_of(files)) == 1


async def test_two_uploads_of_the_same_bytes_do_not_remove_each_others(
    files: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them fails at its commit, after both have published."""
    county, application = await files.person(OURS.code, "county"), await submitted(files)
    honest = keeping.record
    fail = iter([True, False, True, False])

    async def record(session: Any, act: Any, command: Any, tenant: int, request: str, before: Any) -> Any:
        broken = next(fail)

        async def then(tx: Any) -> None:
            await before(tx)
            await asyncio.sleep(0.02)
            if broken:
                raise EvidenceFullError(limit=0)

        return await honest(session, act, command, tenant, request, then)

    monkeypatch.setattr(keeping, "record", record)
    answers = await asyncio.gather(*(send(county, application, photo()) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 201, 422, 422]
    assert len(files_of(files)) == 1 and await rows_of(files) == 4
    for one in answers:
        if one.status_code == 201:
            assert (await fetch(county, one.json()["evidence"]["id"])).status_code == 200


async def failing_at_commit(
    session: Any, act: Any, command: Any, tenant: int, request: str, before: Any
) -> Any:
    async def then(tx: Any) -> None:
        await before(tx)
        raise EvidenceFullError(limit=0)

    return await boundary.record(session, act, command, tenant, request, then)


async def test_a_commit_that_fails_leaves_no_file(files: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = keeping.record

    async def record(session: Any, act: Any, command: Any, tenant: int, request: str, before: Any) -> Any:
        async def then(tx: Any) -> None:
            await before(tx)
            assert [path.name for path in files_of(files) if path.parent.name != "incoming"]
            raise EvidenceFullError(limit=0)

        return await honest(session, act, command, tenant, request, then)

    monkeypatch.setattr(keeping, "record", record)
    answer = await send(await files.person(OURS.code, "county"), await submitted(files), photo())
    assert answer.status_code == 422 and files_of(files) == [] and await rows_of(files) == 0


async def test_a_slow_store_keeps_nobody_from_acting(files: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on their way before the tenant's log is locked."""
    county, application = await files.person(OURS.code, "county"), await submitted(files)
    begun, go_on = asyncio.Event(), asyncio.Event()
    honest = DirectoryStore.bring

    @asynccontextmanager
    async def bring(self: DirectoryStore, path: Path, digest: bytes) -> AsyncIterator[Publish]:
        if not begun.is_set():
            begun.set()
            await go_on.wait()
        async with honest(self, path, digest) as publish:
            yield publish

    monkeypatch.setattr(DirectoryStore, "bring", bring)
    slow = asyncio.create_task(send(county, application, photo()))
    await begun.wait()
    async with asyncio.timeout(20):
        assert (await send(county, application, photo("PNG"))).status_code == 201
    assert not slow.done()
    go_on.set()
    assert (await slow).status_code == 201


async def test_a_sweep_removes_what_no_row_names_and_nothing_else(
    files: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process leaves that is killed between publishing and committing."""
    made = await attached(files)
    monkeypatch.setattr(keeping.Keeper, "_forget", AsyncMock())
    monkeypatch.setattr(keeping, "record", failing_at_commit)
    county = await files.person(OURS.code, "county")
    assert (await send(county, await submitted(files), photo("PNG"))).status_code == 422
    assert len(files_of(files)) == 2
    swept = await command(files.urls, files.home, "evidence", "sweep")
    assert (swept.code, swept.out.split()[0]) == (0, "1"), swept.err
    (left,) = files_of(files)
    assert left.name == made["sha256"]
    swept = await command(files.urls, files.home, "evidence", "sweep")
    assert (swept.code, swept.out.split()[0]) == (0, "0")


async def check(stage: Stage, *more: str) -> Ran:
    return await command(stage.urls, stage.home, "ledger", "check", "--tenant", OURS.code, *more)


async def test_a_missing_and_an_altered_file_are_found(files: Stage) -> None:
    made = await attached(files)
    (path,) = files_of(files)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (await check(files)).code == 0
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    told = await check(files, "--json")
    assert (told.code, told.json["code"], told.json["ok"]) == (1, "file_altered", False)
    assert made["sha256"] in told.json["en"] and made["sha256"] in told.json["zh"]
    county = await files.person(OURS.code, "county")
    answer = await fetch(county, made["id"])
    assert answer.status_code == 422 and code_of(answer) == "evidence.missing"
    path.unlink()
    told = await check(files, "--json")
    assert (told.code, told.json["code"]) == (1, "file_missing") and told.json["seq"] is not None
    assert code_of(await fetch(county, made["id"])) == "evidence.missing"
    # Who brings the same bytes again heals it.
    await attached(files)
    assert path.read_bytes() == whole and (await check(files)).code == 0


async def test_a_full_disk_is_told_and_leaves_nothing(files: Stage) -> None:
    """A bound on the size of files stands for the disk: writing fails in the middle."""
    county, application = await files.person(OURS.code, "county"), await submitted(files)
    large = photo("PNG", (64, 48)) + os.urandom(200_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        answer = await send(county, application, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (answer.status_code, code_of(answer)) == (503, "evidence.store")
    assert files_of(files) == [] and await rows_of(files) == 0
    assert (await send(county, application, photo())).status_code == 201
