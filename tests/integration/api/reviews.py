"""Cycles of annual reviews for tests through the front door: certified communities, inspectors, a plan, and a draw of its teams."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from audit.draw import commitment
from tests.integration.api.kit import Caller, Stage
from tests.integration.api.star import a_record, attest, elsewhere, mutation, propose, unit
from tests.integration.api.test_administering import ADD_PERSON
from xingji.demo import documents as q
from xingji.demo.cast import CITY, PASSWORD, County, Place, counties

COUNTY: Final = counties()[0]
COUNTS: Final = (
    "planned assigned rectifying rechecking inspected countyConfirmed confirmed cancelled overdue total"
)
REVIEW: Final = """id level year status revision round dueOn lastDay overdue certifiedOn cancelReason
  community { id name } street { id name } team { id number }"""
CYCLE: Final = f"""id year name opensOn closesOn status revision extendReason tenant {{ code }} campaign {{ code }}
  teams {{ id number name members {{ personId barred tenant {{ code }} inspector {{ name }} }} }}
  progress {{ {COUNTS} }} byTeam {{ teamId number name progress {{ {COUNTS} }} }}
  reviews(first: 100) {{ totalCount edges {{ node {{ {REVIEW} }} }} }}"""
_CYCLE: Final = f"... on ReviewCycleRecorded {{ cycle {{ {CYCLE} }} receipt {{ sequence hash replayed }} }}"
PLAN, EXTEND = mutation("planReviewCycle", _CYCLE), mutation("extendReviewCycle", _CYCLE)
CANCEL: Final = mutation(
    "cancelReview", f"... on AnnualReviewRecorded {{ review {{ {REVIEW} }} receipt {{ sequence }} }}"
)
CYCLES: Final = (
    f"query($f: ReviewCycleFilter) {{ reviewCycles(filter: $f) {{ edges {{ node {{ {CYCLE} }} }} }} }}"
)
REVIEWS: Final = f"""query($f: AnnualReviewFilter) {{
  annualReviews(first: 100, filter: $f) {{ edges {{ node {{ {REVIEW} }} }} }} }}"""
DAY: Final = f"{{ reviewDay {{ {REVIEW} cycle {{ campaign {{ clauses {{ code wording }} }} }} }} }}"
_DRAW: Final = "... on DrawRecorded { draw { id status result } receipt { sequence } }"
OPEN, COMMIT = mutation("openDraw", _DRAW), mutation("commitSecret", _DRAW)
REVEAL, VOID = mutation("revealSecret", _DRAW), mutation("voidDraw", _DRAW)


def places(county: County = COUNTY) -> tuple[Place, ...]:
    """Three communities of one street, and one of another."""
    _, other = elsewhere(county)
    return county.nominee, county.rival, county.star, Place(other, "")


async def prepare(stage: Stage, county: County = COUNTY) -> None:
    """The round is open; the county's places were certified in 2018, as paper says."""
    leader = await stage.person(CITY, "leader")
    await leader.act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    for place in places(county):
        await certify(stage, county, place)


async def certify(stage: Stage, county: County, place: Place) -> None:
    """Certified in 2018, as paper says."""
    await attest(stage, *await propose(stage, county, place, a_record()))


async def inspector(
    stage: Stage, login: str, code: str = COUNTY.code, *, roles: Sequence[tuple[str, str]] = ()
) -> str:
    """The id of a new inspector of a tenant, who may hold other roles too."""
    admin = await stage.person(code, "admin")
    (tenant,) = await stage.rows("SELECT id, unit_id FROM tenants WHERE code = $1", code)
    held = [("REVIEW_TEAM", f"Unit.{tenant['id']}.{tenant['unit_id']}"), *roles]
    given = {
        "name": f"{login}复查员",
        "login": login,
        "password": PASSWORD,
        "roles": [{"role": role, "unitId": over} for role, over in held],
    }
    done = await admin.act(ADD_PERSON, given)
    assert done["__typename"] == "PersonRecorded", done
    return str(done["person"]["id"]).replace("Person.", "Inspector.")


def team(name: str, *people: str, declared: Sequence[str] = ()) -> dict[str, Any]:
    """A team of a plan; `declared`: what its first member does not review."""
    members = [{"inspectorId": one} for one in people]
    if declared:
        members[0]["barredIds"] = list(declared)  # type: ignore[assignment]
    return {"name": name, "members": members}


async def a_plan(
    stage: Stage, *teams: dict[str, Any], county: County = COUNTY, **changes: Any
) -> dict[str, Any]:
    """The plan of 2022 for all communities of the county."""
    return {
        "tenantId": f"Tenant.{county.tenant_id}.{county.tenant_id}",
        "campaignId": await stage.campaign(),
        "year": 2022,
        "name": "2022 年度复查",
        "opensOn": "2022-05-05",
        "closesOn": "2022-11-30",
        "teams": list(teams),
        **changes,
    }


async def plan(stage: Stage, *teams: dict[str, Any], login: str = "county", **changes: Any) -> dict[str, Any]:
    """Ask to plan it, as an officer of the county."""
    officer = await stage.person(COUNTY.code, login)
    return await officer.act(PLAN, await a_plan(stage, *teams, **changes))


async def planned(stage: Stage, *teams: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The cycle that was planned."""
    done = await plan(stage, *teams, **changes)
    assert done["__typename"] == "ReviewCycleRecorded", done
    return dict(done["cycle"])


def reviews_of(cycle: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in cycle["reviews"]["edges"]]


async def committed(
    stage: Stage, cycle_id: str, salt: str = "", county: County = COUNTY
) -> tuple[str, dict[str, tuple[Caller, bytes]]]:
    """The draw of a cycle's teams with both parties' commitments: its id, and who knows which secret."""
    key, code = str(uuid4()), county.code
    (row,) = await stage.rows("SELECT origin FROM tenants WHERE code = $1", code)
    parties = {
        "county": (await stage.person(code, "county"), sha256(f"county{salt}".encode()).digest()),
        "city": (await stage.person(CITY, "leader"), sha256(f"city{salt}".encode()).digest()),
    }
    said = {
        name: commitment(row["origin"], UUID(key), name, secret).hex()
        for name, (_, secret) in parties.items()
    }
    given = {
        "drawId": key,
        "purpose": "ASSIGNMENT",
        "drawnFromId": cycle_id,
        "secondParty": "CITY",
        "commitment": said["county"],
    }
    opened = await parties["county"][0].act(OPEN, given)
    assert opened["__typename"] == "DrawRecorded", opened
    draw_id = str(opened["draw"]["id"])
    done = await parties["city"][0].act(COMMIT, {"drawId": draw_id, "commitment": said["city"]})
    assert done["__typename"] == "DrawRecorded", done
    return draw_id, parties


async def assigned(stage: Stage, cycle_id: str, salt: str = "", county: County = COUNTY) -> dict[str, Any]:
    """The draw by which the county and the city assigned a cycle's teams."""
    draw_id, parties = await committed(stage, cycle_id, salt, county)
    done: dict[str, Any] = {}
    for caller, secret in parties.values():
        done = await caller.act(REVEAL, {"drawId": draw_id, "secret": secret.hex()})
        assert done["__typename"] == "DrawRecorded", done
    return dict(done["draw"])


def street(county: County = COUNTY) -> str:
    """The street of the first three places."""
    return unit(county, county.street)
