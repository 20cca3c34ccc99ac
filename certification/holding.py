"""Who held a level on a day, by what was known at a moment (某日认定名单): as SQL over the copies of the entries' facts.

Valid time is a fact's own day, recorded time its entry's. Of each certification the last that was recorded until then counts, and of its states
the last that is dated up to the day; a revoked one is not held, a suspended one is. A community holds too what a unit held that it goes on from,
up to the day of the succession, as `history.settle` has it; a unit that is no more on the day holds nothing. A property test holds the two
together. Text with names of ours; every value is bound.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from sqlalchemy import CTE, BindParameter, ColumnElement, Integer, Uuid, column, text

_numbers: Final = count()
_HELD: Final = """
WITH RECURSIVE known AS (
  SELECT * FROM history_facts WHERE tenant_id = ANY (:{own}) {until}
), link AS (
  SELECT * FROM (SELECT DISTINCT ON (tenant_id, community_id, subject_id) * FROM known WHERE kind = 'succeeded'
    ORDER BY tenant_id, community_id, subject_id, seq DESC, position DESC) AS latest
  WHERE valid_on <= :{on} AND result <> 'void'
), line (tenant_id, community_id, unit_id, until) AS (
  SELECT tenant_id, community_id, subject_id, valid_on FROM link
  UNION SELECT line.tenant_id, line.community_id, link.subject_id, link.valid_on FROM line
    JOIN link ON link.tenant_id = line.tenant_id AND link.community_id = line.unit_id AND link.valid_on <= line.until
), state AS (
  SELECT DISTINCT ON (tenant_id, subject_id) tenant_id, subject_id, result FROM known
  WHERE kind = 'state' AND level = :{level} AND valid_on <= :{on} ORDER BY tenant_id, subject_id, seq DESC, position DESC
), held AS (
  SELECT latest.tenant_id, latest.community_id, latest.valid_on FROM (
    SELECT DISTINCT ON (tenant_id, subject_id) * FROM known WHERE kind = 'certified' AND level = :{level}
    ORDER BY tenant_id, subject_id, seq DESC, position DESC) AS latest
  LEFT JOIN state ON state.tenant_id = latest.tenant_id AND state.subject_id = latest.subject_id
  WHERE latest.valid_on <= :{on} AND state.result IS DISTINCT FROM 'revoked'
)
SELECT tenant_id, community_id FROM held
UNION SELECT line.tenant_id, line.community_id FROM line
  JOIN held ON held.tenant_id = line.tenant_id AND held.community_id = line.unit_id AND held.valid_on <= line.until
"""


def holders(
    own: ColumnElement[Any],
    level: ColumnElement[Any],
    on: ColumnElement[Any],
    known_at: ColumnElement[Any] | None,
) -> CTE:
    """(tenant_id, community_id) of whoever held the level; all are bound parameters, `own` the array of tenants. Once a statement."""
    binds = [one for one in (own, level, on, known_at) if isinstance(one, BindParameter)]
    until = "" if not isinstance(known_at, BindParameter) else f"AND recorded_at <= :{known_at.key}"
    names = {
        name: one.key
        for name, one in (("own", own), ("level", level), ("on", on))
        if isinstance(one, BindParameter)
    }
    found = text(_HELD.format(until=until, **names)).bindparams(*binds)
    columns = column("tenant_id", Integer), column("community_id", Uuid)
    return found.columns(*columns).cte(f"holders_{next(_numbers)}").prefix_with("MATERIALIZED")
