"""The province's list against a report: what is exact matches, and nothing else does."""

from uuid import UUID

import pytest

from certification.errors import TableUnreadableError
from certification.matching import Listed, Match, Matching, Why, match_lines, normalise, read_lines
from certification.model import ItemVerdict


def listed(n: int, county: str, street: str, community: str) -> Listed:
    return Listed(n, UUID(int=n), ("周口市", county, street, community))


REPORT = (
    listed(2, "川汇区", "七一路街道", "育新社区居委会"),
    listed(3, "川汇区", "小桥街道", "育新社区居委会"),
    listed(4, "扶沟县", "城关镇", "书院社区（一）"),
    listed(5, "太康县", "城关回族镇", "幸福社区居委会"),
)
HEADER = ["序号", "县（市、区）", "街道（乡镇）", "社区", "认定结论", "理由"]


def match(*rows: list[str], header: list[str] | None = None) -> Matching:
    return match_lines(
        read_lines([["附件 认定名单"], [], HEADER if header is None else header, *rows]), REPORT
    )


def test_names_in_columns_match_whatever_width_and_blanks() -> None:
    found = match(
        ["1", "川汇区", "七一路街道", "育新社区居委会", "认定", "符合标准"],
        ["2", " 扶沟县", "城 关镇", "书院社区(一)　", "不予认定", "台账不全"],
    )
    assert [
        (one.listed.tenant_id, one.verdict, one.line.reason, one.line.number) for one in found.matched
    ] == [
        (2, ItemVerdict.CERTIFIED, "符合标准", 4),
        (4, ItemVerdict.NOT_CERTIFIED, "台账不全", 5),
    ]
    assert found.unmatched == () and [one.tenant_id for one in found.missing] == [3, 5]


@pytest.mark.parametrize(
    ("name", "tenant"),
    [
        ("周口市川汇区七一路街道育新社区居委会", 2),
        ("川汇区/小桥街道/育新社区居委会", 3),
        ("周口市 > 扶沟县 > 城关镇 > 书院社区（一）", 4),
        ("周口市-太康县-城关回族镇-幸福社区居委会", 5),
        ("太康县 城关回族镇 幸福社区居委会", 5),
    ],
)
def test_a_joined_name_matches_from_the_city_or_the_county_on(name: str, tenant: int) -> None:
    found = match([name, "通过"], header=["社区名称", "结论"])
    assert [one.listed.tenant_id for one in found.matched] == [tenant]


@pytest.mark.parametrize(
    ("row", "why", "candidates"),
    [
        (["", "川汇区", "", "育新社区居委会", "认定"], Why.AMBIGUOUS, [2, 3]),
        (["", "", "", "育新社区居委会", "认定"], Why.NOT_IN_REPORT, [2, 3]),
        (["", "川汇区", "七一路街道", "育新社区", "认定"], Why.NOT_IN_REPORT, [2, 3]),
        (["", "川汇区", "七一街道", "育新社区居委会", "认定"], Why.NOT_IN_REPORT, [2, 3]),
        (["", "太康县", "城关镇", "幸福社区居委会", "认定"], Why.NOT_IN_REPORT, [5]),
        (["", "太康县", "城关回族镇", "无此社区", "认定"], Why.NOT_IN_REPORT, []),
        (["", "太康县", "城关回族镇", "幸福社区居委会", "认定？"], Why.NO_VERDICT, [5]),
        (["", "太康县", "城关回族镇", "幸福社区居委会", ""], Why.NO_VERDICT, [5]),
        (["", "太康县", "城关回族镇", "=C3", "认定"], Why.NOT_IN_REPORT, []),
        (["", "太康县", "城关回族镇"], Why.NO_NAME, []),
    ],
)
def test_what_is_not_exact_is_shown_and_not_guessed(row: list[str], why: Why, candidates: list[int]) -> None:
    found = match(row)
    assert found.matched == () and len(found.missing) == 4
    (one,) = found.unmatched
    assert (one.why, [listed.tenant_id for listed in one.candidates]) == (why, candidates)
    assert one.line.number == 4 and one.line.text


def test_two_lines_of_one_application_are_both_shown() -> None:
    line = ["", "太康县", "城关回族镇", "幸福社区居委会"]
    found = match([*line, "认定"], [*line, "不予认定"])
    assert [one.why for one in found.unmatched] == [Why.REPEATED] * 2 and found.matched == ()
    assert UUID(int=5) in {one.id for one in found.missing}


def test_blank_lines_are_no_lines() -> None:
    assert match([""], [], ["", " "]) == Matching((), (), REPORT)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["社区"]],
        [["结论"]],
        [["社区", "社区", "结论"]],
        [["x"]] * 30 + [["社区", "结论"]],
    ],
)
def test_a_table_without_a_header_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(TableUnreadableError):
        read_lines(rows)


def test_normalising_puts_width_and_separators_aside() -> None:
    assert normalise("川汇区 ／ 育新社区（一）") == normalise("川汇区>育新社区(一)") == "川汇区育新社区一"


def test_a_match_is_never_of_another_name() -> None:
    for one in REPORT:
        line = ["", *one.names[1:], "认定"]
        (found,) = match(line).matched
        assert isinstance(found, Match) and found.listed == one
