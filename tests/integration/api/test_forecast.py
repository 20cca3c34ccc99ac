"""What `availableActions` says beforehand is what happens: every action on an application, in every status, tried by every role.

An application is put into each status by hand. What is then sent is never right in itself (a form that nobody has read, a reason
left blank), so an act that is allowed is refused for that, writes nothing, and the next can be tried.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import pytest

from certification.model import Status
from tests.integration.api.arrangements import extend
from tests.integration.api.kit import Caller, Stage, tamper
from tests.integration.evidence.kit import photo, send
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.clock import shanghai
from xingji.demo.words import form_of

OURS, NEXT = counties()[:2]
UNREAD: Final = "00" * 32
HANDED_IN: Final = frozenset({"field.refused", "form.stale"})
"""What is wrong with all that is sent here: refusals that come behind every rule."""

CAST: Final = (
    (OURS.code, "clerk"),
    (OURS.code, "rival"),
    (OURS.code, "street"),
    (OURS.code, "county"),
    (NEXT.code, "county"),
    (CITY, "reviewer"),
)
LOOK: Final = "query($id: ID!) { node(id: $id) { ... on Application { availableActions { action allowed obstacle { code message } } } } }"


def _opinion(stage: str, verdict: str) -> tuple[str, dict[str, Any]]:
    return q.GIVE_OPINION, {"stage": stage, "verdict": verdict, "text": "意见。", "formHash": UNREAD}


def _return(stage: str) -> tuple[str, dict[str, Any]]:
    return q.RETURN_APPLICATION, {"stage": stage, "reason": "不符。", "formHash": UNREAD}


def _visit(verdict: str) -> tuple[str, dict[str, Any]]:
    return q.RECORD_SITE_VISIT, {"verdict": verdict, "note": "查看。", "formHash": UNREAD}


TRIES: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "save_form": (q.SAVE_FORM, {**form_of("县", "街道", "社区"), "situation": " "}),
    "submit": (q.SUBMIT_APPLICATION, {"formHash": UNREAD}),
    "street_agree": _opinion("STREET", "AGREE"),
    "street_refuse": _opinion("STREET", "REFUSE"),
    "street_return": _return("STREET"),
    "county_recommend": _opinion("COUNTY", "AGREE"),
    "county_refuse": _opinion("COUNTY", "REFUSE"),
    "county_return": _return("COUNTY"),
    "city_agree": _opinion("CITY", "AGREE"),
    "city_refuse": _opinion("CITY", "REFUSE"),
    "city_return": _return("CITY"),
    "record_site_visit": _visit("AGREE"),
    "site_visit_refuse": _visit("REFUSE"),
    "site_visit_return": _return("SITE_VISIT"),
    "withdraw": (q.WITHDRAW_APPLICATION, {"reason": " "}),
    "lapse": (q.LAPSE_APPLICATION, {"reason": " "}),
}


async def _try(caller: Caller, application: str, action: str) -> str:
    """The code of the refusal that an action meets."""
    if action == "attach_evidence":
        answer = await send(caller, application, photo("PNG"), label="长" * 61, requestId=str(uuid4()))
        return str(answer.json()["errors"][0]["extensions"]["code"])
    mutation, given = TRIES[action]
    return str((await caller.act(mutation, {"applicationId": application, **given}))["code"])


async def _check(stage: Stage, application: str, status: str) -> int:
    """Ask and try as each of the cast; how many actions were allowed."""
    allowed = 0
    for who in CAST:
        caller = await stage.person(*who)
        node = (await caller.get(LOOK, id=application))["node"]
        if node is None:
            assert await _try(caller, application, "withdraw") in ("not_found", "actor.not_entitled"), who
            continue
        told = {one["action"]: one for one in node["availableActions"]}
        assert told.keys() == {*TRIES, "attach_evidence"}
        for action, one in told.items():
            met = await _try(caller, application, action) if _worth(who, one) else "actor.not_entitled"
            expected = HANDED_IN if one["allowed"] else {one["obstacle"]["code"]}
            assert met in expected, (status, who, action, one, met)
            allowed += one["allowed"]
    return allowed


def _worth(who: tuple[str, str], one: Mapping[str, Any]) -> bool:
    """Whether to try: what a role never may is tried in one county alone, the rest is said often enough."""
    return one["allowed"] or one["obstacle"]["code"] != "actor.not_entitled" or who == CAST[3]


async def _put(stage: Stage, application: str, status: str) -> None:
    _, tenant, id_ = application.split(".")
    await tamper(
        stage.urls,
        f"UPDATE applications SET status = '{status}' WHERE tenant_id = {int(tenant)} AND id = '{id_}'",
    )


@pytest.mark.parametrize("late", [False, True])
async def test_every_action_is_as_it_was_told(endorsed: Stage, late: bool) -> None:
    """In the window of recommendation; and in the city's, with the other extended for this community."""
    application = (await endorsed.tray(OURS.code, "county"))[OURS.nominee.name]["id"]
    if late:
        place = f"Unit.{OURS.tenant_id}.{OURS.nominee.id}"
        await extend(endorsed, communityId=place, closesAt="2022-05-25T00:00:00+08:00")
        endorsed.clock.travel(shanghai(5, 20))
    (before,) = await endorsed.rows("SELECT sum(size) AS n FROM ledger_heads")
    seen = {}
    for status in Status:
        await _put(endorsed, application, status)
        seen[status] = await _check(endorsed, application, status)
    assert any(seen.values())
    assert not any(
        seen[Status(end)] for end in ("certified", "not_certified", "rejected", "withdrawn", "lapsed")
    )
    (after,) = await endorsed.rows("SELECT sum(size) AS n FROM ledger_heads")
    assert after == before


async def test_a_list_that_has_not_been_followed_is_told_beforehand(endorsed: Stage) -> None:
    application = (await endorsed.tray(OURS.code, "county"))[OURS.nominee.name]["id"]
    _, tenant, id_ = application.split(".")
    campaign = (await endorsed.campaign()).split(".")[2]
    endorsed.clock.travel(shanghai(5, 20))
    roster, listed = uuid4(), f"1, '{{}}', 1, {int(tenant)}, '{id_}', '社区', 'listed', '', 'x', 1, ''"
    await tamper(
        endorsed.urls,
        "INSERT INTO rosters (tenant_id, id, campaign_id, level, kind, reason, author_id, created_at, opens_on, closes_on)"
        f" VALUES (1, '{roster}', '{campaign}', 'provincial', 'publicity', '', '{uuid4()}', now(), '2022-05-20', '2022-05-27')",
        "INSERT INTO roster_items (tenant_id, roster_id, position, application_tenant_id, application_id, community_name,"
        f" verdict, reason, cited_origin, cited_seq, cited_hash) VALUES ({listed.format(roster)})",
    )
    await _put(endorsed, application, "site_visited")
    await _check(endorsed, application, "site_visited")
    for who, action in (((OURS.code, "clerk"), "withdraw"), ((CITY, "reviewer"), "site_visit_refuse")):
        caller = await endorsed.person(*who)
        node = (await caller.get(LOOK, id=application))["node"]
        (one,) = [one for one in node["availableActions"] if one["action"] == action]
        assert one["obstacle"]["code"] == "application.listed", one
    await _put(endorsed, application, "publicised")
    await _check(endorsed, application, "publicised")
