"""Accept and Accept-Language, as clients really send them."""

import pytest

from xingji.http.negotiation import HTML, JSON, RESPONSE, choose_locale, find_media_type

BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"Application/JSON; charset=UTF-8", JSON),
        (b"application/graphql-response+json", RESPONSE),
        (b"application/graphql-response+json, application/json", RESPONSE),
        (b"application/json, application/graphql-response+json", RESPONSE),
        (b"application/graphql-response+json;q=0.5, application/json", JSON),
        (b"application/graphql-response+json, */*;q=0.1", RESPONSE),
        (b"application/json;q=0, */*", RESPONSE),
        (b"application/json;q=2", None),
        (b"application/json;charset=utf-16", None),
        (b"text/plain", None),
        (b"text/html", None),
        (b"*/*;q=0", None),
    ],
)
def test_media_type(accept: bytes, expected: str | None) -> None:
    assert find_media_type(accept, page=False) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [(BROWSER, HTML), (b"text/html;q=0.1, application/json", JSON), (b"*/*", JSON), (b"text/*", None)],
)
def test_page_is_shown_only_to_who_names_it(accept: bytes, expected: str | None) -> None:
    assert find_media_type(accept, page=True) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", "zh-CN"),
        (b"fr", "zh-CN"),
        (b"en", "en"),
        (b"en-GB,en;q=0.9,zh;q=0.8", "en"),
        (b"zh-TW,en;q=0.5", "zh-CN"),
        (b"en;q=0.3,zh;q=0.9", "zh-CN"),
        (b"en;q=nan", "zh-CN"),
        (b"\xff\xfe", "zh-CN"),
    ],
)
def test_locale(header: bytes, expected: str) -> None:
    assert choose_locale(header) == expected


def test_overlong_header_is_cut() -> None:
    assert find_media_type(b"application/json," + b"x" * 100_000, page=False) == JSON
