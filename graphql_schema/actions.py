"""What the reader may do now with an application, and why not: the hook that the field `availableActions` calls.

The programme's table of transitions decides (certification/programme.py); this module only hands it the row and the reader. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql_schema.session import Session


@dataclass(frozen=True, slots=True)
class Availability:
    """One action: its name, whether it is allowed, and the code of the refusal when it is not."""

    action: str
    allowed: bool
    reason: str | None


def decide_actions(row: Mapping[str, Any], session: Session) -> list[Availability]:
    """The actions open to the reader on a row of `status`, `level`, `campaign_id`, `tenant_id`.

    Until the programme is loaded no action is on offer.
    """
    return []
