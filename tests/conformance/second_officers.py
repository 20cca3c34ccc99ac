"""The second reader's officers: their keys and what must be signed, from docs/formats/ledger.md §9 alone. Shares no code with `audit/`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tests.conformance.second_notes import (
    NAME,
    ORIGIN,
    REASON,
    TIME,
    UUID,
    canonical,
    check_signature,
    need,
    sha256,
    unbase64,
)

SYSTEM = "00000000-0000-0000-0000-000000000000"
BINDING = {"arguments", "expires", "operation", "origin", "request", "subject"}
PROTECTED = {"officer_key.vouched", "officer_key.certified", "signing_policy.proposed", "signing_policy.set"}
FIELDS = {
    "officer_key.enrolled": {"key", "public", "proof"},
    "officer_key.vouched": {"key", "person"},
    "officer_key.certified": {"key", "person"},
    "officer_key.rotated": {"key", "public", "proof", "replaces"},
    "officer_key.revoked": {"key", "person", "reason"},
    "officer_key.admitted": {"home", "key", "person", "public"},
    "officer_key.withdrawn": {"key"},
    "signing_policy.proposed": {"operations"},
    "signing_policy.set": {"operations"},
}


def is_text(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def pae(kind: str, value: object) -> bytes:
    """DSSE's pre-authentication encoding."""
    name, body = f"application/vnd.xingji.{kind}+json".encode(), canonical(value)
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)


class Officers:
    """What a log has said so far: `keys` by id, the operations that need one, the policy proposed last."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.keys: dict[str, dict[str, Any]] = {}
        self.operations: set[str] = set()
        self.proposed: tuple[list[str], str] | None = None

    def check(self, entry: dict[str, Any], where: str) -> None:
        """The officer's signature: there where it is asked for, and right where it is there."""
        body, actor, intent = entry["body"], entry["body"]["actor"], entry["body"]["intent"]
        signed = entry.get("officer_sig")
        if signed is None:
            asked = self.operations | (PROTECTED if self.operations else set())
            need(body["operation"] not in asked and actor["key"] is None, f"{where}: an officer must sign")
            return
        key = self.keys.get(signed["key"])
        need(key and key["in force"], f"{where}: the officer's key is not in force")
        assert key is not None
        named = (actor["id"], actor["origin"], actor["key"])
        need((key["person"], key["home"], signed["key"]) == named, f"{where}: another officer's key")
        bound = [intent.get(name) == body[name] for name in ("operation", "origin", "request", "subject")]
        need(all(bound), f"{where}: the officer signed another act")
        expires = intent.get("expires")
        need(is_text(expires, TIME) and datetime.fromisoformat(expires), f"{where}: expires")
        need(expires >= body["time"], f"{where}: the officer's signature has expired")
        check_signature(key["public"], unbase64(signed["sig"]), pae("intent", intent), f"{where}, officer")

    def take(self, entry: dict[str, Any], where: str) -> None:
        """What an entry, which holds, says of keys and policy."""
        body, intent, operation = entry["body"], entry["body"]["intent"], entry["body"]["operation"]
        if operation not in FIELDS:
            return
        need(intent.keys() - BINDING == FIELDS[operation], f"{where}: intent")
        home = body["actor"]["origin"] == self.origin and body["actor"]["id"] != SYSTEM
        admin = home and body["actor"]["role"] == "tenant_administrator"
        if operation in PROTECTED:
            need(admin, f"{where}: not an administrator")
        if operation.startswith("signing_policy."):
            self._take_policy(operation, body["actor"]["id"], intent["operations"], where)
        elif operation in ("officer_key.vouched", "officer_key.certified"):
            self._take_word(operation, body["actor"]["id"], intent, where)
        elif operation == "officer_key.admitted":
            self._admit(body, intent, where)
        elif operation in ("officer_key.enrolled", "officer_key.rotated"):
            need(home, f"{where}: not an officer of this log")
            self._declare(entry, where)
        else:
            key = self._known(intent, where)
            own = (body["actor"]["id"], body["actor"]["origin"]) == (key["person"], key["home"])
            if operation == "officer_key.withdrawn":
                self._check_system(body, key["home"], where)
            else:
                need((own or admin) and is_text(intent["reason"], REASON), f"{where}: revoked")
            key.update({"in force": False, "ended": True})

    def _take_policy(self, operation: str, by: str, wanted: Any, where: str) -> None:
        need(isinstance(wanted, list) and all(is_text(one, NAME) for one in wanted), f"{where}: operations")
        need(wanted == sorted(set(wanted)), f"{where}: operations in order")
        if operation == "signing_policy.proposed":
            self.proposed = wanted, by
            return
        proposed, by_whom = self.proposed or (None, by)
        need(self.operations <= set(wanted) or (proposed == wanted and by_whom != by), f"{where}: one person")
        self.operations, self.proposed = set(wanted), None

    def _take_word(self, operation: str, by: str, intent: dict[str, Any], where: str) -> None:
        key = self._known(intent, where)
        need(not key["certified"] and key["home"] == self.origin, f"{where}: not waiting")
        need(key["person"] != by, f"{where}: its own officer")
        if operation == "officer_key.vouched":
            key["vouched by"] = by
            return
        need(key["vouched by"] not in (None, by), f"{where}: one person")
        need(self._in_force(key["person"], key["home"]) is None, f"{where}: another key in force")
        key.update({"in force": True, "certified": True})

    def _admit(self, body: dict[str, Any], intent: dict[str, Any], where: str) -> None:
        home, person = intent["home"], intent["person"]
        self._check_system(body, home, where)
        need(is_text(home, ORIGIN) and home != self.origin and is_text(person, UUID), f"{where}: whose")
        former = self._in_force(person, home)
        if former is not None:
            former.update({"in force": False, "ended": True})
        self._add(intent, person, home, where).update({"in force": True, "certified": True})

    def _declare(self, entry: dict[str, Any], where: str) -> None:
        intent, actor = entry["body"]["intent"], entry["body"]["actor"]
        key = self._add(intent, actor["id"], actor["origin"], where)
        mine = {"key": intent["key"], "origin": actor["origin"], "person": actor["id"]}
        check_signature(key["public"], unbase64(intent["proof"]), pae("officer-key", mine), f"{where}, proof")
        if "replaces" in intent:
            need((entry.get("officer_sig") or {}).get("key") == intent["replaces"], f"{where}: replaces")
            self.keys[intent["replaces"]].update({"in force": False, "ended": True})
            key.update({"in force": True, "certified": True})

    def _add(self, intent: dict[str, Any], person: str, home: str, where: str) -> dict[str, Any]:
        need(isinstance(intent["public"], str), f"{where}: public")
        public, name = unbase64(intent["public"]), intent["key"]
        need(len(public) == 32 and sha256(public).hex() == name, f"{where}: key")
        need(name not in self.keys, f"{where}: declared twice")
        state = {"in force": False, "certified": False, "ended": False, "vouched by": None}
        self.keys[name] = {"public": public, "person": person, "home": home, **state}
        return self.keys[name]

    def _known(self, intent: dict[str, Any], where: str) -> dict[str, Any]:
        key = self.keys.get(intent["key"]) if isinstance(intent["key"], str) else None
        need(key and not key["ended"], f"{where}: no such key")
        assert key is not None
        need(intent.get("person", key["person"]) == key["person"], f"{where}: another person's key")
        return key

    def _in_force(self, person: str, home: str) -> dict[str, Any] | None:
        mine = [key for key in self.keys.values() if (key["person"], key["home"]) == (person, home)]
        return next((key for key in mine if key["in force"]), None)

    def _check_system(self, body: dict[str, Any], home: object, where: str) -> None:
        need(body["actor"]["id"] == SYSTEM, f"{where}: not the system")
        need([cite["origin"] for cite in body["cites"]] == [home], f"{where}: cites")
