"""What the city arranges beside its programme, through the API: extensions by two officers, and its calendar."""

from typing import Any

from tests.integration.api.divisions import ask, unit
from tests.integration.api.kit import Stage
from xingji.demo.cast import CITY, counties

_ANSWER = (
    "__typename ... on ExtensionRecorded { extension { id stage level closesAt confirmedAt declinedAt"
    " beneficiary { id } community { id } } receipt { origin sequence hash } } ... on Refusal { code messageZh }"
)
PROPOSE = (
    "mutation($requestId: ID!, $input: ProposeExtensionInput!)"
    f" {{ proposeExtension(requestId: $requestId, input: $input) {{ {_ANSWER} }} }}"
)
CONFIRM = (
    "mutation($requestId: ID!, $input: ConfirmExtensionInput!)"
    f" {{ confirmExtension(requestId: $requestId, input: $input) {{ {_ANSWER} }} }}"
)
DECLINE = (
    "mutation($requestId: ID!, $input: DeclineExtensionInput!)"
    f" {{ declineExtension(requestId: $requestId, input: $input) {{ {_ANSWER} }} }}"
)
_CALENDAR = (
    "__typename ... on CalendarRecorded { calendar { id year complete revision days { day working name } }"
    " receipt { sequence } } ... on Refusal { code messageZh }"
)
SET_CALENDAR = (
    "mutation($requestId: ID!, $input: SetCalendarInput!)"
    f" {{ setCalendar(requestId: $requestId, input: $input) {{ {_CALENDAR} }} }}"
)
UNTIL = "2022-05-20T00:00:00+08:00"


async def wanted(stage: Stage, /, **more: Any) -> dict[str, Any]:
    """An extension of the recommendation window to 20 May."""
    return {
        "campaignId": await stage.campaign(),
        "stage": "recommendation",
        "closesAt": UNTIL,
        "reason": "汛期道路中断，材料未能按时送达。",
        **more,
    }


async def propose(stage: Stage, /, **more: Any) -> str:
    leader = await stage.person(CITY, "leader")
    made = await leader.act(PROPOSE, await wanted(stage, **more))
    assert made["__typename"] == "ExtensionRecorded", made
    return str(made["extension"]["id"])


async def extend(stage: Stage, /, **more: Any) -> dict[str, Any]:
    """Proposed by the leader, confirmed by the reviewer."""
    proposed = await propose(stage, **more)
    made = await (await stage.person(CITY, "reviewer")).act(CONFIRM, {"extensionId": proposed})
    assert made["__typename"] == "ExtensionRecorded", made
    return made


def a_year(year: int, *days: tuple[str, bool | None, str], **more: Any) -> dict[str, Any]:
    """The input that sets days of a year."""
    return {
        "year": year,
        "documentNumber": f"国办发明电〔{year - 1}〕7号",
        "title": f"国务院办公厅关于{year}年部分节假日安排的通知",
        "days": [{"day": day, "working": working, "name": name} for day, working, name in days],
        "reason": "按国务院办公厅通知设定。",
        **more,
    }


async def arrange(stage: Stage) -> None:
    """An extension in force, a day set and a rename proposed, so that there is something to reach for."""
    await extend(stage, closesAt="2022-08-01T00:00:00+08:00")
    admin = await stage.person(CITY, "admin")
    made = await admin.act(SET_CALENDAR, a_year(2022, ("2022-07-20", False, "防汛")))
    assert made["__typename"] == "CalendarRecorded", made
    county = counties()[0]
    renamed = {"unitId": unit(county.tenant_id, county.rival.id), "name": "待更名社区"}
    assert "change" in await ask(stage, rename=renamed)
