"""An objection's receipt on its way from the answer to the page that shows it: a cookie for a quarter of an hour, on that page alone.

The code stands in no address, so neither in a browser's history nor in anybody's log. What a cookie says is read strictly, and nothing is
decided by it: it is shown back to the browser that brought it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from xingji.public.reference import Reference, read_reference

COOKIE: Final = "xingji_receipt"
SECONDS: Final = 900
_CODE: Final = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){7}")


@dataclass(frozen=True, slots=True)
class FiledReceipt:
    """The code that an objection is followed by, and where it stands in the ledger."""

    code: str
    entry: Reference


def pack(filed: Mapping[str, Any]) -> str:
    """What the mutation answered, as a cookie's value."""
    receipt = filed["receipt"]
    told = {"code": filed["code"], **{name: str(receipt[name]) for name in ("origin", "sequence", "hash")}}
    return urlsafe_b64encode(orjson.dumps(told)).decode().rstrip("=")


def unpack(value: str) -> FiledReceipt | None:
    """A cookie's value; None for what is not one of ours."""
    try:
        told = orjson.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except ValueError:
        return None
    if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
        return None
    entry = read_reference(told)
    code = told.get("code", "")
    return FiledReceipt(code, entry) if entry is not None and _CODE.fullmatch(code) else None
