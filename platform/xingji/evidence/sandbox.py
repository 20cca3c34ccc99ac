"""The process in which a file is looked at: it bounds itself first, and says what it found as one JSON object.

    python -m xingji.evidence.looking FILE READY BYTES     {"media_type": …, "cleaned": true} or {"refused": code}

`cleaned`: READY was written in the file's stead. Processor seconds, memory and bytes written are bounded for good before the
first byte is read; whoever started the process bounds its time. It has no database, no network and no path of the client's.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from xingji.evidence.errors import EvidenceError

CPU_SECONDS: Final = 20
MEMORY: Final = 1024**3

Work = Callable[[Path, Path, int], dict[str, Any]]
"""Looks at the file, may write the other, of so many bytes at most. Raises EvidenceError."""


def run(work: Work, arguments: list[str]) -> int:
    """Do the work within bounds, and print what it found."""
    path, ready, limit = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    _bound(limit)
    try:
        answer = work(path, ready, limit)
    except EvidenceError as refusal:
        answer = {"refused": refusal.code}
    sys.stdout.write(json.dumps(answer))
    return 0


def _bound(limit: int) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, limit + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
