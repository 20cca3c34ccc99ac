"""2026: a later round, for star level. Who qualifies is what the ledgers tell of 2023 to 2025, and nobody types it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from xingji.demo import documents as q
from xingji.demo.cast import CITY, FAILED, MENDED, MISSED, STEADY, TAKER
from xingji.demo.chapters.divisions import CLERK, MERGED, STREET, county, merged_id, moved_id
from xingji.demo.chapters.filing import STAR, opine
from xingji.demo.telling import StoryError, Teller
from xingji.demo.words import VISIT, decision_list, findings, form_of

PROGRAMME: Final = "zhoukou-2026-demo"
REASONS: Final = (
    "三年复查均合格，随机实名查询相符率高",
    "一年整改后合格，合并后服务不断",
    "划转后复查仍合格，历史可逐条核验",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A community that would be star, with the logins of its clerk and of its street's officer."""

    code: str
    community: UUID
    name: str
    clerk: str
    street: str = "street"

    @property
    def unit(self) -> str:
        """Its global id."""
        return f"Unit.{county(self.code).tenant_id}.{self.community}"


def qualified() -> tuple[Candidate, ...]:
    """Three passes in succession: plain, with a rectification and a merger, with another county."""
    steady, moved = county(STEADY), county("411624")
    return (
        Candidate(STEADY, steady.nominee.id, steady.nominee.name, "clerk"),
        Candidate(MENDED, merged_id(), MERGED, "clerk"),
        Candidate(TAKER, moved_id(), moved.star.name, CLERK, STREET),
    )


def unqualified() -> tuple[tuple[Candidate, str], ...]:
    """A failed year, a missed year, and one that is star already."""
    failed, missed, steady = county(FAILED), county(MISSED), county(STEADY)
    return (
        (Candidate(FAILED, failed.rival.id, failed.rival.name, "rival"), "2024 年不合格仍申报星级"),
        (Candidate(MISSED, missed.nominee.id, missed.nominee.name, "clerk"), "2024 年未复查仍申报星级"),
        (Candidate(STEADY, steady.star.id, steady.star.name, "star"), "已是星级再次申报"),
    )


async def open_campaign(teller: Teller) -> str:
    """The round's programme says what is different from 2022."""
    leader = teller.actor(CITY, "leader")
    result = await teller.done(leader, q.OPEN_CAMPAIGN, "open:2026", {"programme": PROGRAMME})
    return str(result["campaign"]["name"])


async def survey(teller: Teller) -> str:
    """Who may apply, of the whole city, in one query; and who was star on a day of 2025, as known then."""
    leader = teller.actor(CITY, "leader")
    found = (await leader.ask(q.ELIGIBLE, level="provincial"))["standings"]
    stars = (await leader.ask(q.CERTIFIED_ON, level=STAR, on="2025-06-30"))["certifiedOn"]
    names = {edge["node"]["community"]["name"] for edge in found["edges"]}
    if names != {one.name for one in qualified()}:
        raise StoryError(f"eligible: {sorted(names)}")
    return f"可申报星级：{'、'.join(one.name for one in qualified())}；2025-06-30 在册星级 {stars['totalCount']} 个"


async def apply(teller: Teller) -> str:
    """Exactly those who qualify are admitted; each refusal says which year stands against it, and the entry that shows it."""
    campaign = await teller.campaign(PROGRAMME)
    for one in qualified():
        place, clerk = county(one.code), teller.actor(one.code, one.clerk)
        wanted = {"campaignId": campaign, "level": STAR, "communityId": one.unit}
        filed = await teller.done(clerk, q.FILE_APPLICATION, f"2026:file:{one.community}", wanted)
        form = {
            "applicationId": filed["application"]["id"],
            **form_of(place.name, place.street.name, one.name, STAR),
        }
        saved = (await teller.done(clerk, q.SAVE_FORM, f"2026:form:{one.community}", form))["application"]
        values = {"applicationId": saved["id"], "formHash": saved["form"]["hash"]}
        await teller.done(clerk, q.SUBMIT_APPLICATION, f"2026:submit:{one.community}", values)
    for one, what in unqualified():
        clerk = teller.actor(one.code, one.clerk)
        wanted = {"campaignId": campaign, "level": STAR, "communityId": one.unit}
        await teller.refused(clerk, q.FILE_APPLICATION, wanted, one.name, what)
    return f"{len(qualified())} 份受理，{len(unqualified())} 份不予受理"


async def recommend(teller: Teller) -> str:
    """Street and county agree; the form's history is filled in from the ledger."""
    years = 0
    for one in qualified():
        for login, stage in ((one.street, "STREET"), ("county", "COUNTY")):
            actor = teller.actor(one.code, login)
            await opine(teller, actor, await _find(teller, one, login), stage)
        form = await teller.actor(one.code, "county").ask(
            q.FORM_HISTORY, id=(await _find(teller, one, "county"))["id"]
        )
        years += len(form["node"]["form"]["reviews"])
    return f"附件3 三年复查情况由账本填入，共 {years} 条，各有账目为证"


async def review(teller: Teller) -> str:
    """The city reviews, visits and ranks."""
    reviewer, visitor, leader = (teller.actor(CITY, one) for one in ("reviewer", "visitor", "leader"))
    for one in await _at_city(teller):
        await opine(teller, reviewer, one, "CITY", items=findings())
        visit = {
            "applicationId": one["id"],
            "note": VISIT,
            "formHash": one["form"]["hash"],
            "items": findings(),
        }
        await teller.done(visitor, q.RECORD_SITE_VISIT, f"visit:{one['id']}", visit)
    found = await _at_city(teller)
    ranking = {
        "campaignId": await teller.campaign(PROGRAMME),
        "level": STAR,
        "reason": "对照星级标准，综合三年复查与实地考察比较排序。",
        "items": [
            {"applicationId": one["id"], "verdict": "SELECTED", "reason": reason}
            for one, reason in zip(found, REASONS, strict=True)
        ],
    }
    await teller.done(leader, q.RANK_APPLICATIONS, "2026:rank", ranking)
    wanted = await teller.resting_on("ranking", "rankingId", STAR, PROGRAMME)
    opened = await teller.done(
        leader, q.OPEN_PUBLICITY, "2026:publicity", {**wanted, "opensOn": f"{teller.clock():%Y-%m-%d}"}
    )
    return f"{len(found)} 个入选，公示至 {opened['roster']['closesOn']}"


async def decide(teller: Teller) -> str:
    """Nobody objected: reported, and the province certifies; the places are filled."""
    leader = teller.actor(CITY, "leader")
    wanted = await teller.resting_on("publicity", "publicityId", STAR, PROGRAMME)
    await teller.done(leader, q.CLOSE_PUBLICITY, "2026:close", wanted)
    paper = {"documentNumber": "周人社函〔2026〕演示1号", "documentDate": f"{teller.clock():%Y-%m-%d}"}
    await teller.done(leader, q.REPORT_TO_PROVINCE, "2026:report", {**wanted, **paper})
    return "三个名额报满"


async def certify(teller: Teller) -> str:
    """By the province's document."""
    leader = teller.actor(CITY, "leader")
    wanted = await teller.resting_on("report", "reportId", STAR, PROGRAMME)
    items = (await leader.ask(q.NODE_ITEMS, id=wanted["reportId"]))["node"]["items"]
    names = decision_list([item["communityName"] for item in items], refused=False)
    matched = teller.check(
        leader, await leader.send("/imports/decision", "2026:paper", names, report=wanted["reportId"])
    )
    decision = {
        **wanted,
        "documentNumber": "豫人社函〔2026〕演示1号",
        "documentDate": f"{teller.clock():%Y-%m-%d}",
        "documentSha256": matched["evidence"]["sha256"],
        "items": [
            {key: one[key] for key in ("applicationId", "verdict", "reason")} for one in matched["matched"]
        ],
    }
    decided = await teller.done(leader, q.RECORD_DECISION, "2026:decide", decision)
    teller.told.later = [
        item["communityName"] for item in decided["roster"]["items"] if item["verdict"] == "CERTIFIED"
    ]
    return f"认定星级 {len(teller.told.later)} 个"


async def _find(teller: Teller, one: Candidate, login: str) -> Mapping[str, Any]:
    return (await teller.applications(county(one.code), login, STAR))[one.name]


async def _at_city(teller: Teller) -> list[Mapping[str, Any]]:
    """The candidates' applications, as the city sees them."""
    reviewer = teller.actor(CITY, "reviewer")
    nodes = [edge["node"] for edge in (await reviewer.ask(q.TRAY))["applications"]["edges"]]
    names = [one.name for one in qualified()]
    found = {node["community"]["name"]: node for node in nodes if node["level"] == STAR}
    return [found[name] for name in names]
