"""The server process as its `postmaster.pid` tells of it: ready, left behind, or long gone.

A process id alone proves nothing, for numbers are reused: a process counts as our server only if it works in our
data folder. It starts nothing.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from xingji.errors import PostgresStartError
from xingji.postgres.cluster import Home

PAUSE = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class State:
    """What postmaster.pid says."""

    pid: int
    socket_folder: str
    is_ready: bool


def find_state(home: Home) -> State | None:
    try:
        lines = (home.data / "postmaster.pid").read_text().splitlines()
        return State(int(lines[0]), lines[4], len(lines) > 7 and lines[7].strip() == "ready")
    except (OSError, ValueError, IndexError):
        return None


def clear_remains(home: Home) -> None:
    """Stop a server that outlived everyone; forget a process id that now is somebody else's."""
    pidfile = home.data / "postmaster.pid"
    try:
        pid = int(pidfile.read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return
    except ValueError:
        pid = 0
    if pid > 0 and is_our_server(pid, home):
        _stop_process(pid)
    elif pid <= 0 or _is_alive(pid):
        # PostgreSQL would believe that process to be its server. A dead one it recognises itself.
        pidfile.unlink()


def _stop_process(pid: int) -> None:
    for number, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not _is_alive(pid):
                return
            time.sleep(PAUSE)
    raise PostgresStartError(reason=f"the server left behind, process {pid}, cannot be stopped")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_our_server(pid: int, home: Home) -> bool:
    """Whether a process is a server on our data: a server's working folder is its data."""
    if not _is_alive(pid):
        return False
    proc = Path(f"/proc/{pid}")
    if proc.exists():
        try:
            return (proc / "cwd").resolve(strict=True) == home.data.resolve() and "postgres" in (
                proc / "comm"
            ).read_text()
        except OSError:
            return False
    ps = shutil.which("ps")
    if ps is None:
        return False
    done = subprocess.run([ps, "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return str(home.data) in done.stdout and "postgres" in done.stdout
