"""What holds of observations, for any set of them and whatever pieces it comes in; and against a reading of the rule that is as naive as can be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.reader import load_programme
from certification.reviews.concluding import judge_findings
from certification.reviews.errors import ObservationDiffersError
from certification.reviews.model import Observation
from certification.reviews.observing import keep_new
from certification.reviews.rounds import Anew, Findings, find_findings

PROGRAMME = load_programme("zhoukou-2022")
REVIEW = UUID(int=7)
NOON = datetime(2022, 5, 5, 4, tzinfo=UTC)
SAID = (
    *(
        ("item:1.1", f'{{"note":"{note}","verdict":"{verdict}"}}')
        for note in "ab"
        for verdict in ("meets", "does_not_meet")
    ),
    ("item:1.2", '{"verdict":"meets"}'),
    ("figure:satisfaction", '{"denominator":100,"numerator":90}'),
    ("figure:satisfaction", '{"denominator":100,"numerator":89}'),
    ("note:a", '{"text":"x"}'),
    ("note:a", '{"text":"y"}'),
)
ROUND = 3
ANEW = st.builds(
    Anew, st.integers(1, 3), st.dictionaries(st.sampled_from(("1.1", "satisfaction")), st.integers(1, 3))
)


@st.composite
def observed(draw: st.DrawFn) -> list[Observation]:
    """Any observations; each may supersede any others, itself left out, and some that never come."""
    number = draw(st.integers(0, 12))
    ids = [UUID(int=one + 1) for one in range(number + 2)]
    found = []
    for place in range(number):
        key, value = draw(st.sampled_from(SAID))
        gone = draw(st.lists(st.sampled_from(ids), unique=True, max_size=4))
        superseded = sorted(str(one) for one in gone if one != ids[place])
        found.append(
            Observation(
                tenant_id=2,
                id=ids[place],
                review_id=REVIEW,
                round=draw(st.integers(1, 4)),
                key=key,
                value=value,
                observed_at=NOON + timedelta(seconds=draw(st.integers(0, 9))),
                author_tenant_id=2,
                author_id=UUID(int=draw(st.integers(100, 101))),
                recorded_at=NOON,
                supersedes=json.dumps(superseded) if superseded else None,
            )
        )
    return found


def arrive(pieces: Sequence[Sequence[Observation]]) -> list[Observation]:
    """What is kept of pieces that come one after the other."""
    kept: dict[UUID, Observation] = {}
    for piece in pieces:
        kept |= {one.id: one for one in keep_new(kept, piece)}
    return list(kept.values())


@settings(max_examples=200)
@given(observed(), ANEW, st.randoms(use_true_random=False))
def test_any_pieces_in_any_order_with_duplicates_come_to_the_same(
    found: list[Observation], anew: Anew, chance: Random
) -> None:
    sent = found + chance.choices(found, k=len(found)) if found else []
    chance.shuffle(sent)
    # A retry comes later, and from another device perhaps: neither makes it another observation.
    sent = [
        replace(one, recorded_at=NOON + timedelta(seconds=n), author_id=UUID(int=n))
        for n, one in enumerate(sent)
    ]
    cuts = sorted(chance.randrange(len(sent) + 1) for _ in range(4))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    whole, split = (find_findings(some, ROUND, anew) for some in (found, arrive(pieces)))
    assert (whole.values, whole.conflicts, whole.digest) == (split.values, split.conflicts, split.digest)
    assert judge_findings(PROGRAMME, "provincial", whole) == judge_findings(PROGRAMME, "provincial", split)


@settings(max_examples=400)
@given(observed(), ANEW)
def test_the_heads_are_those_of_the_rule_read_word_by_word(found: list[Observation], anew: Anew) -> None:
    got = find_findings(found, ROUND, anew)
    for key in {key for key, _ in SAID}:
        since = max(anew.everything, (anew.clauses or {}).get(key.split(":")[1], 1))
        for round_ in range(ROUND, since - 1, -1):
            mine = [one for one in found if one.key == key and one.round == round_]
            if mine:
                break
        else:
            mine = []
        gone = [gone for one in mine for gone in json.loads(one.supersedes or "[]")]
        heads = [one for one in mine if str(one.id) not in gone] or mine
        assert {one.id for one in got.heads.get(key, ())} == {one.id for one in heads}
        said = {
            "x"
            if key.startswith("note")
            else tuple(sorted((k, v) for k, v in json.loads(one.value).items() if k != "note"))
            for one in heads
        }
        assert (key in got.conflicts) == (len(said) > 1)
        assert (key in got.values) == (len(said) == 1)


@given(observed())
def test_what_supersedes_every_side_settles_it(found: list[Observation]) -> None:
    before = find_findings(found, ROUND, Anew())
    settled = [
        replace(
            one[0], id=UUID(int=1000 + n), round=ROUND, supersedes=json.dumps([str(side.id) for side in one])
        )
        for n, one in enumerate(before.heads.values())
    ]
    after: Findings = find_findings([*found, *settled], ROUND, Anew())
    assert after.conflicts == () and set(after.values) == set(before.heads)


@given(observed().filter(len))
def test_an_id_never_gets_another_content(found: list[Observation]) -> None:
    kept = {one.id: one for one in found}
    with pytest.raises(ObservationDiffersError):
        keep_new(kept, [replace(found[0], observed_at=NOON - timedelta(days=1))])
    with pytest.raises(ObservationDiffersError):
        keep_new({}, [found[0], replace(found[0], value='{"text":"other"}')])
    assert keep_new(kept, reversed(found)) == ()
