"""What somebody watches: a row, how the log says that there is something new of it, and what is told of it.

A subscription's resolver answers a Topic and nothing else: it reads nothing. graphql_schema/live.py does the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from graphql_schema.declare import Outcome
from graphql_schema.ids import NodeRef
from tenancy.database import TenantConnection


@dataclass(frozen=True, slots=True)
class Topic:
    """`ref` is the row, which the watcher must reach. `after`: the sequence that the watcher has seen, None for nothing yet.

    `find_last` gives the sequence of the last entry that concerns the row, in its tenant's log; `tell` the event of a sequence.
    """

    ref: NodeRef
    after: int | None
    find_last: Callable[[TenantConnection, UUID], Awaitable[int | None]]
    tell: Callable[[int], Outcome]
