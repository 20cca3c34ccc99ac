"""Rows for any table, built from its metadata: keys, checks and foreign keys hold; nothing means anything."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table

from certification.tables import metadata

Row = Mapping[str, Any]
MOMENT = datetime.datetime(2022, 4, 25, 1, 2, 3, 456789, tzinfo=datetime.UTC)
TENANT_TABLES = [table for table in metadata.sorted_tables if table.info["tenant"]]


def a_value(table: Table, column: Column[Any], tenant_id: int, number: int) -> Any:
    seed = f"{table.name}.{column.name}.{tenant_id}.{number}"
    for check in table.constraints:
        text = str(check.sqltext) if isinstance(check, CheckConstraint) else ""
        if text.startswith(f"{column.name} IN"):
            listed = re.findall(r"'(\w+)'", text)
            return listed[number % len(listed)]
        if text.startswith(f"{column.name} ~ '^[a-z]"):
            return ("provincial", "star")[number % 2]
        if text == f"octet_length({column.name}) = 32":
            return sha256(seed.encode()).digest()
        if text.endswith(f" IS NULL OR {column.name} IS NULL"):
            return None
    made: dict[type, Any] = {
        int: number + 1,
        str: f"{seed} 社区'\"\\",
        bytes: seed.encode() + b"\x00\xff",
        bool: bool(number % 2),
        uuid.UUID: uuid.uuid5(uuid.NAMESPACE_URL, seed),
        datetime.date: MOMENT.date() + datetime.timedelta(days=number),
        datetime.datetime: MOMENT + datetime.timedelta(days=number),
    }
    return made[column.type.python_type]


def a_row(table: Table, tenant_id: int, number: int) -> dict[str, Any]:
    """Row `number` of a tenant; it refers to the row of the same number, and to none of its own table."""
    row = {column.name: a_value(table, column, tenant_id, number) for column in table.columns}
    row["tenant_id"] = tenant_id
    if table.name == "draws":  # a seed and a result are what makes it drawn
        row |= {"status": "open", "seed": None, "result": None}
    for key in table.foreign_key_constraints:
        for element in key.elements:
            if element.parent.name != "tenant_id":
                target = origin(element.column)
                own = key.referred_table is table
                row[element.parent.name] = None if own else a_value(target.table, target, tenant_id, number)
    return row


def origin(column: Column[Any]) -> Column[Any]:
    """The column from which a reference to a reference has its value at last."""
    while column.foreign_keys:
        column = next(iter(column.foreign_keys)).column
    return column


def rows_of(table: Table, tenant_id: int, count: int = 2) -> list[dict[str, Any]]:
    return [a_row(table, tenant_id, number) for number in range(count)]
