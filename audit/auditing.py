"""The auditor's question as a whole: a log, what is trusted, heads kept from before, its city's log, and exported rows, if there are any.

It opens files and asks `audit.verify`; it prints nothing. Rows are compared when the log itself holds, against the entries that had been
written when they were exported. A city's log is verified first; the log is held against what that recorded of it when it holds itself.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from audit.entry import Entry
from audit.errors import UnusableInputError
from audit.files import find_file, read_leaves
from audit.note import MAX_NOTE
from audit.rowcheck import LatestRows
from audit.rowfile import read_header, read_rows
from audit.stretch import Listener
from audit.tree import leaf_hash
from audit.trust import Trust, TrustedLog
from audit.verdict import RefutedError, Verdict
from audit.verify import CHECKPOINT, verify_log
from audit.witnessed import HEARD, WITNESSED, Holding, Witnessed, read_witnessed


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be verified, by what, and how."""

    directory: Path
    trust: Trust
    since: tuple[Path, ...] = ()
    rows: Path | None = None
    quick: bool = False
    processes: int = 1
    witnessed_by: Path | None = None


def answer(question: Question, progress: Callable[[int, int], None] | None = None) -> Verdict:
    """The verdict. Raises UnusableInputError or OSError for what cannot be read."""
    since = tuple(_read_head(path) for path in question.since)
    log = question.trust.get_log(_read_head(question.directory / CHECKPOINT))
    held: Holding | None = None
    if question.witnessed_by is not None:
        if question.quick:
            raise UnusableInputError(
                reason="what a city recorded is held against the whole log, not a quick look"
            )
        city, recorded = _read_city(question, question.witnessed_by)
        if not city.ok:
            return city
        held = Holding(log.origin, recorded)
    if question.rows is None:
        return _verify(question, log, since, progress, Listener(), held)
    if question.quick:
        raise UnusableInputError(reason="rows are compared with entries, which a quick look does not read")
    with ExitStack() as stack:
        file = stack.enter_context(question.rows.open("rb"))
        header = read_header(file)
        if header.origin != log.origin:
            raise UnusableInputError(reason=f"the rows are of {header.origin}, the log is {log.origin}")
        latest = stack.enter_context(LatestRows(header.size))
        verdict = _verify(question, log, since, progress, Listener(rows=latest.record), held)
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
    held: Holding | None,
) -> Verdict:
    verdict = verify_log(
        question.directory,
        log.keys,
        since,
        progress,
        listener=listener if held is None else replace(listener, entry=held.hear, operations=HEARD),
        processes=question.processes,
        quick=question.quick,
        witnesses=question.trust.witnesses,
        quorum=question.trust.quorum,
    )
    if held is None or not verdict.ok or not held.recorded:
        return verdict
    for leaf in read_leaves(question.directory, verdict.size or 0):
        held.add(leaf_hash(leaf))
    if held.root != verdict.root:
        raise UnusableInputError(reason="the log's files changed while they were read")
    return held.judge(verdict)


def _read_city(question: Question, directory: Path) -> tuple[Verdict, tuple[Witnessed, ...]]:
    """The verdict on a city's log, by the same trust, and what it recorded."""
    log = question.trust.get_log(_read_head(directory / CHECKPOINT))
    recorded: list[Witnessed] = []

    def hear(entry: Entry) -> None:
        recorded.extend(read_witnessed(entry))

    try:
        verdict = verify_log(
            directory,
            log.keys,
            listener=Listener(hear, frozenset({WITNESSED})),
            processes=question.processes,
            witnesses=question.trust.witnesses,
            quorum=question.trust.quorum,
        )
    except RefutedError as finding:
        verdict = finding.verdict(log.origin)
    return verdict, tuple(recorded)


def _read_head(path: Path) -> bytes:
    data = find_file(path, MAX_NOTE + 1)
    if data is None:
        raise UnusableInputError(reason=f"no head at {path}")
    return data
