"""What a team saw of one community, sent through the real act: in any order, in any pieces, again and again, it comes to the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from certification.acts import record_inspection
from certification.errors import CertificationError
from certification.figures import Figure
from certification.reviews.concluding import judge_findings
from certification.reviews.errors import ObservationDiffersError
from certification.reviews.observing import ItemSaid, NoteSaid, Said
from certification.reviews.reading import read_review
from certification.reviews.rounds import Anew, find_findings
from tenancy.database import Database, Scope
from tenancy.vault import FileVault
from tests.property.certification.years import CITY, COUNTIES, Team, Years, named
from tests.property.certification.years_oracle import Land, Rule
from tests.support import clone_database
from xingji.postgres import EmbeddedPostgres

COUNTY = COUNTIES[0]
ABOUT = (
    ItemSaid("1.1", "meets"),
    ItemSaid("1.1", "does_not_meet", "未上墙"),
    ItemSaid("1.2", "meets"),
    ItemSaid("1.2", "not_applicable", "无此项"),
    ItemSaid("2.1", "meets", "齐全"),
    Figure("satisfaction", None, 90, 100),
    Figure("satisfaction", None, 89, 100),
    NoteSaid("a", "一"),
    NoteSaid("a", "二"),
)


@pytest.fixture
async def assigned(
    postgres: EmbeddedPostgres, land: str, vault: FileVault, tmp_path: Path
) -> AsyncIterator[tuple[str, Years, Team]]:
    """The name of a database in which one review waits for its team; clone it."""
    async with clone_database(postgres, land) as urls:
        database = await Database.connect(urls.app, vault=vault, max_size=1)
        years = Years(database, land=Land(Rule()))
        await years.begin(tmp_path / "programme")
        await years.certify(years.land.living(COUNTY)[0], "provincial", date(2019, 6, 1))
        (team,) = await years.plan(COUNTY, 2022)
        await database.close()
        yield urls.name, years, team


def observe(random: Random, years: Years, seed: int) -> list[Said]:
    """Some observations, which contradict each other and supersede what they may have seen, or what never came."""
    ids = [named(f"seen/{seed}/{n}") for n in range(12)]
    return [
        Said(
            one,
            years.now + timedelta(seconds=random.randrange(60)),
            random.choice(ABOUT),
            tuple(
                sorted({gone for gone in random.choices(ids, k=random.choice((0, 0, 2, 5))) if gone != one})
            ),
        )
        for one in ids[: random.randint(3, 10)]
    ]


def cut(random: Random, said: list[Said]) -> list[tuple[Said, ...]]:
    """The same in pieces, some of it more than once."""
    sent = said + random.choices(said, k=3)
    random.shuffle(sent)
    cuts = sorted(random.randrange(len(sent) + 1) for _ in range(3))
    pieces = (sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True))
    return [tuple(dict.fromkeys(piece)) for piece in pieces if piece]


async def send(
    years: Years, team: Team, random: Random, pieces: list[tuple[Said, ...]]
) -> tuple[object, ...]:
    """Send the pieces, each perhaps again under its own request; what is read of it, and what concludes from it."""
    for number, piece in enumerate(pieces):
        command = record_inspection.Command(team.review, piece)
        for again in range(random.choice((1, 1, 2))):
            done = await years.do(record_inspection.ACT, command, team.member, request=f"piece-{number}")
            assert done.replayed == bool(again)
    other = replace(pieces[0][0], about=NoteSaid("b", "另"))
    with pytest.raises(ObservationDiffersError):
        await years.do(record_inspection.ACT, record_inspection.Command(team.review, (other,)), team.member)
    async with years.database.read(Scope(COUNTY, shared=(CITY,))) as tx:
        found = await read_review(tx, team.review, observations=True)
    findings = find_findings(found.observations, found.review.round, Anew())
    judgement = judge_findings(found.programme, team.level, findings)
    try:
        await years.inspect(team, "recheck", due_on=years.today + timedelta(days=9))
        (row,) = await years.rows(COUNTY, "SELECT judgement, observations FROM review_verdicts")
        end: object = tuple(row)
    except CertificationError as refusal:
        end = refusal.code
    return findings.values, findings.conflicts, findings.digest, judgement, end


async def test_any_order_of_pieces_and_retries_comes_to_the_same(
    postgres: EmbeddedPostgres, assigned: tuple[str, Years, Team], vault: FileVault
) -> None:
    template, years, team = assigned
    ends = set()
    for seed in range(3):
        random = Random(seed)
        said = observe(random, years, seed)
        answers = []
        for _ in range(3):
            async with clone_database(postgres, template) as urls:
                years.database = await Database.connect(urls.app, vault=vault, max_size=1)
                try:
                    answers.append(await send(years, team, random, cut(random, said)))
                finally:
                    await years.database.close()
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][0] or answers[0][1]
        ends.add(answers[0][-1] if isinstance(answers[0][-1], str) else "concluded")
    assert ends == {"inspection.conflict", "concluded"}
