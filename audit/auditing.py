"""The auditor's question as a whole: a log, what is trusted, heads kept from before, the city's log and exported rows, if there are any.

It opens files and asks `audit.verify`; it prints nothing. The city's log is verified first: this one is held against the checkpoints that it
recorded, and the keys of the city's officers that this one admits against what it certified. Rows are compared when the log itself holds, against the entries that had been
written when they were exported.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from audit.admissions import HEARD, Certifications, check_admission
from audit.entry import Entry
from audit.errors import UnusableInputError
from audit.files import find_file
from audit.note import MAX_NOTE
from audit.officers import ADMITTED
from audit.rowcheck import LatestRows
from audit.rowfile import read_header, read_rows
from audit.stretch import Listener
from audit.trust import Trust, TrustedLog
from audit.verdict import RefutedError, Verdict
from audit.verify import CHECKPOINT, verify_log
from audit.witnessed import WITNESSED, Witnessed, read_witnessed


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
    if question.quick and (question.rows or question.witnessed_by) is not None:
        raise UnusableInputError(
            reason="rows and a city's log are compared with entries, which a quick look does not read"
        )
    recorded: list[Witnessed] = []
    homes: dict[str, Certifications] = {}
    if question.witnessed_by is not None:
        verdict = _read_city(question, question.witnessed_by, log, progress, recorded, homes)
        if not verdict.ok:
            return verdict
    verdict = _answer(question, log, since, progress, recorded, homes)
    return verdict.with_recorded(len(recorded)) if verdict.ok and question.witnessed_by else verdict


def _answer(
    question: Question,
    log: TrustedLog,
    since: tuple[bytes, ...],
    progress: Callable[[int, int], None] | None,
    recorded: list[Witnessed],
    homes: Mapping[str, Certifications],
) -> Verdict:
    listener = Listener()
    if homes:
        listener = Listener(partial(check_admission, homes=homes), frozenset({ADMITTED}), foreign=True)
    if question.rows is None:
        return _verify(question, question.directory, log, since, progress, listener, recorded)
    with ExitStack() as stack:
        file = stack.enter_context(question.rows.open("rb"))
        header = read_header(file)
        if header.origin != log.origin:
            raise UnusableInputError(reason=f"the rows are of {header.origin}, the log is {log.origin}")
        latest = stack.enter_context(LatestRows(header.size))
        listener = replace(listener, rows=latest.record)
        verdict = _verify(question, question.directory, log, since, progress, listener, recorded)
        if not verdict.ok:
            return verdict
        if header.size > (verdict.size or 0):
            raise UnusableInputError(reason="the rows are newer than the log: export the log again")
        try:
            return verdict.with_rows(latest.check(read_rows(file, header), header))
        except RefutedError as finding:
            return finding.verdict(log.origin)


def _read_city(
    question: Question,
    city: Path,
    log: TrustedLog,
    progress: Callable[[int, int], None] | None,
    recorded: list[Witnessed],
    homes: dict[str, Certifications],
) -> Verdict:
    """The verdict on the city's log; `recorded` takes what it recorded of `log`, `homes` what it certified."""
    trusted = question.trust.get_log(_read_head(city / CHECKPOINT))
    if trusted.origin == log.origin:
        raise UnusableInputError(reason="the trust file names no log of the city, or it is the log itself")

    made = homes[trusted.origin] = Certifications(trusted.origin)

    def hear(entry: Entry) -> None:
        recorded.extend(one for one in read_witnessed(entry) if one.checkpoint.origin == log.origin)
        made.hear(entry)

    listener = Listener(hear, HEARD | {WITNESSED})
    verdict = _verify(question, city, trusted, (), progress, listener, ())
    made.size = verdict.size or 0
    return verdict


def _verify(
    question: Question,
    directory: Path,
    log: TrustedLog,
    since: tuple[bytes, ...],
    progress: Callable[[int, int], None] | None,
    listener: Listener,
    recorded: Sequence[Witnessed],
) -> Verdict:
    return verify_log(
        directory,
        log.keys,
        since,
        progress,
        listener=listener,
        processes=question.processes,
        quick=question.quick,
        witnesses=question.trust.witnesses,
        quorum=question.trust.quorum,
        recorded=recorded,
        authorities=question.trust.authorities,
    )


def _read_head(path: Path) -> bytes:
    data = find_file(path, MAX_NOTE + 1)
    if data is None:
        raise UnusableInputError(reason=f"no head at {path}")
    return data
