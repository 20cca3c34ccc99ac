"""What an auditor trusts, in one file that did not come from the installation: docs/formats/trust.md.

    {"version": 1,
     "logs": [{"origin": "xingji.example/411602", "keys": ["xingji.example/411602+1a2b3c4d+AX…"]}],
     "witnesses": [{"name": "witness.example/w1", "key": "witness.example/w1+5e6f7a8b+BG…"}],
     "quorum": 1,
     "time_authorities": ["-----BEGIN CERTIFICATE-----…"]}

`logs` pins keys, any of a log's own history; `witnesses` and `quorum` say whose cosignatures a head needs, none where they are left out. Strict:
a field that is unknown, missing or there twice, a log, key or witness named twice, a key of another name and a quorum that its witnesses cannot make
are refused, because a trust that is half read trusts the wrong. White space and the order of fields are free, for people write it. It
holds no secret, and is worth what the way is worth by which it came.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from cryptography.x509 import Certificate

from audit.authority import read_authorities
from audit.checkpoint import is_origin
from audit.cosignature import WitnessKey, check_witnesses
from audit.errors import NoteMalformedError, UnusableInputError
from audit.note import VerifierKey

MAX_TRUST: Final = 1024 * 1024
VERSION: Final = 1
_BEGIN, _END = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log and the keys, at least one, that are pinned for it."""

    origin: str
    keys: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """At least one log; witnesses and how many of them must have cosigned; time authorities' certificates in PEM."""

    logs: tuple[TrustedLog, ...]
    witnesses: tuple[WitnessKey, ...] = ()
    quorum: int = 0
    time_authorities: tuple[str, ...] = ()

    @property
    def authorities(self) -> tuple[Certificate, ...]:
        """The certificates of the time authorities."""
        return read_authorities(self.time_authorities)

    def get_log(self, head: bytes) -> TrustedLog:
        """The log that a head says it is of; nothing is verified by that. Of a single log, that one. Raises UnusableInputError."""
        origin = head.partition(b"\n")[0]
        found = [one for one in self.logs if one.origin.encode() == origin]
        if not found and len(self.logs) > 1:
            shown = origin[:200].decode("utf-8", "replace")
            raise UnusableInputError(reason=f"the trust file names no log {shown}")
        return (found or self.logs)[0]


def parse_trust(data: bytes) -> Trust:
    """Read a trust file. Raises UnusableInputError."""
    if len(data) > MAX_TRUST:
        raise _unusable(f"longer than {MAX_TRUST} bytes")
    try:
        whole = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise _unusable(str(error)) from error
    found = _fields(whole, {"version", "logs"}, {"witnesses", "quorum", "time_authorities"}, "trust")
    if type(found["version"]) is not int or found["version"] != VERSION:
        raise _unusable("version")
    logs = tuple(_log(one) for one in _list(found["logs"], "logs"))
    if not logs or len({one.origin for one in logs}) != len(logs):
        raise _unusable("logs (none, or one twice)")
    witnesses = tuple(_witness(one) for one in _list(found.get("witnesses", []), "witnesses"))
    quorum = found.get("quorum", 0)
    if type(quorum) is not int or ("quorum" in found) != bool(witnesses) or (witnesses and quorum < 1):
        raise _unusable("quorum (at least 1, where there are witnesses and only there)")
    check_witnesses(witnesses, quorum)
    authorities = tuple(_pem(one) for one in _list(found.get("time_authorities", []), "time_authorities"))
    return Trust(logs, witnesses, quorum, authorities)


def format_trust(trust: Trust) -> str:
    """The file, as `parse_trust` reads it, indented for people; fields that say nothing are left out."""
    whole: dict[str, Any] = {
        "version": VERSION,
        "logs": [{"origin": one.origin, "keys": [key.format() for key in one.keys]} for one in trust.logs],
    }
    if trust.witnesses:
        whole["witnesses"] = [{"name": one.name, "key": one.format()} for one in trust.witnesses]
        whole["quorum"] = trust.quorum
    if trust.time_authorities:
        whole["time_authorities"] = list(trust.time_authorities)
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _log(value: Any) -> TrustedLog:
    found = _fields(value, {"origin", "keys"}, set(), "logs")
    origin = found["origin"]
    if type(origin) is not str or not is_origin(origin):
        raise _unusable("logs.origin")
    keys = tuple(_key(one, origin) for one in _list(found["keys"], "logs.keys"))
    if not keys or len(set(keys)) != len(keys):
        raise _unusable("logs.keys (none, or one twice)")
    return TrustedLog(origin, keys)


def _key(value: Any, origin: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(value if type(value) is str else "")
    except NoteMalformedError as error:
        raise _unusable(f"logs.keys ({error})") from error
    if key.name != origin:
        raise _unusable(f"logs.keys (a key of {key.name} for {origin})")
    return key


def _witness(value: Any) -> WitnessKey:
    found = _fields(value, {"name", "key"}, set(), "witnesses")
    try:
        key = WitnessKey.parse(found["key"] if type(found["key"]) is str else "")
    except NoteMalformedError as error:
        raise _unusable(f"witnesses.key ({error})") from error
    if key.name != found["name"]:
        raise _unusable(f"witnesses.name (the key is of {key.name})")
    return key


def _pem(value: Any) -> str:
    if type(value) is not str or not (value.startswith(_BEGIN) and value.endswith(_END)):
        raise _unusable("time_authorities (each is one certificate in PEM)")
    if value.count("-----BEGIN") != 1:
        raise _unusable("time_authorities (more than one certificate)")
    read_authorities((value,))
    return value


def _fields(value: Any, required: set[str], optional: set[str], where: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _unusable(where)
    odd = (value.keys() - required - optional) | (required - value.keys())
    if odd:
        raise _unusable(f"{where} ({', '.join(sorted(odd))})")
    return value


def _list(value: Any, where: str) -> Sequence[Any]:
    if type(value) is not list:
        raise _unusable(where)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"a number {text}")


def _unusable(what: str) -> UnusableInputError:
    return UnusableInputError(reason=f"the trust file: {what}")
