"""What must hold of every answer to any document, whoever asks and whatever the document is.

1. HTTP 200, as GraphQL over HTTP has it for `application/json`; never 5xx.
2. The body is a response map: `data`, `errors` or both; each error has a message, a code that our sources know, and the trace id.
3. No code of our own failures; nothing of SQL, Python or our folders shows in an error or a refusal.
4. The data has the shape that was selected: graphql-core, executing the document with the data as its root, gives the data back. Where a
   non-null field is null, it gives an error instead.
5. Nothing of what stands beyond the asker's reach shows (walls.py), but for ids that the asker named; in what is public, nothing of what
   stands beyond a stranger's.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
)
from graphql.execution import ExecutionResult

from graphql_schema.limits import Limits, refuse_size
from tests.integration.api.walk import UUIDS, is_public, queries
from tests.integration.api.walls import Watched

ROOT: Final = Path(__file__).parents[3]
PACKAGES: Final = ("audit", "tenancy", "certification", "graphql_schema", "platform/xingji")
_CODE: Final = re.compile(r"[a-z][a-z_]*(\.[a-z_]+)*\Z")
UNMASKED: Final = re.compile(
    r"Traceback|\bFile \"|\.py\b|/(?:work|home|tmp|usr|var|root)/|asyncpg|sqlalchemy|strawberry|orjson|postgres(?:ql)?\b"
    r"|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM) [a-z_\"(*]|\brelation \"|\bcolumn \"|violates|SQLSTATE|pg_[a-z]+"
    r"|<[\w.]+ object at|\b(?:UUID|datetime|Decimal)\(|\bNoneType\b|\b(?:Key|Type|Value|Attribute|Assertion)Error\b"
)
OURS_FAILED: Final = frozenset({"internal", "internal.error", "timeout"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A document and what came back."""

    document: str
    status: int
    text: str
    trace: str


@cache
def known_codes() -> frozenset[str]:
    """Every code in our sources: what an error's class, or whoever raises one, calls it."""
    found = {refuse_size(name, 1).code for name in Limits.__slots__ if _is_size(name)}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                found.update(_codes_of(node))
    return frozenset(found)


def _is_size(name: str) -> bool:
    try:
        refuse_size(name, 1)
    except KeyError:
        return False
    return True


def _codes_of(node: ast.AST) -> Iterator[str]:
    """The codes that one piece of source gives."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(one, ast.Name) and "code" in one.id.lower() for one in targets):
            given = [node.value]
        elif isinstance(node.value, ast.Constant | ast.Tuple | ast.Dict):
            given = [one for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            given = [one for one in given if "." in str(one.value)]
    elif isinstance(node, ast.Call):
        given = [*node.args[:2], *(one.value for one in node.keywords if one.arg == "code")]
    for one in given:
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and _CODE.match(one.value):
            yield one.value


@cache
def _schema() -> Any:
    return build_schema((ROOT / "graphql_schema" / "schema.graphql").read_text())


def check_answer(asked: Asked, one: Watched, stranger: Watched) -> Iterator[str]:
    """What came, in words to count. Raises AssertionError."""
    assert asked.status == 200, (asked.status, asked.text[:600], asked.document)
    body = json.loads(asked.text)
    assert isinstance(body, dict) and body and body.keys() <= {"data", "errors", "extensions"}, asked
    refusals = _check_errors(asked, body.get("errors"))
    if "data" in body:
        assert body["data"] is not None or refusals, asked
        _check_shape(asked, body["data"])
        refusals += [said["code"] for said in _refusals(body["data"], asked)]
    else:
        assert refusals, asked
    known = known_codes()
    assert set(refusals) <= known, (set(refusals) - known, asked)
    assert not OURS_FAILED.intersection(refusals), asked
    _check_walls(asked, one, stranger)
    yield from refusals
    if not refusals:
        yield "answered without error"


def _check_errors(asked: Asked, errors: Any) -> list[str]:
    if errors is None:
        return []
    assert isinstance(errors, list) and errors, asked
    for error in errors:
        assert error.keys() <= {"message", "locations", "path", "extensions"}, asked
        assert isinstance(error["message"], str) and error["message"], asked
        assert error["extensions"]["traceId"] == asked.trace, asked
        _check_masked(error["message"], asked)
    return [str(error["extensions"]["code"]) for error in errors]


def _check_masked(message: str, asked: Asked) -> None:
    found = [shown for shown in UNMASKED.findall(message) if shown not in asked.document]
    assert not found, (found, message, asked.document)


def _refusals(value: Any, asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Every refusal in the data."""
    if isinstance(value, Mapping):
        if value.get("__typename") == "Refusal":
            for name in ("messageZh", "messageEn"):
                _check_masked(str(value.get(name) or ""), asked)
            if isinstance(value.get("code"), str):
                yield value
        for inner in value.values():
            yield from _refusals(inner, asked)
    elif isinstance(value, list):
        for inner in value:
            yield from _refusals(inner, asked)


def _check_shape(asked: Asked, data: Any) -> None:
    def resolve(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
        return source[info.path.key]

    if data is None:
        return
    again = execute_sync(
        _schema(),
        parse(asked.document),
        root_value=data,
        field_resolver=resolve,
        type_resolver=lambda value, *_: value["__typename"],
    )
    assert isinstance(again, ExecutionResult) and not again.errors, (again.errors, asked)
    assert json.dumps(again.data) == json.dumps(data), asked


def _check_walls(asked: Asked, one: Watched, stranger: Watched) -> None:
    text = asked.text
    for named in set(UUIDS.findall(asked.document)):
        text = text.replace(named, "")
    body = json.loads(text)
    data = body.get("data") or {}
    public = {key: data.pop(key) for key in _public_keys(asked.document) if key in data}
    one.read_text(json.dumps(body), asked.document)
    stranger.read_text(json.dumps(public), asked.document)


def _public_keys(document: str) -> set[str]:
    """Under which keys of the data stands what everybody may read."""
    return {
        (root.alias or root.name).value
        for definition in parse(document).definitions
        if isinstance(definition, OperationDefinitionNode)
        for root in definition.selection_set.selections
        if isinstance(root, FieldNode) and root.name.value in _public_fields()
    }


@cache
def _public_fields() -> frozenset[str]:
    return frozenset(name for name, field in queries().items() if is_public(field) and name != "viewer")
