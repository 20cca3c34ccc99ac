"""A form with one file (multipart/form-data, RFC 7578), streamed: the file to disk as it comes, the fields into memory.

Bounded while it streams: the body, the file, each field, the number of parts, the headers of a part. Of a part's headers only the name
counts; the client's file name and type are not even kept. A form that does not end as it should is no form.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from xingji.evidence.errors import StoreUnavailableError
from xingji.http.errors import HttpError

FILE: Final = "file"
FIELD_BYTES: Final = 4_000
PARTS: Final = 8
PART_HEADERS: Final = 4
HEADER_BYTES: Final = 1_000
OVERHEAD: Final = 64 * 1024
"""What the form may have beside its file: fields, headers, boundaries."""
_log: Final = logging.getLogger("xingji.evidence")


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    data: bytearray = field(default_factory=bytearray)


class _Form:
    """Takes what the parser calls out."""

    def __init__(self, names: frozenset[str], sink: BinaryIO, limit: int) -> None:
        self.names, self.sink, self.limit = names, sink, limit
        self.fields: dict[str, str] = {}
        self.parts, self.size, self.whole, self.has_file = 0, 0, False, False
        self.part = _Part()
        self._field, self._value = bytearray(), bytearray()

    def on_part_begin(self) -> None:
        self.parts += 1
        if self.parts > PARTS:
            raise HttpError(
                413,
                "http.too_many_parts",
                f"表单超过 {PARTS} 部分。",
                f"The form has more than {PARTS} parts.",
                close=True,
            )
        self.part = _Part()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self.part.headers[bytes(self._field).lower()] = bytes(self._value)
        self._field, self._value = bytearray(), bytearray()

    def on_headers_finished(self) -> None:
        kind, options = parse_options_header(self.part.headers.get(b"content-disposition"))
        self.part.name = name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or name in self.fields or name not in {FILE, *self.names}:
            raise refuse_form()
        if name == FILE:
            if self.has_file:
                raise refuse_form()
            self.has_file = True

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.part.name == FILE:
            self.size += end - start
            if self.size > self.limit:
                raise refuse_size(self.limit)
            self.sink.write(data[start:end])
            return
        self.part.data += data[start:end]
        if len(self.part.data) > FIELD_BYTES:
            raise refuse_form()

    def on_part_end(self) -> None:
        if self.part.name == FILE:
            return
        try:
            self.fields[self.part.name] = self.part.data.decode("utf-8")
        except UnicodeDecodeError:
            raise refuse_form() from None

    def on_end(self) -> None:
        self.whole = True


async def read_form(
    receive: Receive, content_type: bytes, declared: bytes, names: frozenset[str], target: Path, limit: int
) -> dict[str, str]:
    """The fields among `names`; the file, of at most `limit` bytes, is written to `target`.

    Raises:
        StoreUnavailableError: the file cannot be written.
        HttpError: 413 when a bound is broken, 415 for another kind of body, 400 for a form that is none or does not end.
    """
    boundary = _boundary(content_type)
    if declared and (not declared.isdigit() or int(declared) > limit + OVERHEAD):
        raise refuse_size(limit)
    with writing(), await asyncio.to_thread(target.open, "xb") as sink:
        form = _Form(names, sink, limit)
        calls = {name: getattr(form, name) for name in dir(form) if name.startswith("on_")}
        try:
            parser = MultipartParser(
                boundary,
                calls,  # type: ignore[arg-type] # the names are the parser's
                max_header_count=PART_HEADERS,
                max_header_size=HEADER_BYTES,
            )
            await _feed(receive, parser, limit + OVERHEAD, limit)
        except FormParserError as error:
            raise refuse_form() from error
    if not form.whole or not form.has_file:
        raise refuse_form()
    return form.fields


@contextmanager
def writing() -> Iterator[None]:
    """What the disk refuses is the store's refusal. Raises StoreUnavailableError."""
    try:
        yield
    except OSError as error:
        _log.exception("a file on its way cannot be written")
        raise StoreUnavailableError from error


async def _feed(receive: Receive, parser: MultipartParser, allowed: int, limit: int) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "http.disconnected", "客户端已断开。", "The client went away.", close=True)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > allowed:
            raise refuse_size(limit)
        parser.write(chunk)
        more = message.get("more_body", False)


def _boundary(content_type: bytes) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise HttpError(
            415,
            "http.content_type",
            "请求体须为 multipart/form-data。",
            "The body must be multipart/form-data.",
            close=True,
        )
    return boundary


def refuse_form() -> HttpError:
    """The refusal of a form that is none, or has other parts than were asked for."""
    return HttpError(
        400,
        "http.form",
        "表单不完整，或含有多余、重复、过长的部分。",
        "The form is not whole, or has parts that are unknown, repeated or too long.",
        close=True,
    )


def refuse_size(limit: int) -> HttpError:
    """The refusal of too large a file."""
    return HttpError(
        413,
        "evidence.too_large",
        f"文件超过 {limit} 字节。",
        f"The file has more than {limit} bytes.",
        close=True,
    )
