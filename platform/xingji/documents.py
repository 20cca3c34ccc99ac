"""The operator's trusted documents, in one file: a JSON object from SHA-256 to text, as clients' build tools write it.

    {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "query Tray { … }", …}

The rule upheld here: what the file holds is what is served. A hash that is not its text's, a text that this schema refuses, and anything else than such pairs stop
the start by name, so that no client finds out later. `collect_documents` makes the object of `.graphql` files: one document a file, named by the hash
of the file's very bytes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSchema

from graphql_schema.documents import Documents, hash_text
from graphql_schema.errors import RequestError
from graphql_schema.limits import Limits
from xingji.errors import DocumentsInvalidError
from xingji.settings import Settings

MAX_FILE: Final = 64 * 1024 * 1024


def read_documents(settings: Settings, schema: GraphQLSchema, limits: Limits) -> Documents:
    """The documents of this process, the trusted ones prepared. Raises DocumentsInvalidError."""
    if settings.documents is None:
        return Documents(schema, limits)
    texts = read_manifest(settings.documents)
    check_documents(schema, limits, texts)
    return Documents(schema, limits, texts.values(), only=settings.documents_only)


def read_manifest(path: Path) -> Mapping[str, str]:
    """The pairs of a file, hash to text. Raises DocumentsInvalidError."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise ValueError(f"longer than {MAX_FILE} bytes")
        given: Any = json.loads(path.read_bytes(), object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        raise DocumentsInvalidError(name=str(path), reason=str(error)) from error
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise DocumentsInvalidError(name=str(path), reason="it is not an object of hash and text")
    for name, text in given.items():
        if name != hash_text(text).hex():
            raise DocumentsInvalidError(name=name, reason=f"the text's SHA-256 is {hash_text(text).hex()}")
    return given


def check_documents(schema: GraphQLSchema, limits: Limits, texts: Mapping[str, str]) -> None:
    """Raises DocumentsInvalidError for the first text that the schema refuses."""
    documents = Documents(schema, limits)
    for name, text in texts.items():
        try:
            documents.check(text)
        except RequestError as refusal:
            raise DocumentsInvalidError(name=name, reason=str(refusal)) from refusal


def collect_documents(folder: Path, schema: GraphQLSchema, limits: Limits) -> Mapping[str, str]:
    """The documents of every `.graphql` file beneath a folder, in order of their hashes. Raises DocumentsInvalidError, which names the file."""
    texts: dict[str, str] = {}
    for path in sorted(folder.rglob("*.graphql")):
        try:
            text = path.read_bytes().decode("utf-8")
            check_documents(schema, limits, {str(path): text})
        except (OSError, UnicodeDecodeError) as error:
            raise DocumentsInvalidError(name=str(path), reason=str(error)) from error
        texts[hash_text(text).hex()] = text
    if not texts:
        raise DocumentsInvalidError(name=str(folder), reason="no .graphql file in it")
    return dict(sorted(texts.items()))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a hash is there twice")
    return found
