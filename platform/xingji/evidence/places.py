"""Which store the settings name: a folder by default."""

from __future__ import annotations

from pathlib import Path

from xingji.evidence.store import DirectoryStore, Store
from xingji.settings import Settings


def open_store(settings: Settings) -> Store:
    """The store of files. Raises SettingInvalidError."""
    if settings.evidence_url is None:
        return DirectoryStore(settings.home / "evidence")
    return DirectoryStore(Path(settings.evidence_url))
