"""Changes of divisions for tests through the front door: what is sent, who sends it, and what a unit shows afterwards."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from tests.integration.api.kit import Caller, Stage, verify_all
from tests.integration.api.star import mutation
from xingji.demo.cast import CITY, County, Place, counties

_CHANGED: Final = """... on UnitChangeRecorded { change { id kind effectiveOn confirmedAt declinedAt declineReason
  outcome { closed { unitId name code } opened { unitId parentId kind name code } altered { unitId name code formerName formerCode }
    passed { predecessorId successorId carried } leftOut }
  availableActions { action allowed obstacle { code } } }
  receipt { origin sequence hash replayed } followed { origin sequence hash } unfollowed }"""
PROPOSE: Final = mutation("proposeUnitChange", _CHANGED)
CONFIRM: Final = mutation("confirmUnitChange", _CHANGED)
DECLINE: Final = mutation("declineUnitChange", _CHANGED)
SHOWN: Final = """query($id: ID!) { node(id: $id) { ... on Unit { id name code kind validFrom validTo parent { id } tenant { code }
  predecessors { kind effectiveOn source tenant { code } predecessor { id } }
  successors { kind effectiveOn carried source tenant { code } successor { id } }
  history { streak stands certifiedOn years { year result cite { origin sequence hash } } }
  eligibility { level eligible allowed obstacle { code } } } } }"""
CHANGES: Final = "query { unitChanges { edges { node { id kind outcome { passed { carried } } availableActions { action allowed } } } } }"


def unit(tenant_id: int, unit_id: UUID) -> str:
    return f"Unit.{tenant_id}.{unit_id}"


def a_change(**asked: Any) -> dict[str, Any]:
    """What is proposed, by a document of 2022-04-20, since that day."""
    return {
        "documentNumber": "周政文〔2022〕18号",
        "documentDate": "2022-04-20",
        "effectiveOn": "2022-04-20",
        "reason": "区划调整",
        **asked,
    }


def new_unit(county: County, code: str, name: str = "新合社区", **more: Any) -> dict[str, Any]:
    """A community that begins in the county's first street."""
    return {"name": name, "code": code, "parentId": unit(county.tenant_id, county.street.id), **more}


def place_id(county: County, place: Place) -> str:
    return unit(county.tenant_id, place.id)


async def ask(stage: Stage, request: str | None = None, **asked: Any) -> dict[str, Any]:
    """Proposed by the city's leader."""
    return await (await stage.person(CITY, "leader")).act(PROPOSE, a_change(**asked), request)


async def confirm(stage: Stage, change: str, request: str | None = None) -> dict[str, Any]:
    """Confirmed by its reviewer."""
    return await (await stage.person(CITY, "reviewer")).act(
        CONFIRM, {"unitChangeId": change}, request or str(uuid4())
    )


async def done(stage: Stage, **asked: Any) -> dict[str, Any]:
    """Proposed and confirmed, and followed everywhere."""
    proposed = await ask(stage, **asked)
    assert "change" in proposed, proposed
    confirmed = await confirm(stage, proposed["change"]["id"])
    assert confirmed.get("unfollowed") == [] and confirmed["followed"], confirmed
    return confirmed


async def shown(caller: Caller, unit_id: str) -> dict[str, Any]:
    """A unit as the caller sees it."""
    return dict((await caller.get(SHOWN, id=unit_id))["node"])


async def check_units(stage: Stage, *tenants: str) -> None:
    """What holds of all divisions, whatever was changed; the logs of these tenants and the city's are whole."""
    assert await stage.rows(TWO_CODES) == []
    assert await stage.rows(ORPHANS) == []
    assert await stage.rows(SAME_CODE) == []
    verdicts = await verify_all(stage.urls, stage.home, (CITY, *(tenants or (counties()[0].code,))))
    assert all(verdict.ok for verdict in verdicts.values())


TWO_CODES: Final = """SELECT tenant_id, unit_id FROM unit_codes WHERE valid_to IS NULL GROUP BY 1, 2 HAVING count(*) > 1
  UNION ALL SELECT c.tenant_id, c.unit_id FROM unit_codes c JOIN units u ON (u.tenant_id, u.id) = (c.tenant_id, c.unit_id)
  WHERE (c.valid_to IS NULL) <> (u.valid_to IS NULL) AND NOT EXISTS (SELECT FROM unit_codes later
    WHERE (later.tenant_id, later.unit_id) = (c.tenant_id, c.unit_id) AND later.valid_from = c.valid_to)"""
SAME_CODE: Final = "SELECT code FROM unit_codes WHERE valid_to IS NULL GROUP BY 1 HAVING count(*) > 1"
ORPHANS: Final = """SELECT c.id FROM units c JOIN units p ON (p.tenant_id, p.id) = (c.tenant_id, c.parent_id)
  WHERE p.valid_to IS NOT NULL AND (c.valid_to IS NULL OR c.valid_to > p.valid_to)"""
