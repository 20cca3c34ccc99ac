"""Reading the files of an exported log, a bundle at a time: what is missing, broken or too many is found here, and judged nowhere.

Only regular files are opened, and never more of one than its format allows: a pipe or a device in an export cannot hold the reader up.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from audit.bundle import ENTRIES, MAX_BUNDLE, WIDTH, bundle_path, parse_bundle
from audit.errors import BundleMalformedError
from audit.verdict import RefutedError


def find_file(path: Path, limit: int) -> bytes | None:
    """At most `limit` bytes of a regular file, or None when there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(limit)


def read_bundles(directory: Path, size: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bundles of the entries from `start`, a multiple of 256, to before `end`, as they lie. Raises RefutedError."""
    stop = size if end is None else end
    for index in range(start // WIDTH, (stop + WIDTH - 1) // WIDTH):
        path = bundle_path(index, min(WIDTH, size - index * WIDTH))
        data = find_file(directory / path, MAX_BUNDLE + 1)
        if data is None:
            raise RefutedError("bundle_missing", index * WIDTH, file=path)
        yield data


def read_leaves(directory: Path, size: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The leaves from `start` to before `end`, a multiple of 256 or the size, one by one. Raises RefutedError."""
    for index, data in enumerate(read_bundles(directory, size, start, end), start // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        try:
            yield from parse_bundle(data, width)
        except BundleMalformedError as error:
            raise RefutedError(
                "bundle_malformed",
                index * WIDTH,
                file=bundle_path(index, width),
                reason=error.details["reason"],
            ) from error


def check_nothing_more(directory: Path, size: int) -> None:
    """No file stands among the entries but the bundles of a log of this size. Raises RefutedError for the first."""
    for path in _walk(directory, ENTRIES):
        if not _is_bundle(path, size):
            raise RefutedError("bundle_unexpected", file=path.as_posix())


def _walk(directory: Path, below: PurePosixPath) -> Iterator[PurePosixPath]:
    """What is no folder below a folder, in the order of the names; links are not followed."""
    try:
        with os.scandir(directory / below) as found:
            names = sorted((one.name, one.is_dir(follow_symlinks=False)) for one in found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, is_folder in names:
        if is_folder:
            yield from _walk(directory, below / name)
        else:
            yield below / name


def _is_bundle(path: PurePosixPath, size: int) -> bool:
    """Whether a log of this size has a bundle of this very path."""
    groups = path.relative_to(ENTRIES).parts
    is_partial = len(groups) > 1 and groups[-2].endswith(".p")
    digits = "".join(groups[:-1] if is_partial else groups).replace("x", "").removesuffix(".p")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        return False
    index = int(digits)
    return index * WIDTH < size and path == bundle_path(index, min(WIDTH, size - index * WIDTH))
