"""Counting 字, and the limits of a form's texts, at their boundaries."""

from __future__ import annotations

from datetime import date

import pytest

from certification.errors import FieldRefusedError, NarrativeTooLongError
from certification.forms import Contact, check_contact, check_content, check_text, content_hash
from certification.narrative import count_characters
from tests.unit.certification.samples import named, programme


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\t\u3000", 0),
        ("社区", 2),
        ("充分就业。", 5),
        ("“六到位”", 5),
        ("2022", 1),
        ("2022年", 2),
        ("2022 2023", 2),
        ("GDP2022", 1),
        ("employment aid", 2),
        ("１２３４", 1),
        ("ＧＤＰ", 1),
        ("95.5%", 4),
        ("don't", 3),
        ("é", 1),
        ("e\u0301e", 1),
        ("䶵𠮷〇", 3),
        ("——……", 4),
        ("\U000323b0\ue000\U0010fffd", 3),
        ("a\u200bb", 1),
        ("2022年，GDP增长 5%。", 9),
    ],
)
def test_characters_are_counted_as_decided(text: str, count: int) -> None:
    assert count_characters(text) == count


def test_1500_characters_are_accepted_and_1501_refused() -> None:
    form = programme().forms["form-2"]
    check_content(programme(), form, "情况", "字" * 1499 + "。")
    check_content(programme(), form, "情况", "字" * 1499 + "2022 \n")
    with pytest.raises(NarrativeTooLongError) as refusal:
        check_content(programme(), form, "情况", "字" * 1501)
    assert refusal.value.clause == "四（三）"
    assert "1501" in refusal.value.zh
    with pytest.raises(NarrativeTooLongError):
        check_content(programme(), form, "情况", "字" * 1500 + "2022")


def test_a_situation_has_its_own_limit() -> None:
    form = programme().forms["form-2"]
    check_content(programme(), form, "字" * 5000, "材料")
    with pytest.raises(FieldRefusedError):
        check_content(programme(), form, "字" * 5001, "材料")


@pytest.mark.parametrize("text", ["", " \n ", "a\x00b", "a\tb", "a\rb", "\ud800", "\x7f", "\u0301" * 81])
def test_a_text_that_says_nothing_or_hides_something_is_refused(text: str) -> None:
    with pytest.raises(FieldRefusedError):
        check_text("text", "意见", text, 10)


@pytest.mark.parametrize(
    "contact",
    [
        Contact("张三", "0394-8281000", None),
        Contact("张三", "03948281000", None),
        Contact("张三", "8281000", None),
        Contact("张三", "0394-8281000-12", "13812345678"),
        Contact("买买提·吐尔逊", None, "19912345678"),
    ],
)
def test_a_contact_with_one_telephone_is_accepted(contact: Contact) -> None:
    check_contact(contact)


@pytest.mark.parametrize(
    "contact",
    [
        Contact("", None, "13812345678"),
        Contact(" 张三", None, "13812345678"),
        Contact("张\n三", None, "13812345678"),
        Contact("张" * 31, None, "13812345678"),
        Contact("张三", None, None),
        Contact("张三", None, "12812345678"),
        Contact("张三", None, "1381234567"),
        Contact("张三", None, "138123456789"),
        Contact("张三", None, "１３８12345678"),
        Contact("张三", "0394-1281000", None),
        Contact("张三", "", "13812345678"),
    ],
)
def test_a_contact_out_of_form_is_refused(contact: Contact) -> None:
    with pytest.raises(FieldRefusedError) as refusal:
        check_contact(contact)
    assert contact.mobile_phone is None or contact.mobile_phone not in str(refusal.value)


def test_every_part_of_a_form_enters_its_hash() -> None:
    base = {
        "form": "form-2",
        "situation": "甲",
        "narrative": "乙",
        "commitments": {"contact_name": bytes(32)},
    }
    hashes = {
        content_hash(named("a"), 1, **base),  # type: ignore[arg-type]
        content_hash(named("b"), 1, **base),  # type: ignore[arg-type]
        content_hash(named("a"), 2, **base),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **{**base, "form": "form-3"}),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **{**base, "situation": "乙", "narrative": "甲"}),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **{**base, "commitments": {"contact_name": bytes([1] * 32)}}),  # type: ignore[arg-type]
        content_hash(
            named("a"), 1, **{**base, "commitments": {**base["commitments"], "fixed_phone": bytes(32)}}
        ),  # type: ignore[arg-type,dict-item]
        content_hash(named("a"), 1, **base, certified_on=date(2018, 7, 2)),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **base, certified_on=date(2018, 7, 3)),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **base, reviews="[]"),  # type: ignore[arg-type]
        content_hash(named("a"), 1, **base, reviews="[1]"),  # type: ignore[arg-type]
    }
    assert len(hashes) == 11
    # As it was before forms took anything from a history.
    assert content_hash(named("a"), 1, **base) == bytes.fromhex(  # type: ignore[arg-type]
        "d51c3f8ffa0dddc56b526ed8f61665bc1543887409be2ce18f545c03414eb05d"
    )
