"""What a community that moves to another county brings along (随迁): its certifications, and every fact of it, once more.

The rule upheld here: a fact is taken from the entry that says it, in the old county's log, and cites that entry in the new one; what
was itself brought along goes on citing the entry that first said it. `history_facts` only says where to look: a row of it
that its entry does not say stops the move. What came before by mergers and splits within the old county is the community's own from
here on. A certification is made anew, with the day, document and state that it has; its facts speak of the new row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Integer, Uuid, and_, any_, bindparam, select

from audit.entry import Cite
from audit.tables import ledger_entries, ledger_heads
from certification.errors import InvariantError
from certification.fact import Fact, FactKind, parse_fact
from certification.lineage.plan import Passed
from certification.model import Certification
from certification.reading import entity
from certification.reviews.tables import history_facts
from certification.tables import certifications
from tenancy.database import TenantConnection
from tenancy.statements import statement

_LEFT: Final = bindparam("left", type_=Integer)
_COMMUNITIES: Final = bindparam("communities", type_=ARRAY(Uuid()))
_FACTS = statement(
    select(
        history_facts.c.seq,
        history_facts.c.position,
        ledger_heads.c.origin,
        ledger_entries.c.hash,
        ledger_entries.c.leaf,
    )
    .join(
        ledger_entries,
        and_(
            ledger_entries.c.tenant_id == history_facts.c.tenant_id,
            ledger_entries.c.seq == history_facts.c.seq,
        ),
    )
    .join(ledger_heads, ledger_heads.c.tenant_id == history_facts.c.tenant_id)
    .where(history_facts.c.tenant_id == _LEFT, history_facts.c.community_id == any_(_COMMUNITIES))
    .order_by(history_facts.c.seq, history_facts.c.position)
)
_CERTIFICATIONS = statement(
    select(certifications)
    .where(certifications.c.tenant_id == _LEFT, certifications.c.community_id == any_(_COMMUNITIES))
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
        if not self.facts and not self.certifications:
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
    """What a community of the county has, with all that it goes on from there. Raises InvariantError for a fact that no entry says."""
    known: dict[UUID, list[tuple[int, int, Fact]]] = {}
    asked = [community_id]
    while asked:
        rows = await tx.all(_FACTS, left=tenant_id, communities=asked)
        known |= {community: [] for community in asked}
        for row in rows:
            fact = _said(row)
            known[fact.community_id].append((row["seq"], row["position"], fact))
        asked = [
            fact.subject_id
            for community in asked
            for _, _, fact in known[community]
            if fact.kind == FactKind.SUCCEEDED and fact.result != "move" and fact.subject_id not in known
        ]
    ordered = sorted((one for found in known.values() for one in found), key=lambda one: one[:2])
    facts = tuple(fact for _, _, fact in ordered if fact.kind != FactKind.SUCCEEDED)
    rows = await tx.all(_CERTIFICATIONS, left=tenant_id, communities=list(known))
    return Heritage(facts, tuple(entity(Certification, row) for row in rows))


def _said(row: Any) -> Fact:
    """The fact as its entry says it, citing that entry."""
    told = orjson.loads(row["leaf"])["body"]["intent"].get("facts", ())
    if row["position"] >= len(told):
        raise InvariantError(f"entry {row['seq']} says no fact {row['position']}")
    fact = parse_fact(told[row["position"]])
    own = Cite(row["origin"], row["seq"], row["hash"])
    return fact if fact.cite is not None else replace(fact, cite=own)
