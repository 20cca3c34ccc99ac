"""From the bearer token of a request to its principal, or to a refusal with its status."""

from __future__ import annotations

from xingji.http.errors import HttpError
from xingji.http.settings import P, S, Service


def read_principal(service: Service[P, S], authorization: bytes | None) -> P | None:
    """The principal of the bearer token; None without the header. Raises HttpError 401."""
    if authorization is None:
        return None
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refuse_token("token.scheme", "授权方式须为 Bearer。", "Authorization must be a bearer token.")
    try:
        return service.read_token(token.strip())
    except Exception as refusal:
        code, zh, en = (getattr(refusal, name, None) for name in ("code", "zh", "en"))
        if isinstance(code, str) and isinstance(zh, str) and isinstance(en, str):
            raise _refuse_token(code, zh, en) from refusal
        raise


def _refuse_token(code: str, zh: str, en: str) -> HttpError:
    return HttpError(401, code, zh, en, headers=[(b"www-authenticate", b'Bearer error="invalid_token"')])
