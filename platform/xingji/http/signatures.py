"""The officer's signature that comes with a request, as an extension of it:

    {"query": …, "variables": …, "extensions": {"officerSignature": {"key": DIGITS, "sig": BASE64, "expires": TIME}}}

Without `sig` and `expires` it asks what is to be signed. It serves one mutation; whether it holds is judged when the act is recorded.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from audit.errors import NoteMalformedError
from audit.note import decode_base64
from certification.signing.model import Given
from graphql_schema.session import Session
from xingji.http.errors import HttpError

NAME: Final = "officerSignature"
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def take_signature(session: Session, extensions: dict[str, Any]) -> Session:
    """The session with the signature, if there is one. Raises HttpError 400 for one that is malformed."""
    return replace(session, given=_parse(extensions[NAME])) if extensions.get(NAME) is not None else session


def _parse(given: Any) -> Given:
    whole = type(given) is dict and given.keys() in ({"key"}, {"key", "sig", "expires"})
    if not whole or type(given["key"]) is not str or _KEY.fullmatch(given["key"]) is None:
        raise _refuse()
    if "sig" not in given:
        return Given(given["key"], None, None)
    try:
        sig, expires = decode_base64(given["sig"]), given["expires"]
        if len(sig) != 64 or _TIME.fullmatch(expires) is None:
            raise _refuse()
        return Given(given["key"], sig, datetime.fromisoformat(expires))
    except (NoteMalformedError, TypeError, ValueError) as error:
        raise _refuse() from error


def _refuse() -> HttpError:
    return HttpError(
        400,
        "http.signature",
        "随请求的签名格式不符。",
        "The officer's signature of this request is malformed.",
    )
