"""Star applications for tests through the front door: what is sent, and a community whose past is attested from paper."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from tenancy.divisions import units_of
from tests.integration.api.kit import Caller, Stage
from tests.integration.evidence.kit import pdf, send
from xingji.demo import documents as q
from xingji.demo.cast import CITY, County, Place, counties
from xingji.demo.words import form_of

PASSES: Final = ((2019, "PASS"), (2020, "PASS_AFTER_RECTIFICATION"), (2021, "PASS"))
SCAN: Final = pdf(b"% certified and reviewed\n")
_REFUSED = "... on Refusal { code messageZh messageEn clause }"
_RECEIPT = "receipt { origin sequence hash replayed }"
_RECORD = "id kind level year result attestedAt attestedTenant { code } declinedAt declineReason"


def mutation(field: str, selection: str) -> str:
    name = field[0].upper() + field[1:]
    return f"""mutation($requestId: ID!, $input: {name}Input!) {{
      {field}(requestId: $requestId, input: $input) {{ __typename {selection} {_REFUSED} }} }}"""


PROPOSE = mutation(
    "proposeLegacyRecords",
    f"... on LegacyProposed {{ community {{ id legacyRecords {{ {_RECORD} }} }} {_RECEIPT} }}",
)
_RECORDED = f"... on LegacyRecorded {{ record {{ {_RECORD} }} {_RECEIPT} }}"
ATTEST, DECLINE = mutation("attestLegacyRecord", _RECORDED), mutation("declineLegacyRecord", _RECORDED)
_CHANGE = f"""... on CertificationChangeRecorded {{
  change {{ id kind confirmedAt declinedAt declineReason county {{ code }} certification {{ id state stateDocument stateOn }} }}
  {_RECEIPT} followed {{ origin sequence hash }} unfollowed }}"""
PROPOSE_CHANGE = mutation("proposeCertificationChange", _CHANGE)
CONFIRM_CHANGE = mutation("confirmCertificationChange", _CHANGE)
DECLINE_CHANGE = mutation("declineCertificationChange", _CHANGE)
HISTORY = """level applyingFor certifiedOn stands state streak firstYear legacy brokenBy { kind year }
  certifiedBy { origin sequence hash } years { year result legacy cite { origin sequence hash } }
  obstacle { code message clause }"""
UNIT = f"""query($id: ID!) {{ node(id: $id) {{ ... on Unit {{ history {{ {HISTORY} }}
  eligibility {{ level eligible allowed obstacle {{ code message clause }} }} legacyRecords {{ {_RECORD} }} }} }} }}"""
APPLICATION = f"""query($id: ID!) {{ node(id: $id) {{ ... on Application {{ id status level restsOnLegacy history {{ {HISTORY} }}
  form {{ hash certifiedOn reviews {{ year result legacy cite {{ origin sequence hash }} }} }}
  availableActions {{ action allowed obstacle {{ code message }} }} }} }} }}"""
CERTIFICATIONS = """query($f: CertificationFilter) { certifications(filter: $f) { edges { node {
  id level legacy state stateDocument stateOn certifiedOn citedOrigin citedSeq citedHash
  application { id } legacyRecord { id year } } } } }"""


def a_record(**changes: Any) -> dict[str, Any]:
    """The certification of 2018 as paper says it."""
    return {
        "kind": "CERTIFICATION",
        "level": "provincial",
        "year": 2018,
        "result": "CERTIFIED",
        "documentNumber": "豫人社函〔2018〕30号",
        "documentDate": "2018-07-02",
        "documentSha256": sha256(SCAN).hexdigest(),
        **changes,
    }


def a_review(year: int, result: str = "PASS", **changes: Any) -> dict[str, Any]:
    """A year's review as paper says it."""
    given = {"documentNumber": f"周人社函〔{year}〕12号", "documentDate": f"{year}-12-20", **changes}
    return a_record(kind="ANNUAL_REVIEW", year=year, result=result, **given)


def unit(county: County, place: Place) -> str:
    return f"Unit.{county.tenant_id}.{place.id}"


def elsewhere(county: County) -> tuple[UUID, UUID]:
    """Another street of the county, and a community of it."""
    rows = sorted(units_of(county.code).units, key=lambda row: str(row["sort_key"]))
    for row in rows:
        if row["kind"] == "community" and row["parent_id"] != county.street.id and row["valid_to"] is None:
            return row["parent_id"], row["id"]
    raise AssertionError(county)


async def propose(stage: Stage, county: County, place: Place, *records: dict[str, Any]) -> list[str]:
    """As the county's officer, with the scan; the ids of the records that are open, by year."""
    officer = await stage.person(county.code, "county")
    sent = await send(
        officer, unit(county, place), SCAN, label="历史材料", name="a.pdf", kind="application/pdf"
    )
    assert sent.json()["evidence"]["sha256"] == sha256(SCAN).hexdigest(), sent.text
    done = await officer.act(PROPOSE, {"communityId": unit(county, place), "records": list(records)})
    assert done["__typename"] == "LegacyProposed", done
    open_ = [
        one for one in done["community"]["legacyRecords"] if not one["attestedAt"] and not one["declinedAt"]
    ]
    return [one["id"] for one in sorted(open_, key=lambda one: (one["kind"] != "CERTIFICATION", one["year"]))]


async def attest(stage: Stage, *records: str) -> None:
    """As the city's reviewer."""
    reviewer = await stage.person(CITY, "reviewer")
    for record in records:
        done = await reviewer.act(ATTEST, {"recordId": record})
        assert done["__typename"] == "LegacyRecorded", done


async def import_history(
    stage: Stage, county: County, place: Place, passes: Sequence[tuple[int, str]] = PASSES
) -> None:
    """Certified 2018 and reviewed so, proposed by the county and attested by the city."""
    reviews = [a_review(year, result) for year, result in passes]
    await attest(stage, *await propose(stage, county, place, a_record(), *reviews))


async def file_star(stage: Stage, clerk: Caller, county: County, place: Place) -> dict[str, Any]:
    """Ask to file for star."""
    wanted = {"campaignId": await stage.campaign(), "level": "star", "communityId": unit(county, place)}
    return await clerk.act(q.FILE_APPLICATION, wanted)


async def save_star(clerk: Caller, application: str, county: County, place: Place) -> dict[str, Any]:
    """Ask to save the form."""
    form = {"applicationId": application, **form_of(county.name, county.street.name, place.name, "star")}
    return await clerk.act(q.SAVE_FORM, form)


async def submitted(stage: Stage, county: County, login: str, place: Place) -> tuple[str, str]:
    """A star application that was handed in: id and form hash."""
    clerk = await stage.person(county.code, login)
    filed = await file_star(stage, clerk, county, place)
    assert "application" in filed, filed
    application = filed["application"]["id"]
    form = (await save_star(clerk, application, county, place))["application"]["form"]["hash"]
    done = await clerk.act(q.SUBMIT_APPLICATION, {"applicationId": application, "formHash": form})
    assert "receipt" in done, done
    return application, form


async def node(caller: Caller, query: str, id_: str) -> dict[str, Any]:
    return dict((await caller.get(query, id=id_))["node"])


async def certifications(caller: Caller, **filter_: Any) -> list[dict[str, Any]]:
    """The certifications in reach."""
    found = await caller.get(CERTIFICATIONS, f=filter_)
    return [edge["node"] for edge in found["certifications"]["edges"]]


def a_change(certification: str, kind: str = "REVOKE", **changes: Any) -> dict[str, Any]:
    """What is to become of a certification, by a document of 2022-04-24."""
    return {
        "certificationId": certification,
        "kind": kind,
        "documentNumber": "豫人社函〔2022〕8号",
        "documentDate": "2022-04-24",
        "reason": "复核发现台账不实",
        **changes,
    }


async def change(stage: Stage, certification: str, kind: str = "REVOKE", **changes: Any) -> dict[str, Any]:
    """Proposed by the city's leader and confirmed by its reviewer."""
    leader, reviewer = await stage.person(CITY, "leader"), await stage.person(CITY, "reviewer")
    proposed = await leader.act(PROPOSE_CHANGE, a_change(certification, kind, **changes))
    assert "change" in proposed, proposed
    done = await reviewer.act(CONFIRM_CHANGE, {"changeId": proposed["change"]["id"]})
    assert done.get("unfollowed") == [], done
    return done


async def propose_something(stage: Stage) -> None:
    """A legacy record in the first county and a change of its certification, both waiting for a second person."""
    county = counties()[0]
    await propose(stage, county, county.rival, a_record())
    (certified,) = await certifications(await stage.person(county.code, "county"))
    leader = await stage.person(CITY, "leader")
    done = await leader.act(PROPOSE_CHANGE, a_change(certified["id"], documentDate="2022-07-15"))
    assert "change" in done, done
