"""Files to send, honest ones and others, and what is left of them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from tests.integration.api.kit import Caller, Stage


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **saved: Any) -> bytes:
    """A picture of a gradient."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()


def pdf(more: bytes = b"") -> bytes:
    """The smallest document that readers open."""
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        + more
    )
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3>>\nstartxref\n%d\n%%%%EOF\n" % len(
        body
    )
    return body + table


def office(main: str = "word/document.xml", entries: dict[str, bytes] | None = None, **written: Any) -> bytes:
    """An office file; `entries` beside what makes it one."""
    said = {"word/document.xml": "wordprocessingml.document", "xl/workbook.xml": "spreadsheetml.sheet"}[main]
    types = f'<Types><Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{said}.main+xml"/></Types>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(main, b"<x/>")
        for name, data in (entries or {}).items():
            archive.writestr(name, data, **written)
    return out.getvalue()


async def send(
    caller: Caller, subject: str, data: bytes, *, name: str = "a.jpg", kind: str = "image/jpeg", **fields: str
) -> httpx.Response:
    """POST /evidence as a browser would."""
    sent = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    form = {"subject": subject, "label": "照片", "requestId": str(uuid4()), **fields}
    return await caller.http.post("/evidence", data=form, files={"file": (name, data, kind)}, headers=sent)


async def fetch(caller: Caller, id_: str, **headers: str) -> httpx.Response:
    """GET /evidence/{id}."""
    sent = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    return await caller.http.get(f"/evidence/{id_}", headers={**sent, **headers})


def files_of(stage: Stage) -> list[Path]:
    """All that lies in the store's folder, temporary files too."""
    return sorted(path for path in (stage.home / "evidence").rglob("*") if path.is_file())


async def rows_of(stage: Stage) -> int:
    """How many rows and entries there are of evidence."""
    (found,) = await stage.rows(
        "SELECT (SELECT count(*) FROM evidence) + (SELECT count(*) FROM ledger_entries"
        " WHERE operation = 'evidence.attached') AS n"
    )
    return int(found["n"])


def code_of(response: httpx.Response) -> str:
    """The code of a refusal, which says itself in both languages' place."""
    (error,) = response.json()["errors"]
    assert error["message"] and error["extensions"]["traceId"]
    return str(error["extensions"]["code"])
