"""What one request carries: who asks, when, in which language, and the door to the rows.

A session is made by the boundary for every request and is never kept. It decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tenancy.database import Database
from tenancy.identity import Principal

Locale = Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class Session:
    """One request. `now` is aware UTC; `signers` is handed to mutations untouched."""

    principal: Principal | None
    now: datetime
    database: Database
    locale: Locale = "zh-CN"
    trace_id: str = ""
    signers: Any = None
