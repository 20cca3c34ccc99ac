"""The envelope's grammar: which fields an entry has and what each may be, as data.

Fields are exact: one more or one less is refused. This is docs/formats/ledger.md §3 in code; what an intent
says beyond `arguments` is the domain's.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias

from audit.canonical import MAX_INTEGER
from audit.checkpoint import is_origin
from audit.errors import EntryMalformedError

VERSION: Final = 1
SUITE: Final = "ed25519-sha256"
NATIONAL: Final = "ed25519-sha256+sm2-sm3"
"""The suite of an entry that has an SM2 signature beside (audit.national)."""

JsonObject: TypeAlias = "dict[str, Any]"
Schema: TypeAlias = "dict[str, Callable[[Any], bool]]"

_HASH = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TOKEN = re.compile(r"[!-~]{1,200}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_SIG = re.compile(r"[A-Za-z0-9+/]{86}==")


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


def _is_natural(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_INTEGER


def _is_origin(value: Any) -> bool:
    return type(value) is str and is_origin(value)


def _is_time(value: Any) -> bool:
    if type(value) is not str or _TIME.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_is_hash, _is_uuid, _is_name, _is_token = _matches(_HASH), _matches(_UUID), _matches(_NAME), _matches(_TOKEN)
ENVELOPE: Final = {"body", "officer_sig", "server_sig"}
_ACTOR: Final[Schema] = {
    "id": _is_uuid,
    "key": lambda value: value is None or _is_token(value),
    "origin": _is_origin,
    "role": _is_name,
}
_SUBJECT: Final[Schema] = {"id": _is_uuid, "revision": _is_natural, "type": _is_name}
_CITE: Final[Schema] = {"hash": _is_hash, "origin": _is_origin, "seq": _is_natural}
_ROW: Final[Schema] = {
    "digest": _is_hash,
    "key": lambda value: type(value) is str and 0 < len(value) <= 200,
    "table": _matches(_TABLE),
}
is_hash, is_key_id, is_natural = _is_hash, _matches(_KEY_ID), _is_natural
is_uuid, is_name, is_origin_text, is_time = _is_uuid, _is_name, _is_origin, _is_time
SERVER_SIG: Final[Schema] = {"key": is_key_id, "sig": _matches(_SIG)}
NATIONAL_SIG: Final[Schema] = {**SERVER_SIG, "sm2": lambda value: type(value) is dict}
OFFICER_SIG: Final[Schema] = {"key": _is_token, "sig": _matches(_SIG)}
_BODY: Final[Schema] = {
    "actor": lambda value: type(value) is dict,
    "cites": lambda value: type(value) is list,
    "intent": lambda value: type(value) is dict and _is_hash(value.get("arguments")),
    "operation": _is_name,
    "origin": _is_origin,
    "prev": _is_hash,
    "request": _is_token,
    "rows": lambda value: type(value) is list,
    "seq": _is_natural,
    "subject": lambda value: type(value) is dict,
    "suite": lambda value: value in (SUITE, NATIONAL),
    "time": _is_time,
    "version": lambda value: type(value) is int and value == VERSION,
}


def check_fields(value: Any, schema: Schema, where: str) -> JsonObject:
    """An object with exactly the fields of a schema.

    Raises EntryMalformedError naming the first that is wrong.
    """
    if type(value) is not dict:
        raise EntryMalformedError(field=where)
    found: JsonObject = value
    if found.keys() != schema.keys():
        odd = sorted(found.keys() ^ schema.keys())
        raise EntryMalformedError(field=f"{where} ({', '.join(odd)})")
    for name, holds in schema.items():
        if not holds(found[name]):
            raise EntryMalformedError(field=f"{where}.{name}")
    return found


def check_body(value: Any) -> JsonObject:
    """The body of an entry, field by field. Raises EntryMalformedError."""
    body = check_fields(value, _BODY, "body")
    check_fields(body["actor"], _ACTOR, "body.actor")
    check_fields(body["subject"], _SUBJECT, "body.subject")
    for cite in body["cites"]:
        check_fields(cite, _CITE, "body.cites")
    before = ("", "")
    for row in body["rows"]:
        check_fields(row, _ROW, "body.rows")
        place = (row["table"], row["key"])
        if place <= before:
            raise EntryMalformedError(field="body.rows (one row twice, or out of order)")
        before = place
    return body
