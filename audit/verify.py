"""Offline verification of an exported log against a pinned key: no database, no network, no clock.

Step by step, bounds first:
1. the head: strict note, origin of the pinned keys, and the signature if one of them has a line in it;
2. the kept head (`since`): not larger than the head (else rolled back; the entries are read all the same, for an
   incarnation among them that owns up to it);
3. every bundle that the head's size names: present, exactly framed;
4. every entry: canonical, schema, origin, key, signature, sequence, previous hash (`audit.chain`);
5. the root over the first `since.size` entries against the kept head, as soon as they are read;
6. the root over all against the head;
7. no file beyond those in the entries' folder;
8. the head again: signed by the key in force at its size, in a chain of keys that goes through a pinned one.

The log is streamed: memory does not grow with it. Not checked here: whether the rows of the database are as
recorded (`audit.online`), and whether somebody holds a newer head; only a head kept elsewhere can tell
that.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from audit.bundle import ENTRIES, MAX_BUNDLE, WIDTH, bundle_path, bundle_widths, parse_bundle
from audit.chain import ChainCheck, Diagnosis
from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.entry import Entry
from audit.errors import BundleMalformedError, NoteMalformedError, NoteUnverifiedError, UnusableInputError
from audit.keyring import Keyring
from audit.note import MAX_NOTE, VerifierKey, parse_note
from audit.verdict import RefutedError, Verdict, verified

CHECKPOINT = "checkpoint"
Progress = Callable[[int, int], None]


def verify_log(
    directory: Path,
    key: VerifierKey | Iterable[VerifierKey],
    since: bytes | None = None,
    progress: Progress | None = None,
    observe: Callable[[Entry], None] | None = None,
) -> Verdict:
    """Verify the log in `directory`.

    `key` is any key of the log that was pinned, or several; `since` is a signed head kept before; `progress` hears (entries done, of how many), `observe` every entry that holds so far:
    what it heard counts for nothing unless the log is verified in the end. Raises
    UnusableInputError when the folder holds no head at all or the kept head is not one of this key.
    """
    keyring = Keyring.of(key)
    check = ChainCheck(keyring, *((None, None) if since is None else open_kept_head(since, keyring)))
    kept = check.since
    data = _read(directory / CHECKPOINT, MAX_NOTE + 1)
    if data is None:
        raise UnusableInputError(reason=f"no {CHECKPOINT} in {directory}")
    try:
        head = _read_head(data, keyring)
        _check_entries(directory, head, check, progress, observe)
        _check_head(data, check.keyring)
    except RefutedError as finding:
        return finding.verdict(keyring.origin)
    return verified(keyring.origin, head.size, check.frontier.root(), None if kept is None else kept.size)


def open_kept_head(data: bytes, keyring: Keyring) -> tuple[Checkpoint, bytes | None]:
    """The head that the auditor kept, and its note if no pinned key signed it: then the entries tell which key must have.

    Raises UnusableInputError: a wrong kept head refutes nothing.
    """
    try:
        return read_head(data, keyring.pinned)
    except (NoteMalformedError, NoteUnverifiedError) as error:
        raise UnusableInputError(reason=f"the kept head: {error}") from error


def read_head(data: bytes, keys: Iterable[VerifierKey]) -> tuple[Checkpoint, bytes | None]:
    """A head of these keys' log; and its note again if none of them has a line in it, but another key of that name has.

    Raises NoteMalformedError or NoteUnverifiedError.
    """
    known = {bytes.fromhex(key.key_id): key for key in keys}
    lines = {
        line.key_hash
        for line in parse_note(data).signatures
        if line.name in {key.name for key in known.values()}
    }
    for key in (known[found] for found in lines & known.keys()):
        return open_checkpoint(data, key), None
    origin = next(iter(known.values())).name
    checkpoint = parse_checkpoint(parse_note(data).text)
    if not lines or checkpoint.origin != origin:
        raise NoteUnverifiedError(reason="key_unknown")
    return checkpoint, data


def _read_head(data: bytes, keyring: Keyring) -> Checkpoint:
    """The head, checked as far as the pinned keys go; `_check_head` finishes that when the log's keys are known."""
    try:
        return read_head(data, keyring.pinned)[0]
    except NoteMalformedError as error:
        raise RefutedError("head_malformed", reason=error.details["reason"]) from error
    except NoteUnverifiedError as error:
        unknown = error.details["reason"] == "key_unknown"
        raise RefutedError("head_key_unknown" if unknown else "head_altered") from error


def _check_head(data: bytes, keyring: Keyring) -> None:
    """The head is signed by the key in force at its size, and that is of a chain of keys through a pinned one."""
    if not keyring.is_pinned:
        if read_head(data, keyring.pinned)[1] is not None:
            raise RefutedError("head_key_unknown")
        keyring.check_pinned()
    key = keyring.server
    try:
        if key is None:
            raise NoteUnverifiedError(reason="key_unknown")
        open_checkpoint(data, key)
    except (NoteMalformedError, NoteUnverifiedError) as error:
        if error.details["reason"] == "signature_wrong":
            raise RefutedError("head_altered") from error
        hashes = {line.key_hash.hex() for line in parse_note(data).signatures if line.name == keyring.origin}
        retired = hashes & {one.key_id for one in keyring.retired}
        raise RefutedError("head_key_retired" if retired else "head_key_unknown") from error


def _check_entries(
    directory: Path,
    head: Checkpoint,
    check: ChainCheck,
    progress: Progress | None,
    observe: Callable[[Entry], None] | None,
) -> None:
    kept = check.since
    if kept is not None and kept.size > head.size:
        with suppress(RefutedError):
            for leaf in _leaves(directory, head.size):
                check.feed(leaf)
        raise check.contradiction("rolled_back", head.size, size=head.size, since=kept.size)
    if head.size == 0:
        raise RefutedError("entry_missing", 0)
    try:
        for leaf in _leaves(directory, head.size):
            entry = check.feed(leaf)
            if observe is not None:
                observe(entry)
            if progress is not None and (entry.seq % WIDTH == WIDTH - 1 or entry.seq == head.size - 1):
                progress(entry.seq + 1, head.size)
    except RefutedError as finding:
        raise _diagnose(directory, head.size, Diagnosis(finding, check.keyring)) from finding
    if check.frontier.root() != head.root:
        raise RefutedError("root_wrong")
    _check_nothing_more(directory, head.size)


def _diagnose(directory: Path, size: int, diagnosis: Diagnosis) -> RefutedError:
    if diagnosis.is_needed:
        try:
            for leaf in _leaves(directory, size):
                diagnosis.feed(leaf)
        except RefutedError:
            pass  # a later bundle is damaged too: name the first finding by what could be read
    return diagnosis.conclude()


def _leaves(directory: Path, size: int) -> Iterator[bytes]:
    for index, width in bundle_widths(size):
        path = bundle_path(index, width)
        data = _read(directory / path, MAX_BUNDLE + 1)
        if data is None:
            raise RefutedError("bundle_missing", index * WIDTH, file=path)
        try:
            yield from parse_bundle(data, width)
        except BundleMalformedError as error:
            raise RefutedError(
                "bundle_malformed", index * WIDTH, file=path, reason=error.details["reason"]
            ) from error


def _check_nothing_more(directory: Path, size: int) -> None:
    expected = {directory / bundle_path(index, width) for index, width in bundle_widths(size)}
    for path in sorted((directory / ENTRIES).rglob("*")):
        if not path.is_dir() and path not in expected:
            raise RefutedError("bundle_unexpected", file=path.relative_to(directory).as_posix())


def _read(path: Path, limit: int) -> bytes | None:
    """At most `limit` bytes of a file, or None when there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(limit)
