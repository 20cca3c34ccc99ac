"""Annual reviews: planned, drawn, inspected on phones, confirmed by county and city; and a draw from a register.

Each year goes as `COURSE` says: who passes, who puts something right first, who fails, and where nobody comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

from audit.draw import commitment
from xingji.demo import documents as q
from xingji.demo.cast import CITY, FAILED, GAP, MENDED, MISSED, STEADY, TAKER, counties, person_id
from xingji.demo.client import Actor
from xingji.demo.telling import StoryError, Teller
from xingji.demo.words import figures_of, findings

COURSE: Final[Mapping[tuple[str, int], str]] = {
    (MENDED, 2023): "rectify",
    (FAILED, 2024): "fail",
    (MISSED, 2024): "missed",
}
"""(county, year) → how its new provincial community fares; else it passes."""
_IDS: Final = UUID("a0a3b6f4-3d0c-5a5b-8c51-5f3c1c2a7d10")
_POOR: Final = {"code": "1.6", "verdict": "DOES_NOT_MEET", "note": "宣传栏三个月未更新。"}
_BAD_FIGURE: Final = {"code": "hardship_employed", "numerator": 26, "denominator": 28}


def reviewed(year: int) -> tuple[str, ...]:
    """The counties that have a provincial community to review; the moved street's goes with it."""
    return (STEADY, MENDED, FAILED, MISSED, GAP if year < 2025 else TAKER)


async def plan(teller: Teller, year: int) -> str:
    """Who is reviewed and by which teams; and by a seed of county and city together, who goes where."""
    names: list[str] = []
    for code in reviewed(year):
        planner = teller.actor(CITY, "leader") if code == MENDED else teller.actor(code, "county")
        planned = await teller.done(
            planner, q.PLAN_REVIEW_CYCLE, f"cycle:{code}:{year}", await _plan(teller, code, year)
        )
        cycle = planned["cycle"]
        names += [edge["node"]["community"]["name"] for edge in cycle["reviews"]["edges"]]
        origin = planned["receipt"]["origin"]
        await draw(
            teller, code, origin, f"{code}:{year}", {"purpose": "ASSIGNMENT", "drawnFromId": cycle["id"]}
        )
    return f"{len(reviewed(year))} 个县区、{len(names)} 个社区；县市各出一个密数，抽签分组"


async def inspect(teller: Teller, year: int) -> str:
    """Each team sees what it was assigned, and sends what it found when there is a network again."""
    ended: dict[str, int] = {}
    for code in reviewed(year):
        for tenant, login in _INSPECTORS[code]:
            inspector = teller.actor(tenant, login)
            for one in (await inspector.ask(q.REVIEW_DAY))["reviewDay"]:
                if one["id"].split(".")[1] != str(_tenant(code)) or one["round"] > 1 or one["year"] != year:
                    continue
                course = COURSE.get((code, year), "pass") if one["level"] == "provincial" else "pass"
                if course != "missed":
                    await _inspect(teller, inspector, one, course, f"{code}:{year}")
                ended[course] = ended.get(course, 0) + 1
    said = {"pass": "合格", "rectify": "限期整改", "fail": "不合格", "missed": "无人复查"}
    return "、".join(f"{said[course]} {number}" for course, number in ended.items())


async def mend(teller: Teller, year: int) -> str:
    """What was put right is looked at again; the rest of the first round stands."""
    done = 0
    for tenant, login in _INSPECTORS[MENDED]:
        inspector = teller.actor(tenant, login)
        for one in (await inspector.ask(q.REVIEW_DAY))["reviewDay"]:
            if one["status"] == "RECTIFYING":
                good = [{"item": {"code": _POOR["code"], "verdict": "MEETS"}}]
                conclusion = {"verdict": "PASS", "text": "已整改：宣传栏每周更新，专人负责。"}
                values = _sent(teller, one, good, "mended", conclusion)
                await teller.done(inspector, q.RECORD_INSPECTION, f"mended:{year}:{one['id']}", values)
                done += 1
    if done != 1:
        raise StoryError(f"{done} reviews were to be looked at again")
    return "只看整改条款，其余以首轮记录为准；结论：整改后合格"


async def confirm(teller: Teller, year: int) -> str:
    """County and city read the same conclusion and confirm it; from then on the year counts."""
    done, refused = 0, False
    for number, (code, login) in enumerate((code, "county") for code in reviewed(year)):
        for one in await _to_confirm(teller.actor(code, login), year, "INSPECTED"):
            values = {"reviewId": one["id"], "conclusionId": _conclusion(one)}
            if year == 2023 and number == 0 and not refused:
                await teller.refused(
                    teller.actor(CITY, "reviewer"),
                    q.CONFIRM_REVIEW,
                    values,
                    "周口市",
                    "县级未确认即由市级确认",
                )
                refused = True
            await teller.done(
                teller.actor(code, login), q.CONFIRM_REVIEW, f"county:{year}:{one['id']}", values
            )
    city = teller.actor(CITY, "reviewer")
    for one in await _to_confirm(city, year, "COUNTY_CONFIRMED"):
        values = {"reviewId": one["id"], "conclusionId": _conclusion(one)}
        await teller.done(city, q.CONFIRM_REVIEW, f"city:{year}:{one['id']}", values)
        done += 1
    late = [one for one in await _reviews(city, year) if one["status"] not in ("CONFIRMED", "CANCELLED")]
    return f"县市两级确认 {done} 个" + (f"，{len(late)} 个未复查（逾期不算合格）" if late else "")


async def check_register(teller: Teller) -> str:
    """Twenty numbers of a register, drawn by nobody: each is looked up and answered."""
    county = next(one for one in counties() if one.code == STEADY)
    clerk = teller.actor(STEADY, "clerk")
    listed = await teller.done(
        clerk,
        q.COMMIT_REGISTER_LIST,
        "register",
        {
            "communityId": f"Unit.{county.tenant_id}.{county.nominee.id}",
            "takenOn": f"{teller.clock():%Y-%m-%d}",
            "numbers": [f"R-{number:06}" for number in range(1, 241)],
        },
    )
    wanted = {"purpose": "SPOT_CHECK", "drawnFromId": listed["list"]["id"], "picks": 20}
    drawn = await draw(teller, STEADY, listed["receipt"]["origin"], "register", wanted)
    found = (await teller.actor(STEADY, "county").ask(q.DRAWN, id=drawn))["node"]["drawn"]
    for number, one in enumerate(found):
        outcome = "MISMATCH" if number == 7 else "MATCH"
        values = {
            "drawId": drawn,
            "position": one["position"],
            "outcome": outcome,
            "note": "电话核对（演示）",
        }
        await teller.done(teller.actor(STEADY, "county"), q.ANSWER_SPOT_CHECK, f"answer:{number}", values)
    return f"240 个编号先承诺，县市合成种子抽出 {len(found)} 个：19 个相符，1 个不符"


async def draw(teller: Teller, code: str, origin: str, name: str, wanted: Mapping[str, Any]) -> str:
    """County and city commit before either reveals; the second secret settles it. The id of the draw."""
    draw_id = uuid5(_IDS, f"draw:{name}")
    secrets = {
        party: sha256(f"demonstration {name} {party}".encode()).digest() for party in ("county", "city")
    }
    sealed = {party: commitment(origin, draw_id, party, one).hex() for party, one in secrets.items()}
    county, city = teller.actor(code, "county"), teller.actor(CITY, "leader")
    opening = {**wanted, "drawId": str(draw_id), "secondParty": "CITY", "commitment": sealed["county"]}
    opened = await teller.done(county, q.OPEN_DRAW, f"draw:{name}", opening)
    drawn = opened["draw"]["id"]
    early = {"drawId": drawn, "secret": secrets["county"].hex()}
    if name == "register":
        await teller.refused(county, q.REVEAL_SECRET, early, STEADY, "对方未承诺即公开密数")
    second = {"drawId": drawn, "commitment": sealed["city"]}
    await teller.done(city, q.COMMIT_SECRET, f"commit:{name}", second)
    await teller.done(county, q.REVEAL_SECRET, f"reveal:county:{name}", early)
    last = {"drawId": drawn, "secret": secrets["city"].hex()}
    settled = await teller.done(city, q.REVEAL_SECRET, f"reveal:city:{name}", last)
    if settled["draw"]["status"] != "DRAWN":
        raise StoryError(f"the draw {name} is {settled['draw']['status']}")
    return str(drawn)


async def _plan(teller: Teller, code: str, year: int) -> dict[str, Any]:
    def member(tenant: str, login: str) -> dict[str, Any]:
        return {"inspectorId": f"Inspector.{_tenant(tenant)}.{person_id(tenant, login)}"}

    return {
        "tenantId": f"Tenant.{_tenant(code)}.{_tenant(code)}",
        "campaignId": await teller.campaign(),
        "year": year,
        "name": f"{year} 年度复查（演示）",
        "opensOn": f"{year}-03-01",
        "closesOn": f"{year}-11-30",
        "teams": [
            {"name": f"第{number}组", "members": [member(tenant, login)]}
            for number, (tenant, login) in zip("一二", _INSPECTORS[code], strict=True)
        ],
    }


async def _inspect(teller: Teller, inspector: Actor, one: Mapping[str, Any], course: str, name: str) -> None:
    """In two pieces: items first, figures with the conclusion; the first is sent twice, as a phone does that heard nothing."""
    items = [{"item": {**found}} for found in findings()]
    figures = [{"figure": figure} for figure in figures_of(one["level"])]
    conclusion: dict[str, Any] = {"verdict": course.upper(), "text": "逐条查看，符合认定标准。"}
    if course == "rectify":
        items = [{"item": _POOR} if found["item"]["code"] == _POOR["code"] else found for found in items]
        due = {"clauses": [_POOR["code"]], "dueOn": f"{one['year']}-07-31"}
        conclusion = {"verdict": "RECTIFY", "text": "宣传栏未及时更新，限期整改。", **due}
    if course == "fail":
        figures = [
            {"figure": _BAD_FIGURE} if each["figure"]["code"] == _BAD_FIGURE["code"] else each
            for each in figures
        ]
        conclusion["text"] = "就业困难人员就业率不足 95%，年内无法补足。"
    first = _sent(teller, one, items, "items")
    for _ in range(2):
        await teller.done(inspector, q.RECORD_INSPECTION, f"items:{name}:{one['id']}", first)
    if course == "fail":
        praised = {**_sent(teller, one, figures, "figures", {"verdict": "PASS", "text": "合格。"})}
        await teller.refused(
            inspector, q.RECORD_INSPECTION, praised, one["community"]["name"], "指标不达标仍评为合格"
        )
    second = _sent(teller, one, figures, "figures", conclusion)
    if name == f"{STEADY}:2023" and one["level"] == "provincial":
        second = await _contradict(teller, inspector, one, second)
    await teller.done(inspector, q.RECORD_INSPECTION, f"figures:{name}:{one['id']}", second)


async def _contradict(
    teller: Teller, inspector: Actor, one: Mapping[str, Any], second: dict[str, Any]
) -> dict[str, Any]:
    """Another phone of the team says otherwise of an item: shown, and settled by who looks again, not by who sends last."""
    other = _sent(teller, one, [{"item": _POOR}], "other")
    sent = await teller.done(inspector, q.RECORD_INSPECTION, f"other:{one['id']}", other)
    if [conflict["key"] for conflict in sent["review"]["conflicts"]] != ["item:1.6"]:
        raise StoryError("a contradiction was not shown")
    who = one["community"]["name"]
    await teller.refused(inspector, q.RECORD_INSPECTION, second, who, "两台手机记录不一致即下结论")
    heads = [_observation(one, group, "item:1.6") for group in ("items", "other")]
    again = {
        "item": {"code": "1.6", "verdict": "MEETS", "note": "当面复看：公告栏当周已更新。"},
        "supersedes": heads,
    }
    settled = _sent(teller, one, [again], "settled")["observations"]
    return {**second, "observations": [*second["observations"], *settled]}


def _sent(
    teller: Teller,
    one: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
    group: str,
    conclusion: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A piece: every observation with an id of its own, when and where it was made."""
    place = {"latitudeE6": 33_626_000, "longitudeE6": 114_697_000, "accuracyM": 12}
    at = teller.clock().replace(minute=0, second=0, microsecond=0).isoformat()
    return {
        "reviewId": one["id"],
        "observations": [
            {"id": _observation(one, group, _key(each)), "observedAt": at, "place": place, **each}
            for each in found
        ],
        "conclusion": conclusion,
    }


def _key(found: Mapping[str, Any]) -> str:
    if "item" in found:
        return f"item:{found['item']['code']}"
    return f"figure:{found['figure']['code']}:{found['figure'].get('group', '')}"


def _observation(one: Mapping[str, Any], group: str, key: str) -> str:
    return str(uuid5(_IDS, f"{one['id']}:{one['round']}:{group}:{key}"))


async def _to_confirm(actor: Actor, year: int, status: str) -> list[dict[str, Any]]:
    return [one for one in await _reviews(actor, year) if one["status"] == status]


async def _reviews(actor: Actor, year: int) -> list[dict[str, Any]]:
    data = await actor.ask(q.REVIEWS, year=year)
    return [edge["node"] for edge in data["annualReviews"]["edges"]]


def _conclusion(one: Mapping[str, Any]) -> str:
    """The team's latest."""
    return str([verdict["id"] for verdict in one["verdicts"] if verdict["stage"] == "INSPECTION"][-1])


def _tenant(code: str) -> int:
    return 1 if code == CITY else next(one.tenant_id for one in counties() if one.code == code)


_INSPECTORS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    **{code: ((code, "inspector"), (code, "inspector2")) for code in (STEADY, FAILED, MISSED, GAP, TAKER)},
    MENDED: ((CITY, "inspector"), (MENDED, "inspector")),
}
"""Of each county, the one inspector of each of its two teams; the city names one of its own where it plans."""
