"""Which store the settings name: a folder by default, a bucket by URL."""

from __future__ import annotations

from pathlib import Path

from xingji.errors import SettingInvalidError
from xingji.evidence.s3 import open_bucket
from xingji.evidence.store import DirectoryStore, Store
from xingji.settings import Settings


def open_store(settings: Settings) -> Store:
    """The store of files. Raises SettingInvalidError."""
    url = settings.evidence_url
    if url is None:
        return DirectoryStore(settings.home / "evidence")
    if url.startswith("s3://"):
        return open_bucket(url, settings.evidence_access_key, settings.evidence_secret_key)
    if "://" in url:
        raise SettingInvalidError(name="XINGJI_EVIDENCE_URL", reason="it is neither a folder nor s3://…")
    return DirectoryStore(Path(url))


def incoming_of(settings: Settings) -> Path:
    """Where files on their way lie: within the store's own folder, so that keeping one is a rename."""
    store = open_store(settings)
    folder = store.root if isinstance(store, DirectoryStore) else settings.home / "evidence"
    return folder / "incoming"
