"""Entries written before entries said facts (certification/fact.py): what they say, in the same form.

Their intent says what was decided, and the digest of the row that they bound says the rest: the certification as it was right behind the
act. So the row is put back to what it was then, and must have that digest: what was changed since in any other way tells nothing. The form of
the entry never changes what is said; only `application.followed`, `legacy.attested` and `certification.followed` were ever written so. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, LargeBinary, Uuid

from audit.entry import Cite
from audit.rows import row_digest
from certification.errors import InvariantError
from certification.fact import Fact, certified, changed, reviewed
from certification.model import LegacyKind
from certification.tables import certifications

OPERATIONS = ("application.followed", "legacy.attested", "certification.followed")


def tell_older(
    operation: str,
    subject: str,
    intent: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    cites: Sequence[Mapping[str, Any]],
    certification: Mapping[str, Any] | None,
    change: Mapping[str, Any] | None,
) -> tuple[Fact, ...]:
    """The facts of an older entry: its operation, subject, intent and bound rows as JSON values.

    `certification` is the row that it bound, as it is now, and `change` the city's change that it followed, where they are found.
    Raises InvariantError when they are not what the entry bound.
    """
    if operation == "legacy.attested":
        return (_attested(intent, rows),)
    bound = next((row for row in rows if row["table"] == certifications.name), None)
    if bound is None or operation not in OPERATIONS:
        return ()
    if certification is None:
        raise InvariantError(f"the certification {bound['key']} is gone")
    state: tuple[str | None, ...] = (None, None, None)
    if operation == "certification.followed":
        if change is None:
            raise InvariantError(f"the change that was followed for {bound['key']} is gone")
        state = (intent["state"], change["document_number"], change["document_date"])
    row = _values({**certification, **dict(zip(("state", "state_document", "state_on"), state, strict=True))})
    if str(row["id"]) != bound["key"] or row_digest(certifications, row).hex() != bound["digest"]:
        raise InvariantError(f"the certification {bound['key']} is not what its entry bound")
    community, level = row["community_id"], row["level"]
    fact = certified(community, row["id"], level, row["certified_on"])
    if operation == "certification.followed":
        fact = changed(community, UUID(subject), level, row["state_on"], intent["state"])
    (cited,) = cites
    return (replace(fact, cite=Cite(cited["origin"], cited["seq"], bytes.fromhex(cited["hash"]))),)


def _attested(intent: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Fact:
    community = UUID(intent["community"])
    if intent["kind"] == LegacyKind.CERTIFICATION:
        (made,) = (UUID(row["key"]) for row in rows if row["table"] == certifications.name)
        day = date.fromisoformat(intent["document_date"])
        return certified(community, made, intent["level"], day, legacy=True)
    told = (intent["level"], intent["year"], intent["result"])
    return reviewed(community, UUID(intent["record"]), *told, legacy=True)


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """A certification's row as Python values, from JSON."""
    found = dict(row)
    for column in certifications.columns:
        value = found[column.name]
        if isinstance(value, str):
            if isinstance(column.type, Uuid):
                found[column.name] = UUID(value)
            elif isinstance(column.type, Date):
                found[column.name] = date.fromisoformat(value)
            elif isinstance(column.type, LargeBinary):
                found[column.name] = bytes.fromhex(value.removeprefix("\\x"))
    return found
