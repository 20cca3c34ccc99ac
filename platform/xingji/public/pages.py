"""Templates to HTML: every value escaped, an undefined one an error, addresses that keep the language somebody chose."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit.note import encode_base64
from xingji.public.words import EN, ZH

_FOLDER: Final = Path(__file__).parent / "templates"
STYLE: Final = (_FOLDER / "style.css").read_bytes()
STYLE_TAG: Final = f'"{hashlib.sha256(STYLE).hexdigest()[:16]}"'
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_environment: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _format_moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")


_environment.filters |= {"moment": _format_moment, "base64": encode_base64}


def render(
    name: str,
    locale: str,
    chosen: str | None,
    path: str,
    query: Mapping[str, str],
    values: Mapping[str, Any],
) -> bytes:
    """The page in a language. `chosen` is what the address asked for, and is kept in the addresses that the page names."""
    english = locale == "en"
    lang = {"lang": "en" if english else "zh"} if chosen in ("en", "zh") else {}

    def address(where: str, **given: Any) -> str:
        text = urlencode({key: value for key, value in given.items() if value is not None} | lang)
        return f"{where}?{text}" if text else where

    other = f"{path}?{urlencode({**query, 'lang': 'zh' if english else 'en'})}"
    words = EN if english else ZH
    template = _environment.get_template(name)
    text = template.render(
        t=words, address=address, other=other, path=path, style=STYLE_TAG.strip('"'), **values
    )
    return text.encode()
