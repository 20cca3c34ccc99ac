"""Personal fields: sealed in the statement's answer, opened by Python before it leaves.

The statement prints a sealed value with its wrapped key as one token, and Python puts the value, whole or covered, in the token's place:

    {"#":"<number of the field>.<1 for whole>.<tenant>.<subject>.<commitment>.<KEK id>.<wrapped key>.<sealed>"}   the last four in hex

`#` is no name in GraphQL and quotes inside a JSON string are escaped, so nothing else looks like a token, and the answer is not parsed for it.
The place is the row's own, so a value that was moved there does not open. What leaves whole is noted, for the access log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, FromClause, LargeBinary, Text, and_, func, literal_column, select

from graphql_schema.declare import PersonalSource
from graphql_schema.readpath.encode import NULL, concat, marker, otherwise
from tenancy.errors import UnopenableError
from tenancy.personal import bind_place, open_value
from tenancy.tables import personal_keys, personal_values
from tenancy.vault import Vault, Wrapped

logger = logging.getLogger(__name__)

UNOPENABLE: Final = "personal.unopenable"
_TOKEN: Final = re.compile(rb'\{"#":"([^"]*)"\}')


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A personal field of a compiled statement."""

    type: str
    name: str
    source: PersonalSource


@dataclass(slots=True)
class Reads:
    """Whose personal fields left whole: global id → names of fields, in order of reading."""

    found: dict[str, dict[str, None]] = field(default_factory=dict)

    def targets(self) -> list[str]:
        """`FormVersion.3.0190… contactName,mobilePhone`, one for each subject."""
        return [f"{place} {','.join(names)}" for place, names in self.found.items()]


def print_token(
    number: int, source: PersonalSource, whole: ColumnElement[Any] | str, row: FromClause, key: str
) -> ColumnElement[Any]:
    """The token of a row's value; null once it is erased."""
    values, keys = personal_values.c, personal_keys.c
    token = concat(
        [
            f'{{"#":"{number}.',
            whole,
            ".",
            row.c.tenant_id,
            ".",
            row.c[key],
            ".",
            _hex(values.commitment),
            ".",
            _hex(func.convert_to(keys.kek_id, literal_column("'UTF8'"), type_=LargeBinary)),
            ".",
            _hex(keys.wrapped),
            ".",
            _hex(values.sealed),
            '"}',
        ]
    )
    found = (
        select(token)
        .select_from(
            personal_values.join(
                personal_keys, and_(keys.tenant_id == values.tenant_id, keys.subject_id == values.subject_id)
            )
        )
        .where(values.tenant_id == row.c.tenant_id, values.commitment == row.c[source.commitment.name])
        .correlate(row)
    )
    return otherwise(found.scalar_subquery(), NULL)


def open_tokens(answer: bytes, fields: Sequence[PersonalField], vault: Vault, reads: Reads) -> bytes:
    """The answer with values in place of tokens, and a marker where one does not open. Raises VaultError."""
    opening = _Opening(fields, vault, reads)
    return _TOKEN.sub(lambda match: opening.open(match[1].decode()), answer)


@dataclass(slots=True)
class _Opening:
    """The tokens of one answer; the fields of a subject share its unwrapped key."""

    fields: Sequence[PersonalField]
    vault: Vault
    reads: Reads
    keys: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def open(self, token: str) -> bytes:
        """The JSON that stands in a token's place."""
        number, whole, tenant, subject, *rest = token.split(".")
        declared = self.fields[int(number)]
        place = f"{declared.type}.{tenant}.{subject}"
        try:
            value = self._unseal(declared.source, int(tenant), subject, *rest)
        except UnopenableError:
            logger.error("%s of %s does not open", declared.name, place)
            return marker(UNOPENABLE).encode()
        if whole == "0":
            return orjson.dumps(declared.source.cover(value))
        if declared.source.permission is not None:
            self.reads.found.setdefault(place, {})[declared.name] = None
        return orjson.dumps(value)

    def _unseal(
        self,
        source: PersonalSource,
        tenant: int,
        subject: str,
        commitment: str,
        kek_id: str,
        wrapped: str,
        sealed: str,
    ) -> str:
        known = (str(tenant), subject, kek_id, wrapped)
        key = self.keys.get(known)
        if key is None:
            stored = Wrapped(bytes.fromhex(kek_id).decode(), bytes.fromhex(wrapped))
            key = self.keys[known] = self.vault.unwrap(tenant, UUID(subject), stored)
        bound = bind_place(tenant, subject, source.field, bytes.fromhex(commitment))
        return open_value(key, bytes.fromhex(sealed), bound)[0].decode()


def _hex(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.encode(value, literal_column("'hex'"), type_=Text)
