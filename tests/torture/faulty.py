"""A server that kills itself at its n-th step: `python faulty.py HOME` reads `PORT MODE STEP` a line, forks a server and prints its pid.

A step is a statement to PostgreSQL, a file made durable or put under its name, or a request to another process. `before` dies in front of the
step; `after` behind it: done and kept, but nobody was told. Steps count from SIGUSR1 on, when somebody is about to ask for an act. STEP 0 never dies.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx

from tests.integration.api import serve_story

T = TypeVar("T")
STATEMENTS = ("execute", "fetch", "fetchrow", "fetchval", "executemany")


class Fault:
    """Where to die."""

    def __init__(self, mode: str, step: int) -> None:
        self.mode, self.step = mode, step
        self.armed, self.count = False, 0

    def arm(self, *_: object) -> None:
        self.armed = True

    def is_now(self) -> bool:
        if not self.armed:
            return False
        self.count += 1
        return self.count == self.step

    def before(self, is_now: bool) -> None:
        if is_now and self.mode == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, is_now: bool) -> None:
        if is_now and self.mode == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def faulty(*given: Any, **named: Any) -> T:
            now = self.is_now()
            self.before(now)
            done = await call(*given, **named)
            self.after(now)
            return done

        return faulty

    def around_now(self, call: Callable[..., T]) -> Callable[..., T]:
        def faulty(*given: Any, **named: Any) -> T:
            now = self.is_now()
            self.before(now)
            done = call(*given, **named)
            self.after(now)
            return done

        return faulty


def install(fault: Fault) -> None:
    """Put the fault around every step."""
    signal.signal(signal.SIGUSR1, fault.arm)
    for name in STATEMENTS:
        setattr(asyncpg.Connection, name, fault.around(getattr(asyncpg.Connection, name)))
    httpx.AsyncClient.send = fault.around(httpx.AsyncClient.send)  # type: ignore[method-assign]
    os.fsync = fault.around_now(os.fsync)
    Path.replace = fault.around_now(Path.replace)  # type: ignore[method-assign]


def main(home: Path) -> None:
    """Fork a server for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        port, mode, step = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            os.open(os.devnull, os.O_RDONLY)
            os.dup2(2, 1)
            install(Fault(mode, int(step)))
            serve_story.run(home, int(port))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
