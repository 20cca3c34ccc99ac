"""The round of 2022 as it goes, on its own days: every step is a request over HTTP by the person whose step it is.

Beside what is done stands what is refused and why: a second nominee, a second opinion by one person, another county's rows, a late
submission, a seventh place, a publicity on a Saturday, a report too early, a calendar that nobody has published. `play` goes on behind
the last step that was kept; within a step every request id is fixed, so what is repeated answers with its first receipt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from xingji.demo import documents as q
from xingji.demo.cast import CITY, DOUBLE, PASSWORD, County, Place, counties
from xingji.demo.client import Actor, Login
from xingji.demo.clock import StoryClock, shanghai
from xingji.demo.words import OPINIONS, VISIT, findings, form_of

PROGRAMME: Final = "zhoukou-2022"
LEVEL: Final = "PROVINCIAL"
PLACES: Final = 6
STEPS: Final = 13
REASONS: Final = (
    "重点帮扶对象就业成效突出，台账详实",
    "信息化登记率全市最高，实名查询全部相符",
    "创业带动就业效果明显，示范性强",
    "培训推荐率、满意率均居前列",
    "零就业家庭动态为零连续保持，走访记录完整",
    "工作任务重、成效显著，特色活动突出",
    "达到标准，创新举措相对较少",
    "达到标准，宣传栏更新不够及时",
    "达到标准，专职人员稳定性有待加强",
    "达到标准，本年度服务人数较少",
)


class StoryError(Exception):
    """A step did not go as the notice says it must."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that the story asked for: who tried what, and the answer."""

    who: str
    what: str
    code: str
    reason: str
    clause: str | None


@dataclass(slots=True)
class Told:
    """What happened, for the summary."""

    recommended: list[str] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)
    certified: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    steps: int = 0

    def to_json(self) -> dict[str, Any]:
        """For a later run to show."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Told:
        """What `to_json` kept."""
        return cls(**{**kept, "refused": [Refused(**one) for one in kept["refused"]]})


@dataclass(slots=True)
class Story:
    """The actors, the clock and the progress of one playing."""

    http: httpx.AsyncClient
    clock: StoryClock
    show: Callable[[str, str], None]
    told: Told = field(default_factory=Told)
    keep: Callable[[Told], None] = lambda _told: None
    _actors: dict[tuple[str, str], Actor] = field(default_factory=dict)

    def actor(self, tenant_code: str, login: str) -> Actor:
        """A person of the cast."""
        key = (tenant_code, login)
        if key not in self._actors:
            self._actors[key] = Actor(self.http, Login(tenant_code, login, PASSWORD))
        return self._actors[key]

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
        result = await self._done(
            self.actor(CITY, "leader"), q.OPEN_CAMPAIGN, "open", {"programme": PROGRAMME}
        )
        return str(result["campaign"]["name"])

    async def _apply(self) -> str:
        campaign = await self._campaign()
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
        filed = await self._done(clerk, q.FILE_APPLICATION, f"file:{community.id}", wanted)
        application = filed["application"]["id"]
        form = {
            "applicationId": application,
            **form_of(county.name, county.street.name, community.name),
        }
        if community == counties()[0].nominee and not filed["receipt"]["replayed"]:
            long = {**form, "narrative": "字" * 1501}
            await self._refused(clerk, q.SAVE_FORM, long, county.name + community.name, "推荐材料 1501 字")
        saved = await self._done(clerk, q.SAVE_FORM, f"form:{community.id}", form)
        await self._done(
            clerk,
            q.SUBMIT_APPLICATION,
            f"submit:{community.id}",
            {"applicationId": application, "formHash": saved["application"]["form"]["hash"]},
        )

    async def _street(self) -> str:
        given = 0
        for county in counties():
            for name, one in (await self._applications(county, "street")).items():
                # The rival's application is endorsed by the person who is county officer as well.
                login = DOUBLE if name == county.rival.name else "street"
                await self._opinion(self.actor(county.code, login), one, "STREET")
                given += 1
        return f"{given} 份意见"

    async def _recommend(self) -> str:
        first, *others = counties()
        found = await self._applications(first, "county")
        await self._opinion(self.actor(first.code, "county"), found[first.nominee.name], "COUNTY")
        await self._refused(
            self.actor(first.code, "county2"),
            q.GIVE_OPINION,
            _opinion_input(found[first.rival.name], "COUNTY"),
            first.name,
            f"同时推荐第二个：{first.rival.name}",
        )
        for county in others:
            (only,) = (await self._applications(county, "county")).values()
            await self._opinion(self.actor(county.code, "county"), only, "COUNTY")
        self.told.recommended += [f"{county.name} {county.nominee.name}" for county in counties()]
        return f"{len(self.told.recommended)} 个县区各推荐 1 个"

    async def _beyond(self) -> str:
        first, second = counties()[:2]
        rival = (await self._applications(first, "county"))[first.rival.name]
        await self._refused(
            self.actor(first.code, DOUBLE),
            q.GIVE_OPINION,
            _opinion_input(rival, "COUNTY"),
            first.name,
            "一人在街道、县级两个环节签署",
        )
        neighbour = self.actor(second.code, "county")
        await self._refused(
            neighbour, q.GIVE_OPINION, _opinion_input(rival, "COUNTY"), second.name, f"签署{first.name}的申报"
        )
        if (await neighbour.ask(q.NODE, id=rival["id"]))["node"] is not None:
            raise StoryError("a county saw another county's application")
        return "均被拒绝；他县申报查无此件"

    async def _late(self) -> str:
        county = counties()[2]
        clerk = self.actor(county.code, "rival")
        wanted = {
            "campaignId": await self._campaign(),
            "level": LEVEL,
            "communityId": f"Unit.{county.tenant_id}.{county.rival.id}",
        }
        await self._refused(clerk, q.FILE_APPLICATION, wanted, county.name + county.rival.name, "5月16日申报")
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
            await self._done(visitor, q.RECORD_SITE_VISIT, f"visit:{one['id']}", _visit_input(one))
        return f"考察 {len(found)} 个"

    async def _rank(self) -> str:
        leader = self.actor(CITY, "leader")
        found = await self._nominees()
        asked = await self._ranking(found, PLACES + 1)
        await self._refused(leader, q.RANK_APPLICATIONS, asked, "周口市", f"选出 {PLACES + 1} 个")
        ranked = await self._done(leader, q.RANK_APPLICATIONS, "rank", await self._ranking(found, PLACES))
        self.told.selected = [
            item["communityName"] for item in ranked["roster"]["items"] if item["verdict"] == "SELECTED"
        ]
        return f"{len(found)} 个中选出 {len(self.told.selected)} 个，逐个说明理由"

    async def _ranking(self, found: Sequence[Mapping[str, Any]], selected: int) -> dict[str, Any]:
        return {
            "campaignId": await self._campaign(),
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
        wanted = await self._resting_on("ranking", "rankingId")
        saturday = {**wanted, "opensOn": "2022-05-21"}
        await self._refused(leader, q.OPEN_PUBLICITY, saturday, "周口市", "5月21日（周六）起公示")
        unpublished = {**wanted, "opensOn": "2027-05-20"}
        await self._refused(leader, q.OPEN_PUBLICITY, unpublished, "周口市", "按 2027 年的日历公示")
        campaign = (await leader.ask(q.PLAN, code=PROGRAMME))["campaigns"]["edges"][0]["node"]
        latest = campaign["publicityPlan"]["opensOn"]
        opened = await self._done(leader, q.OPEN_PUBLICITY, "publicity", {**wanted, "opensOn": latest})
        return f"最迟 {latest} 起公示，计至 {opened['roster']['closesOn']}，共 5 个工作日"

    async def _too_early(self) -> str:
        wanted = await self._resting_on("publicity", "publicityId")
        await self._refused(
            self.actor(CITY, "leader"), q.CLOSE_PUBLICITY, wanted, "周口市", "5月27日当天结束公示"
        )
        return "第五个工作日尚未届满"

    async def _report(self) -> str:
        leader = self.actor(CITY, "leader")
        wanted = await self._resting_on("publicity", "publicityId")
        await self._done(leader, q.CLOSE_PUBLICITY, "close", wanted)
        document = {"documentNumber": "周人社函〔2022〕演示1号", "documentDate": "2022-05-30"}
        first = await self._done(leader, q.REPORT_TO_PROVINCE, "report", {**wanted, **document})
        again = await self._done(leader, q.REPORT_TO_PROVINCE, "report", {**wanted, **document})
        if again["receipt"]["hash"] != first["receipt"]["hash"] or not again["receipt"]["replayed"]:
            raise StoryError("a repeated request was not answered with its first receipt")
        listed = [item for item in first["roster"]["items"] if item["verdict"] == "LISTED"]
        return f"报送 {len(listed)} 个；重复请求返回同一回执"

    async def _decide(self) -> str:
        leader = self.actor(CITY, "leader")
        wanted = await self._resting_on("report", "reportId")
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
        decided = await self._done(leader, q.RECORD_DECISION, "decide", {**wanted, **document})
        self.told.certified = [item["communityName"] for item in decided["roster"]["items"]]
        return f"认定 {len(self.told.certified)} 个省级充分就业社区"

    async def _opinion(self, actor: Actor, application: Mapping[str, Any], stage: str) -> None:
        await self._done(
            actor,
            q.GIVE_OPINION,
            f"{stage.lower()}:{application['id']}",
            _opinion_input(application, stage),
        )

    async def _resting_on(self, kind: str, argument: str) -> dict[str, Any]:
        """The input that names the campaign, the level and the latest list of a kind."""
        data = await self.actor(CITY, "leader").ask(q.LISTS, kind=kind.upper())
        return {
            "campaignId": await self._campaign(),
            "level": LEVEL,
            argument: data["rosters"]["edges"][-1]["node"]["id"],
        }

    async def _campaign(self) -> str:
        data = await self.actor(CITY, "leader").ask(q.CAMPAIGN, code=PROGRAMME)
        return str(data["campaigns"]["edges"][0]["node"]["id"])

    async def _applications(self, county: County, login: str) -> dict[str, dict[str, Any]]:
        """What a person of a county sees, by the community's name."""
        data = await self.actor(county.code, login).ask(q.TRAY)
        return {edge["node"]["community"]["name"]: edge["node"] for edge in data["applications"]["edges"]}

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

    async def _done(
        self, actor: Actor, mutation: str, request_id: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        result = await actor.act(mutation, request_id=f"demo:{request_id}", **values)
        if result["__typename"] == "Refusal":
            raise StoryError(f"{actor.login.login}@{actor.login.tenant_code}: {result}")
        return result

    async def _refused(
        self, actor: Actor, mutation: str, values: Mapping[str, Any], who: str, what: str
    ) -> None:
        self._expect_refusal(await actor.act(mutation, **values), who, what)

    def _expect_refusal(self, result: Mapping[str, Any], who: str, what: str) -> None:
        if result["__typename"] != "Refusal":
            raise StoryError(f"{who}：{what} was not refused: {result}")
        self.told.refused.append(Refused(who, what, result["code"], result["messageZh"], result["clause"]))


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
