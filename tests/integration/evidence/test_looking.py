"""What comes out of a photo is its pixels; what takes too long is killed; honest files of every sort pass."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from pathlib import Path

import openpyxl
import pytest
from PIL import Image, PngImagePlugin

from tests.integration.evidence.kit import office, pdf, photo
from xingji.evidence.errors import FileTooHardError, FileTooLargeError, StoreUnavailableError
from xingji.evidence.looking import look
from xingji.evidence.receiving import Inspector

LIMIT = 20 * 1024 * 1024


def saved(mode: str, kind: str, colour: object = 0) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (40, 30), colour).save(out, kind)  # type: ignore[arg-type]
    return out.getvalue()


def palette() -> bytes:
    out = io.BytesIO()
    Image.new("P", (40, 30)).save(out, "PNG", transparency=0)
    return out.getvalue()


def animated() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (40, 30), (n, 0, 0)) for n in range(3)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def talking() -> bytes:
    """A picture with words, a place and a profile in it."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "SECRET")
    words.add_itxt("XML:com.adobe.xmp", "SECRET", zip=True)
    exif = Image.Exif()
    exif[0x010F] = "SECRET"
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG", pnginfo=words, exif=exif.tobytes(), icc_profile=b"SECRET")
    return out.getvalue()


def spreadsheet() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


HONEST = {
    "photo in grey": saved("L", "JPEG"),
    "photo for print": saved("CMYK", "JPEG"),
    "palette": saved("P", "PNG"),
    "palette, transparent": palette(),
    "16 bit": saved("I;16", "PNG"),
    "line drawing": saved("1", "PNG"),
    "transparent": saved("RGBA", "PNG", (1, 2, 3, 4)),
    "animated": animated(),
    "talking": talking(),
    "photo with an archive behind it": photo() + office(),
    "photo with a page in it": photo(comment=b"<script>SECRET</script>"),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_picture_comes_out_as_its_pixels_and_nothing_else(tmp_path: Path, name: str) -> None:
    path, ready = tmp_path / "file", tmp_path / "ready"
    path.write_bytes(HONEST[name])
    kind, cleaned = look(path, ready, LIMIT)
    found = ready.read_bytes()
    assert cleaned and kind in ("image/jpeg", "image/png")
    for hidden in (b"SECRET", b"Exif", b"tEXt", b"iTXt", b"iCCP", b"acTL", b"PK\x03\x04", b"<script"):
        assert hidden not in found, hidden
    with Image.open(ready) as after, Image.open(path) as before:
        assert after.size == before.size and not after.getexif()
    ready.unlink()
    look(path, ready, LIMIT)
    assert ready.read_bytes() == found, "the same bytes give the same file: a retry is known by its hash"


@pytest.mark.parametrize("data", [pdf(), office(), office("xl/workbook.xml"), spreadsheet()])
async def test_a_document_is_kept_as_it_is(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    kept = await Inspector(LIMIT).inspect(tmp_path / "file")
    assert (kept.path.name, kept.size, kept.sha256) == ("file", len(data), hashlib.sha256(data).digest())


async def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(photo())
    with pytest.raises(FileTooHardError):
        await Inspector(LIMIT, seconds=0.01).inspect(tmp_path / "file")
    assert children() == []


async def test_a_request_that_ends_takes_its_process_along(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(photo())
    task = asyncio.create_task(Inspector(LIMIT).inspect(tmp_path / "file"))
    while not children():  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []


async def test_a_picture_that_grows_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    data = photo(size=(900, 700), quality=5)
    (tmp_path / "file").write_bytes(data)
    with pytest.raises((FileTooLargeError, FileTooHardError)):
        await Inspector(len(data)).inspect(tmp_path / "file")


def children() -> list[str]:
    """Our processes that look at a file."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [pid for listed in tasks for pid in listed.read_text().split()]
    return [pid for pid in pids if b"xingji.evidence" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_photo_that_cannot_be_written_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(photo())
    with pytest.raises(StoreUnavailableError):
        look(tmp_path / "a", tmp_path / "nowhere" / "ready", 1_000_000)
