"""What the client wants: the media type by `Accept` (RFC 9110 §12.5.1) and the language by `Accept-Language`.

A media type named outright wins over one that only a wildcard covers. Between equals,
`application/graphql-response+json` (whose status codes tell refusals apart) goes first when named, and
`application/json` when only a wildcard or nothing at all was said, as GraphQL over HTTP advises for older clients.
"""

from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"
HTML: Final = "text/html"
EVENTS: Final = "text/event-stream"
CHINESE: Final = "zh-CN"
ENGLISH: Final = "en"

_LONGEST: Final = 1_000


def find_media_type(accept: bytes, page: bool) -> str | None:
    """JSON, RESPONSE or, when `page`, HTML; None if the client accepts none of them."""
    return _find_media_type(accept[:_LONGEST], page)


def accepts_events(accept: bytes) -> bool:
    """Whether the client names `text/event-stream` outright; a wildcard asks for no stream."""
    return _accepts_events(accept[:_LONGEST])


def choose_locale(accept_language: bytes) -> str:
    """The language of our messages; Chinese unless English is preferred."""
    return _choose_locale(accept_language[:_LONGEST])


def find_quality(coding: str, accept_encoding: bytes) -> float:
    """The quality, 0 to 1, that is given to a content coding by its name, else by `*`."""
    given = {name: quality for name, quality, _ in _parse_ranges(accept_encoding.decode("latin-1"))}
    return given.get(coding, given.get("*", 0.0))


@lru_cache(maxsize=256)
def _find_media_type(header: bytes, page: bool) -> str | None:
    accept = header.decode("latin-1")
    if not accept.strip():
        return JSON
    ranges = _parse_ranges(accept)
    best: tuple[float, int, int] = (0.0, 0, 0)
    chosen = None
    for offered in (HTML, JSON, RESPONSE) if page else (JSON, RESPONSE):
        quality, precision = _match(offered, ranges)
        order = {HTML: 0, JSON: 1, RESPONSE: 2 if precision == 2 else 0}[offered]
        if quality > 0 and not (offered == HTML and precision < 2) and (quality, precision, order) > best:
            best, chosen = (quality, precision, order), offered
    return chosen


@lru_cache(maxsize=256)
def _accepts_events(header: bytes) -> bool:
    quality, precision = _match(EVENTS, _parse_ranges(header.decode("latin-1")))
    return quality > 0 and precision == 2


@lru_cache(maxsize=256)
def _choose_locale(header: bytes) -> str:
    preferred = (CHINESE, 0.0)
    for name, quality, _ in _parse_ranges(header.decode("latin-1")):
        tongue = name.split("-")[0]
        locale = {"zh": CHINESE, "en": ENGLISH}.get(tongue)
        if locale is not None and quality > preferred[1]:
            preferred = (locale, quality)
    return preferred[0]


def _parse_ranges(header: str) -> list[tuple[str, float, str]]:
    """The header's items as (name, quality, charset), lower case; a malformed quality counts as 0."""
    ranges = []
    for item in header.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality, charset = 1.0, "utf-8"
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = _parse_quality(value.strip())
            elif key.strip() == "charset":
                charset = value.strip().strip('"')
        ranges.append((name, quality, charset))
    return ranges


def _parse_quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _match(offered: str, ranges: list[tuple[str, float, str]]) -> tuple[float, int]:
    """The quality given to `offered` by the most precise range (2 named, 1 `type/*`, 0 `*/*`)."""
    patterns = {offered: 2, offered.partition("/")[0] + "/*": 1, "*/*": 0}
    found = [
        (patterns[name], quality)
        for name, quality, charset in ranges
        if name in patterns and charset in ("utf-8", "utf8")
    ]
    if not found:
        return 0.0, 0
    precision, quality = max(found)
    return quality, precision
