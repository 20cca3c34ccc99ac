"""The auditor's question as a whole: a log, what is trusted, heads kept from before, and exported rows, if there are any.

It opens files and asks `audit.verify`; it prints nothing. Rows are compared when the log itself holds, against the entries that had been
written when they were exported.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from audit.errors import UnusableInputError
from audit.files import find_file
from audit.note import MAX_NOTE
from audit.rowcheck import LatestRows
from audit.rowfile import read_header, read_rows
from audit.stretch import Listener
from audit.trust import Trust, TrustedLog
from audit.verdict import RefutedError, Verdict
from audit.verify import CHECKPOINT, verify_log


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be verified, by what, and how."""

    directory: Path
    trust: Trust
    since: tuple[Path, ...] = ()
    rows: Path | None = None
    quick: bool = False
    processes: int = 1


def answer(question: Question, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """The verdict. Raises UnusableInputError or OSError for what cannot be read."""
    since = tuple(_read_head(path) for path in question.since)
    log = question.trust.get_log(_read_head(question.directory / CHECKPOINT))
    if question.rows is None:
        return _verify(question, log, since, progress, Listener())
    if question.quick:
        raise UnusableInputError(reason="rows are compared with entries, which a quick look does not read")
    with ExitStack() as stack:
        file = stack.enter_context(question.rows.open("rb"))
        header = read_header(file)
        if header.origin != log.origin:
            raise UnusableInputError(reason=f"the rows are of {header.origin}, the log is {log.origin}")
        latest = stack.enter_context(LatestRows(header.size))
        verdict = _verify(question, log, since, progress, Listener(rows=latest.record))
        if not verdict.ok:
            return verdict
        if header.size > (verdict.size or 0):
            raise UnusableInputError(reason="the rows are newer than the log: export the log again")
        try:
            return verdict.with_rows(latest.check(read_rows(file, header), header))
        except RefutedError as finding:
            return finding.verdict(log.origin)


def _verify(
    question: Question,
    log: TrustedLog,
    since: tuple[bytes, ...],
    progress: Callable[[int, int], None] | None,
    listener: Listener,
) -> Verdict:
    return verify_log(
        question.directory,
        log.keys,
        since,
        progress,
        listener=listener,
        processes=question.processes,
        quick=question.quick,
        witnesses=question.trust.witnesses,
        quorum=question.trust.quorum,
    )


def _read_head(path: Path) -> bytes:
    data = find_file(path, MAX_NOTE + 1)
    if data is None:
        raise UnusableInputError(reason=f"no head at {path}")
    return data
