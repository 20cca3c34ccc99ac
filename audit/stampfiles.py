"""The time tokens of an export, each beside the published note that it is over, against the entries that recorded them.

    DIR/timestamp/600.note      the published checkpoint of 600 entries, with its cosignatures, byte for byte
    DIR/timestamp/600.tst       the token over SHA-256 of that file (DER)

Every token that an entry of the log records is there, no other file is, and the stamped note is signed by a key of the log and is of its first entries.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate

from audit.checkpoint import open_checkpoint
from audit.entry import Entry
from audit.errors import NoteMalformedError, NoteUnverifiedError
from audit.files import find_file
from audit.note import MAX_NOTE, VerifierKey
from audit.stampcheck import StampCheck, is_recorded
from audit.stretch import Listener
from audit.timestamped import TIMESTAMPED, Timestamped, find_timestamped
from audit.timetoken import MAX_TOKEN
from audit.verdict import RefutedError, Stamps

FOLDER: Final = "timestamp"
_NAME: Final = re.compile(r"([1-9][0-9]{0,15})\.(?:note|tst)", re.ASCII)


def stamp_paths(size: int) -> tuple[str, str]:
    """The names of note and token in an export."""
    return f"{FOLDER}/{size}.note", f"{FOLDER}/{size}.tst"


@dataclass(slots=True)
class StampFiles:
    """The files of `directory`; `entries` are those that record tokens, as they were heard."""

    directory: Path
    authorities: Sequence[Certificate] = ()
    entries: list[Entry] = field(default_factory=list)

    def find_sizes(self) -> frozenset[int]:
        """The sizes at which the log's root is asked for: those that files are named after."""
        names = (_NAME.fullmatch(path.name) for path in self._files())
        return frozenset(int(name[1]) for name in names if name is not None)

    def listen(self, ears: Listener) -> Listener:
        """Hears for us and for `ears`."""
        if ears.operations is None:
            return replace(ears, entry=self._hear_for(ears))
        return replace(ears, entry=self._hear_for(ears), operations=ears.operations | {TIMESTAMPED})

    def check(self, keys: Sequence[VerifierKey], roots: Mapping[int, bytes]) -> Stamps | None:
        """Hold the files against what was heard, when the entries hold. Raises RefutedError."""
        check, expected = StampCheck(self.authorities), set[Path]()
        for entry in self.entries:
            if (recorded := find_timestamped(entry)) is not None:
                expected |= self._check(recorded, check, keys, roots)
        for path in self._files():
            if path not in expected:
                raise RefutedError("bundle_unexpected", file=path.relative_to(self.directory).as_posix())
        return check.conclude()

    def _check(
        self,
        recorded: Timestamped,
        check: StampCheck,
        keys: Sequence[VerifierKey],
        roots: Mapping[int, bytes],
    ) -> set[Path]:
        names = stamp_paths(recorded.size)
        limits, hashes = (MAX_NOTE, MAX_TOKEN), (recorded.note, recorded.token)
        data: list[bytes] = []
        for name, limit, hash_ in zip(names, limits, hashes, strict=True):
            found = find_file(self.directory / name, limit + 1)
            if found is None or not is_recorded(found, hash_):
                raise RefutedError("timestamp_file_wrong", recorded.seq, file=name)
            data.append(found)
        if _read_checkpoint(data[0], keys) != (recorded.size, roots.get(recorded.size)):
            raise RefutedError("timestamp_contradicted", recorded.seq, size=recorded.size)
        check.check(recorded, *data)
        return {self.directory / name for name in names}

    def _files(self) -> list[Path]:
        return sorted((self.directory / FOLDER).rglob("*"))

    def _hear_for(self, ears: Listener) -> Callable[[Entry], None]:
        def hear(entry: Entry) -> None:
            if entry.draft.operation == TIMESTAMPED:
                self.entries.append(entry)
            ears.tell(entry)

        return hear


def _read_checkpoint(note: bytes, keys: Iterable[VerifierKey]) -> tuple[int, bytes] | None:
    """Size and root of a note that a key of the log has signed."""
    for key in keys:
        try:
            checkpoint = open_checkpoint(note, key)
        except (NoteUnverifiedError, NoteMalformedError):
            continue
        return checkpoint.size, checkpoint.root
    return None
