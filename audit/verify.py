"""Offline verification of an exported log against pinned keys: no database, no network, no clock.

Step by step, bounds first:
1. the head: strict note, origin of the pinned keys, the signature if one of them has a line in it, and enough cosignatures
   where witnesses are trusted (`audit.headcheck`);
2. the kept heads: none larger than the head (else rolled back; the entries are read all the same, for an incarnation among them that
   owns up to it);
3. every bundle that the head's size names: present, exactly framed (`audit.files`);
4. every entry: canonical, schema, origin, key, signature, sequence, previous hash (`audit.chain`);
5. the root over the first entries against each kept head, as soon as they are read;
6. the root over all against the head;
7. no file beyond those in the entries' folder;
8. the head again: signed by the key in force at its size, in a chain of keys that goes through a pinned one;
9. what the city's log recorded of this one, where that is given (`audit.witnessed`);
10. the files beside the entries: hash tiles and published checkpoint (`audit.tilefiles`), time tokens (`audit.stampfiles`).

The log is streamed: memory does not grow with it. With several processes, stretches are judged ahead by workers (`audit.stretch`); the
verdict is the same. With `quick`, steps 4 and 8 to 10 are left out (`audit.quick`), and the verdict says so. Not checked here: whether the rows of the
database are as recorded, and whether somebody holds a newer head; only a head kept elsewhere can tell that.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import Certificate

from audit.bundle import WIDTH
from audit.chain import ChainCheck, Diagnosis, KeptHead
from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessKey
from audit.crew import Crew
from audit.entry import Entry
from audit.errors import UnusableInputError
from audit.files import check_nothing_more, find_file, read_leaves
from audit.headcheck import check_cosigned, check_head, open_head, open_kept_head
from audit.keyring import Keyring
from audit.note import MAX_NOTE, VerifierKey
from audit.quick import RUN, Run, find_fold, fold
from audit.stampfiles import StampFiles
from audit.stretch import STRETCH, Handed, Listener, Task, judge, take
from audit.tilefiles import check_files
from audit.tree import EMPTY_ROOT, Frontier, leaf_hash
from audit.verdict import RefutedError, Verdict, verified
from audit.witnessed import Witnessed, check_witnessed

CHECKPOINT = "checkpoint"
Progress = Callable[[int, int], None]


def verify_log(
    directory: Path,
    key: VerifierKey | Iterable[VerifierKey],
    since: bytes | Sequence[bytes] | None = None,
    progress: Progress | None = None,
    observe: Callable[[Entry], None] | None = None,
    *,
    listener: Listener | None = None,
    processes: int = 1,
    quick: bool = False,
    witnesses: Sequence[WitnessKey] = (),
    quorum: int = 0,
    recorded: Sequence[Witnessed] = (),
    authorities: Sequence[Certificate] = (),
) -> Verdict:
    """Verify the log in `directory`.

    `key` is any key of the log that was pinned, or several; `since` are signed heads kept before, `recorded` what the city's verified log
    recorded of this one; `progress` hears (entries done, of how many); `observe` every entry that holds so far, `listener` some of them: what they heard
    counts for nothing unless the log is verified in the end; `authorities` are certificates of time authorities. Raises UnusableInputError when the folder holds no head at all or a
    kept head is not one of this log.
    """
    keyring = Keyring.of(key)
    notes = (since,) if isinstance(since, bytes) else since or ()
    kept = tuple(open_kept_head(note, keyring) for note in notes)
    data = find_file(directory / CHECKPOINT, MAX_NOTE + 1)
    if data is None:
        raise UnusableInputError(reason=f"no {CHECKPOINT} in {directory}")
    ears = Listener(observe, None) if observe is not None else listener or Listener()
    try:
        head = open_head(data, keyring)
        cosigned = check_cosigned(data, witnesses, quorum) if witnesses else None
        files, stamps = StampFiles(directory, authorities), None
        reading = _Reading(directory, head.checkpoint, files.listen(ears), progress, processes)
        national = None
        if quick:
            reading.check_quickly(head, kept)
        else:
            asked = files.find_sizes().union(one.checkpoint.size for one in recorded)
            check = ChainCheck(keyring, kept, roots=dict.fromkeys(asked, EMPTY_ROOT))
            reading.check_entries(check)
            check_head(data, check.keyring)
            check_witnessed(
                recorded, keyring.origin, check.keyring.known, head.size, check.roots, check.incarnations
            )
            hashes = map(leaf_hash, read_leaves(directory, head.size))
            check_files(directory, hashes, check.keyring.known)
            stamps = files.check(check.keyring.known, check.roots)
            national = check.keyring.national
    except RefutedError as finding:
        return finding.verdict(keyring.origin)
    vouched = max((one.size for one in kept), default=None)
    size, root = head.checkpoint.size, head.checkpoint.root
    held = verified(keyring.origin, size, root, vouched, sm2=national, quick=quick, cosigned=cosigned)
    return held.with_stamps(stamps)


@dataclass(slots=True)
class _Reading:
    """One reading of the entries below a head."""

    directory: Path
    head: Checkpoint
    listener: Listener
    progress: Progress | None
    processes: int
    _handed: Handed | None = None

    def check_entries(self, check: ChainCheck) -> None:
        """Steps 2 to 7. Raises RefutedError."""
        ahead = [kept for kept in check.kept if kept.size > self.head.size]
        if ahead:
            with suppress(RefutedError):
                self._read(check)
            raise self._rolled_back(check, min(ahead, key=lambda kept: kept.size))
        if self.head.size == 0:
            raise RefutedError("entry_missing", 0)
        try:
            self._read(check)
        except RefutedError as finding:
            raise self._diagnose(Diagnosis(finding, check.keyring)) from finding
        if check.frontier.root() != self.head.root:
            raise RefutedError("root_wrong")
        check_nothing_more(self.directory, self.head.size)

    def check_quickly(self, head: KeptHead, kept: Sequence[KeptHead]) -> None:
        """Steps 2, 3, 5 to 7. Raises RefutedError; UnusableInputError for a kept head that no pinned key signed."""
        if head.note is not None:
            raise RefutedError("head_key_unknown")
        if any(one.note is not None for one in kept):
            raise UnusableInputError(
                reason="a kept head that no pinned key signed needs the whole verification"
            )
        roots = self._fold(kept)
        for one in sorted(kept, key=lambda one: one.size):
            if one.size > self.head.size:
                raise RefutedError("rolled_back", self.head.size, size=self.head.size, since=one.size)
            if roots[one.size] != one.checkpoint.root:
                raise RefutedError("history_rewritten", since=one.size)
        if self.head.size == 0:
            raise RefutedError("entry_missing", 0)
        if roots[self.head.size] != self.head.root:
            raise RefutedError("root_wrong")
        check_nothing_more(self.directory, self.head.size)

    def _rolled_back(self, check: ChainCheck, kept: KeptHead) -> RefutedError:
        return check.contradiction(kept, "rolled_back", self.head.size, size=self.head.size)

    def _read(self, check: ChainCheck) -> None:
        """Feed the check every entry, or what workers found of them."""
        self._feed(check, min(STRETCH, self.head.size))
        with Crew(self._workers(STRETCH)) as crew:
            for task, found in crew.run(judge, self._tasks(check)):
                if take(check, task, found, self.listener):
                    self._tell(task.end)
                else:
                    self._feed(check, task.end)

    def _workers(self, length: int) -> int:
        """As many as there is work for; none where one process does it, or has to hear every entry."""
        if self.processes < 2 or self.listener.operations is None:
            return 0
        return min(self.processes, (self.head.size - 1) // length)

    def _feed(self, check: ChainCheck, end: int) -> None:
        for leaf in read_leaves(self.directory, self.head.size, check.seq, end):
            entry = check.feed(leaf)
            self.listener.hear(entry)
            if (entry.seq + 1) % WIDTH == 0 or entry.seq + 1 == self.head.size:
                self._tell(entry.seq + 1)

    def _tasks(self, check: ChainCheck) -> Iterator[Task]:
        sizes = sorted({*check.roots, *(kept.size for kept in check.kept)})
        for start in range(STRETCH, self.head.size, STRETCH):
            end = min(start + STRETCH, self.head.size)
            if self._handed is None or self._handed.keyring is not check.keyring:
                self._handed = Handed(check.keyring)
            yield Task(
                self.directory,
                self.head.size,
                start,
                end,
                self._handed,
                check.latest is not None,
                tuple(sizes[bisect_right(sizes, start) : bisect_right(sizes, end)]),
                self.listener.operations or frozenset(),
                self.listener.rows is not None,
                self.listener.foreign,
            )

    def _fold(self, kept: Sequence[KeptHead]) -> dict[int, bytes]:
        """The roots at the sizes of the kept heads and of the head, as the leaves lie."""
        frontier, sizes = Frontier(), {one.size for one in kept}
        roots = {0: frontier.root()}
        with Crew(self._workers(RUN) if self.processes > 1 else 0) as crew:
            for run, found in crew.run(find_fold, self._runs(sizes)):
                folded, parts = found or fold(run)
                roots |= {size: frontier.join(part).root() for size, part in parts}
                frontier = frontier.join(folded)
                self._tell(run.end)
        return roots | {frontier.size: frontier.root()}

    def _runs(self, sizes: Iterable[int]) -> Iterator[Run]:
        for start in range(0, self.head.size, RUN):
            end = min(start + RUN, self.head.size)
            within = tuple(size for size in sizes if start < size <= end)
            yield Run(self.directory, self.head.size, start, end, within)

    def _tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.head.size)

    def _diagnose(self, diagnosis: Diagnosis) -> RefutedError:
        if diagnosis.is_needed:
            # A later bundle may be damaged too: the first finding is named by what can be read.
            with suppress(RefutedError):
                for leaf in read_leaves(self.directory, self.head.size):
                    diagnosis.feed(leaf)
        return diagnosis.conclude()
