"""Late only by an extension: to the microsecond, of that window, and the act says which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from audit.entry import Cite, Subject
from certification.acts import confirm_extension, decline_extension, propose_extension
from certification.changes import Change, Context
from certification.errors import (
    CertificationError,
    ExtensionRefusedError,
    ExtensionSamePersonError,
    ExtensionSettledError,
    FieldRefusedError,
    InvariantError,
    LevelUnknownError,
    NotEntitledError,
    NotFoundError,
    OutsideWindowError,
)
from certification.extensions import Confirmed, cite_late, latest_closes
from certification.life import check_step, find_obstacle
from certification.model import Extension
from certification.windows import find_extensions
from tests.unit.certification.samples import (
    AFTER,
    CITY,
    COUNTY,
    LAST,
    RECOMMENDING,
    REVIEW_LAST,
    REVIEWING,
    Someone,
    a_view,
    named,
    programme,
    someone,
)

UNTIL = datetime(2022, 5, 20, 16, tzinfo=UTC)
OFFICER = someone("city_officer")
OTHER = someone("city_officer", "another officer")
HOUR = timedelta(hours=1)


def confirmed(stage: str = "recommendation", until: datetime = UNTIL, seq: int = 7) -> Confirmed:
    return Confirmed(named(f"{stage}/{until}"), stage, until, Cite("xingji.example/1", seq, bytes(32)))


def an_extension(**changes: Any) -> Extension:
    values: dict[str, Any] = {
        "tenant_id": CITY,
        "id": named("extension"),
        "campaign_id": named("campaign"),
        "level": None,
        "stage": "recommendation",
        "beneficiary_tenant_id": COUNTY,
        "community_id": None,
        "closes_at": UNTIL,
        "reason": "汛期",
        "proposed_by": OFFICER.person_id,
        "proposed_at": RECOMMENDING,
        **changes,
    }
    return Extension(**values)


def context(who: Someone, now: datetime) -> Context:
    return Context(who, now, lambda: UUID(int=1), lambda: bytes(32))


@pytest.mark.parametrize(
    ("extended", "now", "admitted"),
    [
        ({}, LAST, True),
        ({}, REVIEWING, False),
        ({"recommendation": UNTIL}, REVIEWING, True),
        ({"recommendation": UNTIL}, UNTIL - timedelta(microseconds=1), True),
        ({"recommendation": UNTIL}, UNTIL, False),
        ({"city_review": UNTIL}, REVIEWING, False),
        ({"recommendation": RECOMMENDING}, LAST, True),
    ],
)
def test_a_window_closes_where_its_extension_does(
    extended: dict[str, datetime], now: datetime, admitted: bool
) -> None:
    view = a_view("street_endorsed", extended=extended)
    found = find_obstacle(programme(), "county_recommend", view, someone("county_officer"), now)
    assert (found is None) is admitted
    assert found is None or isinstance(found, OutsideWindowError)


def test_the_refusal_names_the_extended_close() -> None:
    view = a_view("street_endorsed", extended={"recommendation": UNTIL})
    with pytest.raises(OutsideWindowError, match="2022-05-21 00:00"):
        check_step(programme(), "county_recommend", view, someone("county_officer"), UNTIL)


def test_an_extension_opens_nothing_before_its_window() -> None:
    view = a_view("county_recommended", extended={"city_review": AFTER + HOUR})
    found = find_obstacle(programme(), "city_agree", view, OFFICER, RECOMMENDING)
    assert isinstance(found, OutsideWindowError)


CHANGE = Change("a.b", Subject("application", named("a"), 2), {"action": "x"}, ())


def row(action: str) -> Any:
    return next(step for step in programme().life if step.action == action)


def test_what_is_done_in_time_cites_no_extension() -> None:
    assert cite_late(CHANGE, programme(), row("submit"), (confirmed(),), LAST) is CHANGE
    assert cite_late(CHANGE, programme(), row("certify"), (), AFTER) is CHANGE


def test_what_is_done_late_cites_the_extension_that_ends_last() -> None:
    earlier, later = confirmed(), confirmed(until=UNTIL + HOUR, seq=8)
    review = confirmed("city_review", UNTIL + 2 * HOUR)
    late = cite_late(CHANGE, programme(), row("submit"), (later, earlier, review), REVIEWING)
    assert late.cites == (later.entry,)
    assert late.intent == {"action": "x", "extension": str(later.id)}
    assert latest_closes((later, earlier, review)) == {
        "recommendation": UNTIL + HOUR,
        "city_review": UNTIL + 2 * HOUR,
    }
    with pytest.raises(InvariantError):
        cite_late(CHANGE, programme(), row("submit"), (review,), REVIEWING)


@pytest.mark.parametrize(
    ("status", "now"),
    [("street_endorsed", LAST), ("county_recommended", REVIEW_LAST), ("reported", AFTER), (None, LAST)],
)
async def test_nothing_is_read_while_the_window_is_open(status: str | None, now: datetime) -> None:
    nobody: Any = None
    assert await find_extensions(nobody, programme(), a_view(status), named("campaign"), now) == ()


@pytest.mark.parametrize(
    ("stage", "until", "now", "error"),
    [
        ("recommendation", UNTIL, REVIEWING, None),
        ("recommendation", REVIEWING + timedelta(microseconds=1), RECOMMENDING, None),
        ("recommendation", REVIEWING, RECOMMENDING, ExtensionRefusedError),
        ("recommendation", UNTIL, UNTIL, ExtensionRefusedError),
        ("recommendation", UNTIL + timedelta(days=361), REVIEWING, None),
        ("recommendation", UNTIL + timedelta(days=361, microseconds=1), REVIEWING, ExtensionRefusedError),
        ("city_review", UNTIL, REVIEWING, ExtensionRefusedError),
        ("county_review", UNTIL, REVIEWING, NotFoundError),
    ],
)
def test_an_extension_ends_after_the_window_and_after_now_within_a_year(
    stage: str, until: datetime, now: datetime, error: type[CertificationError] | None
) -> None:
    if error is None:
        propose_extension.check_close(programme(), stage, until, now)
        return
    with pytest.raises(error):
        propose_extension.check_close(programme(), stage, until, now)


@pytest.mark.parametrize(
    ("changes", "known", "kind", "error"),
    [
        ({}, True, None, None),
        ({"level": "star"}, True, None, None),
        ({"beneficiary_tenant_id": None}, False, None, None),
        ({"community_id": named("c")}, True, "village", None),
        ({"level": "golden"}, True, None, LevelUnknownError),
        ({}, False, None, NotFoundError),
        ({"community_id": named("c")}, True, None, NotFoundError),
        ({"community_id": named("c")}, True, "street", NotFoundError),
        ({"reason": " "}, True, None, FieldRefusedError),
    ],
)
def test_an_extension_is_for_whom_the_city_has(
    changes: dict[str, Any], known: bool, kind: str | None, error: type[CertificationError] | None
) -> None:
    given = {
        "campaign_id": named("campaign"),
        "stage": "recommendation",
        "level": None,
        "beneficiary_tenant_id": COUNTY,
        "community_id": None,
        "closes_at": UNTIL,
        "reason": "汛期",
        **changes,
    }
    command = propose_extension.Command(**given)
    state = propose_extension.State(CITY, programme(), known, kind)
    if error is not None:
        with pytest.raises(error):
            propose_extension.decide(state, command, context(OFFICER, REVIEWING))
        return
    made = propose_extension.decide(state, command, context(OFFICER, REVIEWING)).writes[0].entity
    assert (made.proposed_by, made.confirmed_at) == (OFFICER.person_id, None)


STATE = confirm_extension.State(an_extension(), programme())


def test_another_officer_confirms() -> None:
    command = confirm_extension.Command(named("extension"))
    with pytest.raises(ExtensionSamePersonError):
        confirm_extension.decide(STATE, command, context(OFFICER, REVIEWING))
    change = confirm_extension.decide(STATE, command, context(OTHER, REVIEWING))
    after = change.writes[0].entity
    assert (after.confirmed_by, after.confirmed_at) == (OTHER.person_id, REVIEWING)
    assert (change.operation, change.subject.revision) == ("extension.confirmed", 2)


def test_an_extension_that_has_ended_is_not_confirmed() -> None:
    command = confirm_extension.Command(named("extension"))
    with pytest.raises(ExtensionRefusedError):
        confirm_extension.decide(STATE, command, context(OTHER, UNTIL))


@pytest.mark.parametrize(
    "settled", [{"confirmed_at": REVIEWING, "confirmed_by": named("x")}, {"declined_at": REVIEWING}]
)
def test_what_is_settled_stays_so(settled: dict[str, Any]) -> None:
    state = replace(STATE, extension=an_extension(**settled))
    with pytest.raises(ExtensionSettledError):
        confirm_extension.decide(state, confirm_extension.Command(named("e")), context(OTHER, REVIEWING))
    with pytest.raises(ExtensionSettledError):
        decline_extension.decide(state, decline_extension.Command(named("e")), context(OTHER, REVIEWING))


@pytest.mark.parametrize("who", [someone("county_officer"), someone("community_clerk")])
def test_only_the_citys_officers_extend(who: Someone) -> None:
    for name in ("propose_extension", "confirm_extension"):
        with pytest.raises(NotEntitledError):
            propose_extension.check_city_officer(CITY, name, "延期", who)
    with pytest.raises(NotEntitledError):
        propose_extension.check_city_officer(COUNTY, "propose_extension", "延期", OFFICER)
