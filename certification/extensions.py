"""Extensions (延期) of a window, as acts use them: which moment closes it now, and which entry an act that came late cites.

The rule upheld here: what is admitted late says by whose confirmation, so that a county's log alone leads to the city's entry. Which
extensions are for whom is read in certification/windows.py. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from audit.entry import Cite
from certification.changes import Change
from certification.errors import InvariantError
from certification.programme import Programme, RosterStep, Step


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An extension in force for what was asked, and the city's entry that confirmed it."""

    id: UUID
    stage: str
    closes_at: datetime
    entry: Cite


def latest_closes(extensions: Iterable[Confirmed]) -> Mapping[str, datetime]:
    """Stage → the latest moment to which it is extended."""
    found: dict[str, datetime] = {}
    for one in extensions:
        found[one.stage] = max(one.closes_at, found.get(one.stage, one.closes_at))
    return found


def cite_late(
    change: Change,
    programme: Programme,
    row: Step | RosterStep,
    extensions: Sequence[Confirmed],
    now: datetime,
) -> Change:
    """The change; if the row's own window has closed, with the extension that admitted it."""
    if row.window is None or now < programme.windows[row.window].closes_at:
        return change
    return cite_extension(change, row.window, extensions)


def cite_extension(change: Change, stage: str, extensions: Sequence[Confirmed]) -> Change:
    """The change, saying and citing the extension of the stage that ends last."""
    found = [one for one in extensions if one.stage == stage]
    if not found:
        raise InvariantError("an act was admitted late without an extension")
    needed = max(found, key=lambda one: (one.closes_at, one.entry.seq))
    return replace(
        change,
        intent={**change.intent, "extension": str(needed.id)},
        cites=(*change.cites, needed.entry),
    )
