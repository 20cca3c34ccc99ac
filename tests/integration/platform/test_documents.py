"""`xingji documents`, and a start with a file of trusted documents: what does not hold is named, and nothing starts."""

import json
from pathlib import Path

import pytest

from graphql_schema.documents import hash_text
from graphql_schema.limits import Limits
from graphql_schema.mutations import Mutation
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from graphql_schema.subscriptions import Subscription
from xingji.cli import main
from xingji.documents import read_documents
from xingji.errors import DocumentsInvalidError
from xingji.settings import read_settings

TRAY = "query Tray($n: Int!) { campaigns(first: $n) { edges { node { id } } } }\n"


def test_a_folder_becomes_a_file_that_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app" / "deep").mkdir(parents=True)
    (tmp_path / "app" / "deep" / "tray.graphql").write_text(TRAY)
    (tmp_path / "app" / "viewer.graphql").write_text("{ viewer { __typename } }")
    assert main(["documents", "build", str(tmp_path / "app")]) == 0
    made = capsys.readouterr().out
    assert json.loads(made)[hash_text(TRAY).hex()] == TRAY
    file = tmp_path / "documents.json"
    file.write_text(made)
    assert main(["documents", "check", str(file)]) == 0
    assert capsys.readouterr().out.startswith("2 ")
    schema = build_schema(Query, Mutation, Subscription)._schema
    settings = read_settings({"XINGJI_DOCUMENTS": str(file), "XINGJI_DOCUMENTS_ONLY": "on"})
    documents = read_documents(settings, schema, Limits())
    assert documents.only and len(documents._trusted) == 2


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({hash_text("{ nothing }").hex(): "{ nothing }"}, "Cannot query field 'nothing'"),
        ({hash_text(TRAY).hex(): TRAY + " "}, "the text's SHA-256 is"),
        ([TRAY], "not an object"),
        ({hash_text(TRAY).hex(): 7}, "not an object"),
        ("{", "Expecting"),
        (f'{{"{hash_text(TRAY).hex()}": 1, "{hash_text(TRAY).hex()}": 2}}', "twice"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_by_name(
    tmp_path: Path, content: object, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "documents.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    assert main(["documents", "check", str(file)]) == 2
    assert named in capsys.readouterr().err
    settings = read_settings({"XINGJI_DOCUMENTS": str(file)})
    with pytest.raises(DocumentsInvalidError):
        read_documents(settings, build_schema(Query, Mutation, Subscription)._schema, Limits())


def test_a_source_file_that_the_schema_refuses_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["documents", "build", str(tmp_path)]) == 2
    (tmp_path / "wrong.graphql").write_text("{ nothing }")
    assert main(["documents", "build", str(tmp_path)]) == 2
    assert "wrong.graphql" in capsys.readouterr().err
