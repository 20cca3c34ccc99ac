"""Two versions of a form, as the field `comparison` shows them: what SQL hands over, and certification/comparison.py beneath it.

Texts are compared word by word, personal fields only by being there. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Text, cast, func, select

from certification.comparison import PERSONAL, TEXTS, FieldComparison, compare
from certification.reader import parse_stored
from certification.tables import form_versions
from graphql_schema.declare import Asked
from graphql_schema.session import Session


def of_version(argument: str, column: str | None = None) -> Asked:
    """Of the version that an argument numbers: a column, or all that is compared."""

    def build(row: FromClause, asked: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
        found = form_versions.alias(f"{argument}_version")
        value: ColumnElement[Any] = _compared(found) if column is None else found.c[column]
        wanted = (
            found.c.tenant_id == row.c.tenant_id,
            found.c.application_id == row.c.id,
            found.c.version == asked[argument],
        )
        return select(value).where(*wanted).correlate(row).scalar_subquery()

    return Asked(build)


def _compared(version: FromClause) -> ColumnElement[Any]:
    texts = [part for name in TEXTS for part in (name, cast(version.c[name], Text))]
    personal = [
        part for name in PERSONAL for part in (name, func.encode(version.c[f"{name}_commitment"], "hex"))
    ]
    return func.json_build_object(*texts, *personal, "figures", version.c.figures)


def decide_comparison(row: Mapping[str, Any], session: Session) -> tuple[FieldComparison, ...] | None:
    """The comparison, or None unless both versions exist. Without the programme fields keep their names as labels."""
    if row["before"] is None or row["after"] is None:
        return None
    if row["programme"] is None:
        return compare(None, row["before"], row["after"])
    found = parse_stored(row["programme"])
    return compare(found.forms.get(row["form"]), row["before"], row["after"], found.indicators)


COMPARED: Final[Mapping[str, Asked]] = {"before": of_version("from"), "after": of_version("to")}
