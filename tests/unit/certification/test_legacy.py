"""Settling a legacy record and a change of a certification, without a database: by whom, from which state, what it makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID

import pytest

from audit.entry import Cite
from certification import following_changes
from certification.acts import attest_legacy_record, confirm_certification_change, decline_legacy_record
from certification.acts.certification_change import FROM, TO, check_change
from certification.acts.certification_change import Found as FoundCertification
from certification.acts.legacy import Found, ReviewedHere
from certification.changes import Context
from certification.errors import (
    CertificationError,
    ChangeSettledError,
    LegacyExistsError,
    LegacyReviewedHereError,
    LegacySettledError,
    LegacyUncertifiedError,
    NotEntitledError,
    SecondPersonError,
)
from certification.following_changes import Command as FollowingCommand
from certification.following_changes import State as FollowingState
from certification.model import Certification, CertificationChange, ChangeKind, LegacyRecord
from tests.unit.certification.samples import CITY, COMMUNITY, COUNTY, HASH, named, someone

NOW = datetime(2022, 5, 1, tzinfo=UTC)
ENTRY = Cite("xingji/2", 5, HASH)
CITY_OFFICER = someone("city_officer")
RECORD = LegacyRecord(
    COUNTY,
    named("record"),
    COMMUNITY,
    "certification",
    "provincial",
    2018,
    "certified",
    "豫〔2018〕1号",
    date(2018, 7, 1),
    HASH,
    named("county_officer"),
    NOW,
)
REVIEW = replace(RECORD, kind="annual_review", year=2019, result="pass", document_date=date(2019, 12, 1))
ATTEST, DECLINE = attest_legacy_record.Command(RECORD.id), decline_legacy_record.Command(RECORD.id, "不实")


def context(who: object = CITY_OFFICER) -> Context:
    return Context(who, NOW, lambda: named("new"), lambda: bytes(32))  # type: ignore[arg-type]


def test_an_attested_certification_cites_the_entry_that_proposed_it() -> None:
    change = attest_legacy_record.decide(Found(RECORD, ENTRY, (), scanned=True), ATTEST, context())
    record, certification = (write.entity for write in change.writes)
    assert (record.attested_by, record.attested_tenant_id, record.attested_at) == (
        CITY_OFFICER.person_id,
        CITY,
        NOW,
    )
    assert (certification.legacy_id, certification.application_id) == (RECORD.id, None)
    assert (certification.certified_on, certification.cited_seq, certification.state) == (
        RECORD.document_date,
        5,
        None,
    )


def test_an_attested_review_makes_no_certification_and_needs_one_before_it() -> None:
    known = (("provincial", date(2018, 7, 1)),)
    assert (
        len(attest_legacy_record.decide(Found(REVIEW, ENTRY, known, scanned=True), ATTEST, context()).writes)
        == 1
    )
    for certified in ((), (("star", date(2018, 7, 1)),), (("provincial", date(2019, 1, 1)),)):
        with pytest.raises(LegacyUncertifiedError):
            attest_legacy_record.decide(Found(REVIEW, ENTRY, certified, scanned=True), ATTEST, context())


def test_paper_says_nothing_of_a_year_that_is_reviewed_here() -> None:
    known = (("provincial", date(2018, 7, 1)),)
    for here, refused in (
        (ReviewedHere(2020), False),
        (ReviewedHere(2019), True),
        (ReviewedHere(2015), True),
        (ReviewedHere(None, frozenset({("provincial", 2019)})), True),
        (ReviewedHere(2020, frozenset({("star", 2019), ("provincial", 2018)})), False),
    ):
        found = Found(REVIEW, ENTRY, known, scanned=True, here=here)
        if refused:
            with pytest.raises(LegacyReviewedHereError):
                attest_legacy_record.decide(found, ATTEST, context())
        else:
            (fact,) = attest_legacy_record.decide(found, ATTEST, context()).facts
            assert (fact.kind, fact.subject_id, fact.year, fact.result, fact.legacy) == (
                *("reviewed", REVIEW.id, 2019, "pass", True),
            )


def test_who_loses_a_level_loses_with_it_what_the_programme_says() -> None:
    star = replace(CERTIFICATION, id=named("star"), level="star")
    change = replace(a_change("revoke"), certification_id=star.id)
    state = FollowingState(star, change, ENTRY, (CERTIFICATION,))
    done = following_changes.decide(state, FollowingCommand(CITY, change.id, star.id), context())
    assert [(one.level, one.result, one.subject_id) for one in done.facts] == [
        ("star", "revoked", star.id),
        ("provincial", "revoked", CERTIFICATION.id),
    ]
    assert {write.entity.state for write in done.writes} == {"revoked"} and len(done.writes) == 2
    # The city sees it as revoked, too, and does nothing more to it.
    assert FoundCertification(CITY, done.writes[1].entity, ENTRY, ()).state == "revoked"


def test_a_certification_that_is_recorded_is_not_attested_again() -> None:
    with pytest.raises(LegacyExistsError):
        attest_legacy_record.decide(
            Found(RECORD, ENTRY, (("provincial", date(2018, 1, 1)),), scanned=True), ATTEST, context()
        )


@pytest.mark.parametrize("settled", [{"attested_at": NOW}, {"declined_at": NOW}])
def test_nothing_is_settled_twice(settled: dict[str, datetime]) -> None:
    found = Found(replace(RECORD, **settled), ENTRY, ())  # type: ignore[arg-type]
    with pytest.raises(LegacySettledError):
        attest_legacy_record.decide(found, ATTEST, context())
    with pytest.raises(LegacySettledError):
        decline_legacy_record.decide(found, DECLINE, context())


def test_who_proposed_a_record_does_not_settle_it() -> None:
    found = Found(replace(RECORD, proposed_by=CITY_OFFICER.person_id), ENTRY, ())
    with pytest.raises(SecondPersonError):
        attest_legacy_record.decide(found, ATTEST, context())
    with pytest.raises(SecondPersonError):
        decline_legacy_record.decide(found, DECLINE, context())


@pytest.mark.parametrize(
    "who",
    [
        someone("county_officer"),
        someone("community_clerk"),
        replace(someone("city_officer"), oversees=False),
        replace(someone("county_officer"), oversees=True),
    ],
)
def test_only_an_officer_of_the_overseeing_city_settles(who: object) -> None:
    for act, command in ((attest_legacy_record, ATTEST), (decline_legacy_record, DECLINE)):
        with pytest.raises(NotEntitledError):
            act.authorise(Found(RECORD, ENTRY, ()), command, who)  # type: ignore[attr-defined]


# -- changes of a certification

CERTIFICATION = Certification(
    COUNTY,
    named("certification"),
    COMMUNITY,
    "provincial",
    None,
    "豫〔2018〕1号",
    date(2018, 7, 1),
    "o",
    1,
    HASH,
)


def a_change(kind: str, day: date = date(2022, 4, 1)) -> CertificationChange:
    id_: UUID = named(kind)
    return CertificationChange(
        CITY, id_, COUNTY, CERTIFICATION.id, kind, "豫〔2022〕1号", day, "不实", named("first"), NOW
    )


def found(*kinds: str) -> FoundCertification:
    changes = tuple(replace(a_change(kind), confirmed_at=NOW) for kind in kinds)
    return FoundCertification(CITY, CERTIFICATION, ENTRY, changes)


ALLOWED = {
    ((), "suspend"),
    ((), "revoke"),
    (("suspend",), "revoke"),
    (("suspend",), "reinstate"),
    (("suspend", "reinstate"), "suspend"),
    (("suspend", "reinstate"), "revoke"),
}


@pytest.mark.parametrize(
    ("before", "kind"),
    list(
        product([(), ("suspend",), ("revoke",), ("suspend", "reinstate"), ("suspend", "revoke")], ChangeKind)
    ),
)
def test_what_may_be_done_to_a_certification(before: tuple[str, ...], kind: str) -> None:
    try:
        check_change(found(*before), kind, date(2022, 4, 30), context())
        allowed = True
    except CertificationError as refusal:
        assert refusal.code == "certification.wrong_state" and refusal.zh
        allowed = False
    assert allowed == ((before, str(kind)) in ALLOWED)
    assert set(FROM) == set(TO) == set(ChangeKind)


@pytest.mark.parametrize(
    ("before", "day", "allowed"),
    [
        ((), date(2018, 6, 30), False),
        ((), date(2018, 7, 1), True),
        ((), date(2022, 5, 1), True),
        ((), date(2022, 5, 2), False),
        (("suspend",), date(2022, 3, 31), False),
        (("suspend",), date(2022, 4, 1), True),
    ],
)
def test_documents_come_in_order(before: tuple[str, ...], day: date, allowed: bool) -> None:
    try:
        check_change(found(*before), "revoke", day, context())
    except CertificationError as refusal:
        assert refusal.code == "field.refused" and not allowed
    else:
        assert allowed


def test_two_persons_of_the_city_and_once() -> None:
    act = confirm_certification_change
    command, change = act.Command(named("revoke")), a_change("revoke")
    done = act.decide(act.State(change, found()), command, context())
    assert done.writes[0].entity.confirmed_by == CITY_OFFICER.person_id
    assert done.cites == (ENTRY,)
    with pytest.raises(SecondPersonError):
        act.decide(
            act.State(replace(change, proposed_by=CITY_OFFICER.person_id), found()), command, context()
        )
    with pytest.raises(ChangeSettledError):
        act.decide(act.State(replace(change, confirmed_at=NOW), found("revoke")), command, context())
    with pytest.raises(NotEntitledError):
        act.authorise(act.State(change, found()), command, someone("county_officer"))
