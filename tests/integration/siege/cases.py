"""Generated operations of every root field, by schemathesis, sent by five who differ most; and what must hold of every answer.

Values that it cannot guess, ids above all, are laid in afterwards by the name of their argument: mostly somebody's own, some of rows
beyond their reach, some left as they came. Whoever asks may do what they are entitled to, and does: the world changes meanwhile.

| who | why |
|---|---|
| stranger | no token: public lists, signing in, objecting |
| inspector | the narrowest reach: reviews of the own team, in several tenants |
| county officer | reads a whole tenant and acts for it |
| administrator | people, roles, grants, keys, erasures |
| city officer | reads many tenants in one statement, acts for all |

They come in this order: what a city officer publishes, strangers see.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import hypothesis
import requests
import schemathesis
from graphql import (
    ArgumentNode,
    FieldNode,
    IntValueNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, strategies
from hypothesis_graphql import nodes
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response

from tests.integration.api.walk import IDS, NAMED, UUID_FIELDS, VALUES, connections, in_brackets
from tests.integration.api.walls import OURS, Watched
from tests.integration.siege.answers import Asked, check_answer
from tests.integration.siege.besieged import Besieged
from xingji.demo.cast import CITY

SDL: Final = Path(__file__).parents[3] / "graphql_schema" / "schema.graphql"
WHO: Final = (
    "stranger",
    *(f"{OURS.code}/{one}" for one in ("inspector", "county", "admin")),
    f"{CITY}/leader",
)
SECONDS: Final = 2.0


def _selected(text: str) -> SelectionSetNode:
    (definition,) = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition.selection_set


DAYS: Final = (
    "2022-04-25",
    "2022-05-18",
    "2022-07-15",
    "2022-12-31",
    "2023-01-01",
    "0001-01-01",
    "9999-12-31",
)
ODD: Final = ("", "0", "'; DROP TABLE units; --", "%s{0}$1", "\u202e", "𝔘" * 40, "long " * 400)


def _ask(root: SelectionNode) -> SelectionNode:
    """A mutation that asks for its refusal."""
    if not isinstance(root, FieldNode) or root.selection_set is None:
        return root
    asked = (*root.selection_set.selections, *REFUSAL.selections)
    return replace(root, selection_set=SelectionSetNode(selections=asked))


TYPENAME: Final = _selected("{ __typename }")
REFUSAL: Final = _selected("{ ... on Refusal { code messageZh messageEn } }")


def _scalars() -> None:
    """What each scalar of ours is made of; ids are laid in afterwards."""

    def texts(*values: str) -> Any:
        return strategies.sampled_from(values).map(nodes.String)

    times = [f"{day}T08:00:00{zone}" for day in DAYS for zone in ("+08:00", "Z", ".000001-12:00")]
    for name, values in {
        "ID": ("Unit.1.1", "", "Application.3.0", "No.0.such"),
        "UUID": (VALUES["UUID"], "00000000-0000-0000-0000-000000000000"),
        "Date": (*DAYS, "2022-02-30"),
        "DateTime": tuple(times),
        "Hex": ("00" * 32, "", "abc", "ff"),
        "Level": ("provincial", "star", "county", "no_such"),
        "StandardPart": ("platform", "no_such"),
    }.items():
        schemathesis.graphql.scalar(name, texts(*values))
    whole = strategies.sampled_from((0, 1, 2**31, 2**53 - 1, 2**53, -1)) | strategies.integers(0, 200)
    schemathesis.graphql.scalar("SafeInt", whole.map(nodes.Int))


class Fit(Visitor):
    """Lays values into a generated document by the name of what they are for, and asks for `__typename` and for refusals everywhere."""

    def __init__(self, one: Watched, cursors: Mapping[str, list[str]], luck: random.Random) -> None:
        super().__init__()
        self._luck, self._cursors = luck, cursors
        self._beyond = [there for there, _ in one.foreign]
        self._own = one.own

    def leave(self, node: Node, *_: Any) -> Node | None:
        """The node with its value laid in, or None for as it is."""
        match node:
            case SelectionSetNode():
                return SelectionSetNode(selections=(*TYPENAME.selections, *node.selections))
            case OperationDefinitionNode(operation=OperationType.MUTATION, selection_set=roots):
                return replace(
                    node, selection_set=replace(roots, selections=tuple(map(_ask, roots.selections)))
                )
            case FieldNode(arguments=given) if given and self._luck.random() < 0.9:
                return replace(node, arguments=tuple(self._page(node.name.value, given)))
            case ArgumentNode(value=StringValueNode()) | ObjectFieldNode(value=StringValueNode()):
                if (value := self._value(node.name.value)) is not None:
                    return replace(node, value=StringValueNode(value=value, block=False))
        return None

    def _page(self, name: str, given: Sequence[ArgumentNode]) -> Iterator[ArgumentNode]:
        """A field's arguments with one page of a size that is allowed, forwards or backwards; chance gives both, and too many."""
        size, place = self._luck.choice((("first", "after"), ("last", "before")))
        for one in given:
            if one.name.value == size:
                yield replace(one, value=IntValueNode(value=str(self._luck.randint(1, 20))))
            elif one.name.value == place and self._cursors.get(name) and self._luck.random() < 0.9:
                cursor = self._luck.choice(self._cursors[name])
                yield replace(one, value=StringValueNode(value=cursor, block=False))
            elif one.name.value not in {"first", "last", "after", "before"} - {place}:
                yield one

    def _value(self, name: str) -> str | None:
        chance = self._luck.random()
        if name == "requestId":
            return f"{self._luck.getrandbits(64):016x}" if chance < 0.8 else self._luck.choice(ODD)
        if name in NAMED and isinstance(NAMED[name], str):
            return str(NAMED[name]) if chance < 0.5 else None
        kind = IDS.get(name)
        if kind is None and name in UUID_FIELDS:
            whole = self._own.get(UUID_FIELDS[name])
            return whole.rpartition(".")[2] if whole and chance < 0.8 else None
        if kind is None and name not in ("id", "ids"):
            return self._luck.choice(ODD) if chance < 0.1 else None
        pool = self._own if chance < 0.6 or not self._beyond else self._luck.choice(self._beyond)
        return (pool.get(kind) if kind else self._luck.choice(list(pool.values()))) if chance < 0.9 else None


@dataclass
class Cases:
    """What asks and looks; `counts` says how much of what came."""

    place: Besieged
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        _scalars()
        self._schema = schemathesis.graphql.from_path(str(SDL))
        self._http = requests.Session()
        self._http.trust_env = False
        self._luck = random.Random(self.seed)

    def run(self, count: int) -> None:
        """So many cases, shared among all who ask; each field gets its share of them, or some fields one. Raises AssertionError."""
        operations = [found.ok() for found in self._schema.get_all_operations() if isinstance(found, Ok)]
        operations = [one for one in operations if one.definition.root_type.name != "SUBSCRIPTION"]
        each = count // len(WHO)
        for who in WHO:
            cursors = self._find_cursors(who)
            self._luck.shuffle(operations)
            for number, operation in enumerate(operations):
                share = each // len(operations) + (number < each % len(operations))
                if share:
                    self._ask(who, operation, cursors, share)

    def _ask(self, who: str, operation: Any, cursors: Mapping[str, list[str]], share: int) -> None:
        @hypothesis.seed(self._luck.getrandbits(64))
        @hypothesis.settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def send(case: Any) -> None:
            document = visit(parse(case.body), Fit(self.place.people[who], cursors, self._luck))
            case.body = print_ast(document)
            self._send(who, case)

        send()

    def _send(self, who: str, case: Any) -> None:
        def once() -> Response:
            headers = {**self.place.bearer(who), "Accept-Language": self._luck.choice(("zh", "en"))}
            found: Response = case.call(
                base_url=f"{self.place.address}/graphql", session=self._http, headers=headers, timeout=30
            )
            return found

        response = once()
        for _ in range(2):  # the machine may have been at something else
            if response.elapsed > SECONDS:
                self.counts["asked again alone"] += 1
                time.sleep(1)
                response = once()
        taken = response.elapsed
        assert taken <= SECONDS, (who, taken, case.body)
        self.slowest = max(self.slowest, taken)
        asked = Asked(
            case.body, response.status_code, response.content.decode(), response.headers["x-request-id"][0]
        )
        self.counts["cases"] += 1
        self.counts[f"by {who}"] += 1
        for told in check_answer(asked, self.place.people[who], self.place.people[WHO[0]]):
            self.counts[told] += 1

    def _find_cursors(self, who: str) -> dict[str, list[str]]:
        """Places in somebody's own pages, and the same said to be another tenant's."""
        found: dict[str, list[str]] = {}
        for name, field_ in connections().items():
            query = f"{{ {name}{in_brackets(field_, 'first: 2')} {{ edges {{ cursor }} }} }}"
            headers = self.place.bearer(who)
            url = f"{self.place.address}/graphql"
            answer = self._http.post(url, json={"query": query}, headers=headers, timeout=30).json()
            page = (answer["data"] or {}).get(name) or {"edges": []}
            for edge in page["edges"]:
                head, _, tenant = edge["cursor"].rpartition(":")
                found.setdefault(name, []).extend((edge["cursor"], f"{head}:{int(tenant) + 1}"))
        return found
