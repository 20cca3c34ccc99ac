"""The plain round that most tests begin from: ten counties, one community each, nothing returned and nobody objecting.

Played through the API like the demonstration (xingji/demo), which tells the round as it really goes; here a change of that story breaks
no test of something else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from xingji.demo import documents as q
from xingji.demo.cast import CITY, DOUBLE, County, Place, counties
from xingji.demo.client import Actor
from xingji.demo.clock import shanghai
from xingji.demo.telling import LEVEL, PROGRAMME, StoryError, Teller, Told
from xingji.demo.words import OPINIONS, REASONS, VISIT, findings, form_of

PLACES: Final = 6
STEPS: Final = 13


class PlainRound(Teller):
    """The whole plain round."""

    async def play(self) -> Told:
        """The whole round. Raises StoryError when a step goes otherwise than the notice says."""
        played: Sequence[tuple[datetime, str, Callable[[], Awaitable[str]]]] = (
            (shanghai(4, 25), "市局印发方案，开启批次", self._open),
            (shanghai(4, 27), "十个县区的社区提出申请", self._apply),
            (shanghai(5, 5), "街道（乡镇）签署意见", self._street),
            (shanghai(5, 10), "县（市、区）择优推荐", self._recommend),
            (shanghai(5, 11), "越权与重复签署", self._beyond),
            (shanghai(5, 16), "逾期提交", self._late),
            (shanghai(5, 17), "市局初审", self._review),
            (shanghai(5, 18), "市局实地考察", self._visit),
            (shanghai(5, 19), "市局排序", self._rank),
            (shanghai(5, 20), "网站公示", self._publicise),
            (shanghai(5, 27), "公示未满不得报送", self._too_early),
            (shanghai(5, 30), "公示无异议，报送省厅", self._report),
            (shanghai(7, 15), "省厅认定", self._decide),
        )
        for number, (moment, title, step) in enumerate(played, start=1):
            if number > self.told.steps:
                self.clock.travel(moment)
                self.show(f"[{number:2}/{STEPS}] {moment:%Y-%m-%d} {title}", await step())
                self.told.steps = number
                self.keep(self.told)
        return self.told

    async def _open(self) -> str:
        result = await self.done(
            self.actor(CITY, "leader"), q.OPEN_CAMPAIGN, "open", {"programme": PROGRAMME}
        )
        return str(result["campaign"]["name"])

    async def _apply(self) -> str:
        campaign = await self.campaign()
        first = counties()[0]
        for county in counties():
            await self._file(county, "clerk", county.nominee, campaign)
        await self._file(first, "rival", first.rival, campaign)
        return f"{len(counties()) + 1} 份申报已提交"

    async def _file(self, county: County, login: str, community: Place, campaign: str) -> None:
        clerk = self.actor(county.code, login)
        wanted = {
            "campaignId": campaign,
            "level": LEVEL,
            "communityId": f"Unit.{county.tenant_id}.{community.id}",
        }
        filed = await self.done(clerk, q.FILE_APPLICATION, f"file:{community.id}", wanted)
        application = filed["application"]["id"]
        form = {
            "applicationId": application,
            **form_of(county.name, county.street.name, community.name),
        }
        if community == counties()[0].nominee and not filed["receipt"]["replayed"]:
            long = {**form, "narrative": "字" * 1501}
            await self.refused(clerk, q.SAVE_FORM, long, county.name + community.name, "推荐材料 1501 字")
        saved = await self.done(clerk, q.SAVE_FORM, f"form:{community.id}", form)
        await self.done(
            clerk,
            q.SUBMIT_APPLICATION,
            f"submit:{community.id}",
            {"applicationId": application, "formHash": saved["application"]["form"]["hash"]},
        )

    async def _street(self) -> str:
        given = 0
        for county in counties():
            for name, one in (await self.applications(county, "street")).items():
                # The rival's application is endorsed by the person who is county officer as well.
                login = DOUBLE if name == county.rival.name else "street"
                await self._opinion(self.actor(county.code, login), one, "STREET")
                given += 1
        return f"{given} 份意见"

    async def _recommend(self) -> str:
        first, *others = counties()
        found = await self.applications(first, "county")
        await self._opinion(self.actor(first.code, "county"), found[first.nominee.name], "COUNTY")
        await self.refused(
            self.actor(first.code, "county2"),
            q.GIVE_OPINION,
            _opinion_input(found[first.rival.name], "COUNTY"),
            first.name,
            f"同时推荐第二个：{first.rival.name}",
        )
        for county in others:
            (only,) = (await self.applications(county, "county")).values()
            await self._opinion(self.actor(county.code, "county"), only, "COUNTY")
        self.told.recommended += [f"{county.name} {county.nominee.name}" for county in counties()]
        return f"{len(self.told.recommended)} 个县区各推荐 1 个"

    async def _beyond(self) -> str:
        first, second = counties()[:2]
        rival = (await self.applications(first, "county"))[first.rival.name]
        await self.refused(
            self.actor(first.code, DOUBLE),
            q.GIVE_OPINION,
            _opinion_input(rival, "COUNTY"),
            first.name,
            "一人在街道、县级两个环节签署",
        )
        neighbour = self.actor(second.code, "county")
        await self.refused(
            neighbour, q.GIVE_OPINION, _opinion_input(rival, "COUNTY"), second.name, f"签署{first.name}的申报"
        )
        if (await neighbour.ask(q.NODE, id=rival["id"]))["node"] is not None:
            raise StoryError("a county saw another county's application")
        return "均被拒绝；他县申报查无此件"

    async def _late(self) -> str:
        county = counties()[2]
        clerk = self.actor(county.code, "rival")
        wanted = {
            "campaignId": await self.campaign(),
            "level": LEVEL,
            "communityId": f"Unit.{county.tenant_id}.{county.rival.id}",
        }
        await self.refused(clerk, q.FILE_APPLICATION, wanted, county.name + county.rival.name, "5月16日申报")
        return "窗口已于 5月15日 24:00 关闭"

    async def _review(self) -> str:
        reviewer = self.actor(CITY, "reviewer")
        found = await self._nominees()
        for one in found:
            await self._opinion(reviewer, one, "CITY")
        return f"初审 {len(found)} 个"

    async def _visit(self) -> str:
        visitor = self.actor(CITY, "visitor")
        found = await self._nominees()
        for one in found:
            await self.done(visitor, q.RECORD_SITE_VISIT, f"visit:{one['id']}", _visit_input(one))
        return f"考察 {len(found)} 个"

    async def _rank(self) -> str:
        leader = self.actor(CITY, "leader")
        found = await self._nominees()
        asked = await self._ranking(found, PLACES + 1)
        await self.refused(leader, q.RANK_APPLICATIONS, asked, "周口市", f"选出 {PLACES + 1} 个")
        ranked = await self.done(leader, q.RANK_APPLICATIONS, "rank", await self._ranking(found, PLACES))
        self.told.selected = [
            item["communityName"] for item in ranked["roster"]["items"] if item["verdict"] == "SELECTED"
        ]
        return f"{len(found)} 个中选出 {len(self.told.selected)} 个，逐个说明理由"

    async def _ranking(self, found: Sequence[Mapping[str, Any]], selected: int) -> dict[str, Any]:
        return {
            "campaignId": await self.campaign(),
            "level": LEVEL,
            "reason": "对照认定标准，综合材料初审与实地考察比较排序。",
            "items": [
                {
                    "applicationId": one["id"],
                    "verdict": "SELECTED" if place < selected else "NOT_SELECTED",
                    "reason": REASONS[place],
                }
                for place, one in enumerate(found)
            ],
        }

    async def _publicise(self) -> str:
        leader = self.actor(CITY, "leader")
        wanted = await self.resting_on("ranking", "rankingId")
        saturday = {**wanted, "opensOn": "2022-05-21"}
        await self.refused(leader, q.OPEN_PUBLICITY, saturday, "周口市", "5月21日（周六）起公示")
        unpublished = {**wanted, "opensOn": "2027-05-20"}
        await self.refused(leader, q.OPEN_PUBLICITY, unpublished, "周口市", "按 2027 年的日历公示")
        campaign = (await leader.ask(q.PLAN, code=PROGRAMME))["campaigns"]["edges"][0]["node"]
        latest = campaign["publicityPlan"]["opensOn"]
        opened = await self.done(leader, q.OPEN_PUBLICITY, "publicity", {**wanted, "opensOn": latest})
        return f"最迟 {latest} 起公示，计至 {opened['roster']['closesOn']}，共 5 个工作日"

    async def _too_early(self) -> str:
        wanted = await self.resting_on("publicity", "publicityId")
        await self.refused(
            self.actor(CITY, "leader"), q.CLOSE_PUBLICITY, wanted, "周口市", "5月27日当天结束公示"
        )
        return "第五个工作日尚未届满"

    async def _report(self) -> str:
        leader = self.actor(CITY, "leader")
        wanted = await self.resting_on("publicity", "publicityId")
        await self.done(leader, q.CLOSE_PUBLICITY, "close", wanted)
        document = {"documentNumber": "周人社函〔2022〕演示1号", "documentDate": "2022-05-30"}
        first = await self.done(leader, q.REPORT_TO_PROVINCE, "report", {**wanted, **document})
        again = await self.done(leader, q.REPORT_TO_PROVINCE, "report", {**wanted, **document})
        if again["receipt"]["hash"] != first["receipt"]["hash"] or not again["receipt"]["replayed"]:
            raise StoryError("a repeated request was not answered with its first receipt")
        listed = [item for item in first["roster"]["items"] if item["verdict"] == "LISTED"]
        return f"报送 {len(listed)} 个；重复请求返回同一回执"

    async def _decide(self) -> str:
        leader = self.actor(CITY, "leader")
        wanted = await self.resting_on("report", "reportId")
        reported = (await leader.ask(q.NODE_ITEMS, id=wanted["reportId"]))["node"]["items"]
        items = [
            {"applicationId": item["application"]["id"], "verdict": "CERTIFIED", "reason": "符合认定标准"}
            for item in reported
            if item["verdict"] == "LISTED"
        ]
        document = {
            "documentNumber": "豫人社函〔2022〕演示1号",
            "documentDate": "2022-07-15",
            "items": items,
        }
        decided = await self.done(leader, q.RECORD_DECISION, "decide", {**wanted, **document})
        self.told.certified = [item["communityName"] for item in decided["roster"]["items"]]
        return f"认定 {len(self.told.certified)} 个省级充分就业社区"

    async def _opinion(self, actor: Actor, application: Mapping[str, Any], stage: str) -> None:
        await self.done(
            actor,
            q.GIVE_OPINION,
            f"{stage.lower()}:{application['id']}",
            _opinion_input(application, stage),
        )

    async def _nominees(self) -> list[dict[str, Any]]:
        """The counties' nominees as the city sees them, in order of the counties' codes."""
        data = await self.actor(CITY, "reviewer").ask(q.TRAY)
        wanted = {(county.code, county.nominee.name): place for place, county in enumerate(counties())}
        nodes = [edge["node"] for edge in data["applications"]["edges"]]
        found = [(wanted.get((node["tenant"]["code"], node["community"]["name"])), node) for node in nodes]
        return [
            node
            for place, node in sorted(((p, n) for p, n in found if p is not None), key=lambda pair: pair[0])
        ]


def _opinion_input(application: Mapping[str, Any], stage: str) -> dict[str, Any]:
    return {
        "applicationId": application["id"],
        "stage": stage,
        "verdict": "AGREE",
        "text": OPINIONS[stage],
        "formHash": application["form"]["hash"],
        "items": findings() if stage == "CITY" else [],
    }


def _visit_input(application: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "applicationId": application["id"],
        "note": VISIT,
        "formHash": application["form"]["hash"],
        "items": findings(),
    }
