"""Every operation that an act records has its words, in both languages."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import certification
from certification.changes import Act
from certification.lineage.plan import FOLLOWED
from certification.model import RosterKind
from graphql_schema.telling import TOLD, WORDS, StoryKind, kind_of, operations_of, summarise


def recorded() -> set[str]:
    """The operations of all acts, wherever they stand."""
    found = {"ledger.opened", "tenant.founded", *FOLLOWED, *(f"roster.{kind.value}" for kind in RosterKind)}
    for module in pkgutil.walk_packages(certification.__path__, "certification."):
        loaded = vars(importlib.import_module(module.name))
        found |= {one.operation for one in loaded.values() if isinstance(one, Act)}
        found |= {text for name, text in loaded.items() if name == "OPERATION"}
    return found


def test_every_operation_has_words() -> None:
    assert recorded() - TOLD.keys() == set()
    assert len(recorded()) > 40


def test_words_are_in_both_languages() -> None:
    for zh, en in [*((told.zh, told.en) for told in TOLD.values()), *WORDS.values()]:
        assert zh and en and en.isascii() and not zh.isascii()


def test_kinds_part_the_operations() -> None:
    listed = [operation for kind in StoryKind for operation in operations_of(kind)]
    assert sorted(listed) == sorted(TOLD)
    assert kind_of("of.another_version") is StoryKind.OTHER


@pytest.mark.parametrize(
    ("operation", "outcome", "zh", "en"),
    [
        ("application.filed", {}, "申报建档", "application filed"),
        ("application.opinion_given", {"verdict": "agree"}, "签署意见（同意）", "opinion given (agreed)"),
        (
            "review.confirmed",
            {"verdict": "agree", "result": "pass", "year": 2023},
            "确认复查（2023 年度，同意）",
            "review confirmed (2023, agreed)",
        ),
        (
            "certification.followed",
            {"result": "suspend"},
            "认定变更（暂停）",
            "certification changed (suspended)",
        ),
        ("of.another_version", {"verdict": "odd"}, "of.another_version", "of.another_version"),
    ],
)
def test_entry_is_summarised(operation: str, outcome: dict[str, object], zh: str, en: str) -> None:
    assert summarise(operation, outcome, "zh-CN") == zh
    assert summarise(operation, outcome, "en") == en
