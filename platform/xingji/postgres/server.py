"""One server for a home folder: the first process owns it, later ones attach.

Who holds the home's lock owns the server. The watcher holds the lock with us, so it is free only when the
server is down, or was killed together with everyone else; then what remains is stopped or recovered from. A
second lock is ours alone: while it is free, the owner is gone and the server is about to go, so nobody attaches
to it. A process that attaches does not keep the server alive.

The server listens on a Unix socket only. It runs in our user's name, or as an unprivileged user when we are
root.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from xingji.errors import HomeUnusableError, PostgresStartError
from xingji.postgres import watch
from xingji.postgres.binaries import Binaries, get_binaries
from xingji.postgres.cluster import (
    DATABASE,
    ENVIRONMENT,
    ROLES,
    Home,
    check_version,
    initialise,
    read_secrets,
)
from xingji.postgres.identity import Identity, choose_identity, make_server_folder, reachable_binaries
from xingji.postgres.postmaster import clear_remains, find_state, is_our_server

Role = Literal["app", "owner", "superuser"]

PORT = 5432
# sockaddr_un holds 104 bytes on macOS and 108 on Linux, with a closing zero.
SOCKET_PATH_LIMIT = 103
PAUSE = 0.02  # seconds
SHARED_BUFFERS = "64MB"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",  # also spares a container's small /dev/shm
    "jit": "off",
}
# For tests only: a crash loses data.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A running server of a home folder; `is_owner` tells whether it stops with us."""

    def __init__(
        self,
        home: Home,
        passwords: dict[str, str],
        socket_folder: str,
        pid: int,
        watcher: subprocess.Popen[bytes] | None,
        owning: int | None = None,
    ) -> None:
        self._owning = owning
        self._passwords = passwords
        self._watcher = watcher
        self.home = home.path
        self.socket_folder = socket_folder
        self.pid = pid

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        durable: bool = True,
        environ: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
        timeout: float = 90.0,
        shared_buffers: str = SHARED_BUFFERS,
    ) -> Self:
        """Own the server of `home`, or attach to it. Blocks; a first start takes a second or two.

        `shared_buffers` is of a server that is started here: 64 MB spare a small machine, a quarter of the memory is for large data.

        Raises HomeUnusableError, PostgresMissingError, PostgresVersionError, PostgresStartError.
        """
        place = Home(home.absolute())
        deadline = time.monotonic() + timeout
        _make_home(place)
        while time.monotonic() < deadline:
            with _try_lock(place) as lock:
                if lock is not None:
                    chosen = binaries or get_binaries(os.environ if environ is None else environ)
                    identity, ready = _prepare(place, chosen, lock, durable=durable)
                    passwords = read_secrets(place)
                    running = _run(
                        place, ready, identity, lock, deadline, durable=durable, shared_buffers=shared_buffers
                    )
                    return cls(place, passwords, *running, _own(place))
            state = find_state(place)
            if state is not None and state.is_ready and is_our_server(state.pid, place) and _is_owned(place):
                return cls(place, read_secrets(place), state.socket_folder, state.pid, None)
            time.sleep(PAUSE)
        raise PostgresStartError(
            reason=f"another process holds {place.lock}, but its server did not become ready"
        )

    @property
    def is_owner(self) -> bool:
        return self._watcher is not None

    def url(self, role: Role, database: str = DATABASE) -> str:
        """A connection URL for asyncpg. It carries the password: not for logs."""
        name = ROLES[role]
        folder = quote(self.socket_folder, safe="/")
        return f"postgresql://{name}:{self._passwords[name]}@/{quote(database)}?host={folder}&port={PORT}"

    def stop(self) -> None:
        """Stop the server and wait, if it is ours; repeating it is harmless."""
        if self._watcher is None:
            return
        _end(self._watcher)
        self._watcher = None
        if self._owning is not None:
            os.close(self._owning)
            self._owning = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _make_home(home: Home) -> None:
    # The server's user must pass through when we are root; nothing secret is readable by it.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        home.path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnusableError(home=home.path, reason=error.strerror) from error
    if not os.access(home.path, os.W_OK | os.X_OK):
        raise HomeUnusableError(home=home.path, reason="it belongs to another user")


@contextlib.contextmanager
def _try_lock(home: Home) -> Iterator[int | None]:
    """The lock's descriptor, or None if another process holds it. The watcher keeps a copy."""
    try:
        lock = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise HomeUnusableError(home=home.path, reason=error.strerror) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        yield None
        return
    try:
        yield lock
    finally:
        os.close(lock)


def _own(home: Home) -> int:
    """The owner's lock; no child inherits it. Whoever asks whether it is held lets go of it at once."""
    owning = os.open(home.owner, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(owning, fcntl.LOCK_EX)
    return owning


def _is_owned(home: Home) -> bool:
    """Whether the process that owns the server is alive."""
    try:
        asking = os.open(home.owner, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(asking, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(asking)
    return False


def _prepare(home: Home, found: Binaries, lock: int, *, durable: bool) -> tuple[Identity, Binaries]:
    """Data that can be served, by whom and by which programs."""
    identity = choose_identity(home.data)
    binaries = reachable_binaries(found, identity)
    make_server_folder(home.link, identity)
    if home.data.exists():
        check_version(home, binaries)
        clear_remains(home)
    else:
        initialise(home, binaries, identity, durable=durable, lock=lock)
    return identity, binaries


def _run(
    home: Home,
    binaries: Binaries,
    identity: Identity,
    lock: int,
    deadline: float,
    *,
    durable: bool,
    shared_buffers: str,
) -> tuple[str, int, subprocess.Popen[bytes]]:
    while True:
        try:
            return _launch(
                home, binaries, identity, lock, deadline, durable=durable, shared_buffers=shared_buffers
            )
        except PostgresStartError as error:
            # Backends of a killed server take a moment to notice.
            if "shared memory" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _launch(
    home: Home,
    binaries: Binaries,
    identity: Identity,
    lock: int,
    deadline: float,
    *,
    durable: bool,
    shared_buffers: str,
) -> tuple[str, int, subprocess.Popen[bytes]]:
    sockets, is_temporary = _make_socket_folder(home, identity)
    settings = SETTINGS | {"shared_buffers": shared_buffers} | ({} if durable else NOT_DURABLE)
    settings["unix_socket_directories"] = '"' + str(sockets).replace('"', '""') + '"'
    command = [sys.executable, "-I", watch.__file__]
    if identity.uid is not None:
        command += ["--uid", str(identity.uid), "--gid", str(identity.gid)]
    if is_temporary:
        command += ["--remove", str(sockets)]
    command += ["--", str(binaries.postgres), "-D", str(home.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with home.log.open("wb") as log:
        watcher = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd="/", env=ENVIRONMENT,
            pass_fds=(lock,), start_new_session=True,
        )  # fmt: skip
    try:
        pid = _wait_until_ready(home, watcher, deadline)
    except BaseException:
        _end(watcher)
        raise
    return str(sockets), pid, watcher


def _wait_until_ready(home: Home, watcher: subprocess.Popen[bytes], deadline: float) -> int:
    if watcher.stdout is None:
        raise PostgresStartError(reason="the watcher has no output")
    with watcher.stdout as output:
        line = output.readline().strip()
    while time.monotonic() < deadline:
        state = find_state(home)
        if state is not None and line == b"%d" % state.pid and state.is_ready:
            return state.pid
        if watcher.poll() is not None:
            raise PostgresStartError(reason=home.log.read_text(errors="replace")[-2000:].strip())
        time.sleep(PAUSE)
    raise PostgresStartError(reason=f"it was not ready in time; see {home.log}")


def _end(watcher: subprocess.Popen[bytes]) -> None:
    """Close our end of the pipe, which is how the watcher knows, and wait."""
    if watcher.stdin is not None:
        watcher.stdin.close()
    watcher.wait()


def _make_socket_folder(home: Home, identity: Identity) -> tuple[Path, bool]:
    """A folder whose socket path is short enough: under the home, or a temporary one."""
    folder = home.folder / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        # A killed server leaves a lock beside its socket; no server of ours runs now.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        identity.own(folder)
        return folder, False
    folder = Path(tempfile.mkdtemp(prefix="xingji-", dir="/tmp"))
    identity.own(folder)
    return folder, True
