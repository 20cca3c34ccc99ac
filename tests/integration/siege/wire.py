"""Attacks on the connection itself: what is half sent, never taken, opened and left, or said too often. Each leaves nothing behind."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.siege.besieged import Besieged

PROTOCOL: Final = "graphql-transport-ws"
HEAD: Final = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
FEED: Final = "subscription($id: ID!) { reviewCycleProgress(cycleId: $id) { __typename } }"


@contextmanager
def half_sent(place: Besieged, count: int, text: str) -> Iterator[list[socket.socket]]:
    """So many connections that began to say something, and went silent."""
    opened = [socket.create_connection(("127.0.0.1", place.port), timeout=30) for _ in range(count)]
    try:
        for one in opened:
            one.sendall(text.encode())
        yield opened
    finally:
        for one in opened:
            one.close()


@contextmanager
def open_socket(place: Besieged, who: str | None = None) -> Iterator[ClientConnection]:
    """A WebSocket; greeted, when somebody is said."""
    with connect(
        f"ws://127.0.0.1:{place.port}/graphql",
        subprotocols=[PROTOCOL],
        proxy=None,
        compression=None,  # type: ignore[list-item]
    ) as raw:
        if who is not None:
            raw.send(json.dumps({"type": "connection_init", "payload": place.bearer(who)}))
        yield raw


@contextmanager
def open_sockets(place: Besieged, count: int, who: str | None = None) -> Iterator[list[ClientConnection]]:
    """So many of them."""
    with ExitStack() as opened:
        yield [opened.enter_context(open_socket(place, who)) for _ in range(count)]


def subscribe(id_: str, query: str, **variables: Any) -> str:
    """The message."""
    return json.dumps({"type": "subscribe", "id": id_, "payload": {"query": query, "variables": variables}})


def end_of(raw: ClientConnection) -> int:
    """The code that the server closes with; what comes before is read away."""
    try:
        while True:
            raw.recv(timeout=20)
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        return closed.rcvd.code


def raw_socket(place: Besieged, *headers: str) -> tuple[socket.socket, bytes]:
    """A WebSocket without a library, and the server's handshake."""
    opened = socket.create_connection(("127.0.0.1", place.port), timeout=20)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /graphql HTTP/1.1",
        "host: x",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        f"sec-websocket-key: {key}",
        f"sec-websocket-protocol: {PROTOCOL}",
        *headers,
    )
    opened.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    said = b""
    while b"\r\n\r\n" not in said:
        said += opened.recv(4_096)
    return opened, said


def frame(first: int, data: bytes, length: int | None = None) -> bytes:
    """One masked frame; `first` is its first byte, `length` what it says of its length."""
    size = len(data) if length is None else length
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + b"\0\0\0\0" + data


def closed_with(opened: socket.socket) -> int | None:
    """The code of the server's closing frame, or None where it just ended."""
    said = b""
    with suppress(ConnectionResetError):
        while chunk := opened.recv(65_536):
            said += chunk
    opened.close()
    place = said.rfind(b"\x88")
    return None if place < 0 else int(struct.unpack("!H", said[place + 2 : place + 4])[0])


def flood_with_pings(place: Besieged, mebibytes: int) -> int:
    """Send pings and never take a pong; how many bytes the server took."""
    opened, _ = raw_socket(place)
    opened.settimeout(2)
    many, sent = frame(0x89, b"p" * 125) * 512, 0
    with suppress(TimeoutError, ConnectionError):
        while sent < mebibytes << 20:
            sent += opened.send(many)
    opened.close()
    return sent
