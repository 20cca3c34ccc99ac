"""At the city's desk: the campaign, reviews and visits, rankings, publicity with its objections, the report, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from certification.model import OBJECTION_ZH, ObjectionStatus
from xingji.demo import documents as q
from xingji.demo.cast import CITY
from xingji.demo.chapters.filing import STAR, opinion_input
from xingji.demo.telling import LEVEL, PROGRAMME, StoryError, Teller
from xingji.demo.words import (
    DISMISSED,
    OBJECTIONS,
    REASONS,
    SCORES,
    STAR_REASONS,
    STAR_SCORES,
    TIE,
    UPHELD,
    VISIT,
    decision_list,
    findings,
)

PLACES: Final = 6
_REQUESTS: Final = UUID("8f2f5a04-3f4c-5f0b-9a5e-6a1f6f2f7d10")
LEVELS: Final = (LEVEL, STAR)


async def open_campaign(teller: Teller) -> str:
    """The notice becomes a round."""
    leader = teller.actor(CITY, "leader")
    result = await teller.done(leader, q.OPEN_CAMPAIGN, "open", {"programme": PROGRAMME})
    return str(result["campaign"]["name"])


async def review(teller: Teller) -> str:
    """The first review, item by item."""
    reviewer, done = teller.actor(CITY, "reviewer"), 0
    for level in LEVELS:
        for one in await teller.at_city(level):
            values = {**opinion_input(one, "CITY"), "items": findings()}
            await teller.done(reviewer, q.GIVE_OPINION, f"city:{one['id']}", values)
            done += 1
    return f"初审 {done} 份，逐项对照 13 条标准"


async def visit(teller: Teller) -> str:
    """On the spot, item by item again."""
    visitor, done = teller.actor(CITY, "visitor"), 0
    for level in LEVELS:
        for one in await teller.at_city(level):
            values = {
                "applicationId": one["id"],
                "note": VISIT,
                "formHash": one["form"]["hash"],
                "items": findings(),
            }
            await teller.done(visitor, q.RECORD_SITE_VISIT, f"visit:{one['id']}", values)
            done += 1
    return f"考察 {done} 个社区（村）"


async def rank(teller: Teller) -> str:
    """In order, each with its reason; who stands behind an equal score is argued."""
    leader = teller.actor(CITY, "leader")
    found = await teller.at_city()
    await teller.refused(
        leader,
        q.RANK_APPLICATIONS,
        await _ranking(teller, found, PLACES + 1),
        "周口市",
        f"选出 {PLACES + 1} 个",
    )
    silent = await _ranking(teller, found, PLACES)
    for item in silent["items"]:
        item.pop("tieReason", None)
    await teller.refused(leader, q.RANK_APPLICATIONS, silent, "周口市", "同分排序不说明理由")
    ranked = await teller.done(leader, q.RANK_APPLICATIONS, "rank", await _ranking(teller, found, PLACES))
    teller.told.selected = [
        item["communityName"] for item in ranked["roster"]["items"] if item["verdict"] == "SELECTED"
    ]
    stars = await teller.at_city(STAR)
    await teller.done(
        leader, q.RANK_APPLICATIONS, "rank:star", await _ranking(teller, stars, len(stars), STAR)
    )
    return f"{len(found)} 个中选出 {len(teller.told.selected)} 个，同分者说明理由；星级 {len(stars)} 个"


async def publicise(teller: Teller) -> str:
    """Not on a Saturday, not by a calendar that nobody has published, not later than the planner says."""
    leader = teller.actor(CITY, "leader")
    wanted = await teller.resting_on("ranking", "rankingId")
    for day, what in (("2022-05-21", "5月21日（周六）起公示"), ("2027-05-20", "按 2027 年的日历公示")):
        await teller.refused(leader, q.OPEN_PUBLICITY, {**wanted, "opensOn": day}, "周口市", what)
    campaign = (await leader.ask(q.PLAN, code=PROGRAMME))["campaigns"]["edges"][0]["node"]
    latest, today = campaign["publicityPlan"]["opensOn"], "2022-05-18"
    opened = await teller.done(leader, q.OPEN_PUBLICITY, "publicity", {**wanted, "opensOn": today})
    star = await teller.resting_on("ranking", "rankingId", STAR)
    await teller.done(leader, q.OPEN_PUBLICITY, "publicity:star", {**star, "opensOn": today})
    return f"最迟可于 {latest} 起；{today} 起公示，计至 {opened['roster']['closesOn']}，共 5 个工作日"


async def object_to(teller: Teller) -> str:
    """Two strangers object; the count of those two applications stops while the city looks into it."""
    leader = teller.actor(CITY, "leader")
    (notice,) = [
        edge["node"]
        for edge in (await teller.stranger().ask(q.NOTICES))["publicNotices"]["edges"]
        if edge["node"]["level"] == LEVEL
    ]
    codes = []
    for position, text in OBJECTIONS.items():
        values = {"noticeId": notice["noticeId"], "position": position, "text": text}
        filed = await teller.stranger().act(
            q.FILE_OBJECTION, request_id=str(uuid5(_REQUESTS, text)), **values
        )
        codes.append(filed["code"])
    for one in await _objections(teller):
        named = {"objectionId": one["id"]}
        await teller.done(leader, q.ACCEPT_OBJECTION, f"accept:{one['id']}", named)
    status = (await teller.stranger().ask(q.OBJECTION_STATUS, code=codes[0]))["objectionStatus"]
    return f"2 件异议受理，凭查询码可查（{OBJECTION_ZH[ObjectionStatus(status['status'].lower())]}）；只有这两个社区的计时停止"


async def dismiss(teller: Teller) -> str:
    """Looked into, and not so: the count goes on with the next working day."""
    return await _decide_objection(teller, min(OBJECTIONS), "DISMISSED", DISMISSED)


async def uphold(teller: Teller) -> str:
    """An open objection holds the publicity; looked into, and so: that application is out, and its place stays free."""
    wanted = await teller.resting_on("publicity", "publicityId")
    leader = teller.actor(CITY, "leader")
    await teller.refused(leader, q.CLOSE_PUBLICITY, wanted, "周口市", "异议未了结即结束公示")
    return await _decide_objection(teller, max(OBJECTIONS), "UPHELD", UPHELD)


async def too_early(teller: Teller) -> str:
    """The fifth working day must end."""
    wanted = await teller.resting_on("publicity", "publicityId")
    leader = teller.actor(CITY, "leader")
    await teller.refused(leader, q.CLOSE_PUBLICITY, wanted, "周口市", "5月27日当天结束公示")
    return "第五个工作日尚未届满"


async def report(teller: Teller) -> str:
    """Both levels; the same request twice is answered with one receipt."""
    leader, listed = teller.actor(CITY, "leader"), []
    for level, name in zip(LEVELS, ("report", "report:star"), strict=True):
        wanted = await teller.resting_on("publicity", "publicityId", level)
        await teller.done(leader, q.CLOSE_PUBLICITY, name.replace("report", "close"), wanted)
        number = f"周人社函〔2022〕演示{LEVELS.index(level) + 1}号"
        document = {**wanted, "documentNumber": number, "documentDate": "2022-05-30"}
        first = await teller.done(leader, q.REPORT_TO_PROVINCE, name, document)
        again = await teller.done(leader, q.REPORT_TO_PROVINCE, name, document)
        if again["receipt"]["hash"] != first["receipt"]["hash"] or not again["receipt"]["replayed"]:
            raise StoryError("a repeated request was not answered with its first receipt")
        listed.append(sum(item["verdict"] == "LISTED" for item in first["roster"]["items"]))
    return f"报送省级 {listed[0]} 个、星级 {listed[1]} 个；重复请求返回同一回执"


async def decide(teller: Teller) -> str:
    """The province's list is matched line by line; what does not match is shown, not guessed."""
    leader = teller.actor(CITY, "leader")
    unmatched = 0
    for level, name in zip(LEVELS, ("decide", "decide:star"), strict=True):
        wanted = await teller.resting_on("report", "reportId", level)
        items = (await leader.ask(q.NODE_ITEMS, id=wanted["reportId"]))["node"]["items"]
        reported = [item["communityName"] for item in items if item["verdict"] == "LISTED"]
        paper = decision_list(reported, refused=level == LEVEL)
        matched = teller.check(
            leader, await leader.send("/imports/decision", f"paper:{name}", paper, report=wanted["reportId"])
        )
        unmatched += len(matched["unmatched"])
        number = f"豫人社函〔2022〕演示{LEVELS.index(level) + 1}号"
        document = {
            **wanted,
            "documentNumber": number,
            "documentDate": "2022-07-15",
            "documentSha256": matched["evidence"]["sha256"],
        }
        chosen = [
            {key: one[key] for key in ("applicationId", "verdict", "reason")} for one in matched["matched"]
        ]
        decided = await teller.done(leader, q.RECORD_DECISION, name, {**document, "items": chosen})
        certified = [
            item["communityName"] for item in decided["roster"]["items"] if item["verdict"] == "CERTIFIED"
        ]
        if level == LEVEL:
            teller.told.certified = certified
        else:
            teller.told.stars = certified
    return (
        f"认定省级 {len(teller.told.certified)} 个、星级 {len(teller.told.stars)} 个，"
        f"1 个未予认定；{unmatched} 行对不上，列出待核"
    )


async def _decide_objection(teller: Teller, position: int, verdict: str, reason: str) -> str:
    (one,) = [found for found in await _objections(teller) if found["position"] == position]
    values = {"objectionId": one["id"], "verdict": verdict, "reason": reason, "publicReason": reason}
    await teller.done(teller.actor(CITY, "leader"), q.DECIDE_OBJECTION, f"objection:{one['id']}", values)
    return f"{one['communityName']}：{reason}"


async def _objections(teller: Teller) -> list[dict[str, Any]]:
    data = await teller.actor(CITY, "leader").ask(q.OBJECTIONS)
    return [edge["node"] for edge in data["objections"]["edges"]]


async def _ranking(
    teller: Teller, found: Sequence[Mapping[str, Any]], selected: int, level: str = LEVEL
) -> dict[str, Any]:
    reasons, scores = (REASONS, SCORES) if level == LEVEL else (STAR_REASONS, STAR_SCORES)
    return {
        "campaignId": await teller.campaign(),
        "level": level,
        "reason": "对照认定标准，综合材料初审与实地考察比较排序。",
        "items": [
            {
                "applicationId": one["id"],
                "verdict": "SELECTED" if place < selected else "NOT_SELECTED",
                "reason": reasons[place],
                "score": scores[place],
                **({"tieReason": TIE} if place and scores[place] == scores[place - 1] else {}),
            }
            for place, one in enumerate(found)
        ],
    }
