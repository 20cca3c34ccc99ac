"""What an attacker uploads: each is answered with a code, and nothing of it stays: no file, no temporary file, no row.

One server stands through all of it, and serves an honest upload at the end.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import socket
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.api.kit import Caller, Stage, World, serve_world
from tests.integration.evidence.kit import code_of, files_of, office, pdf, photo, rows_of, send
from tests.support import clone_database
from xingji.demo.cast import counties
from xingji.demo.clock import shanghai
from xingji.http.settings import HttpSettings
from xingji.postgres import EmbeddedPostgres

OURS, THEIRS = counties()[0], counties()[1]
SECONDS = 1.5


@pytest.fixture(scope="module")
async def standing(
    postgres: EmbeddedPostgres, chapter: Callable[[int], Awaitable[World]]
) -> AsyncIterator[Stage]:
    """One server for all attacks, which gives a body little time, and a temporary folder that is looked into."""
    world = await chapter(3)
    home, temporary = (Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp")) for _ in range(2))
    shutil.copytree(world.home, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("evidence"))
    before, tempfile.tempdir = tempfile.tempdir, str(temporary)
    door = replace(HttpSettings(), upload_seconds=SECONDS, uploads_at_once=6)
    async with (
        clone_database(postgres, world.template) as urls,
        serve_world(urls, home, shanghai(5, 10), door=door) as stage,
    ):
        yield stage
    tempfile.tempdir = before
    assert list(temporary.iterdir()) == []
    for folder in (home, temporary):
        shutil.rmtree(folder)


@pytest.fixture
async def county(standing: Stage) -> AsyncIterator[Caller]:
    """Somebody who may attach; behind each test nothing is left."""
    yield await standing.person(OURS.code, "county")
    for _ in range(100):
        if not files_of(standing) and not list((standing.home / "evidence" / "incoming").glob("*")):
            break
        await asyncio.sleep(0.05)
    assert files_of(standing) == []
    assert list((standing.home / "evidence" / "incoming").glob("*")) == []
    assert await rows_of(standing) == 0
    assert [line for line in standing.log if line["status"] >= 500 and line["status"] != 503] == []


async def application_of(stage: Stage) -> str:
    return str((await stage.tray(OURS.code, "county"))[OURS.nominee.name]["id"])


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG of so many pixels in a few bytes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + pixels + chunk(b"IEND", b"")


def huge_jpeg() -> bytes:
    """A photo whose head says 65,500 × 65,500."""
    data = bytearray(photo())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


def lying() -> bytes:
    """An office file whose entry unpacks to far more than it says."""
    data = bytearray(office(entries={"word/media/a.bin": b"\0" * 3_000_000}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rindex(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


def overlapping() -> bytes:
    """Two entries of one body: the trick of a small archive that unpacks without end."""
    data = bytearray(office(entries={"word/a.xml": b"a" * 500, "word/b.xml": b"a" * 500}))
    places = [n for n in range(len(data)) if data[n : n + 4] == b"PK\x01\x02"]
    data[places[3] + 42 : places[3] + 46] = data[places[2] + 42 : places[2] + 46]
    return bytes(data)


def named(name: str) -> bytes:
    """An office file with an entry of that name, as raw as it is."""
    stand_in = "X" * len(name.encode())
    return office(entries={stand_in: b"x"}).replace(stand_in.encode(), name.encode())


def encrypted() -> bytes:
    """An entry that says it is encrypted."""
    data = bytearray(office(entries={"word/a.xml": b"a"}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def plain_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


def pdf_and_zip() -> bytes:
    """A document that is an archive too: its trailer is the archive's comment."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("a.exe", b"MZ")
        archive.comment = b"\nstartxref\n9\n%%EOF\n"
    return out.getvalue()


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "evidence.type"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "evidence.type"),
    "exe": (lambda: b"MZ\x90\x00" + b"\0" * 500, "evidence.type"),
    "gif": (lambda: b"GIF89a" + b"\0" * 50, "evidence.type"),
    "html behind a blank": (lambda: b" \xff\xd8\xff<script>", "evidence.type"),
    "empty": (lambda: b"", "evidence.type"),
    "script that begins like a photo": (lambda: b"\xff\xd8\xff/*<script>*/", "evidence.damaged"),
    "half a photo": (lambda: photo(size=(400, 300))[:800], "evidence.damaged"),
    "PNG that is none": (lambda: b"\x89PNG\r\n\x1a\n<html>", "evidence.damaged"),
    "PDF without an end": (lambda: pdf()[:-8], "evidence.damaged"),
    "PDF with an archive behind it": (lambda: pdf() + plain_zip(), "evidence.damaged"),
    "PDF that is an archive": (pdf_and_zip, "evidence.damaged"),
    "PDF of no version": (lambda: b"%PDF-<script>" + pdf()[8:], "evidence.damaged"),
    "plain archive": (plain_zip, "evidence.type"),
    "archive with a program in front": (lambda: office() + b"MZ", "evidence.damaged"),
    "office file of no kind": (
        lambda: office().replace(b"word/document.xml", b"word/document.xmm"),
        "evidence.type",
    ),
    "macros": (lambda: office(entries={"word/vbaProject.bin": b"x"}), "evidence.archive"),
    "encrypted": (encrypted, "evidence.archive"),
    "zip bomb": (lambda: office(entries={"word/a.xml": b"\0" * 30_000_000}), "evidence.bomb"),
    "zip that lies": (lying, "evidence.damaged"),
    "zip that overlaps": (overlapping, "evidence.bomb"),
    "10,000 entries": (
        lambda: office(entries={f"word/{n}.xml": b"" for n in range(10_000)}),
        "evidence.bomb",
    ),
    "entry above": (lambda: named("../../../../etc/cron.d/x"), "evidence.archive"),
    "entry absolute": (lambda: named("/etc/passwd"), "evidence.archive"),
    "entry of Windows": (lambda: named("C:\\windows\\x.dll"), "evidence.archive"),
    "entry with NUL": (lambda: named("word/a\0.xml"), "evidence.archive"),
    "entry reserved": (lambda: named("word/NUL.xml"), "evidence.archive"),
    "entry very long": (lambda: named("w" * 5_000), "evidence.archive"),
    "entry twice": (lambda: office(entries={"Word/Document.xml": b"x"}), "evidence.archive"),
    "image bomb": (lambda: png(60_000, 60_000), "evidence.bomb"),
    "image bomb, wide": (lambda: png(2**31 - 1, 1), "evidence.bomb"),
    "image bomb as a photo": (huge_jpeg, "evidence.bomb"),
    "text bomb in a picture": (
        lambda: png(8, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))),
        "evidence.damaged",
    ),
    "too large": (lambda: photo() + b"\0" * (20 * 1024 * 1024), "evidence.too_large"),
    "much too large": (lambda: photo() + b"\0" * (40 * 1024 * 1024), "evidence.too_large"),
}
STATUS = {"evidence.type": 415, "evidence.too_large": 413}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_is_not_what_it_should_be_is_refused(
    standing: Stage, county: Caller, name: str
) -> None:
    make, code = FILES[name]
    answer = await send(county, await application_of(standing), make())
    assert (code_of(answer), answer.status_code) == (code, STATUS.get(code, 422)), answer.text
    assert any("一" <= char <= "鿿" for char in answer.json()["errors"][0]["message"])


async def test_a_refusal_speaks_english_to_who_asks(standing: Stage, county: Caller) -> None:
    headers = {"Authorization": f"Bearer {county.token}", "Accept-Language": "en"}
    form = {"subject": await application_of(standing), "label": "x", "requestId": "x"}
    answer = await county.http.post("/evidence", data=form, files={"file": ("a", b"MZ")}, headers=headers)
    assert answer.json()["errors"][0]["message"].isascii()


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/pwned",
        "/etc/passwd",
        "a\0b.jpg",
        "CON",
        "nul.jpg",
        "x" * 800,
        "..\\..\\x",
        '"; rm -rf /',
    ],
    ids=ascii,
)
async def test_a_file_name_is_never_used(standing: Stage, county: Caller, name: str) -> None:
    """It refuses for what the file is; or, where the name breaks the form's own bounds, for that. Nothing is written by it."""
    answer = await send(county, await application_of(standing), b"MZ", name=name)
    assert code_of(answer) in {"evidence.type", "http.form"}
    assert not Path("/tmp/pwned").exists()


async def test_another_countys_application_is_as_absent_as_none(standing: Stage, county: Caller) -> None:
    theirs = str((await standing.tray(THEIRS.code, "county"))[THEIRS.nominee.name]["id"])
    there = await send(county, theirs, photo())
    nowhere = await send(county, theirs.rpartition(".")[0] + ".00000000-0000-4000-8000-000000000000", photo())
    assert (
        (there.status_code, code_of(there)) == (nowhere.status_code, code_of(nowhere)) == (404, "not_found")
    )
    trace = there.json()["errors"][0]["extensions"]["traceId"]
    kept = await standing.rows("SELECT tenant_id, operation, code FROM access_log WHERE trace_id = $1", trace)
    assert [tuple(row) for row in kept] == [(OURS.tenant_id, "evidence.attached", "not_found")]


async def test_a_stranger_is_turned_away(standing: Stage, county: Caller) -> None:
    application = await application_of(standing)
    for token in (None, "x", "a.b.c"):
        answer = await send(Caller(county.http, token), application, photo(size=(2000, 2000)))
        assert answer.status_code == 401 and code_of(answer) in {"auth.required", "tenancy.token.refused"}


async def test_a_form_that_is_none_is_refused(standing: Stage, county: Caller) -> None:
    application = await application_of(standing)
    headers = {"Authorization": f"Bearer {county.token}"}
    form = {"subject": application, "label": "x", "requestId": "x"}
    for fields, code in (
        ({}, "http.form"),
        ({**form, "more": "x"}, "http.form"),
        ({**form, "label": "x" * 5_000}, "http.form"),
        ({**form, "label": ["x", "y"]}, "http.form"),
        ({**form, "subject": "x"}, "id.malformed"),
        ({**form, "subject": application.replace("Application", "Person")}, "not_found"),
        ({**form, "label": "\x01"}, "field.refused"),
        ({**form, "label": ""}, "field.refused"),
        ({**form, "item": "9.9"}, "field.refused"),
        ({**form, "requestId": "a b"}, "request.malformed"),
    ):
        answer = await county.http.post("/evidence", data=fields, files={"file": photo()}, headers=headers)
        assert code_of(answer) == code, (fields, answer.text)
    two = await county.http.post(
        "/evidence", data=form, files=[("file", photo()), ("file", photo())], headers=headers
    )
    assert code_of(two) == "http.form"
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 300):
        answer = await county.http.post("/evidence", content=b"{}", headers={**headers, "content-type": kind})
        assert (answer.status_code, code_of(answer)) == (415, "http.content_type")


async def test_ten_thousand_parts_are_cut_at_the_ninth(standing: Stage, county: Caller) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="label"; filename="a"\r\n\r\nx\r\n'
    head = {"Authorization": f"Bearer {county.token}", "content-type": "multipart/form-data; boundary=b"}
    for body, code in (
        (part * 10_000, "http.form"),
        (b"--b\r\n" + b"A: x\r\n" * 10_000, "http.form"),
        (b"--b\r\nA: " + b"x" * 60_000, "http.form"),
        (
            b"".join(part.replace(b"label", b) for b in (b"label", b"item", b"subject", b"requestId"))
            * 2_500,
            "http.form",
        ),
    ):
        answer = await county.http.post("/evidence", content=body, headers=head)
        assert code_of(answer) == code, answer.text
        assert answer.status_code < 500


def raw(stage: Stage, token: str | None, *more: str) -> tuple[socket.socket, bytes]:
    """A connection with a head sent, and the beginning of a form."""
    host, port = stage.address.removeprefix("http://").split(":")
    lines = [
        "POST /evidence HTTP/1.1",
        "host: x",
        "content-type: multipart/form-data; boundary=b",
        f"authorization: Bearer {token}",
        *more,
    ]
    conn = socket.create_connection((host, int(port)), timeout=20)
    conn.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    return conn, b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\n' + photo(size=(600, 600))


def read_all(conn: socket.socket) -> bytes:
    answer = b""
    while True:
        try:
            found = conn.recv(65_536)
        except ConnectionResetError:
            return answer
        if not found:
            return answer
        answer += found


async def test_a_connection_cut_at_half_leaves_nothing(standing: Stage, county: Caller) -> None:
    for _ in range(10):
        conn, begun = await asyncio.to_thread(raw, standing, county.token, "content-length: 900000")
        conn.sendall(begun)
        await asyncio.sleep(0.01)
        conn.close()


async def test_a_length_that_is_wrong_is_refused(standing: Stage, county: Caller) -> None:
    for length, wanted in (("30", b" 400 "), ("99999999999", b" 413 "), ("-1", b" 400 "), ("x", b" 400 ")):
        conn, begun = await asyncio.to_thread(raw, standing, county.token, f"content-length: {length}")
        with conn:
            conn.sendall(begun[:200])
            assert wanted in await asyncio.to_thread(read_all, conn), length


async def test_more_promised_than_sent_ends_in_time(standing: Stage, county: Caller) -> None:
    started = time.monotonic()
    conn, begun = await asyncio.to_thread(raw, standing, county.token, "content-length: 900000")
    with conn:
        conn.sendall(begun)
        answer = await asyncio.to_thread(read_all, conn)
    assert b" 408 " in answer and b"http.body_too_slow" in answer
    assert time.monotonic() - started < SECONDS + 5


async def test_chunks_without_end_are_bounded_in_time_and_in_size(standing: Stage, county: Caller) -> None:
    def stream(size: int, pause: float) -> bytes:
        conn, begun = raw(standing, county.token, "transfer-encoding: chunked")
        with conn:
            conn.sendall(b"%x\r\n%s\r\n" % (len(begun), begun))
            until = time.monotonic() + 10
            try:
                while time.monotonic() < until:
                    conn.sendall(b"%x\r\n%s\r\n" % (size, b"x" * size))
                    time.sleep(pause)
            except OSError:
                pass
            return read_all(conn)

    slow, fast = await asyncio.gather(
        asyncio.to_thread(stream, 10, 0.1), asyncio.to_thread(stream, 1_000_000, 0)
    )
    assert slow == b"" or b"http.body_too_slow" in slow
    assert fast == b"" or b"evidence.too_large" in fast


async def test_many_at_once_are_told_to_wait_and_many_in_a_row_are_served(
    standing: Stage, county: Caller
) -> None:
    application = await application_of(standing)
    answers = await asyncio.gather(*(send(county, application, b"MZ" * 500_000) for _ in range(12)))
    assert {code_of(one) for one in answers} <= {"evidence.type", "http.busy"}
    for _ in range(60):
        assert code_of(await send(county, application, b"MZ")) == "evidence.type"


async def test_one_who_sends_slowly_keeps_nobody_else_out(standing: Stage, county: Caller) -> None:
    """Five connections of one person: the fifth is refused, and another person's file is looked at."""
    slow = []
    for _ in range(4):
        conn, begun = await asyncio.to_thread(raw, standing, county.token, "content-length: 900000")
        conn.sendall(begun[:100])
        slow.append(conn)
    await asyncio.sleep(0.1)
    application = await application_of(standing)
    assert code_of(await send(county, application, b"MZ")) == "http.busy"
    other = await standing.person(OURS.code, "street")
    assert code_of(await send(other, application, b"MZ")) == "evidence.type"
    for conn in slow:
        conn.close()


async def test_an_honest_file_is_still_taken(standing: Stage) -> None:
    """The last: behind it, something is left."""
    county = await standing.person(OURS.code, "county")
    for data in (photo(), photo("PNG"), pdf(), office(), office("xl/workbook.xml")):
        answer = await send(county, await application_of(standing), data)
        assert answer.status_code == 201, answer.text
    assert len(files_of(standing)) == 5
