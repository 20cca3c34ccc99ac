"""A wire between client and server that can be cut: whoever was connected is not any more, and may connect again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Relay:
    """Bytes as they come, both ways."""

    target: str
    address: str = ""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(self.target)
        there, back = await asyncio.open_connection(url.hostname, url.port)
        self.writers += [writer, back]
        await asyncio.gather(_pass(reader, back), _pass(there, writer))

    def cut(self) -> int:
        """Cut every connection: how many ends were still open."""
        open_ = [one for one in self.writers if not one.is_closing()]
        for one in open_:
            one.transport.abort()
        self.writers.clear()
        return len(open_)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relay(target: str) -> AsyncIterator[Relay]:
    """A wire to the server at this address."""
    wire = Relay(target)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield wire
        wire.cut()
