"""From HTTP to what is asked: body or URL to (document, operationName, variables), checked in type and in size.

A document is a text (`query`), the hash of one that is known here (`documentId`, "sha256:" and hexadecimal digits; so the working group's appendix on
persisted documents), or either beside the other in the form of automatic persisted queries (`extensions.persistedQuery`).

The body is counted while it streams in, so nothing larger than the bound is ever held. Only `application/json` is
taken by POST: no HTML form can send it, so another site cannot make a browser ask in its user's name. A list of
requests (batching) is refused.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from graphql_schema.documents import Wanted
from graphql_schema.errors import RequestError
from graphql_schema.limits import Limits, find_variable_excess
from xingji.http.errors import HttpError

_PARAMETERS: Final = ("query", "documentId", "operationName", "variables", "extensions")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SCHEME: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for."""

    document: Wanted
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None = None


def check_content_type(value: bytes) -> None:
    """Raise 415 unless the body is JSON in UTF-8."""
    if value == b"application/json":
        return
    media, *parameters = (part.strip() for part in value.decode("latin-1").lower().split(";"))
    charsets = [part.partition("=")[2].strip('" ') for part in parameters if part.startswith("charset=")]
    if media != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise HttpError(
            415,
            "http.content_type",
            "请求体须为 UTF-8 编码的 application/json。",
            "The body must be application/json in UTF-8.",
        )


async def read_body(receive: Receive, declared: bytes, allowed: int) -> bytes:
    """The whole body, at most `allowed` bytes.

    Raises:
        HttpError: 413 as soon as the declared or received length exceeds the bound; 400 if the client goes away.
    """
    if declared and int(declared) > allowed:
        raise _refuse_length(allowed)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "http.disconnected", "客户端已断开。", "The client went away.", close=True)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > allowed:
            raise _refuse_length(allowed)
        if not message.get("more_body", False):
            return chunk if not chunks else b"".join((*chunks, chunk))
        chunks.append(chunk)


def parse_body(body: bytes, limits: Limits) -> Asked:
    """What a POST asks. Raises HttpError 400, or RequestError when the variables are too large."""
    parameters = _parse_json(body, "请求体", "The body")
    if isinstance(parameters, list):
        raise HttpError(
            400, "http.batch", "不支持批量请求。", "Batched requests are not supported: send one at a time."
        )
    if not isinstance(parameters, dict):
        raise HttpError(400, "http.parameters", "请求体须为 JSON 对象。", "The body must be a JSON object.")
    return parse_asked(parameters, limits)


def parse_url(query_string: bytes, allowed: int, limits: Limits) -> Asked:
    """What a GET asks. Raises HttpError 400 or 414, or RequestError when the variables are too large."""
    if len(query_string) > allowed:
        raise HttpError(
            414, "http.url_too_long", f"网址超过 {allowed} 字节。", f"The URL exceeds {allowed} bytes."
        )
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError:
        raise HttpError(
            400, "http.url", "网址参数不是有效的 UTF-8。", "The URL's parameters are not valid UTF-8."
        ) from None
    parameters: dict[str, Any] = {}
    for name, value in pairs:
        if name in parameters:
            raise HttpError(400, "http.parameters", f"参数 {name} 重复。", f"Parameter {name} occurs twice.")
        if name in _PARAMETERS:
            structured = name in ("variables", "extensions")
            parameters[name] = _parse_json(value.encode(), f"参数 {name}", name) if structured else value
    return parse_asked(parameters, limits)


def parse_asked(parameters: dict[str, Any], limits: Limits) -> Asked:
    """What parameters ask. Raises HttpError 400 for one of another kind, or RequestError when the variables are too large."""
    name = parameters.get("operationName")
    variables = parameters.get("variables")
    extensions = parameters.get("extensions")
    if name is not None and not isinstance(name, str):
        raise _refuse_parameter("operationName", "字符串", "a string")
    if extensions is not None and not isinstance(extensions, dict):
        raise _refuse_parameter("extensions", "对象", "an object")
    document = _parse_document(parameters.get("query"), parameters.get("documentId"), extensions)
    if variables is None:
        return Asked(document, name, None, extensions)
    if not isinstance(variables, dict):
        raise _refuse_parameter("variables", "对象", "an object")
    if (excess := find_variable_excess(variables, limits)) is not None:
        raise RequestError([excess])
    return Asked(document, name, variables, extensions)


def _parse_document(query: Any, named: Any, extensions: dict[str, Any] | None) -> Wanted:
    """The text, its hash or both: `documentId` names a document instead of a text, `extensions.persistedQuery` may stand beside one."""
    if named is not None:
        if query is not None:
            raise _refuse_parameter("query", "空：已有 documentId", "left out where documentId is given")
        if not isinstance(named, str) or not named.startswith(_SCHEME):
            raise _refuse_parameter("documentId", "“sha256:”加哈希", "`sha256:` and a hash")
        return Wanted(None, _parse_hash(named.removeprefix(_SCHEME), "documentId"))
    persisted = extensions.get("persistedQuery") if extensions else None
    if (query is not None and not isinstance(query, str)) or (query is None and persisted is None):
        raise _refuse_parameter("query", "字符串", "a string")
    if persisted is None:
        return Wanted(query)
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise _refuse_parameter("extensions.persistedQuery", "第 1 版", "of version 1")
    return Wanted(
        query, _parse_hash(persisted.get("sha256Hash"), "extensions.persistedQuery"), automatic=True
    )


def _parse_hash(text: Any, name: str) -> bytes:
    if not isinstance(text, str) or _HASH.fullmatch(text) is None:
        raise _refuse_parameter(
            name, "64 位小写十六进制的 SHA-256", "a SHA-256 in 64 lower-case hexadecimal digits"
        )
    return bytes.fromhex(text)


def _parse_json(text: bytes, zh: str, en: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HttpError(400, "http.json", f"{zh}不是有效的 JSON。", f"{en} is not valid JSON.") from None


def _refuse_parameter(name: str, zh: str, en: str) -> HttpError:
    return HttpError(400, "http.parameters", f"参数 {name} 须为{zh}。", f"Parameter {name} must be {en}.")


def _refuse_length(allowed: int) -> HttpError:
    return HttpError(
        413,
        "http.body_too_large",
        f"请求体超过 {allowed} 字节。",
        f"The body exceeds {allowed} bytes.",
        close=True,
    )
