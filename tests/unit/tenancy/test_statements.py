"""Core compiled to asyncpg text: names, constants, and what is refused."""

import pytest
from sqlalchemy import ARRAY, Column, Integer, MetaData, PrimaryKeyConstraint, Table, Text, bindparam, select

from tenancy.errors import InvariantError
from tenancy.statements import insert_sql, statement, update_sql
from tenancy.tables import unit_codes, units


def test_parameter_used_twice_is_one_parameter() -> None:
    both = statement(
        select(units.c.id).where(
            units.c.tenant_id == bindparam("n"), units.c.name == bindparam("n", type_=Text)
        )
    )
    assert both.names == ("n",)


def test_constants_are_kept_beside_named_parameters() -> None:
    found = statement(
        select(units.c.id).where(
            units.c.tenant_id == bindparam("tenant_id"),
            units.c.kind.in_(["street", "county"]),
            units.c.name == bindparam("name"),
        )
    )
    assert set(found.arguments({"name": "x"}, 7)) == {7, "street", "county", "x"}


def test_missing_and_unknown_parameters_are_refused() -> None:
    found = statement(select(units.c.id).where(units.c.name == bindparam("name")))
    for wrong in ({}, {"name": "x", "nom": "y"}):
        with pytest.raises(InvariantError):
            found.arguments(wrong, 1)


def test_set_statements_put_the_tenant_first_and_keep_to_it() -> None:
    insert, update = insert_sql(unit_codes), update_sql(unit_codes)
    assert insert.names == update.names
    assert insert.names[0] == "tenant_id"
    assert insert.sql == (
        "INSERT INTO unit_codes (tenant_id, unit_id, code, valid_from, valid_to, source)"
        " SELECT $1::int, u.* FROM unnest($2::UUID[], $3::TEXT[], $4::DATE[], $5::DATE[], $6::TEXT[]) AS u"
    )
    assert update.sql.endswith(
        " WHERE t.tenant_id = $1::int AND t.unit_id = u.unit_id AND t.valid_from = u.valid_from"
    )
    assert insert_sql(unit_codes) is insert


def test_table_that_unnest_cannot_carry_is_refused() -> None:
    wrong = Table("t", MetaData(), Column("tenant_id", Integer), Column("tags", ARRAY(Text)))
    bare = Table("u", MetaData(), Column("tenant_id", Integer), Column("id", Integer))
    bare.append_constraint(PrimaryKeyConstraint("tenant_id", "id"))
    with pytest.raises(InvariantError):
        insert_sql(wrong)
    with pytest.raises(InvariantError):
        update_sql(bare)


def test_open_in_is_refused() -> None:
    with pytest.raises(InvariantError):
        statement(select(units.c.id).where(units.c.kind.in_(bindparam("kinds", expanding=True))))
