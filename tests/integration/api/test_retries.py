"""The same request again: its first receipt, whatever has happened since; never for other arguments or another standing."""

import asyncio
import json
from typing import Any

from tests.integration.api.kit import Caller, Stage, file_application, opinion, tamper
from xingji.demo import documents as q
from xingji.demo.cast import CITY, counties
from xingji.demo.words import OPINIONS, form_of

FIRST = counties()[0]
SIZES = "SELECT tenant_id, size, head FROM ledger_heads ORDER BY 1"


def receipt(result: dict[str, Any]) -> list[Any]:
    assert "receipt" in result, result
    return [result["receipt"][key] for key in ("origin", "sequence", "hash")]


async def test_a_retry_answers_the_first_receipt_also_after_the_state_moved_on(endorsed: Stage):
    application = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    officer = await endorsed.person(FIRST.code, "county")
    given = opinion(application["id"], application["form"]["hash"], "COUNTY")
    first = await officer.act(q.GIVE_OPINION, given, "one")
    assert not first["receipt"]["replayed"]
    sizes = await endorsed.rows(SIZES)
    again = await officer.act(q.GIVE_OPINION, given, "one")
    assert (receipt(again), again["receipt"]["replayed"]) == (receipt(first), True)
    assert await endorsed.rows(SIZES) == sizes
    other = await officer.act(q.GIVE_OPINION, {**given, "text": "另一意见。"}, "one")
    assert other["code"] == "request.conflict"
    assert (await officer.act(q.GIVE_OPINION, given, "two"))["code"] == "application.wrong_status"
    # The same id of another person is another request.
    colleague = await endorsed.person(FIRST.code, "county2")
    assert (await colleague.act(q.GIVE_OPINION, given, "one"))["code"] == "application.wrong_status"
    assert await endorsed.rows(SIZES) == sizes


async def test_a_retry_after_the_whole_round_answers_its_first_receipt(replay: Stage, played: Any):
    """On 2022-07-15, windows closed and the application certified."""
    application = (await replay.tray(FIRST.code, "county"))[FIRST.nominee.name]
    officer = await replay.person(FIRST.code, "county")
    given = opinion(application["id"], application["form"]["hash"], "COUNTY", OPINIONS["COUNTY"])
    name = f"county:{application['id']}"
    again = await officer.act(q.GIVE_OPINION, given, f"demo:{name}")
    assert again["receipt"]["replayed"]
    assert receipt(again) == [played.receipts[name][key] for key in ("origin", "sequence", "hash")]


async def test_personal_fields_count_as_arguments(fresh: Stage):
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    filed, _ = await file_application(fresh, FIRST, "clerk", FIRST.nominee, await fresh.campaign())
    clerk = await fresh.person(FIRST.code, "rival")
    wanted = {
        "campaignId": await fresh.campaign(),
        "level": "provincial",
        "communityId": f"Unit.{FIRST.tenant_id}.{FIRST.rival.id}",
    }
    draft = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
    assert draft != filed
    form = {"applicationId": draft, **form_of(FIRST.name, FIRST.street.name, FIRST.rival.name)}
    first = await clerk.act(q.SAVE_FORM, form, "form")
    assert receipt(await clerk.act(q.SAVE_FORM, form, "form")) == receipt(first)
    contact = {**form["contact"], "fixedPhone": "0394-8000001"}
    assert (await clerk.act(q.SAVE_FORM, {**form, "contact": contact}, "form"))["code"] == "request.conflict"
    async with asyncio.TaskGroup() as group:  # the same request many times at once is one act
        tasks = [group.create_task(clerk.act(q.SAVE_FORM, form, "again")) for _ in range(8)]
    assert len({tuple(receipt(task.result())) for task in tasks}) == 1
    assert [task.result()["receipt"]["replayed"] for task in tasks].count(False) == 1


async def send_and_hang_up(stage: Stage, caller: Caller, query: str, variables: dict[str, Any]) -> None:
    """Send the request whole and cut the connection without reading a byte of the answer."""
    host, port = stage.address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {caller.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    writer.transport.abort()


async def test_a_lost_answer_is_given_again(endorsed: Stage):
    application = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    officer = await endorsed.person(FIRST.code, "county")
    given = opinion(application["id"], application["form"]["hash"], "COUNTY")
    count = "SELECT count(*) AS n FROM ledger_entries WHERE request_id = 'lost'"
    for _ in range(20):  # a request that is cut before it was read is none
        await send_and_hang_up(endorsed, officer, q.GIVE_OPINION, {"requestId": "lost", "input": given})
        await asyncio.sleep(0.05)
        (stored,) = await endorsed.rows(count)
        if stored["n"]:
            break
    assert stored["n"] == 1
    again = await officer.act(q.GIVE_OPINION, given, "lost")
    assert again["receipt"]["replayed"]
    (stored,) = await endorsed.rows("SELECT seq, hash FROM ledger_entries WHERE request_id = 'lost'")
    assert receipt(again)[1:] == [stored["seq"], stored["hash"].hex()]


async def test_a_retry_by_somebody_whose_role_has_ended_is_refused(endorsed: Stage):
    application = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    officer = await endorsed.person(FIRST.code, "county")
    given = opinion(application["id"], application["form"]["hash"], "COUNTY")
    assert "receipt" in await officer.act(q.GIVE_OPINION, given, "mine")
    await tamper(
        endorsed.urls,
        "UPDATE role_assignments SET valid_to = '2022-05-09' WHERE role = 'county_officer'"
        " AND person_id = (SELECT person_id FROM credentials c JOIN tenants t ON t.id = c.tenant_id"
        f" WHERE t.code = '{FIRST.code}' AND c.login = 'county')",
    )
    for name in ("mine", "new"):  # with the token that still says otherwise
        assert (await officer.act(q.GIVE_OPINION, given, name))["code"] == "actor.not_entitled"


async def test_a_request_id_that_cannot_be_kept_is_refused(endorsed: Stage):
    application = (await endorsed.tray(FIRST.code, "county"))[FIRST.nominee.name]
    officer = await endorsed.person(FIRST.code, "county")
    given = opinion(application["id"], application["form"]["hash"], "COUNTY")
    for name in ("", "有空", "a b", "x" * 201, "x\n"):
        data = await officer.get(q.GIVE_OPINION, requestId=name, input=given)
        assert data["giveOpinion"]["code"] == "request.malformed", name


async def test_an_act_whose_payload_cannot_be_logged_stands_and_shows_nothing(fresh: Stage):
    await (await fresh.person(CITY, "leader")).act(q.OPEN_CAMPAIGN, {"programme": "zhoukou-2022"})
    clerk = await fresh.person(FIRST.code, "clerk")
    wanted = {
        "campaignId": await fresh.campaign(),
        "level": "provincial",
        "communityId": f"Unit.{FIRST.tenant_id}.{FIRST.nominee.id}",
    }
    draft = (await clerk.act(q.FILE_APPLICATION, wanted))["application"]["id"]
    form = form_of(FIRST.name, FIRST.street.name, FIRST.nominee.name)
    values = {"requestId": "one", "input": {"applicationId": draft, **form}}
    saving = """mutation($requestId: ID!, $input: SaveFormInput!) { saveForm(requestId: $requestId, input: $input) {
        ... on ApplicationRecorded { receipt { replayed } application { form { id contactName } } } } }"""
    await tamper(fresh.urls, "REVOKE INSERT ON access_log FROM xingji_app")
    answer = await clerk.ask(saving, **values)
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["personal.unlogged"]
    assert form["contact"]["name"] not in json.dumps(answer, ensure_ascii=False)
    await tamper(fresh.urls, "GRANT INSERT ON access_log TO xingji_app")
    again = (await clerk.get(saving, **values))["saveForm"]
    assert again["receipt"]["replayed"]
    shown = again["application"]["form"]
    assert shown["contactName"] == form["contact"]["name"]
    logged = await fresh.rows("SELECT tenant_id, target FROM access_log WHERE code = 'personal.read'")
    assert [tuple(row) for row in logged] == [(FIRST.tenant_id, f"{shown['id']} contactName")]
