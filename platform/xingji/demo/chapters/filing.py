"""From the community's desk to the county's recommendation: forms, evidence, opinions, a return, a withdrawal, a late comer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xingji.demo import documents as q
from xingji.demo.cast import (
    CITY,
    DOUBLE,
    GAP,
    LATE,
    RETURNED,
    STARS,
    VILLAGE,
    WITHDRAWN,
    County,
    Place,
    counties,
)
from xingji.demo.client import Actor
from xingji.demo.telling import LEVEL, StoryError, Teller
from xingji.demo.words import (
    CORRECTED,
    EXTENSION,
    JUSTIFICATION,
    LAPSE,
    OPINIONS,
    RETURN,
    WITHDRAWAL,
    form_of,
    photograph,
)

STAR = "star"


async def apply(teller: Teller) -> str:
    """Every community but one that will come too late; one never goes beyond its draft."""
    campaign = await teller.campaign()
    for county in counties():
        if county.code == LATE:
            continue
        if county.code == VILLAGE and county.village is not None:
            await _fill(teller, county, "clerk", county.nominee, campaign)
            await _file(teller, county, "village", county.village, campaign)
        else:
            await _file(teller, county, "clerk", county.nominee, campaign)
        if county in (counties()[0], _get(WITHDRAWN)):
            await _file(teller, county, "rival", county.rival, campaign)
        if county.code in STARS:
            await _file(teller, county, "star", county.star, campaign, STAR)
    lacking = _get(GAP)
    await teller.refused(
        teller.actor(lacking.code, "star"),
        q.FILE_APPLICATION,
        _filing(lacking, lacking.star, campaign, STAR),
        lacking.name + lacking.star.name,
        "申报星级，缺 2020 年复查",
    )
    return f"省级 {len(counties()) + 1} 份、星级 {len(STARS)} 份申报已提交，1 份仍为草稿"


async def attach(teller: Teller) -> str:
    """With the first draft comes a photograph, which loses where it was taken; what only calls itself one is refused."""
    county = counties()[0]
    one = await _fill(teller, county, "clerk", county.nominee, await teller.campaign())
    clerk = teller.actor(county.code, "clerk")
    photo = photograph()
    named = {"subject": one["id"], "item": "1.1", "label": "便民大厅照片"}
    kept = teller.check(clerk, await clerk.send("/evidence", "demo:evidence", photo, **named))
    got = await teller.actor(CITY, "auditor").fetch(f"/evidence/{kept['evidence']['id']}")
    if b"Exif" in got or b"Exif" not in photo:
        raise StoryError("the photograph kept where it was taken")
    disguised = await clerk.send("/evidence", "demo:evidence:html", b"<script>alert(1)</script>", **named)
    teller.expect_refusal(disguised, county.name + county.nominee.name, "把网页改名为照片上传")
    return "照片去除定位信息后按哈希入账；审计员可取"


async def street(teller: Teller) -> str:
    """The streets agree, but one returns an application with its reason."""
    given = 0
    for county in counties():
        for name, one in (await teller.applications(county, "street")).items():
            if one["status"] != "SUBMITTED":
                continue
            if county.code == RETURNED and name == county.nominee.name:
                back = {
                    "applicationId": one["id"],
                    "stage": "STREET",
                    "reason": RETURN,
                    "formHash": one["form"]["hash"],
                }
                await teller.done(
                    teller.actor(county.code, "street"), q.RETURN_APPLICATION, f"return:{one['id']}", back
                )
                continue
            # The first county's rival is endorsed by the person who is county officer as well.
            both = county == counties()[0] and name == county.rival.name
            await opine(teller, teller.actor(county.code, DOUBLE if both else "street"), one, "STREET")
            given += 1
    return f"{given} 份同意，1 份退回补正"


async def resubmit(teller: Teller) -> str:
    """The community mends what was said, and the street compares the two versions before it agrees."""
    county = _get(RETURNED)
    clerk, officer = teller.actor(county.code, "clerk"), teller.actor(county.code, "street")
    one = await teller.find(county, "clerk", county.nominee.name)
    form = form_of(county.name, county.street.name, county.nominee.name)
    mended = {"applicationId": one["id"], **form, "situation": form["situation"] + CORRECTED}
    saved = await teller.done(clerk, q.SAVE_FORM, f"mend:{one['id']}", mended)
    await _submit(teller, clerk, saved["application"], "resubmit")
    compared = (await officer.ask(q.COMPARISON, id=one["id"]))["node"]["comparison"]
    changed = [field["label"] for field in compared if field["changed"]]
    await opine(teller, officer, await teller.find(county, "street", county.nominee.name), "STREET")
    return f"{county.name}{county.nominee.name}补正后重报，变动：{'、'.join(changed)}"


async def recommend(teller: Teller) -> str:
    """Each county chooses; the second nominee is refused, and a village needs its reason confirmed."""
    first = counties()[0]
    for county in counties():
        if county.code == LATE:
            continue
        found = await teller.applications(county, "county")
        officer = teller.actor(county.code, "county")
        if county.code == VILLAGE and county.village is not None:
            one = found[county.village.name]
            who, what = county.name, f"推荐{county.village.name}而不确认其理由"
            await teller.refused(officer, q.GIVE_OPINION, opinion_input(one, "COUNTY"), who, what)
            await opine(teller, officer, one, "COUNTY", confirmJustification=True)
        else:
            await opine(teller, officer, found[county.nominee.name], "COUNTY")
        if county.code in STARS:
            await opine(teller, officer, found[county.star.name], "COUNTY")
        if county == first:
            second = opinion_input(found[first.rival.name], "COUNTY")
            rival = teller.actor(first.code, "county2")
            await teller.refused(
                rival, q.GIVE_OPINION, second, first.name, f"同时推荐第二个：{first.rival.name}"
            )
    return f"{len(counties()) - 1} 个县区各推荐省级 1 个，另推荐星级 {len(STARS)} 个"


async def beyond(teller: Teller) -> str:
    """Nobody acts twice on one application, nor beyond the own county."""
    first, second = counties()[:2]
    rival = await teller.find(first, "county", first.rival.name)
    twice = opinion_input(rival, "COUNTY")
    await teller.refused(
        teller.actor(first.code, DOUBLE), q.GIVE_OPINION, twice, first.name, "一人在街道、县级两个环节签署"
    )
    neighbour = teller.actor(second.code, "county")
    await teller.refused(neighbour, q.GIVE_OPINION, twice, second.name, f"签署{first.name}的申报")
    if (await neighbour.ask(q.NODE, id=rival["id"]))["node"] is not None:
        raise StoryError("a county saw another county's application")
    return "均被拒绝；他县申报查无此件"


async def withdraw(teller: Teller) -> str:
    """A nominee withdraws, and the county's place goes to its rival."""
    county = _get(WITHDRAWN)
    one = await teller.find(county, "clerk", county.nominee.name)
    gone = {"applicationId": one["id"], "reason": WITHDRAWAL}
    await teller.done(
        teller.actor(county.code, "clerk"), q.WITHDRAW_APPLICATION, f"withdraw:{one['id']}", gone
    )
    rival = await teller.find(county, "county", county.rival.name)
    await opine(teller, teller.actor(county.code, "county"), rival, "COUNTY")
    return f"{county.name}{county.nominee.name}撤回，名额改荐{county.rival.name}"


async def late(teller: Teller) -> str:
    """Too late is refused; an extension that two officers of the city signed admits; a draft lapses."""
    county, campaign = _get(LATE), await teller.campaign()
    who = county.name + county.nominee.name
    clerk, leader = teller.actor(county.code, "clerk"), teller.actor(CITY, "leader")
    await teller.refused(
        clerk, q.FILE_APPLICATION, _filing(county, county.nominee, campaign, LEVEL), who, "5月16日申报"
    )
    wanted = {
        "campaignId": campaign,
        "stage": "recommendation",
        "level": LEVEL,
        "beneficiaryTenantId": f"Tenant.{county.tenant_id}.{county.tenant_id}",
        "communityId": f"Unit.{county.tenant_id}.{county.nominee.id}",
        "closesAt": "2022-05-17T16:00:00Z",
        "reason": EXTENSION,
    }
    proposed = await teller.done(leader, q.PROPOSE_EXTENSION, "extension", wanted)
    named = {"extensionId": proposed["extension"]["id"]}
    await teller.refused(leader, q.CONFIRM_EXTENSION, named, "周口市", "一人提出并确认延期")
    await teller.done(teller.actor(CITY, "reviewer"), q.CONFIRM_EXTENSION, "extension:confirm", named)
    await _file(teller, county, "clerk", county.nominee, campaign)
    for login, stage in (("street", "STREET"), ("county", "COUNTY")):
        one = await teller.find(county, login, county.nominee.name)
        await opine(teller, teller.actor(county.code, login), one, stage)
    return f"{who}经两人签署的延期准予申报"


async def lapse(teller: Teller) -> str:
    """What was never handed in ends with its window."""
    county = _get(VILLAGE)
    draft = await teller.find(county, "county", county.nominee.name)
    ended = {"applicationId": draft["id"], "reason": LAPSE}
    await teller.done(teller.actor(county.code, "county"), q.LAPSE_APPLICATION, f"lapse:{draft['id']}", ended)
    teller.told.recommended = [f"{one.name} {one.recommended[1].name}" for one in counties()]
    return f"{county.name}{county.nominee.name}的草稿逾期失效"


async def opine(
    teller: Teller, actor: Actor, application: Mapping[str, Any], stage: str, **more: Any
) -> None:
    """Agree at a stage."""
    values = {**opinion_input(application, stage), **more}
    await teller.done(actor, q.GIVE_OPINION, f"{stage.lower()}:{application['id']}", values)


def opinion_input(application: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """An agreeing opinion on the form version that was read."""
    return {
        "applicationId": application["id"],
        "stage": stage,
        "verdict": "AGREE",
        "text": OPINIONS[stage],
        "formHash": application["form"]["hash"],
    }


async def _file(
    teller: Teller, county: County, login: str, community: Place, campaign: str, level: str = LEVEL
) -> None:
    clerk = teller.actor(county.code, login)
    saved = await _fill(teller, county, login, community, campaign, level)
    await _submit(teller, clerk, saved, "submit")


async def _fill(
    teller: Teller, county: County, login: str, community: Place, campaign: str, level: str = LEVEL
) -> dict[str, Any]:
    clerk = teller.actor(county.code, login)
    filed = await teller.done(
        clerk, q.FILE_APPLICATION, f"file:{community.id}", _filing(county, community, campaign, level)
    )
    form = {
        "applicationId": filed["application"]["id"],
        **form_of(county.name, county.street.name, community.name, level),
        **({"justification": JUSTIFICATION} if community == county.village else {}),
    }
    if community == counties()[0].nominee and not filed["receipt"]["replayed"]:
        long = {**form, "narrative": "字" * 1501}
        await teller.refused(clerk, q.SAVE_FORM, long, county.name + community.name, "推荐材料 1501 字")
    saved = await teller.done(clerk, q.SAVE_FORM, f"form:{community.id}", form)
    return dict(saved["application"])


async def _submit(teller: Teller, clerk: Actor, application: Mapping[str, Any], request: str) -> None:
    values = {"applicationId": application["id"], "formHash": application["form"]["hash"]}
    await teller.done(clerk, q.SUBMIT_APPLICATION, f"{request}:{application['id']}", values)


def _filing(county: County, community: Place, campaign: str, level: str) -> dict[str, Any]:
    return {"campaignId": campaign, "level": level, "communityId": f"Unit.{county.tenant_id}.{community.id}"}


def _get(code: str) -> County:
    return next(county for county in counties() if county.code == code)
