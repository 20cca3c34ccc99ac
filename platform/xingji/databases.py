"""Which database the settings mean: an outside one, or the embedded server of the home.

Gives URLs for asyncpg, never connections; pools belong to those who serve. Leaving the block stops an
embedded server that this process owns.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from xingji.errors import BackupUrlMissingError, MigratorUrlMissingError
from xingji.postgres import EmbeddedPostgres
from xingji.settings import Settings


@dataclass(frozen=True, slots=True)
class Database:
    """One database by its two roles; `server` is the embedded server, if it is one."""

    app_url: str = field(repr=False)
    owner_url: str | None = field(repr=False)
    server: EmbeddedPostgres | None
    backup_url: str | None = field(default=None, repr=False)

    def get_owner_url(self) -> str:
        """Raises MigratorUrlMissingError if only the application's role is known."""
        if self.owner_url is None:
            raise MigratorUrlMissingError()
        return self.owner_url

    def get_backup_url(self) -> str:
        """Raises BackupUrlMissingError if no role is known that reads every row."""
        if self.backup_url is None:
            raise BackupUrlMissingError()
        return self.backup_url


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The outside database if one is set, else the embedded one, running until the block ends."""
    if settings.database_url is not None:
        yield Database(settings.database_url, settings.migrator_url, None, settings.backup_url)
        return
    with EmbeddedPostgres.start(settings.home) as server:
        yield Database(server.url("app"), server.url("owner"), server, server.url("superuser"))


def mask_url(url: str) -> str:
    """The URL without its password, for people and logs."""
    url = re.sub(r"(://[^:/@?]*):[^@]*@", r"\1:***@", url, count=1)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", url)
