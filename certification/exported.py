"""A community's facts from an exported log: what an auditor folds without us, with no database and no network.

    DIR/tile/entries/…      read in order, twice: which units the community goes on from, then what is told of them

Entries from before entries said facts tell nothing here, as what they bound is not in the log: `untold` names them. The log is streamed, so
memory does not grow with it. Whether it is whole is `audit.verify`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from audit.bundle import ENTRIES, MAX_BUNDLE, WIDTH, bundle_path, parse_bundle
from audit.entry import Cite, Entry, parse_entry
from audit.errors import UnusableInputError
from certification.fact import FactKind, parse_fact
from certification.history import Facts, History, Told, first_year
from certification.older import OPERATIONS


@dataclass(frozen=True, slots=True)
class Exported:
    """What the log tells of a community, and the entries of it whose facts are not in it."""

    facts: Facts
    untold: tuple[int, ...]


def read_exported(directory: Path, community_id: UUID) -> Exported:
    """Read a log's folder. Raises UnusableInputError for one without entries; BundleMalformedError, EntryMalformedError."""
    if not (directory / ENTRIES).is_dir():
        raise UnusableInputError(reason=f"no entries in {directory}")
    before: dict[UUID, set[UUID]] = {}
    untold = []
    for entry in _entries(directory):
        if entry.draft.operation in OPERATIONS and "facts" not in entry.draft.intent and _certifies(entry):
            untold.append(entry.seq)
        for one in _tell(entry):
            if one.fact.kind == FactKind.SUCCEEDED:
                before.setdefault(one.fact.community_id, set()).add(one.fact.subject_id)
    line, waiting = {community_id}, [community_id]
    while waiting:
        found = before.get(waiting.pop(), set()) - line
        line |= found
        waiting += found
    told = tuple(
        one for entry in _entries(directory) for one in _tell(entry) if one.fact.community_id in line
    )
    return Exported(Facts(community_id, told), tuple(untold))


def _certifies(entry: Entry) -> bool:
    return entry.draft.operation != "application.followed" or any(
        row.table == "certifications" for row in entry.draft.rows
    )


def _tell(entry: Entry) -> Iterator[Told]:
    facts: Any = entry.draft.intent.get("facts", ())
    cite = Cite(entry.origin, entry.seq, entry.hash)
    for position, fact in enumerate(facts):
        yield Told(parse_fact(fact), cite, position, entry.draft.time)


def _entries(directory: Path) -> Iterator[Entry]:
    """Every entry, bundle by bundle; the last may be of less than the full width."""
    for index in range(2**31):
        path = directory / bundle_path(index)
        width = WIDTH
        if not path.is_file():
            parts = sorted(
                (directory / bundle_path(index, 1)).parent.glob("*"), key=lambda one: int(one.name)
            )
            if not parts:
                return
            path, width = parts[-1], int(parts[-1].name)
        with path.open("rb") as file:
            data = file.read(MAX_BUNDLE + 1)
        yield from map(parse_entry, parse_bundle(data, width))
        if width < WIDTH:
            return


def describe_history(history: History, passes: int) -> dict[str, object]:
    """A history as JSON values, each part with the entry that shows it."""
    held, broken = history.certified, history.broken_by
    return {
        "level": history.level,
        "on": history.day.isoformat(),
        "certified": None
        if held is None
        else {
            "entry": _cite(held.cite),
            "legacy": held.legacy,
            "on": held.on.isoformat(),
            "state": held.state,
            "state_on": None if held.state_on is None else held.state_on.isoformat(),
        },
        "stands": history.stands,
        "years": [
            {"entry": _cite(one.cite), "legacy": one.legacy, "result": one.result, "year": one.label}
            for one in history.years
        ],
        "streak": history.streak,
        "broken_by": None
        if broken is None
        else {"entry": _cite(broken.cite), "kind": broken.kind, "year": broken.year},
        "first_year": first_year(history, passes),
    }


def _cite(cite: Cite | None) -> dict[str, object] | None:
    return None if cite is None else {"hash": cite.hash.hex(), "origin": cite.origin, "seq": cite.seq}
