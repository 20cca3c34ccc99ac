"""Accept-Encoding as clients send it, and that compressing is the same each time."""

import gzip

import pytest

from xingji.http.compressing import accepts_gzip, compress


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (b"", False),
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"gzip;q=0", False),
        (b"*", True),
        (b"*;q=1, gzip;q=0", False),
        (b"identity, *;q=0", False),
        (b"x-gzipped", False),
        (b"gzip;q=much", False),
    ],
)
def test_gzip_is_for_who_takes_it(header: bytes, taken: bool) -> None:
    assert accepts_gzip(header) is taken


@pytest.mark.parametrize("size", [1_400, 300_000])
async def test_compressed_bodies_open_to_themselves(size: int) -> None:
    body = b"0123456789abcdef" * (size // 16)
    packed = await compress(body)
    assert gzip.decompress(packed) == body and len(packed) < size / 10
    assert await compress(body) == packed
