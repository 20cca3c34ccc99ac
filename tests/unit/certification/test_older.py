"""Entries that an earlier version wrote: what they tell is told for ever, whatever columns their rows have got since."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.tree import leaf_hash
from certification.errors import InvariantError
from certification.fact import format_fact
from certification.older import OPERATIONS, tell_older
from certification.tables import certifications

OLDER: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "certification" / "older.json").read_text("utf-8")
)


def tell(entry: dict[str, Any], **changes: Any) -> list[dict[str, object]]:
    """The facts of one; a column that is newer than the entry is empty, as a migration leaves it."""
    body = json.loads(entry["leaf"])["body"]
    bound = {row["key"] for row in body["rows"]}
    rows = [dict.fromkeys(certifications.columns.keys()) | row for row in OLDER["certifications"]]
    row = next((one | changes for one in rows if one["id"] in bound), None)
    told = (body["operation"], body["subject"]["id"], body["intent"], body["rows"], body["cites"])
    return [format_fact(fact) for fact in tell_older(*told, row, None)]


@pytest.mark.parametrize("number", range(len(OLDER["entries"])))
def test_an_entry_of_an_earlier_version_tells_its_facts(number: int) -> None:
    entry = OLDER["entries"][number]
    assert leaf_hash(entry["leaf"].encode()).hex() == entry["hash"]
    assert json.loads(entry["leaf"])["body"]["operation"] in OPERATIONS
    assert tell(entry) == entry["facts"] and len(entry["facts"]) == 1


def test_a_row_that_is_not_what_was_bound_tells_nothing() -> None:
    followed = OLDER["entries"][-1]
    assert followed["facts"][0]["level"] == "star"
    with pytest.raises(InvariantError):
        tell(followed, certified_on="2019-07-15")
