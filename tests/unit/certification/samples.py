"""Values for tests of rules: the delivered programme, people, views; no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.entry import Cite
from certification.fact import Fact, certified, changed, reviewed
from certification.figures import Figure
from certification.history import Facts, Told
from certification.life import ApplicationView, decide_form_history
from certification.programme import Programme
from certification.reader import load_programme

CITY, COUNTY, ELSEWHERE = 1, 2, 3
BEFORE = datetime(2022, 4, 24, 15, 59, 59, 999999, tzinfo=UTC)
OPENS = datetime(2022, 4, 24, 16, tzinfo=UTC)
RECOMMENDING = datetime(2022, 5, 1, tzinfo=UTC)
LAST = datetime(2022, 5, 15, 15, 59, 59, 999999, tzinfo=UTC)
REVIEWING = datetime(2022, 5, 15, 16, tzinfo=UTC)
REVIEW_LAST = datetime(2022, 5, 30, 15, 59, 59, 999999, tzinfo=UTC)
AFTER = datetime(2022, 5, 30, 16, tzinfo=UTC)
HASH = bytes(range(32))


def named(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:xingji:test:{name}")


COMMUNITY, STREET, COUNTY_UNIT = named("community"), named("street"), named("county")


@cache
def programme() -> Programme:
    return load_programme("zhoukou-2022")


def good_figures(level: str, found: Programme | None = None) -> tuple[Figure, ...]:
    """Every figure of a level of a programme, exactly as good as it can be asked for."""
    return tuple(
        Figure(one.code, group, holds=True)
        if one.comparison == "yes"
        else Figure(one.code, group, numerator=120, denominator=120)
        if one.per
        else Figure(one.code, group, count=one.threshold or 0)
        for one in (found or programme()).indicators
        if one.level == level and one.comparison != "history"
        for group in one.group_codes
    )


@dataclass(frozen=True, slots=True)
class SomeRole:
    name: str
    unit_id: UUID
    unit_kind: str = ""


@dataclass(frozen=True, slots=True)
class Someone:
    person_id: UUID
    home_tenant_id: int
    roles: Sequence[SomeRole]
    oversees: bool = False


def someone(role: str, who: str | None = None) -> Someone:
    """A person who may act for the sample community in that role."""
    unit = {"community_clerk": COMMUNITY, "street_officer": STREET}.get(role, COUNTY_UNIT)
    city = role == "city_officer"
    return Someone(named(who or role), CITY if city else COUNTY, (SomeRole(role, unit),), oversees=city)


def told(community: UUID, facts: Sequence[Fact], origin: str = "xingji/2") -> Facts:
    """Each fact said by an entry of its own, a day after the one before."""
    return Facts(
        community,
        tuple(
            Told(fact, Cite(origin, seq, HASH), 0, datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seq))
            for seq, fact in enumerate(facts, 1)
        ),
    )


def a_view(status: str | None, **changes: Any) -> ApplicationView:
    """An application of the sample community that nobody but `filer` has touched."""
    filed = status is not None
    values: dict[str, Any] = {
        "tenant_id": COUNTY,
        "campaign_tenant_id": CITY,
        "level": "provincial",
        "status": status,
        "community_id": COMMUNITY,
        "street_id": STREET,
        "filed_by": named("filer") if filed else None,
        "form_authors": (named("filer"),) if filed else (),
        "form_hash": HASH if filed else None,
        "figures": good_figures(changes.get("level", "provincial")) if filed else (),
        **changes,
    }
    return ApplicationView(**values)


def a_star_view(status: str | None, *, state: str | None = None, **changes: Any) -> ApplicationView:
    """As `a_view` for star, of a community certified in 2018 and passed since, with a form that says so."""
    past = [
        certified(COMMUNITY, named("certification"), "provincial", date(2018, 7, 2), legacy=True),
        *(
            reviewed(COMMUNITY, named(f"{year}"), "provincial", year, "pass", legacy=True)
            for year in (2019, 2020, 2021)
        ),
    ]
    view = a_view(status, level="star", facts=told(COMMUNITY, past), **changes)
    if status is not None:
        view = replace(view, form_history=decide_form_history(programme(), view, RECOMMENDING)[:2])
    out = changed(COMMUNITY, named("certification"), "provincial", date(2022, 4, 1), state)
    return replace(view, facts=told(COMMUNITY, [*past, out]))
