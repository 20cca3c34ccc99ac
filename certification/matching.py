"""The province's list, line by line, against the report that it decides on. Pure: rows of text in, nothing guessed.

A line names an application if every name that it gives is the report's, once width, blanks and separators are put aside:

    county and community at least, in columns     川汇区 | … | 育新社区
    or in one column, from the city or county on  周口市川汇区七一路街道育新社区

and no other application of the report is named so. Whatever else a line says, it is shown with the applications whose community
bears that name, and a person decides. Words for a verdict are a closed list; a formula is a text like any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from certification.errors import TableUnreadableError
from certification.model import ItemVerdict

HEADER_WITHIN: Final = 20
"""How far down the header may stand: titles and notes come before it."""

_NAMES: Final = ("city", "county", "street", "community")
_HEADERS: Final[Mapping[str, frozenset[str]]] = {
    "city": frozenset({"市", "省辖市", "地市"}),
    "county": frozenset({"县", "区", "县区", "县市区"}),
    "street": frozenset({"街道", "乡镇", "街道乡镇", "乡镇街道"}),
    "community": frozenset(
        {
            "社区",
            "社区名称",
            "社区村",
            "社区行政村",
            "名称",
            "单位名称",
            "推荐社区",
            "申报单位",
            "市县区街道乡镇社区",
            "社区名称市县区街道乡镇社区",
        }
    ),
    "verdict": frozenset({"结论", "认定结论", "认定结果", "结果", "认定意见"}),
    "reason": frozenset({"理由", "原因", "备注", "说明", "未认定原因"}),
}
_VERDICTS: Final[Mapping[str, ItemVerdict]] = {
    **dict.fromkeys(("认定", "予以认定", "同意认定", "通过", "同意"), ItemVerdict.CERTIFIED),
    **dict.fromkeys(
        ("不予认定", "未予认定", "不认定", "未认定", "不通过", "未通过", "不同意"), ItemVerdict.NOT_CERTIFIED
    ),
}
_SEPARATORS: Final = re.compile(r"[\s/\\|,，、;；.。·•>＞()\[\]【】\-‐–—_]+")
_COMMITTEE: Final = re.compile(r"(社区)?(居民委员会|居委会|村民委员会|村委会)$")


class Why(StrEnum):
    """Why a line names nothing that can be recorded."""

    NO_NAME = "no_name"
    NO_VERDICT = "no_verdict"
    NOT_IN_REPORT = "not_in_report"
    AMBIGUOUS = "ambiguous"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Listed:
    """An application of the report with its names: 市, 县（市、区）, 街道（乡镇）, 社区."""

    tenant_id: int
    id: UUID
    names: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: its number from 1, its text as it stands, its names by kind, the words of the verdict, the reason."""

    number: int
    text: str
    names: Mapping[str, str]
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """A line that names exactly one application, with a verdict."""

    line: Line
    listed: Listed
    verdict: ItemVerdict


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line that a person must look at, and whom it may mean."""

    line: Line
    why: Why
    candidates: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """What a file says of a report; `missing`: applications that no line names for certain."""

    matched: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    missing: tuple[Listed, ...]


def normalise(text: str) -> str:
    """Without width, blanks and separators: `川汇区 / 育新社区（一）` is `川汇区育新社区一`."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def read_lines(rows: Sequence[Sequence[str]]) -> tuple[Line, ...]:
    """The lines behind the header. Raises TableUnreadableError when no row is one."""
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        columns = _find_columns(row)
        if columns is not None:
            found = (
                _read_line(number, one, columns) for number, one in enumerate(rows, 1) if number > at + 1
            )
            return tuple(line for line in found if line.text)
    raise TableUnreadableError


def match_lines(lines: Sequence[Line], report: Sequence[Listed]) -> Matching:
    """Each line against the report."""
    judged = [_judge(line, report) for line in lines]
    named = Counter(one.listed.id for one in judged if isinstance(one, Match))
    judged = [
        Unmatched(one.line, Why.REPEATED, (one.listed,))
        if isinstance(one, Match) and named[one.listed.id] > 1
        else one
        for one in judged
    ]
    matched = tuple(one for one in judged if isinstance(one, Match))
    sure = {one.listed.id for one in matched}
    return Matching(
        matched,
        tuple(one for one in judged if isinstance(one, Unmatched)),
        tuple(one for one in report if one.id not in sure),
    )


def _find_columns(row: Sequence[str]) -> dict[str, int] | None:
    """Which column holds what, if the row is a header: a verdict and a community, each named once."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(row):
        for kind, words in _HEADERS.items():
            if normalise(cell) in words:
                if kind in columns:
                    return None
                columns[kind] = at
    return columns if {"verdict", "community"} <= columns.keys() else None


def _read_line(number: int, row: Sequence[str], columns: Mapping[str, int]) -> Line:
    given = {kind: row[at].strip() if at < len(row) else "" for kind, at in columns.items()}
    return Line(
        number,
        " | ".join(cell.strip() for cell in row if cell.strip()),
        {kind: given[kind] for kind in _NAMES if given.get(kind)},
        given["verdict"],
        given.get("reason", ""),
    )


def _judge(line: Line, report: Sequence[Listed]) -> Match | Unmatched:
    if "community" not in line.names:
        return Unmatched(line, Why.NO_NAME, ())
    named = [one for one in report if _is_named(line, one)]
    if len(named) > 1:
        return Unmatched(line, Why.AMBIGUOUS, tuple(named))
    if not named:
        return Unmatched(line, Why.NOT_IN_REPORT, tuple(one for one in report if _shares_name(line, one)))
    verdict = _VERDICTS.get(normalise(line.verdict))
    if verdict is None:
        return Unmatched(line, Why.NO_VERDICT, tuple(named))
    return Match(line, named[0], verdict)


def _is_named(line: Line, listed: Listed) -> bool:
    names = dict(zip(_NAMES, map(normalise, listed.names), strict=True))
    given = {kind: normalise(text) for kind, text in line.names.items()}
    if set(given) == {"community"}:
        whole = "".join(names.values())
        return given["community"] in (whole, whole.removeprefix(names["city"]))
    return "county" in given and all(names[kind] == text for kind, text in given.items())


def _shares_name(line: Line, listed: Listed) -> bool:
    return _stem(line.names["community"]).endswith(_stem(listed.names[3]))


def _stem(name: str) -> str:
    """A community's name as people say it: 育新社区居委会 is 育新."""
    return _COMMITTEE.sub("", normalise(name)).removesuffix("社区") or normalise(name)
