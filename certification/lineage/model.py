"""The rows that a change of divisions writes: units, their codes, where they came from and where they went on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

COMMUNITIES: Final = ("community", "village")
"""Kinds of unit that have a history of certifications and reviews."""


class UnitChangeKind(StrEnum):
    """What is done to units (区划变更)."""

    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    RENAME = "rename"
    RECODE = "recode"


@dataclass(frozen=True, slots=True)
class Unit:
    """A place through time; `valid_to` is exclusive."""

    tenant_id: int
    id: UUID
    parent_id: UUID | None
    kind: str
    name: str
    sort_key: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class UnitCode:
    """A statistical code of a unit and its days."""

    tenant_id: int
    unit_id: UUID
    code: str
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class UnitLineage:
    """Where a unit came from, in the log of the successor."""

    tenant_id: int
    id: UUID
    unit_id: UUID
    kind: str
    predecessor_tenant_id: int
    predecessor_unit_id: UUID
    effective_on: date
    source: str


@dataclass(frozen=True, slots=True)
class UnitSuccession:
    """Where a unit went on, in the log of the predecessor; `carried`: with its history."""

    tenant_id: int
    id: UUID
    unit_id: UUID
    kind: str
    successor_tenant_id: int
    successor_unit_id: UUID
    carried: bool
    effective_on: date
    source: str
