"""A file goes up, is bound by its hash, and comes down again: to those who may, and only to them."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from tests.integration.api.kit import Stage
from tests.integration.evidence.kit import code_of, fetch, files_of, photo, rows_of, send
from xingji.demo.cast import CITY, counties

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
