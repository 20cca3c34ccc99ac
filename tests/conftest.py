"""One real server for the run, the real migrations once, and a clone for each test that asks for one.

Sockets reach this machine only: Unix sockets and loopback. Hypothesis runs its `ci` profile when CI is set.
"""

import asyncio
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tenancy.vault import FileVault
from tests.support import DatabaseUrls, clone_database
from xingji import migrate
from xingji.postgres import EmbeddedPostgres

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)


def pytest_configure() -> None:
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")
    sys.addaudithook(refuse_outside)


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, which no library can get around by keeping its own reference to a socket's methods."""
    if event not in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        return
    address = arguments[1]
    if not isinstance(address, tuple) or address[0] in {"", "localhost"}:
        return
    try:
        is_ours = ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback
    except ValueError:
        is_ours = False
    if not is_ours:
        raise RuntimeError(f"a test reached for {address[0]}: sockets are for loopback only")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder that a server's user can get to when we are root, unlike pytest's own; short, for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The run's server. Not durable: nothing in it outlives the run."""
    folder = Path(tempfile.mkdtemp(prefix="xt-", dir="/tmp"))
    folder.chmod(0o711)
    with EmbeddedPostgres.start(folder / "home", durable=False) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FileVault:
    """What opens the personal values of the run's databases."""
    return FileVault(tmp_path_factory.mktemp("vault"), lambda: [b"a passphrase of the run"])


@pytest.fixture(scope="session")
async def migrated(postgres: EmbeddedPostgres) -> str:
    """The name of the database with the real migrations; clone it, never write to it."""
    await asyncio.to_thread(migrate.upgrade, postgres.url("owner"))
    return "xingji"


@pytest.fixture
async def database(postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[DatabaseUrls]:
    """A clone of the migrated database."""
    async with clone_database(postgres, migrated) as urls:
        yield urls


@pytest.fixture
async def empty_database(postgres: EmbeddedPostgres) -> AsyncIterator[DatabaseUrls]:
    """A database without a table, owned by the owner's role."""
    async with clone_database(postgres, "template0") as urls:
        yield urls
