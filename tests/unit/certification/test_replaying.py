"""Replaying draws: a log that tells them as the text says holds, and each damage has its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from audit.canonical import digest
from audit.draw import commitment, sample, seed
from audit.entry import Actor, Draft, Subject, format_time
from certification.reviews.drawables import RECOMPUTE
from certification.reviews.replaying import FINDINGS, Replay, Story
from tests.unit.audit.kit import ORIGIN, START, chain, opening

CITY = "xingji.test/411600"
LIST, ROOT = UUID(int=500), "ab" * 32
PEOPLE = {
    "county": Actor(UUID(int=1), "county_officer", ORIGIN),
    "city": Actor(UUID(int=2), "city_officer", CITY),
    "auditor": Actor(UUID(int=3), "auditor", "xingji.test/410000"),
}
VALUE = {"list": str(LIST), "root": ROOT, "size": 30}
Edit = Callable[[list[Draft]], None]


def draft(
    number: int, who: str, operation: str, subject: UUID, intent: Mapping[str, object], kind: str = "draw"
) -> Draft:
    """An entry, an hour behind the one before."""
    return Draft(
        operation=operation,
        request_id=f"request-{number}",
        time=START + timedelta(hours=number),
        actor=PEOPLE[who],
        subject=Subject(kind, subject, 1),
        intent={"arguments": digest(number).hex(), **intent},
    )


def secret(draw: UUID, party: str) -> bytes:
    return digest([str(draw), party])


def committing(draw: UUID, party: str) -> str:
    return commitment(ORIGIN, draw, party, secret(draw, party)).hex()


class Log:
    """The drafts of a log, made step by step."""

    def __init__(self) -> None:
        self.drafts = [opening()]
        registered = {"community": str(UUID(int=9)), "root": ROOT, "size": 30, "taken_on": "2022-04-24"}
        self.add("county", "register.committed", LIST, registered, "register_list")

    def add(
        self, who: str, operation: str, subject: UUID, intent: Mapping[str, object], kind: str = "draw"
    ) -> None:
        self.drafts.append(draft(len(self.drafts), who, operation, subject, intent, kind))

    def until(self, hours: int = 2) -> str:
        return format_time(START + timedelta(hours=len(self.drafts) + hours))

    def open(self, draw: UUID, party: str, second: str, **changes: Any) -> None:
        intent = {
            "commitment": committing(draw, party),
            "drawn_from": str(LIST),
            "list": VALUE,
            "list_digest": digest(VALUE).hex(),
            "party": party,
            "picks": 4,
            "purpose": "spot_check",
            "replaces": None,
            "reveal_by": self.until(),
            "reveals_first": None,
            "review": None,
            "second": second,
            "size": 30,
            **changes,
        }
        self.add(party, "draw.opened", draw, intent)

    def commit(self, draw: UUID, party: str) -> None:
        intent = {"commitment": committing(draw, party), "party": party, "status": "committed"}
        self.add(party, "draw.committed", draw, {**intent, "reveal_by": self.until()})

    def reveal(self, draw: UUID, party: str, **changes: Any) -> None:
        intent = {"party": party, "secret": secret(draw, party).hex(), "status": "committed", **changes}
        self.add(party, "draw.revealed", draw, intent)

    def settle(self, draw: UUID, party: str, *parties: str, **changes: Any) -> None:
        made = seed(ORIGIN, draw, digest(VALUE), {one: secret(draw, one) for one in parties})
        done = {"status": "drawn", "seed": made.hex(), "result": sample(made, 30, 4)}
        self.reveal(draw, party, **{**done, **changes})

    def void(self, draw: UUID, party: str, *defaulted: str) -> None:
        while len(self.drafts) < 40:  # time goes by
            self.add("county", "application.filed", UUID(int=77), {})
        self.add(
            party,
            "draw.voided",
            draw,
            {"defaulted": [*defaulted], "status": "void", "uncommitted": None},
        )


def replay(drafts: list[Draft]) -> Replay:
    made = Replay(RECOMPUTE)
    for entry in chain(drafts):
        made.feed(entry)
    return made


def told(log: Log) -> Story:
    """The last draw of a log."""
    return list(replay(log.drafts).draws.values())[-1]


A, B = UUID(int=11), UUID(int=12)


def a_draw(draw: UUID = A) -> Log:
    """Opened by the county (entry 2), committed by the city (3), revealed by the county (4) and the city (5)."""
    log = Log()
    log.open(draw, "county", "city")
    log.commit(draw, "city")
    log.reveal(draw, "county")
    log.settle(draw, "city", "county", "city")
    return log


def silent() -> Log:
    """A draw in which the city kept silent, and the next one opened as it must be."""
    log = Log()
    log.open(A, "county", "city")
    log.commit(A, "city")
    log.reveal(A, "county")
    log.void(A, "county", "city")
    log.open(B, "county", "city", replaces=str(A), reveals_first="city")
    return log


def test_a_draw_that_is_told_as_it_should_be_holds() -> None:
    story = told(a_draw())
    assert (story.finding, story.status) == (None, "drawn")
    assert [(one.committed, one.revealed) for one in story.parties.values()] == [(2, 4), (3, 5)]
    assert story.result == sample(story.seed or b"", 30, 4)


def test_a_draw_with_an_auditor_and_one_in_the_place_of_a_void_one_hold() -> None:
    log = silent()
    log.commit(B, "city")
    log.reveal(B, "city")
    log.settle(B, "county", "county", "city")
    made = replay(log.drafts)
    assert [(one.status, one.defaulted, one.finding) for one in made.draws.values()] == [
        ("void", ("city",), None),
        ("drawn", (), None),
    ]
    other = Log()
    other.open(A, "county", "auditor")
    other.commit(A, "auditor")
    other.reveal(A, "auditor")
    other.settle(A, "county", "county", "auditor")
    assert told(other).finding is None


def test_a_draw_under_way_holds() -> None:
    log = a_draw()
    for kept in (3, 4, 5):
        log.drafts = log.drafts[:kept]
    assert (told(log).finding, told(log).status) == (None, "open")


def change(at: int, **changes: Any) -> Edit:
    """Entry `at` says something else; None: nothing of that name."""

    def edit(drafts: list[Draft]) -> None:
        intent = {**drafts[at].intent, **changes}
        kept = {name: value for name, value in intent.items() if value is not ...}
        drafts[at] = replace(drafts[at], intent=kept)

    return edit


def actor(at: int, who: Actor) -> Edit:
    def edit(drafts: list[Draft]) -> None:
        drafts[at] = replace(drafts[at], actor=who)

    return edit


def cut(*at: int) -> Edit:
    def edit(drafts: list[Draft]) -> None:
        for one in sorted(at, reverse=True):
            del drafts[one]

    return edit


def swap(one: int, other: int) -> Edit:
    def edit(drafts: list[Draft]) -> None:
        drafts[one], drafts[other] = drafts[other], drafts[one]

    return edit


def again(at: int) -> Edit:
    def edit(drafts: list[Draft]) -> None:
        drafts.append(replace(drafts[at], request_id="again"))

    return edit


RIGHT = told(a_draw()).result
SWAPPED = [RIGHT[1], RIGHT[0], *RIGHT[2:]] if isinstance(RIGHT, list) else None
OTHER_LIST = {**VALUE, "root": "cd" * 32}
CASES: list[tuple[Edit, str, int]] = [
    (change(4, secret="00" * 32), "secret_wrong", 4),
    (change(5, secret="00" * 32), "secret_wrong", 5),
    (change(5, result=SWAPPED), "result_wrong", 5),
    (change(5, result=[1, 2, 3]), "result_wrong", 5),
    (change(5, seed="00" * 32), "seed_wrong", 5),
    (change(5, status="committed"), "result_missing", 5),
    (change(5, seed=...), "result_missing", 5),
    (change(4, status="drawn", seed="00" * 32, result=[1]), "party_missing", 4),
    (cut(3), "revealed_early", 3),
    (swap(3, 4), "revealed_early", 3),
    (cut(4), "party_missing", 4),
    (again(4), "order_wrong", 6),
    (again(3), "order_wrong", 6),
    (again(2), "draw_repeated", 6),
    (change(2, list=OTHER_LIST), "list_altered", 2),
    (change(2, list=OTHER_LIST, list_digest=digest(OTHER_LIST).hex()), "list_altered", 2),
    (change(2, size=31), "list_altered", 2),
    (change(2, picks=0), "list_altered", 2),
    (change(1, size=29), "list_altered", 2),
    (cut(1), "list_altered", 1),
    (change(2, second="county"), "party_wrong", 2),
    (change(2, reveals_first="city"), "first_wrong", 2),
    (change(2, replaces=str(B)), "replaced_wrong", 2),
    (
        change(2, purpose="lottery", list={"size": 30}, list_digest=digest({"size": 30}).hex()),
        "seed_wrong",
        5,
    ),
    (change(2, commitment="zz"), "entry_malformed", 2),
    (change(3, commitment=...), "entry_malformed", 3),
    (change(3, party="auditor"), "order_wrong", 3),
    (actor(3, PEOPLE["county"]), "party_wrong", 3),
    (actor(3, Actor(UUID(int=2), "city_officer", ORIGIN)), "party_wrong", 3),
    (actor(3, Actor(UUID(int=1), "city_officer", CITY)), "party_wrong", 3),
    (actor(5, PEOPLE["auditor"]), "party_wrong", 5),
]


@pytest.mark.parametrize(("edit", "code", "seq"), CASES)
def test_each_damage_is_named_with_its_entry(edit: Edit, code: str, seq: int) -> None:
    log = a_draw()
    edit(log.drafts)
    finding = told(log).finding
    assert finding is not None
    assert (finding.code, finding.seq) == (code, seq)


def test_a_party_reveals_once() -> None:
    log = a_draw()
    del log.drafts[5]
    log.reveal(A, "county")
    finding = told(log).finding
    assert finding is not None
    assert finding.code == "revealed_twice"


def test_what_is_not_known_here_is_said_to_be_so() -> None:
    log, value = Log(), {"size": 30}
    log.open(A, "county", "city", purpose="lottery", list=value, list_digest=digest(value).hex())
    log.commit(A, "city")
    log.reveal(A, "county")
    made = seed(ORIGIN, A, digest(value), {one: secret(A, one) for one in ("county", "city")})
    log.reveal(A, "city", status="drawn", seed=made.hex(), result=[])
    finding = told(log).finding
    assert finding is not None
    assert finding.code == "purpose_unknown"


def test_an_entry_of_no_draw_is_a_stray() -> None:
    log = a_draw()
    del log.drafts[2]
    made = replay(log.drafts)
    assert not made.draws
    assert [(key, one.code, one.seq) for key, one in made.strays] == [
        (A, "draw_unknown", n) for n in (2, 3, 4)
    ]


def test_an_opening_that_says_too_little_opens_nothing() -> None:
    log = a_draw()
    change(2, picks="4")(log.drafts)
    (key, error), *_ = replay(log.drafts).strays
    assert (key, error.code, error.seq) == (A, "entry_malformed", 2)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (change(40, defaulted=[]), "defaulted_wrong"),
        (change(40, defaulted=["county"]), "defaulted_wrong"),
        (cut(*range(5, 40)), "void_early"),
    ],
)
def test_a_void_draw_names_who_kept_silent_and_is_so_in_time(edit: Edit, code: str) -> None:
    log = silent()
    del log.drafts[41]
    edit(log.drafts)
    if code == "void_early":
        log.drafts[5] = replace(log.drafts[5], time=log.drafts[4].time)
    finding = told(log).finding
    assert finding is not None
    assert finding.code == code


def test_who_kept_silent_reveals_first_or_the_draw_is_refuted() -> None:
    log = silent()
    log.commit(B, "city")
    log.reveal(B, "county")
    finding = told(log).finding
    assert finding is not None
    assert finding.code == "turn_wrong"


@pytest.mark.parametrize(
    ("changes", "code"), [({"reveals_first": None}, "first_wrong"), ({"replaces": None}, "replaced_wrong")]
)
def test_a_draw_that_forgets_the_void_one_is_refuted(changes: dict[str, Any], code: str) -> None:
    log = silent()
    change(41, **changes)(log.drafts)
    finding = told(log).finding
    assert finding is not None
    assert finding.code == code


def test_a_second_draw_of_what_is_drawn_is_refuted() -> None:
    log = a_draw()
    log.open(B, "county", "city")
    finding = told(log).finding
    assert finding is not None
    assert (finding.code, finding.seq) == ("draw_repeated", 6)


def test_every_finding_is_found_here() -> None:
    found = {code for _, code, _ in CASES} | {
        *("revealed_twice", "purpose_unknown", "draw_unknown", "defaulted_wrong", "void_early"),
        *("turn_wrong", "first_wrong", "replaced_wrong"),
    }
    assert found == set(FINDINGS)
