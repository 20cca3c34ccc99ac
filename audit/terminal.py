"""What the auditor sees while it runs, and how an answer leaves the program.

A line on a terminal tells how far it is, how fast, and when it will be done; it never decides anything and a broken terminal does not stop the
work. `tell` writes to standard output and says whether it arrived: an answer that nobody could read is no success.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import localtime, monotonic, strftime, time

EVERY = 0.2
"""Seconds between two lines."""
_ERASE = "\r\x1b[K"


@dataclass(slots=True)
class ProgressLine:
    """Hears (entries done, of how many)."""

    write: Callable[[str], object]
    _begun: float = field(default_factory=monotonic)
    _shown: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show the line, if it is time to, and take it away at the end."""
        now = monotonic()
        if done < total and now - self._shown < EVERY:
            return
        self._shown = now
        try:
            self.write(_ERASE if done >= total else _ERASE + format_progress(done, total, now - self._begun))
        except (OSError, ValueError):
            self.write = lambda _text: None


def format_progress(done: int, total: int, seconds: float) -> str:
    """`262,144/1,000,000 26% · 18,000/s · 0:41 left, until 16:20:05`."""
    rate = done / seconds if seconds > 0 else 0.0
    line = f"{done:,}/{total:,} {done * 100 // total}%"
    if rate <= 0:
        return line
    left = (total - done) / rate
    minutes, rest = divmod(int(left), 60)
    hours, minutes = divmod(minutes, 60)
    clock = strftime("%H:%M:%S" if left < 86_400 else "%m-%d %H:%M", localtime(time() + left))
    spell = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{line} · {rate:,.0f}/s · 还需 {spell} left · {clock}"


def terminal_progress() -> Callable[[int, int], None] | None:
    """A progress line on standard error, or None where that is no terminal."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        return None

    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return ProgressLine(write)


def tell(text: str) -> bool:
    """Write to standard output, and see it off. False when it could not be told: a closed pipe, a full disk."""
    stream = sys.stdout
    if stream is None:
        return False
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except (OSError, ValueError):
        # What is left in the buffer must not fail again, with another exit code, when the interpreter ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


def warn(text: str) -> None:
    """Write a line to standard error, if there is one."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        pass


def printable(text: str) -> str:
    """Text that a damaged log may have put together, safe for a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
