"""The watcher: starts the server, and stops it when the process that asked for it is gone.

Run as a script of its own (`python -I watch.py …`) with the standard library alone. Its standard input is a
pipe whose other end only our process holds: when that process ends, by whatever signal, the pipe closes and
the server is shut down fast. It also holds the lock of the home until the server is down, so nobody starts
a second one meanwhile. Where Linux allows, the server in turn stops when the watcher is killed.

It prints one line, the server's process id; its standard error is the server's log. It initialises nothing
and knows no password.
"""

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--remove", help="a folder to remove at the end")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    server = subprocess.Popen(  # noqa: S603
        options.command, user=options.uid, group=options.gid,
        extra_groups=None if options.uid is None else [],
        stdin=subprocess.DEVNULL, stdout=2, cwd="/", start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509
    )  # fmt: skip
    with contextlib.suppress(BrokenPipeError):
        os.write(1, b"%d\n" % server.pid)
    _wait_for_end(server)
    _stop(server)
    if options.remove:
        shutil.rmtree(options.remove, ignore_errors=True)
    return server.returncode


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_for_end(server: subprocess.Popen[bytes]) -> None:
    """Until our process closes its end of the pipe, the server ends by itself, or we are told to end."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs)
    for number in (*ENDING, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    told = False
    while server.poll() is None and not told:
        readable, _, _ = select.select([0, ours], [], [])
        if ours in readable:
            told = any(number in ENDING for number in os.read(ours, 64))
        if 0 in readable and not os.read(0, 64):
            told = True


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Fast, then immediate, then by force."""
    for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)


if __name__ == "__main__":
    sys.exit(main())
