"""Nouns and tables say the same; errors have one code each and both languages."""

from __future__ import annotations

import re
from dataclasses import fields
from string import Formatter

import pytest

from certification import errors, tables
from certification.changes import TABLES
from certification.errors import CertificationError
from certification.model import ItemVerdict, PersonalValue, RosterKind, Stage, Status, Verdict
from certification.reading import ENDED

ERRORS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CertificationError)
]


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_a_noun_has_the_columns_of_its_table(kind: type) -> None:
    named = {one.name for one in fields(kind)}
    if kind is PersonalValue:  # recording seals it
        named = named - {"value", "salt"} | {"sealed"}
    assert named == {column.name for column in TABLES[kind].columns}


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        (tables.applications, "status", Status),
        (tables.opinions, "stage", Stage),
        (tables.opinions, "verdict", Verdict),
        (tables.rosters, "kind", RosterKind),
        (tables.roster_items, "verdict", ItemVerdict),
    ],
)
def test_an_enumeration_is_what_the_column_accepts(table: object, column: str, values: type) -> None:
    checks = [str(one.sqltext) for one in table.constraints if hasattr(one, "sqltext")]  # type: ignore[attr-defined]
    listed = next(re.findall(r"'(\w+)'", text) for text in checks if text.startswith(f"{column} IN"))
    assert listed == [str(value) for value in values]  # type: ignore[attr-defined]


def test_a_community_may_apply_anew_where_the_index_lets_it() -> None:
    index = next(one for one in tables.applications.indexes if one.name == "uq_applications_live")
    assert re.findall(r"'(\w+)'", str(index.dialect_options["postgresql"]["where"])) == list(ENDED)


def test_codes_are_unique_and_dotted() -> None:
    codes = [kind.code for kind in ERRORS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", code) for code in codes)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_speaks_both_languages_from_its_details(kind: type[CertificationError]) -> None:
    names = {name for text in (kind.zh, kind.en) for _, name, _, _ in Formatter().parse(text) if name}
    made = kind(clause="一", **{name: f"<{name}>" for name in names})
    assert made.clause == "一"
    assert "{" not in made.zh + made.en
    assert re.search(r"[\u4e00-\u9fff：]", made.zh)
    assert str(made) == made.en
