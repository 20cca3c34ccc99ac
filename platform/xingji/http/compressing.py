"""Answers in gzip, for who takes it: what is long enough to be worth it, at the level that costs least.

A token travels in a header that no page can make a browser send, so nobody who may put words into an answer sees how long it became.
A stream of events is never compressed: an event is due when it happens.
"""

import asyncio
import gzip
from functools import lru_cache
from typing import Final

from xingji.http.negotiation import find_quality

SHORTEST: Final = 1_400
"""Bytes below which an answer goes in one packet anyhow."""
_AT_ONCE: Final = 65_536
"""Bytes that are compressed without leaving the loop: less than a millisecond."""
_LEVEL: Final = 1


@lru_cache(maxsize=256)
def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding takes gzip (RFC 9110 §12.5.3); one that says nothing takes none."""
    return find_quality("gzip", header[:1_000]) > 0


async def compress(body: bytes) -> bytes:
    """The body in gzip, the same bytes for the same body."""
    if len(body) <= _AT_ONCE:
        return gzip.compress(body, _LEVEL, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
