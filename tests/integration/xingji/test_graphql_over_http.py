"""The door at /graphql over a real socket: statuses, headers, tokens, masks, times."""

import logging
import threading
import time
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from tests.http_door import Running, run_door
from xingji.http.settings import HttpSettings

JSON = {"accept": "application/json"}
RESPONSE = "application/graphql-response+json; charset=utf-8"


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert "data" not in body
    assert body["errors"][0]["extensions"]["traceId"] == answer.headers["x-request-id"]
    return str(body["errors"][0]["extensions"]["code"])


def test_query_is_answered(door: Running) -> None:
    answer = door.post("{ hello }")
    assert (answer.status_code, answer.headers["content-type"]) == (200, RESPONSE)
    assert answer.json() == {"data": {"hello": "世界"}}
    assert answer.headers["cache-control"] == "no-store"


def test_long_answers_are_compressed_for_who_takes_gzip(door: Running) -> None:
    query = "{" + " ".join(f"{'a' * 100}{n}: hello" for n in range(19)) + "}"
    with httpx.Client(headers={"accept-encoding": "identity"}) as plain:
        whole = plain.get(door.url + "/graphql", params={"query": query})
        short = plain.get(door.url + "/graphql", params={"query": "{ hello }"})
    packed = door.get(query=query, headers={"accept-encoding": "gzip"})
    assert whole.json() == packed.json()
    assert "content-encoding" not in whole.headers and packed.headers["content-encoding"] == "gzip"
    assert whole.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) < int(whole.headers["content-length"])
    assert "vary" not in short.headers and "content-encoding" not in short.headers


def test_get_answers_a_query_with_variables(door: Running) -> None:
    query = "query Q($n: [Int!]!) { count(numbers: $n) }"
    answer = door.get(query=query, variables="[1]".join(['{"n":', "}"]), operationName="Q")
    assert answer.json() == {"data": {"count": 1}}


@pytest.mark.parametrize(
    ("query", "code"),
    [("{", "document.syntax"), ("{ x }", "document.invalid"), ("{" + " a" * 6000 + "}", "limit.tokens")],
)
def test_refused_document_is_400_or_200_by_media_type(door: Running, query: str, code: str) -> None:
    for headers, status in (({}, 400), (JSON, 200)):
        answer = door.post(query, headers=headers)
        assert (answer.status_code, code_of(answer)) == (status, code)


def test_bad_variables_are_a_request_error(door: Running) -> None:
    answer = door.post("query($n: [Int!]!) { count(numbers: $n) }", variables={"n": ["x"]})
    assert answer.status_code == 400
    assert "data" not in answer.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "http.json"),
        (b"{", 400, "http.json"),
        (b"\xff\xfe", 400, "http.json"),
        (b'{"query": "\xff"}', 400, "http.json"),
        (b'{"query": "\\ud800"}', 400, "http.json"),
        (b'{"query": NaN}', 400, "http.json"),
        (b"[" * 100_000, 400, "http.json"),
        (b'[{"query": "{ hello }"}]', 400, "http.batch"),
        (b'"text"', 400, "http.parameters"),
        (b"{}", 400, "http.parameters"),
        (b'{"query": 1}', 400, "http.parameters"),
        (b'{"query": "{ hello }", "variables": []}', 400, "http.parameters"),
        (b'{"query": "{ hello }", "operationName": 1}', 400, "http.parameters"),
        (b'{"query": "{ hello }", "extensions": "x"}', 400, "http.parameters"),
        (b"x" * 524_289, 413, "http.body_too_large"),
    ],
)
def test_malformed_body_is_refused_under_both_types(
    door: Running, body: bytes, status: int, code: str
) -> None:
    for headers in ({}, JSON):
        answer = door.post(raw=body, headers=headers)
        assert (answer.status_code, code_of(answer)) == (status, code)


def test_streamed_body_is_cut_at_the_bound(door: Running) -> None:
    sent = 0

    def stream():  # type: ignore[no-untyped-def]
        nonlocal sent
        for _ in range(2_000):
            sent += 10_000
            yield b"x" * 10_000

    try:
        answer = door.post(raw=stream())
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    except httpx.TransportError:
        pass  # the server closed while we were still writing
    assert sent < 20_000_000


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=gbk",
    ],
)
def test_other_content_types_are_refused(door: Running, content_type: str) -> None:
    answer = door.post("mutation { touch }", headers={"content-type": content_type})
    assert (answer.status_code, code_of(answer)) == (415, "http.content_type")
    assert door.backend.touched == 0


def test_get_does_not_mutate(door: Running) -> None:
    answer = door.get(query="mutation { touch }")
    assert (answer.status_code, code_of(answer)) == (405, "http.query_only")
    assert answer.headers["allow"] == "POST"
    assert door.backend.touched == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(door: Running, method: str) -> None:
    answer = httpx.request(method, door.url + "/graphql")
    assert (answer.status_code, code_of(answer)) == (405, "http.method")


@pytest.mark.parametrize(
    ("query_string", "status", "code"),
    [
        ("query=%FF", 400, "http.url"),
        ("query=%7Bhello%7D&query=%7Bhello%7D", 400, "http.parameters"),
        ("query=%7Bhello%7D&variables=%7B", 400, "http.json"),
        ("query=%7Bhello%7D&variables=[]", 400, "http.parameters"),
        ("a=1&" * 60, 400, "http.url"),
        ("query=" + "a" * 20_000, 414, "http.url_too_long"),
    ],
)
def test_malformed_url_is_refused(door: Running, query_string: str, status: int, code: str) -> None:
    answer = httpx.get(f"{door.url}/graphql?{query_string}")
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_unacceptable_type_is_406(door: Running) -> None:
    answer = door.post("{ hello }", headers={"accept": "image/png"})
    assert (answer.status_code, code_of(answer)) == (406, "http.not_acceptable")


def test_token_becomes_the_principal_and_language_the_locale(door: Running) -> None:
    answer = door.post("{ whoami }", headers={"authorization": "bearer good-li", "accept-language": "en"})
    assert answer.json() == {"data": {"whoami": "li"}}
    session = door.backend.sessions[-1]
    assert (session.principal, session.locale) == ("li", "en")
    assert session.trace_id == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer stale", "token.expired"),
        ("Basic abc", "token.scheme"),
        ("Bearer", "token.scheme"),
        ("x", "token.scheme"),
    ],
)
def test_bad_token_is_401_with_its_code(door: Running, authorization: str, code: str) -> None:
    for headers in ({}, JSON):
        answer = door.post("{ hello }", headers={"authorization": authorization, **headers})
        assert (answer.status_code, code_of(answer)) == (401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_unexpected_error_is_masked_and_logged(door: Running, caplog: pytest.LogCaptureFixture) -> None:
    broken = {"authorization": "Bearer broken"}
    with caplog.at_level(logging.ERROR, "xingji.http"):
        for query, headers in (("{ boom }", {}), ("{ hello }", broken)):
            answer = door.post(query, headers=headers)
            assert (answer.status_code, code_of(answer)) == (500, "internal")
            assert "secret" not in answer.text and "fire" not in answer.text
            assert caplog.records[-1].__dict__["trace_id"] == answer.headers["x-request-id"]
    assert "secret detail" in caplog.text and "on fire" in caplog.text


def test_messages_follow_the_language(door: Running) -> None:
    chinese = door.post(raw=b"").json()["errors"][0]["message"]
    english = door.post(raw=b"", headers={"accept-language": "en"}).json()["errors"][0]["message"]
    assert (chinese, english) == ("请求体不是有效的 JSON。", "The body is not valid JSON.")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-DEF_12345", True), ("short", False), ("a b c d e f g h", False), ("x" * 65, False)],
)
def test_request_id_is_kept_if_well_formed(door: Running, given: str, kept: bool) -> None:
    answer = door.post("{ hello }", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert len(answer.headers["x-request-id"]) >= 8


def test_log_line_says_what_was_asked_and_nothing_secret(door: Running) -> None:
    headers = {"authorization": "Bearer good-secret", "x-request-id": "trace-log-1"}
    query = "query Named($n: [Int!]!) { count(numbers: $n) }"
    door.get(query=query, variables='{"n":[4242]}', headers=headers)
    deadline = time.monotonic() + 5
    while not (lines := [line for line in door.log if line["trace"] == "trace-log-1"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    [line] = lines
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "method": "GET",
        "path": "/graphql",
        "status": 200,
        "operation": "Named",
        "trace": "trace-log-1",
    }


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nope", "/ledger/411602/head"])
def test_every_answer_wears_security_headers(door: Running, path: str) -> None:
    headers = door.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers and "server" not in headers


def test_health_and_readiness(door: Running) -> None:
    assert door.get("/healthz").json() == {"status": "ok"}
    assert door.get("/readyz").json() == {"status": "ok", "checks": {"database": "ok"}}
    door.backend.database_up = False
    try:
        answer = door.get("/readyz")
    finally:
        door.backend.database_up = True
    assert answer.status_code == 503
    assert answer.json() == {"status": "failed", "checks": {"database": "failed"}}


def test_head_is_for_anyone(door: Running) -> None:
    answer = door.get("/ledger/411602/head")
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, "xingji/411602")
    for path in ("/ledger/411603/head", "/ledger/%2e%2e/head", "/ledger/a'b/head"):
        assert door.get(path).status_code == 404
    assert httpx.post(door.url + "/ledger/411602/head").status_code == 405


def test_tiles_are_cacheable_and_never_half_served(door: Running) -> None:
    for path in ("0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/1"):
        answer = door.get(f"/ledger/411602/tile/{path}")
        assert (answer.status_code, answer.content) == (200, b"leaf" * 100)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert ("content-encoding" in answer.headers) == path.startswith("entries")
    for path in (
        "0/001",
        "0/001.p/45",
        "1/000",
        "0/0",
        "00/000",
        "0/x000/001",
        "-1/000",
        "0/000/",
        "0/000.p/0",
    ):
        answer = door.get(f"/ledger/411602/tile/{path}")
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("cache-control", "")
    for path in ("0/000", "nonsense"):
        refused = door.get(f"/ledger/411603/tile/{path}")
        assert (refused.status_code, refused.headers["cache-control"]) == (401, "no-store")
        assert refused.json()["errors"][0]["extensions"]["code"] == "ledger.not_readable"
    private = door.get("/ledger/411602/tile/0/000", headers={"authorization": "Bearer bad"})
    assert private.status_code == 401


def test_browser_gets_the_page_with_a_policy_of_its_own(door: Running) -> None:
    answer = door.get(headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "GraphiQL" in answer.text and "http://" not in answer.text and "https://" not in answer.text
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1 and "unsafe-eval" not in policies[0] and "script-src 'self'" in policies[0]


def test_page_is_not_shown_when_switched_off() -> None:
    with run_door(HttpSettings(graphiql=False)) as door:
        assert door.get(headers={"accept": "text/html,*/*;q=0.1"}).status_code == 400
        assert door.get("/static/graphiql/start.js").status_code == 404


def test_slow_work_is_cancelled() -> None:
    with run_door(HttpSettings(request_seconds=0.3)) as door:
        started = time.monotonic()
        answer = door.post("{ slow(seconds: 30) }")
        assert (answer.status_code, code_of(answer)) == (503, "timeout")
        assert time.monotonic() - started < 10
        assert door.backend.cancelled == 1
        assert door.post("{ slow(seconds: 0) }").json() == {"data": {"slow": "done"}}


def test_request_under_way_is_finished_when_the_server_stops() -> None:
    answers: list[httpx.Response] = []
    with run_door() as door:
        asking = threading.Thread(target=lambda: answers.append(door.post("{ slow(seconds: 1) }")))
        asking.start()
        while not door.backend.sessions:
            time.sleep(0.01)
    asking.join()
    assert answers[0].json() == {"data": {"slow": "done"}}
    assert door.backend.closed


def test_variables_over_url_may_be_null(door: Running) -> None:
    query = urlencode({"query": "{ hello }", "variables": orjson.dumps(None).decode()})
    assert httpx.get(f"{door.url}/graphql?{query}").json() == {"data": {"hello": "世界"}}
