"""Performing an act: idempotency, races, refusals that leave nothing behind, and whose rows an actor reaches."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from audit.ledger import lock_head
from certification.acts import (
    close_publicity,
    end_role,
    file_application,
    give_opinion,
    open_campaign,
    rank,
    save_form,
    submit,
)
from certification.acts.listing import Choice
from certification.errors import (
    ActTooLargeError,
    AlreadyAppliedError,
    CampaignExistsError,
    CertificationError,
    CityQuotaError,
    CountyQuotaError,
    FormStaleError,
    HistoryMissingError,
    JustificationMissingError,
    NotEntitledError,
    NotFoundError,
    OutsideWindowError,
    PublicityRunningError,
    RequestConflictError,
    RequestMalformedError,
    RosterExistsError,
    RosterItemsError,
    RosterUnfinishedError,
    SamePersonError,
    WrongStatusError,
)
from certification.forms import Contact
from certification.recording import Recorded, perform
from tests.integration.certification.world import (
    APRIL_26,
    CITY,
    CONTACT,
    COUNTIES,
    MAY_17,
    MAY_20,
    MAY_30,
    World,
    named,
)


@pytest.fixture
async def campaign(world: World) -> UUID:
    return await world.open()


async def test_a_retry_answers_with_the_first_receipt(world: World, campaign: UUID) -> None:
    command = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/1"))
    first = await world.act(file_application.ACT, command, "clerk/2/1", APRIL_26, request="same")
    size = await world.size(2)
    # Also when the act could no longer be done: the window has closed since.
    again = await world.act(file_application.ACT, command, "clerk/2/1", MAY_17, request="same")
    assert (again.receipt, again.subject_id, again.first_id) == (
        first.receipt,
        first.subject_id,
        first.first_id,
    )
    assert (first.replayed, again.replayed) == (False, True)
    assert await world.size(2) == size


async def test_the_same_request_with_other_arguments_is_a_conflict(world: World, campaign: UUID) -> None:
    command = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/1"))
    await world.act(file_application.ACT, command, "clerk/2/1", APRIL_26, request="same")
    other = save_form.Command((await applied(world)), "情况", "材料", CONTACT)
    with pytest.raises(RequestConflictError):
        await world.act(save_form.ACT, other, "clerk/2/1", APRIL_26, request="same")
    # Request ids are an actor's own.
    command = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/2"))
    assert not (
        await world.act(file_application.ACT, command, "clerk/2/2", APRIL_26, request="same")
    ).replayed


async def test_a_retry_with_another_telephone_is_a_conflict(world: World, campaign: UUID) -> None:
    application = await world.file(campaign, 2)
    command = save_form.Command(application, "情况", "材料", CONTACT)
    await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26, request="form")
    assert (await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26, request="form")).replayed
    other = replace(command, contact=Contact(CONTACT.name, CONTACT.fixed_phone, "13900000000"))
    with pytest.raises(RequestConflictError):
        await world.act(save_form.ACT, other, "clerk/2/1", APRIL_26, request="form")


async def test_a_retry_is_authorised_again(world: World, campaign: UUID) -> None:
    application = await world.file(campaign, 2)
    command = save_form.Command(application, "情况", "材料", CONTACT)
    await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26, request="form")
    roles = "SELECT id FROM role_assignments WHERE person_id = $1"
    role = UUID(str(await world.value(2, roles, named("clerk/2/1"))))
    await world.act(end_role.ACT, end_role.Command(role), "admin/2", APRIL_26 + timedelta(hours=1))
    with pytest.raises(NotEntitledError):
        await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26, request="form")


async def test_no_entry_is_earlier_than_the_one_before_it_though_the_clock_was_put_back(
    world: World, campaign: UUID
) -> None:
    application = await world.file(campaign, 2)
    command = save_form.Command(application, "情况", "材料", CONTACT)
    done = await world.act(save_form.ACT, command, "clerk/2/1", APRIL_26 - timedelta(days=3))
    times = "SELECT recorded_at FROM ledger_entries WHERE seq = $1"
    assert await world.value(2, times, done.receipt.seq) == APRIL_26
    versions = "SELECT created_at FROM form_versions WHERE application_id = $1"
    assert await world.value(2, versions, application) == APRIL_26
    assert (await world.verify(2)).ok


async def test_an_intent_names_its_act_and_serves_no_other(world: World, campaign: UUID) -> None:
    application = await world.endorsed(campaign, 2)
    done = await world.opinion(application, 2, "county", "county/2", APRIL_26)
    body = json.loads(
        await world.value(2, "SELECT leaf FROM ledger_entries WHERE seq = $1", done.receipt.seq)
    )["body"]
    assert body["subject"] == {"id": str(application), "revision": 5, "type": "application"}
    assert body["operation"] == "application.opinion_given" and body["origin"] == "xingji.example/2"
    for name in ("operation", "origin", "request", "subject"):
        assert body["intent"][name] == body[name]
    assert body["intent"]["text_digest"] == sha256("经审核，意见如上。".encode()).hexdigest()


async def test_an_act_that_no_entry_can_hold_is_refused_and_leaves_nothing(
    world: World, campaign: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = await world.size(2)
    monkeypatch.setattr("audit.entry.MAX_ENTRY", 800)
    with pytest.raises(ActTooLargeError):
        await world.file(campaign, 2)
    assert await world.size(2) == size
    assert await world.value(2, "SELECT count(*) FROM applications") == 0


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 201, "编号", "line\n", "follow:x"])
async def test_a_malformed_request_id_is_refused(world: World, request_id: str) -> None:
    command = open_campaign.Command("zhoukou-2022")
    principal = world.principal("city/1")
    with pytest.raises(RequestMalformedError):
        async with world.database.write(principal.scope()) as tx:
            await perform(
                tx, world.keys[CITY], open_campaign.ACT, command, principal, request_id, lambda: APRIL_26
            )


async def test_twenty_recommendations_at_once_leave_one_winner(world: World, campaign: UUID) -> None:
    first = await world.endorsed(campaign, 2, 1)
    second = await world.endorsed(campaign, 2, 2)
    third = await world.endorsed(campaign, 2, 3)
    before = await world.size(2)
    tries = [
        world.opinion((first, second, third)[n % 3], 2, "county", f"county{'2' if n % 2 else ''}/2", APRIL_26)
        for n in range(20)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    won = [one for one in results if isinstance(one, Recorded)]
    lost = [one for one in results if not isinstance(one, Recorded)]
    assert len(won) == 1
    assert len(lost) == 19
    assert all(isinstance(one, CountyQuotaError | WrongStatusError) for one in lost), lost
    assert any(isinstance(one, CountyQuotaError) for one in lost)
    assert await world.size(2) == before + 1
    assert (await world.verify(2)).ok


async def test_one_request_sent_twenty_times_at_once_is_done_once(world: World, campaign: UUID) -> None:
    command = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/1"))
    before = await world.size(2)
    results = await asyncio.gather(
        *(world.act(file_application.ACT, command, "clerk/2/1", APRIL_26, request="same") for _ in range(20))
    )
    assert len({one.receipt for one in results}) == 1
    assert sorted(one.replayed for one in results) == [False] + [True] * 19
    assert await world.size(2) == before + 1


async def test_what_is_refused_takes_no_sequence_and_leaves_no_row(world: World, campaign: UUID) -> None:
    application = await world.file(campaign, 2)
    await world.save(application, 2)
    size, revision = await world.size(2), "SELECT revision FROM applications WHERE id = $1"
    before = await world.value(2, revision, application)
    stale = submit.Command(application, bytes(32))
    bound = await world.hash_of(2, application)
    refused = [
        (submit.ACT, stale, "clerk/2/1", APRIL_26, FormStaleError),
        (submit.ACT, submit.Command(application, bound), "clerk/2/2", APRIL_26, NotFoundError),
        (submit.ACT, submit.Command(application, bound), "idle/2", APRIL_26, NotEntitledError),
        (submit.ACT, submit.Command(application, bound), "clerk/2/1", MAY_17, OutsideWindowError),
        (submit.ACT, submit.Command(named("nothing"), bound), "clerk/2/1", APRIL_26, NotFoundError),
        (
            give_opinion.ACT,
            give_opinion.Command(application, "street", "agree", "", bound),
            "street/2",
            APRIL_26,
            WrongStatusError,
        ),
    ]
    for act, command, who, when, error in refused:
        with pytest.raises(error):
            await world.act(act, command, who, when)
    assert await world.size(2) == size
    assert await world.value(2, revision, application) == before


async def test_an_officer_of_another_county_reaches_nothing(world: World, campaign: UUID) -> None:
    application = await world.endorsed(campaign, 2)
    bound = await world.hash_of(2, application)
    command = give_opinion.Command(application, "county", "agree", "同意", bound)
    with pytest.raises(NotFoundError):  # in one's own tenant it is not there
        await world.act(give_opinion.ACT, command, "county/3", APRIL_26)
    with pytest.raises(CertificationError):  # in the other's one has no standing
        await world.act(give_opinion.ACT, command, "county/3", APRIL_26, on=2)
    assert await world.status(2, application) == "street_endorsed"


async def test_nobody_acts_at_two_stages(world: World, campaign: UUID) -> None:
    application = await world.file(campaign, 2)
    await world.save(application, 2)
    command = submit.Command(application, await world.hash_of(2, application))
    await world.act(submit.ACT, command, "clerk/2/1", APRIL_26)
    await world.opinion(application, 2, "street", "both/2", APRIL_26)
    with pytest.raises(SamePersonError):
        await world.opinion(application, 2, "county", "both/2", APRIL_26)
    await world.opinion(application, 2, "county", "county/2", APRIL_26)


async def test_the_citys_refusal_is_final_and_a_second_application_may_follow(
    world: World, campaign: UUID
) -> None:
    application = await world.endorsed(campaign, 2)
    await world.opinion(application, 2, "county", "county/2", APRIL_26, verdict="refuse")
    assert await world.status(2, application) == "rejected"
    assert await world.endorsed(campaign, 2) != application


async def test_filing_is_refused_by_scope(world: World, campaign: UUID) -> None:
    await world.file(campaign, 2)
    with pytest.raises(AlreadyAppliedError):
        await world.file(campaign, 2)
    village = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/v"))
    with pytest.raises(NotEntitledError):
        await world.act(file_application.ACT, village, "clerk/2/1", APRIL_26)
    star = file_application.Command(CITY, campaign, "star", named("unit/2/s/2"))
    with pytest.raises(HistoryMissingError):
        await world.act(file_application.ACT, star, "clerk/2/2", APRIL_26)
    assert JustificationMissingError.code == "application.justification_missing"


async def test_a_campaign_opens_once_and_only_by_the_city(world: World, campaign: UUID) -> None:
    with pytest.raises(CampaignExistsError):
        await world.open()
    with pytest.raises(NotEntitledError):
        await world.act(open_campaign.ACT, open_campaign.Command("zhoukou-2022"), "county/2", APRIL_26)
    stored = await world.value(CITY, "SELECT count(*) FROM standard_clauses WHERE campaign_id = $1", campaign)
    assert stored == 2 * (7 + 6 + 6)


async def test_the_citys_lists_keep_their_order(world: World, campaign: UUID) -> None:
    applications = {county: await world.visited(campaign, county) for county in COUNTIES[:7]}
    late = await world.endorsed(campaign, 9)
    with pytest.raises(CityQuotaError):
        await world.ranked(campaign, applications, 7)
    with pytest.raises(RosterItemsError):
        await world.ranked(campaign, dict(list(applications.items())[:6]), 6)
    ranking = await world.ranked(campaign, applications, 5)
    # Made anew while nothing rests on it.
    ranking = await world.ranked(campaign, applications, 6)
    publicity = await world.publicised(campaign, ranking)
    with pytest.raises(RosterExistsError):
        await world.ranked(campaign, applications, 6)
    await world.follow(MAY_20)
    with pytest.raises(PublicityRunningError):
        early = close_publicity.Command(campaign, "provincial", publicity)
        await world.act(close_publicity.ACT, early, "city/2", MAY_30 - timedelta(days=3))
    reported = await world.reported(campaign, publicity)
    choices = tuple(
        Choice(county, one, "certified", "省厅认定") for county, one in list(applications.items())[:6]
    )
    with pytest.raises(RosterUnfinishedError):  # the counties have not followed the report yet
        await world.decided(campaign, reported, choices)
    await world.follow(MAY_30)
    with pytest.raises(RosterItemsError):
        await world.decided(campaign, reported, choices[:5])
    await world.decided(campaign, reported, choices)
    assert await world.status(9, late) == "street_endorsed"


async def test_a_ranking_waits_for_those_under_review(world: World, campaign: UUID) -> None:
    applications = {county: await world.visited(campaign, county) for county in COUNTIES[:2]}
    waiting = await world.endorsed(campaign, 9)
    await world.opinion(waiting, 9, "county", "county/9", APRIL_26)
    with pytest.raises(RosterUnfinishedError):
        await world.ranked(campaign, applications, 2)
    await world.opinion(waiting, 9, "city", "city/2", MAY_17, verdict="refuse")
    await world.ranked(campaign, applications, 2)


async def applied(world: World) -> UUID:
    return UUID(str(await world.value(2, "SELECT id FROM applications LIMIT 1")))


async def test_a_ranking_selects_from_the_top(world: World, campaign: UUID) -> None:
    first, second = [(county, await world.visited(campaign, county)) for county in (2, 3)]
    items = (Choice(*first, "not_selected", "理由"), Choice(*second, "selected", "理由"))
    command = rank.Command(campaign, "provincial", items, "比较")
    with pytest.raises(RosterItemsError):
        await world.act(rank.ACT, command, "city/1", MAY_20)
    with pytest.raises(NotFoundError):  # a county has no campaign of its own
        await world.act(rank.ACT, command, "county/2", MAY_20, on=2)


async def test_what_waited_for_the_lock_is_judged_when_its_turn_has_come(world: World) -> None:
    """The window closes while the act waits behind another transaction that holds the head."""
    campaign = await world.open()
    moments = [APRIL_26]
    command = file_application.Command(CITY, campaign, "provincial", named("unit/2/s/1"))
    principal = world.principal("clerk/2/1")

    async def file() -> Recorded:
        async with world.database.write(principal.acting_scope(2)) as tx:
            return await perform(
                tx, world.keys[2], file_application.ACT, command, principal, "late", lambda: moments[-1]
            )

    async with world.database.write(principal.acting_scope(2)) as tx:
        await lock_head(tx.raw, 2)
        waiting = asyncio.create_task(file())
        await asyncio.sleep(0.2)
        moments.append(MAY_17)
    with pytest.raises(OutsideWindowError):
        await waiting
