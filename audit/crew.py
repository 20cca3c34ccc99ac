"""Worker processes for one long calculation: tasks go out in turn, and what comes of them comes back in order.

    with Crew(2) as crew:
        for task, found in crew.run(function, tasks):
            …                      # found is None where a worker died: whoever asked works it out alone

A worker is another interpreter of the same installation at the end of two pipes: no socket, no shared memory, no copy of this
process. It ends when its pipe does, so it never outlives its asker, and a Ctrl-C is the asker's alone. `tasks` is drawn on while results
are taken, at most two tasks a worker ahead. A function is sent by its name and must be a module's own; what is sent is pickled, between
processes of one program and nowhere else.
"""

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Self, TypeVar

AHEAD = 2
_SERVE = "import sys; sys.path[:] = sys.argv[1:]; from audit.crew import serve; serve()"
T = TypeVar("T")
R = TypeVar("R")


class Crew:
    """`size` worker processes, from the entry of the `with` to its end; of none, every result is None."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            for _ in range(self._size):
                with suppress(OSError):  # no interpreter to be found, or no room for another process
                    self._workers.append(_start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                _close(pipe)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers."""
        return tuple(worker.pid for worker in self._workers)

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R | None]]:
        """Each task with its result, in order."""
        waiting: deque[tuple[T, subprocess.Popen[bytes]]] = deque()
        for number, task in enumerate(tasks):
            if not self._workers:
                yield task, None
                continue
            worker = self._workers[number % len(self._workers)]
            _send(worker.stdin, (function, task))
            waiting.append((task, worker))
            if len(waiting) == AHEAD * len(self._workers):
                given, busy = waiting.popleft()
                yield given, _receive(busy.stdout)
        for given, busy in waiting:
            yield given, _receive(busy.stdout)


def serve() -> None:
    """What a worker runs: tasks from standard input, results to standard output, until the input ends."""
    tasks: SimpleQueue[Any] = SimpleQueue()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    # Tasks are taken in while one is worked on, so that the asker never waits with a task while a result waits for the asker.
    Thread(target=_take_in, args=(source, tasks), daemon=True).start()
    while (asked := tasks.get()) is not None:
        function, task = asked
        if not _send(sink, function(task)):
            return


def _take_in(source: IO[bytes], tasks: SimpleQueue[Any]) -> None:
    while (asked := _receive(source)) is not None:
        tasks.put(asked)
    tasks.put(None)


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 # this very interpreter
        [sys.executable, "-I", "-c", _SERVE, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _send(pipe: IO[bytes] | None, value: object) -> bool:
    """Whether it could be sent."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    try:
        if pipe is not None:
            pipe.write(len(data).to_bytes(8, "big") + data)
            pipe.flush()
            return True
    except OSError:
        pass
    return False


def _receive(pipe: IO[bytes] | None) -> Any:
    """The next value, or None at the end, or where it broke off."""
    if pipe is None:
        return None
    try:
        length = pipe.read(8)
        data = pipe.read(int.from_bytes(length, "big")) if len(length) == 8 else b""
    except OSError:
        return None
    if not data or len(data) != int.from_bytes(length, "big"):
        return None
    return pickle.loads(data)  # noqa: S301 # from a worker of this program


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:  # what could not be sent to a worker that died
        pass
