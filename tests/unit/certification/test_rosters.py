"""The city's lists: each rests on the one before, is made once, and waits for those behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from certification.errors import (
    CertificationError,
    NotEntitledError,
    OutsideWindowError,
    PublicityClosedError,
    PublicityOpenError,
    PublicityRunningError,
    RosterExistsError,
    RosterMissingError,
    RosterUnfinishedError,
)
from certification.model import Roster, Status
from certification.rosters import (
    RoundView,
    available_roster_actions,
    check_roster_step,
    find_roster_obstacle,
    has_left,
    listed_statuses,
    statuses_before,
)
from tests.unit.certification.samples import (
    AFTER,
    CITY,
    RECOMMENDING,
    REVIEW_LAST,
    REVIEWING,
    named,
    programme,
    someone,
)

OFFICER = someone("city_officer")
CLOSED = datetime(2022, 5, 27, 16, tzinfo=UTC)


def a_roster(kind: str, name: str | None = None, **changes: object) -> Roster:
    values: dict[str, object] = {
        "tenant_id": CITY,
        "id": named(name or kind),
        "campaign_id": named("campaign"),
        "level": "provincial",
        "kind": kind,
        "previous_id": None,
        "document_number": None,
        "document_date": None,
        "opens_on": date(2022, 5, 20) if kind == "publicity" else None,
        "closes_on": date(2022, 5, 27) if kind == "publicity" else None,
        "closed_at": None,
        "reason": "",
        "author_id": named("officer"),
        "created_at": REVIEWING,
        **changes,
    }
    return Roster(**values)  # type: ignore[arg-type]


def a_round(*rosters: Roster, **statuses: int) -> RoundView:
    return RoundView(CITY, "provincial", rosters, statuses)


RANKING, PUBLICITY, REPORT, DECISION = (
    a_roster(kind) for kind in ("ranking", "publicity", "report", "decision")
)
SHUT = replace(PUBLICITY, closed_at=CLOSED)


@pytest.mark.parametrize(
    ("action", "view", "moment", "error"),
    [
        ("rank", a_round(), REVIEWING, None),
        ("rank", a_round(), RECOMMENDING, OutsideWindowError),
        ("rank", a_round(), AFTER, OutsideWindowError),
        ("rank", a_round(RANKING), REVIEW_LAST, None),
        ("rank", a_round(RANKING, PUBLICITY), REVIEWING, RosterExistsError),
        ("rank", a_round(county_recommended=1), REVIEWING, RosterUnfinishedError),
        ("rank", a_round(city_reviewed=1), REVIEWING, RosterUnfinishedError),
        ("rank", a_round(draft=1, submitted=1, street_endorsed=1, rejected=1), REVIEWING, None),
        ("rank", a_round(returned=1, withdrawn=1, lapsed=1), REVIEWING, None),
        ("open_publicity", a_round(), REVIEWING, RosterMissingError),
        ("open_publicity", a_round(RANKING), REVIEWING, None),
        ("open_publicity", a_round(RANKING, PUBLICITY), REVIEWING, RosterExistsError),
        ("close_publicity", a_round(RANKING), REVIEWING, RosterMissingError),
        ("close_publicity", a_round(RANKING, PUBLICITY), REVIEWING, PublicityRunningError),
        (
            "close_publicity",
            a_round(RANKING, PUBLICITY),
            datetime(2022, 5, 27, 15, 59, 59, 999999, tzinfo=UTC),
            PublicityRunningError,
        ),
        ("close_publicity", a_round(RANKING, PUBLICITY), CLOSED, None),
        ("close_publicity", a_round(RANKING, SHUT), REVIEW_LAST, PublicityClosedError),
        ("report_to_province", a_round(RANKING), CLOSED, RosterMissingError),
        ("report_to_province", a_round(RANKING, PUBLICITY), CLOSED, PublicityOpenError),
        ("report_to_province", a_round(RANKING, SHUT), CLOSED, None),
        ("report_to_province", a_round(RANKING, SHUT), AFTER, OutsideWindowError),
        ("report_to_province", a_round(RANKING, SHUT, REPORT), CLOSED, RosterExistsError),
        ("record_decision", a_round(RANKING, SHUT), AFTER, RosterMissingError),
        ("record_decision", a_round(RANKING, SHUT, REPORT), AFTER, None),
        ("record_decision", a_round(RANKING, SHUT, REPORT, county_recommended=1), AFTER, None),
        ("report_to_province", a_round(RANKING, SHUT, county_recommended=1), CLOSED, RosterUnfinishedError),
        ("record_decision", a_round(RANKING, SHUT, REPORT, DECISION), AFTER, RosterExistsError),
    ],
)
def test_a_list_is_made_in_its_place_and_time(
    action: str, view: RoundView, moment: datetime, error: type[CertificationError] | None
) -> None:
    obstacle = find_roster_obstacle(programme(), action, view, OFFICER, moment)
    assert type(obstacle) is (error or type(None))
    shown = {one.action: one for one in available_roster_actions(programme(), view, OFFICER, moment)}
    assert shown[action].allowed == (error is None)
    assert len(shown) == 6


@pytest.mark.parametrize("who", ["county_officer", "street_officer", "community_clerk"])
def test_only_the_city_makes_lists(who: str) -> None:
    for row in programme().round:
        with pytest.raises(NotEntitledError):
            check_roster_step(
                programme(), row.action, a_round(RANKING, SHUT, REPORT), someone(who), REVIEWING
            )


def test_the_latest_ranking_is_the_one_that_none_came_after() -> None:
    second = a_roster("ranking", "second", previous_id=RANKING.id)
    for view in (a_round(RANKING, second), a_round(second, RANKING)):
        assert view.find_latest("ranking") == second
    assert a_round(RANKING).find_latest("report") is None


def test_no_list_waits_for_what_has_left() -> None:
    assert {status for status in Status if has_left(status)} == {"rejected", "withdrawn", "lapsed"}


def test_what_is_listed_follows_from_the_table() -> None:
    rows = {row.action: row for row in programme().round}
    assert listed_statuses(programme(), rows["rank"]) == {
        "selected": "site_visited",
        "not_selected": "site_visited",
    }
    assert listed_statuses(programme(), rows["report_to_province"]) == {
        "listed": "publicised",
        "not_selected": "site_visited",
    }
    assert statuses_before(programme(), rows["rank"], "provincial") == {"county_recommended", "city_reviewed"}
    assert statuses_before(programme(), rows["record_decision"], "provincial") == {
        "county_recommended",
        "city_reviewed",
        "site_visited",
        "publicised",
    }
