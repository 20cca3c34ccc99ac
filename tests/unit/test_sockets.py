"""The guard that keeps tests on this machine."""

import asyncio
import socket

import pytest

OUTSIDE = ("192.0.2.1", 9)  # RFC 5737: for documentation, never routed


def test_a_socket_to_the_outside_is_refused() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match="loopback only"):
        outside.connect(OUTSIDE)


async def test_asyncio_is_refused_too() -> None:
    with pytest.raises(RuntimeError, match="loopback only"):
        await asyncio.open_connection(*OUTSIDE)


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
