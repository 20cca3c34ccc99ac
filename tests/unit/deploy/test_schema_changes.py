"""The gate over the schema's changes: what breaks a client is named, and nothing else is."""

import datetime
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from graphql import build_schema

ROOT = Path(__file__).parents[3]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schema_changes", ROOT / "deploy" / "schema_changes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gate = load()
OLD = """
type Query { one(x: Int, old: Int @deprecated): Int!  two: Kind  three: Either  gone: Int @deprecated(reason: "use one") }
interface Node { id: ID! }
type A implements Node { id: ID! }
type B implements Node { id: ID! }
union Either = A | B
enum Kind { X Y Z @deprecated }
input In { a: Int }
type Mutation { do(in: In): Int }
"""
DOCUMENT = """# Changes

Words.

## Unreleased
{}
## 0.1.0 · 2026-11-24

### Breaking

- `Field Query.never was removed.` Of an older release.
"""
FILE = "# Release 0.1.0, 2026-11-24\n" + OLD


def document(*lines: str) -> str:
    return DOCUMENT.format("\n### Breaking\n\n" + "\n".join(lines) + "\n" if lines else "")


def problems(change: tuple[str, str], *lines: str) -> list[str]:
    before, after = change
    assert before in OLD
    breaking = gate.find_breaking(build_schema(FILE), build_schema(OLD.replace(before, after)))
    found: list[str] = gate.find_untold(breaking, document(*lines))
    return found


REMOVED = ("two: Kind ", "")
BREAKING = {
    "a field that is removed": (REMOVED, "Field Query.two was removed."),
    "an answer that becomes nullable": (
        ("Int!  two", "Int  two"),
        "Field Query.one changed type from Int! to Int.",
    ),
    "an argument of another type": (
        ("x: Int", "x: String"),
        "Argument Query.one(x:) has changed type from Int to String.",
    ),
    "an argument that is removed": (("x: Int, ", ""), "Argument Query.one(x:) was removed."),
    "a new required argument": (
        ("x: Int", "x: Int, y: Int!"),
        "A required argument Query.one(y:) was added.",
    ),
    "an enum value that is removed": (("X Y", "X"), "Enum value Kind.Y was removed."),
    "a union member that is removed": (("= A | B", "= A"), "B was removed from union type Either."),
    "an interface that is given up": (
        ("type B implements Node", "type B"),
        "B no longer implements interface Node.",
    ),
    "a new required input field": (("a: Int }", "a: Int b: Int! }"), "A required field In.b was added."),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_a_client_is_refused_until_it_is_named(name: str) -> None:
    change, told = BREAKING[name]
    assert f"not told: - `{told}` …" in problems(change)
    assert problems(change, f"- `{told}` At once: nobody used it.") == []
    assert problems(change, "- `Field Query.never was removed.` Old.") != []


def test_a_line_of_an_older_release_tells_nothing() -> None:
    assert "Field Query.never" in document()
    assert problems(REMOVED) != [] and problems(("two: Kind ", "two: Kind  new: Int ")) == []


def test_what_goes_was_announced_or_says_why_it_goes_at_once() -> None:
    told = "- `Field Query.two was removed.` Use one."
    assert problems(REMOVED, told) == [
        "removed without notice, so its line goes on with “At once”: `Field Query.two was removed.`"
    ]
    for change, what in (
        (('gone: Int @deprecated(reason: "use one") ', ""), "Field Query.gone was removed."),
        ((", old: Int @deprecated", ""), "Argument Query.one(old:) was removed."),
        ((" Z @deprecated", ""), "Enum value Kind.Z was removed."),
    ):
        assert problems(change, f"- `{what}` Use one.") == []


def test_a_line_that_is_not_so_is_refused() -> None:
    told = "- `Field Query.two was removed.` At once."
    assert problems(("two: Kind ", "two: Kind  new: Int "), told) == [
        "told, but not so: `Field Query.two was removed.`"
    ]


def test_new_things_break_nothing() -> None:
    for change in (("x: Int", "x: Int, y: Int"), ("X Y", "X Y W"), ("a: Int }", "a: Int b: Int }")):
        assert problems(change) == []


def test_a_released_schema_that_was_not_released_is_refused() -> None:
    assert gate.find_forged(FILE, document()) == []
    for forged in (OLD, FILE.replace("0.1.0", "0.2.0"), FILE.replace("24", "25")):
        assert gate.find_forged(forged, document()) != []


def test_a_release_closes_what_was_open() -> None:
    told = document("- `Field Query.two was removed.` At once: it never worked.")
    current = OLD.replace("two: Kind ", "")
    released, changes = gate.release("0.2.0", datetime.date(2027, 1, 5), current, told)
    assert released == "# Release 0.2.0, 2027-01-05\n" + current
    assert gate.find_forged(released, changes) == []
    assert gate.find_untold(gate.find_breaking(build_schema(released), build_schema(current)), changes) == []
    assert (
        changes.index("## Unreleased") < changes.index("## 0.2.0 · 2027-01-05") < changes.index("Query.two")
    )


def test_this_schema_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main([]) == 0, capsys.readouterr().err
