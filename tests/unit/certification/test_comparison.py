"""Two versions side by side: nothing is lost between them, whatever they say, and nobody's telephone is compared."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.comparison import Kind, Segment, compare
from tests.unit.certification.samples import programme

FORM = programme().forms["form-2"]
TEXT = st.text(st.sampled_from("甲乙丙。；\n ab12"), max_size=60)


def texts(before: str | None, after: str | None) -> tuple[Segment, ...]:
    (one,) = compare(FORM, {"situation": before}, {"situation": after})
    return one.segments


@given(before=TEXT, after=TEXT)
def test_the_segments_give_back_both_texts(before: str, after: str) -> None:
    segments = texts(before, after)
    assert "".join(one.text for one in segments if one.kind != Kind.INSERTED) == before
    assert "".join(one.text for one in segments if one.kind != Kind.DELETED) == after
    assert all(one.text for one in segments)
    assert (before == after) == (not {one.kind for one in segments} - {Kind.EQUAL})


def test_a_number_changes_as_a_whole_and_alone() -> None:
    assert texts("专职12名，持证上岗。台账齐全。", "专职13名，持证上岗。台账齐全。") == (
        Segment(Kind.EQUAL, "专职"),
        Segment(Kind.DELETED, "12"),
        Segment(Kind.INSERTED, "13"),
        Segment(Kind.EQUAL, "名，持证上岗。台账齐全。"),
    )


def test_a_sentence_that_is_new_stands_between_those_that_stayed() -> None:
    assert [one.kind for one in texts("一。三。", "一。二。三。")] == [Kind.EQUAL, Kind.INSERTED, Kind.EQUAL]


def test_fields_come_with_the_labels_of_the_form_and_only_those_that_are_there() -> None:
    before = {"situation": "甲", "narrative": "乙", "contact_name": "c1", "fixed_phone": "c2"}
    after = {"situation": "甲", "narrative": "丙", "contact_name": "c3", "mobile_phone": "c4"}
    found = compare(FORM, before, after)
    assert [(one.field, one.label, one.changed) for one in found] == [
        ("contact_name", "社区联系人", None),
        ("fixed_phone", "联系方式（固话）", True),
        ("mobile_phone", "联系方式（手机）", True),
        ("situation", "社区基本情况，创建工作情况", False),
        ("narrative", "推荐材料", True),
    ]
    assert all(one.before is one.after is None and not one.segments for one in found if one.personal)
    assert [one.label for one in compare(None, {"reviews": "[]"}, {"justification": "理"})] == [
        "申报理由",
        "reviews",
    ]


HARD = {
    "one word": ("字" * 5000, "字" * 4999 + "x"),
    "many short sentences": ("字。" * 2500, "字。" * 2400 + "文。" * 100),
    "turned round": (
        "".join(map(chr, range(0x4E00, 0x4E65))) * 49,
        "".join(map(chr, range(0x4E64, 0x4DFF, -1))) * 49,
    ),
    "two words": ("甲乙" * 2500, "乙甲" * 2499),
}


@pytest.mark.parametrize("name", HARD)
def test_no_pair_of_texts_keeps_the_server_busy(name: str) -> None:
    begun = process_time()
    segments = texts(*HARD[name])
    assert process_time() - begun < 2
    assert "".join(one.text for one in segments if one.kind != Kind.INSERTED) == HARD[name][0]
