"""What of the schema has changed since it was last released, and whether clients were told.

    ./dev run python deploy/schema_changes.py                    0 told, 1 something is not, with the lines that are missing
    ./dev run python deploy/schema_changes.py --release 0.2.0    what is there becomes what is released

`graphql_schema/released.graphql` is the schema of the last release, which clients were generated from; its first line names the release. What
breaks such a client must be named in docs/schema-changes.md under "Unreleased", in the very words that this program prints; what was
removed without having been `@deprecated` in that release says "At once" besides, and why. The other way round, a line there that says of a
change what is not so is refused too. Rules and reasons: docs/schema-changes.md.
"""

import argparse
import datetime
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import find_breaking_changes, find_dangerous_changes

ROOT = Path(__file__).parents[1]
CURRENT = ROOT / "graphql_schema" / "schema.graphql"
RELEASED = ROOT / "graphql_schema" / "released.graphql"
CHANGES = ROOT / "docs" / "schema-changes.md"
UNRELEASED = "## Unreleased\n"
BREAKING = "\n### Breaking\n"
_LINE = re.compile(r"^- `([^`]+)` (.+)$", re.MULTILINE)
_HEADING = re.compile(r"^## (\S+) · (\d{4}-\d\d-\d\d)$", re.MULTILINE)
_DEPRECABLE = ("Field ", "Argument ", "Enum value ")
_FIRST = re.compile(r"# Release (\S+), (\d{4}-\d\d-\d\d)\n")


def find_breaking(released: GraphQLSchema, current: GraphQLSchema) -> dict[str, bool]:
    """What breaks a client of the released schema, and whether that release had announced it by `@deprecated`."""
    announced = set(_announced(released))
    told = [change.description for change in find_breaking_changes(released, current)]
    return {what: what.removesuffix(" was removed.") in announced for what in told}


def _announced(schema: GraphQLSchema) -> Iterator[str]:
    """What is deprecated, in the words in which its removal would be told."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLEnumType):
            yield from (
                f"Enum value {name}.{key}" for key, one in kind.values.items() if one.deprecation_reason
            )
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            yield from (f"Field {name}.{key}" for key, one in kind.fields.items() if one.deprecation_reason)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for key, one in kind.fields.items():
                given = one.args.items()
                yield from (f"Argument {name}.{key}({arg}:)" for arg, it in given if it.deprecation_reason)


def find_untold(breaking: dict[str, bool], changes: str) -> list[str]:
    """What is wrong with the document, one line each."""
    told = dict(_LINE.findall(_breaking_part(changes)))
    problems = [f"not told: - `{what}` …" for what in breaking if what not in told]
    problems += [f"told, but not so: `{what}`" for what in told if what not in breaking]
    for what, announced in breaking.items():
        gone = what.startswith(_DEPRECABLE) and what.endswith(" was removed.")
        if gone and not announced and not told.get(what, "").startswith("At once"):
            problems.append(f"removed without notice, so its line goes on with “At once”: `{what}`")
    return problems


def _breaking_part(changes: str) -> str:
    """The lines under "Breaking" of what is not released yet."""
    _, _, rest = changes.partition("\n" + UNRELEASED)
    unreleased, _, _ = rest.partition("\n## ")
    _, _, breaking = ("\n" + unreleased).partition(BREAKING)
    return breaking.partition("\n### ")[0]


def find_forged(released: str, changes: str) -> list[str]:
    """A released schema that is not that of the last release in the document."""
    first, last = _FIRST.match(released), _HEADING.search(changes)
    if first is None or last is None or first.groups() != last.groups():
        return [
            "released.graphql is not of the last release in docs/schema-changes.md: only --release writes it"
        ]
    return []


def release(version: str, today: datetime.date, current: str, changes: str) -> tuple[str, str]:
    """The released schema, and the document with a heading for it."""
    dated = changes.replace("\n" + UNRELEASED, f"\n{UNRELEASED}\n## {version} · {today}\n", 1)
    return f"# Release {version}, {today}\n{current}", dated


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="What of the schema has changed since it was last released.")
    parser.add_argument("--release", metavar="VERSION")
    asked = parser.parse_args(arguments)
    current, released, changes = (path.read_text("utf-8") for path in (CURRENT, RELEASED, CHANGES))
    old, new = build_schema(released), build_schema(current)
    breaking = find_breaking(old, new)
    problems = [*find_untold(breaking, changes), *find_forged(released, changes)]
    sys.stdout.writelines(f"breaking: {what}\n" for what in breaking)
    sys.stdout.writelines(f"careful: {change.description}\n" for change in find_dangerous_changes(old, new))
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    if problems:
        return 1
    if asked.release is not None:
        today = datetime.datetime.now(datetime.UTC).date()
        schema, document = release(asked.release, today, current, changes)
        RELEASED.write_text(schema, "utf-8")
        CHANGES.write_text(document, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
