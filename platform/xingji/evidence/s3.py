"""The same store in a bucket of any S3-compatible service: `s3://bucket/prefix?endpoint=https://…&region=…`.

Without an endpoint it is Amazon's. The keys come from the files that `XINGJI_EVIDENCE_ACCESS_KEY_FILE` and
`XINGJI_EVIDENCE_SECRET_KEY_FILE` name. An object is `prefix/ab/ab34…`, whole or not there; one on its way is `prefix/incoming/…`, and is
published by a copy within the bucket, so that publishing sends no bytes.
Plain http is spoken only where the endpoint says so.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from xingji.errors import SettingInvalidError
from xingji.evidence.errors import FileMissingError, StoreUnavailableError
from xingji.evidence.incoming import STALE_SECONDS
from xingji.evidence.store import CHUNK, Publish, checked, parse_name

if TYPE_CHECKING:
    from obstore import ObjectMeta

PUBLISH_SECONDS: Final = 10.0
"""How long publishing may take, while a tenant's log is locked."""
_INCOMING: Final = "incoming/"
_TIMEOUT: Final = timedelta(seconds=30)


class S3Store:
    """A prefix of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    @asynccontextmanager
    async def bring(self, path: Path, digest: bytes) -> AsyncIterator[Publish]:
        sent = f"{_INCOMING}{secrets.token_hex(16)}"

        async def publish() -> None:
            try:
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await obstore.copy_async(self._bucket, sent, _key(digest))
            except (BaseError, OSError) as error:
                raise StoreUnavailableError from error

        try:
            try:
                await obstore.put_async(self._bucket, sent, path)
            except (BaseError, OSError) as error:
                raise StoreUnavailableError from error
            yield publish
        finally:
            with suppress(BaseError, OSError):
                await asyncio.shield(obstore.delete_async(self._bucket, sent))

    async def open(self, digest: bytes) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._bucket, _key(digest))

            async def chunks() -> AsyncIterator[bytes]:
                async for chunk in found.stream(min_chunk_size=CHUNK):
                    yield bytes(chunk)

            async for chunk in checked(chunks(), digest):
                yield chunk
        except FileNotFoundError as error:
            raise FileMissingError from error
        except BaseError as error:
            raise StoreUnavailableError from error

    async def exists(self, digest: bytes) -> bool:
        try:
            await obstore.head_async(self._bucket, _key(digest))
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise StoreUnavailableError from error
        return True

    async def remove(self, digest: bytes) -> None:
        try:
            await obstore.delete_async(self._bucket, _key(digest))
        except FileNotFoundError:
            return
        except BaseError as error:
            raise StoreUnavailableError from error

    async def kept(self) -> AsyncIterator[bytes]:
        async for found in self._list(None):
            if (digest := parse_name(found["path"].rpartition("/")[2])) is not None:
                yield digest

    async def clear_stale(self) -> int:
        past = datetime.now(UTC) - timedelta(seconds=STALE_SECONDS)
        stale = [found["path"] async for found in self._list(_INCOMING) if found["last_modified"] < past]
        for key in stale:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._bucket, key)
        return len(stale)

    async def _list(self, prefix: str | None) -> AsyncIterator[ObjectMeta]:
        try:
            async for page in obstore.list(self._bucket, prefix):
                for found in page:
                    yield found
        except BaseError as error:
            raise StoreUnavailableError from error


def open_bucket(url: str, access_key: str | None, secret_key: str | None) -> S3Store:
    """The store that the URL names; nothing is asked of it yet. Raises SettingInvalidError."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    endpoint, region = (options.pop(name, [""])[-1] for name in ("endpoint", "region"))
    if not parts.netloc or options or parts.username or parts.fragment:
        raise SettingInvalidError(
            name="XINGJI_EVIDENCE_URL", reason="it is not s3://bucket/prefix?endpoint=…&region=…"
        )
    if not access_key or not secret_key:
        raise SettingInvalidError(
            name="XINGJI_EVIDENCE_ACCESS_KEY_FILE", reason="s3 needs an access key and a secret key, in files"
        )
    given = {"prefix": parts.path.strip("/"), "endpoint": endpoint}
    bucket = Bucket(
        parts.netloc,
        **{name: value for name, value in given.items() if value},  # type: ignore[arg-type] # all texts
        region=region or "us-east-1",
        access_key_id=access_key,
        secret_access_key=secret_key,
        virtual_hosted_style_request=not endpoint,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": _TIMEOUT},
        retry_config={"max_retries": 2, "retry_timeout": _TIMEOUT},
    )
    return S3Store(bucket)


def _key(digest: bytes) -> str:
    name = digest.hex()
    return f"{name[:2]}/{name}"
