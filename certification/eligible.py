"""Who may apply for a level, as SQL over `standings`: the answer of the fold (certification/history.py), for a whole city in one statement.

    rules     what each level of a programme asks for: of the latest campaign of a county's city, or of one that is named
    reason    NULL where the history suffices, else in one word what lacks, as `history.find_reason` says it; `held` for what is certified
              as the level applied for already, where the programme certifies nobody again

The marks of the years stand in a row as letters, so "the last n cycles are passed" is a match of a pattern. A property test holds the two
together (tests/property/certification/test_projection.py). Text with names of ours; nothing that anybody typed is put into it.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on

from certification.history import HELD
from certification.reviews.tables import standings
from certification.tables import campaigns
from tenancy.tables import tenants, units

ZONE: Final = "Asia/Shanghai"
"""The days of a list are the city's, as those of a public list."""
ELIGIBLE: Final = "eligible"
_numbers: Final = count()
"""Rules are named apart, as a statement may ask for several."""

_LEVELS: Final = (
    "json_array_elements({latest}.programme::json -> 'levels') WITH ORDINALITY AS l(value, place)"
)
_HELD: Final = literal_column("l.value -> 'requires' ->> 'certified'", Text)
_NAME: Final = """(SELECT held -> 'name' FROM json_array_elements({latest}.programme::json -> 'levels') AS held
  WHERE held ->> 'code' = l.value -> 'requires' ->> 'certified')"""
_RULE: Final = f"""json_build_object('level', l.value -> 'code', 'name', l.value -> 'name', 'held_name', {_NAME}, 'requires', l.value -> 'requires',
  'history', {{latest}}.programme::json -> 'history')"""


def rules_of(
    cities: ColumnElement[Any], campaign: ColumnElement[Any] | None = None, *, every: bool = False
) -> CTE:
    """(campaign_id, tenant_id, level, applying_for, passes, cycle, rectified, suspended, again, rule), worked out once a statement.

    `cities` is an array: the tenants whose campaigns the reader sees; of each the latest, or with `every` all. `level` is the one that must be
    held, `applying_for` the first that asks for it; `rule` is what `reader.parse_asking` takes.
    """
    found = select(campaigns.c.tenant_id, campaigns.c.id, campaigns.c.programme).where(
        campaigns.c.tenant_id == any_(cities), true() if campaign is None else campaigns.c.id == campaign
    )
    if not every:
        found = found.ext(distinct_on(campaigns.c.tenant_id)).order_by(
            campaigns.c.tenant_id, campaigns.c.opened_at.desc(), campaigns.c.id.desc()
        )
    number = next(_numbers)
    latest = found.cte(f"latest_{number}")
    levels, rule = (one.format(latest=latest.name) for one in (_LEVELS, _RULE))
    return (
        select(
            latest.c.id.label("campaign_id"),
            tenants.c.id.label("tenant_id"),
            _HELD.label("level"),
            literal_column("l.value ->> 'code'", Text).label("applying_for"),
            literal_column("(l.value -> 'requires' ->> 'annual_passes')::int", Integer).label("passes"),
            _setting(latest, "cycle_years", Integer(), "1").label("cycle"),
            _setting(latest, "rectified_counts", Boolean(), "true").label("rectified"),
            _setting(latest, "suspended_stands", Boolean(), "false").label("suspended"),
            _setting(latest, "certified_again", Boolean(), "true").label("again"),
            cast(literal_column(rule), Text).label("rule"),
        )
        .select_from(latest.join(tenants, tenants.c.parent_id == latest.c.tenant_id), text(levels))
        .where(_HELD.is_not(None))
        .ext(distinct_on(latest.c.id, tenants.c.id, _HELD))
        .order_by(latest.c.id, tenants.c.id, _HELD, literal_column("l.place"))
        .cte(f"rules_{number}")
        .prefix_with("MATERIALIZED")
    )


def _setting(latest: CTE, name: str, type_: Any, default: str) -> ColumnElement[Any]:
    found = literal_column(f"{latest.name}.programme::json -> 'history' -> '{name}' ->> 'value'", Text)
    return func.coalesce(cast(found, type_), literal_column(default, type_), type_=type_)


def asks(rules: FromClause, row: FromClause) -> ColumnElement[bool]:
    """The rule is of the row's county and level."""
    return and_(rules.c.tenant_id == row.c.tenant_id, rules.c.level == row.c.level)


def today(now: ColumnElement[Any]) -> ColumnElement[Any]:
    """The local day of a moment."""
    return cast(func.timezone(literal_column(f"'{ZONE}'"), now), Date)


def in_span(row: FromClause, day: ColumnElement[Any]) -> ColumnElement[bool]:
    """The row of `standings` holds on the day, and its community is there on that day, as the map is now."""
    there: Select[Any] = select(literal_column("1")).where(
        units.c.tenant_id == row.c.tenant_id, units.c.id == row.c.community_id, is_there(units, day)
    )
    spans = and_(row.c.valid_from <= day, or_(row.c.valid_to.is_(None), row.c.valid_to > day))
    return and_(spans, there.correlate(row).exists())


def is_there(unit: FromClause, day: ColumnElement[Any]) -> ColumnElement[bool]:
    """The unit exists on the day."""
    return and_(unit.c.valid_from <= day, or_(unit.c.valid_to.is_(None), unit.c.valid_to > day))


def reason_of(row: FromClause, rules: FromClause, day: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL: it may apply on the day; else why not: `held`, `suspended`, `revoked`, `failed`, `missing`, `too_early`.

    `row` is an alias of `standings` that holds on the day, `rules` the rule that asks.
    """
    s, r = str(row.name), str(rules.name)  # type: ignore[attr-defined]
    since = f"CASE WHEN {r}.suspended THEN {s}.since_suspended ELSE {s}.since END"
    year = func.date_part(literal_column("'year'"), day)
    behind = cast(year, Integer) - literal_column("1", Integer) - literal_column(since, Integer)
    cycles = behind // literal_column(f"{r}.cycle", Integer)
    closed = func.greatest(literal_column("0", Integer), cycles, type_=Integer)
    counted = select(literal_column(since, Integer).label("since"), closed.label("closed")).lateral("counted")
    marks = (
        f"rpad(substr({s}.marks, counted.since - {s}.base + greatest(0, counted.closed - {r}.passes) * {r}.cycle + 1,"
        f" least(counted.closed, {r}.passes) * {r}.cycle), least(counted.closed, {r}.passes) * {r}.cycle, '-')"
    )
    good, bad = (f"CASE WHEN {r}.rectified THEN '{a}' ELSE '{b}' END" for a, b in (("pr", "p"), ("f", "fr")))
    passed = f"'^((?!-{{' || {r}.cycle || '}})[' || {good} || '-]{{' || {r}.cycle || '}}){{' || {r}.passes || '}}$'"
    missed = f"'^(.{{' || {r}.cycle || '}})*-{{' || {r}.cycle || '}}'"
    lacks = f"""CASE WHEN counted.since IS NULL THEN {s}.state
      WHEN counted.closed >= {r}.passes AND {marks} ~ ({passed}) THEN NULL
      WHEN {marks} ~ ('[' || {bad} || ']') THEN 'failed' WHEN {marks} ~ ({missed}) THEN 'missing' ELSE 'too_early' END"""
    found = select(literal_column(lacks, Text)).select_from(counted).scalar_subquery()
    above = standings.alias("above")
    held = (
        select(literal_column("1"))
        .where(is_above(above, row, rules, day), above.c.since_suspended.is_not(None))
        .correlate(row, rules)
        .exists()
    )
    return case((and_(~rules.c.again, held), literal_column(f"'{HELD}'", Text)), else_=found)


def is_above(
    above: FromClause, row: FromClause, rules: FromClause, day: ColumnElement[Any]
) -> ColumnElement[bool]:
    """`above` is how the same community stands on the day as the level that is applied for."""
    same = and_(above.c.tenant_id == row.c.tenant_id, above.c.community_id == row.c.community_id)
    spans = and_(above.c.valid_from <= day, or_(above.c.valid_to.is_(None), above.c.valid_to > day))
    return and_(same, above.c.level == rules.c.applying_for, spans)
