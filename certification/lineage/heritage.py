"""What a community that moves to another county brings along (随迁): its certifications, and every fact of it, once more.

The rule upheld here: a fact is taken from the entry that says it, in the old county's log, and cites that entry in the new one; what
was itself brought along goes on citing the entry that first said it. `history_facts` only says where to look, and the log
itself is searched for what it may not say: a copy that was taken out, or that its entry does not say, stops the move, so a history is not
laundered on its way. What came before by mergers and splits within the old county, up to the day of each, is the community's own from here
on. A certification is made anew, with the day, document and state that it has; its facts speak of the new row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Integer, Text, Uuid, any_, bindparam, cast, select

from audit.tables import ledger_entries
from certification.errors import InvariantError
from certification.fact import Fact, FactKind
from certification.facts import facts_of, parse_facts
from certification.history import Told, follow_line
from certification.lineage.plan import Passed
from certification.model import Certification
from certification.reading import entity
from certification.tables import certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement

_LEFT: Final = bindparam("left", type_=Integer)
_FACTS = statement(select(cast(facts_of(_LEFT, bindparam("community", type_=Uuid)), Text).label("facts")))
_NAMED = statement(
    select(ledger_entries.c.seq, ledger_entries.c.leaf).where(
        ledger_entries.c.tenant_id == _LEFT,
        ledger_entries.c.leaf.like('%"facts":[{%'),
        ledger_entries.c.leaf.like(any_(bindparam("named", type_=ARRAY(Text)))),
    )
)
_CERTIFICATIONS = statement(
    select(certifications)
    .where(
        certifications.c.tenant_id == _LEFT,
        certifications.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
    )
    .order_by(certifications.c.certified_on, certifications.c.id)
)


@dataclass(frozen=True, slots=True)
class Heritage:
    """A community's facts in the order of their entries, each with the entry that first said it, and its certifications."""

    facts: tuple[Fact, ...] = ()
    certifications: tuple[Certification, ...] = ()

    def carry(
        self, tenant_id: int, passed: tuple[Passed, ...], new_id: Callable[[], UUID]
    ) -> tuple[tuple[Certification, ...], tuple[Fact, ...]]:
        """The certifications made anew in the tenant, and the facts as they speak there of the unit that goes on."""
        if not self.facts:
            return (), ()
        unit = passed[0].unit
        made = {
            one.id: replace(
                one,
                tenant_id=tenant_id,
                id=new_id(),
                community_id=unit,
                application_id=None,
                legacy_id=None,
                former_tenant_id=one.tenant_id,
                former_id=one.id,
                former_legacy=one.legacy_id is not None or bool(one.former_legacy),
            )
            for one in self.certifications
        }
        facts = tuple(
            replace(
                one,
                community_id=unit,
                subject_id=made[one.subject_id].id if one.subject_id in made else one.subject_id,
            )
            for one in self.facts
        )
        return tuple(made.values()), facts


NOTHING: Final = Heritage()


async def read_heritage(tx: TenantConnection, tenant_id: int, community_id: UUID) -> Heritage:
    """What a community of the county has. Raises InvariantError when its copies are not what the county's log says."""
    row = await tx.one(_FACTS, left=tenant_id, community=community_id)
    told = parse_facts(community_id, orjson.loads(row["facts"] or "null")).told
    line = follow_line(community_id, told, date.max)
    await _check_complete(tx, tenant_id, {one.fact.community_id for one in told} | {community_id}, told)
    facts = tuple(
        replace(one.fact, cite=one.proof)
        for one in told
        if _is_own(one.fact, line.get(one.fact.community_id))
    )
    certified = [one.subject_id for one in facts if one.kind == FactKind.CERTIFIED]
    rows = await tx.all(_CERTIFICATIONS, left=tenant_id, ids=certified)
    return Heritage(facts, tuple(entity(Certification, row) for row in rows))


def _is_own(fact: Fact, until: date | None) -> bool:
    """Whether a fact of a unit before is the community's: certified and reviewed up to the day on which it went on."""
    if until is None or fact.kind == FactKind.SUCCEEDED:
        return False
    if fact.kind == FactKind.CERTIFIED:
        return (fact.valid_on or date.min) <= until
    return fact.kind == FactKind.STATE or (fact.year or 0) <= until.year


async def _check_complete(
    tx: TenantConnection, tenant_id: int, communities: Collection[UUID], told: tuple[Told, ...]
) -> None:
    """Raise InvariantError for a fact that an entry says of one of these and no copy does."""
    known = {(one.entry.seq, one.position) for one in told}
    names = {str(one) for one in communities}
    for row in await tx.all(_NAMED, left=tenant_id, named=[f"%{name}%" for name in sorted(names)]):
        for position, fact in enumerate(orjson.loads(row["leaf"])["body"]["intent"].get("facts", ())):
            if fact["community"] in names and (row["seq"], position) not in known:
                raise InvariantError(
                    f"fact {position} of entry {row['seq']}, tenant {tenant_id}, has no copy"
                )
