"""The guide for clients shows nothing that is not run: each of its blocks stands in an example, and the commands are those of the build."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, concat_ast, parse, validate

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
GUIDE = (ROOT / "docs/guides/client.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
WHERE = {"python": "python/*.py", "ts": "typescript/src/*.ts", "graphql": "operations/*.graphql"}


def flat(text: str) -> str:
    """Without indentation: an excerpt stands further left."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize(("language", "block"), BLOCKS)
def test_a_block_of_the_guide_is_an_excerpt_of_an_example(language: str, block: str) -> None:
    texts = [flat(path.read_text("utf-8")) for path in EXAMPLES.glob(WHERE[language])]
    assert any(f"\n{flat(block)}\n" in f"\n{text}\n" for text in texts), block


def test_the_guide_shows_every_kind() -> None:
    assert {language for language, _ in BLOCKS} == set(WHERE)


def test_the_operations_fit_the_schema() -> None:
    schema = build_schema((ROOT / "graphql_schema" / "schema.graphql").read_text("utf-8"))
    found = [parse(path.read_text("utf-8")) for path in sorted(EXAMPLES.glob("operations/*.graphql"))]
    assert found and validate(schema, concat_ast(found)) == []


def test_each_program_is_there_in_both_languages() -> None:
    told = re.findall(r"^\| `(\w+)` \|", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(told) == 5
    for name in told:
        assert (EXAMPLES / "python" / f"{name}.py").is_file()
        assert (EXAMPLES / "typescript" / "src" / f"{name}.ts").is_file()
