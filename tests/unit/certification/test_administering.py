"""What administrators decide: pure rules over what was read."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.commitment import opens
from certification.acts import add_person, assign_role, end_grant, end_role, grant_oversight
from certification.acts.add_person import FirstRole
from certification.acts.administering import HELD_OVER, check_held_over
from certification.changes import Change, Context
from certification.errors import (
    CertificationError,
    FieldRefusedError,
    GrantEndedError,
    GrantExistsError,
    GrantRefusedError,
    LastAdministratorError,
    LoginTakenError,
    NotEntitledError,
    NotFoundError,
    RoleEndedError,
    RoleHeldError,
    RoleMisplacedError,
)
from certification.model import KIND_OF_UNIT_ZH, ROLE_ZH, Grant, RoleAssignment
from certification.recording import arguments_digest
from tenancy import tables
from tenancy.identity import RoleName
from tests.unit.certification.samples import CITY, COUNTY, COUNTY_UNIT, STREET, Someone, SomeRole, named

NOW = datetime(2022, 4, 26, tzinfo=UTC)
ADMINISTRATOR = Someone(named("admin"), COUNTY, (SomeRole("tenant_administrator", COUNTY_UNIT),))
KINDS = {COUNTY_UNIT: "county", STREET: "street"}


def a_context() -> Context:
    numbers = itertools.count()
    return Context(ADMINISTRATOR, NOW, lambda: named(f"new/{next(numbers)}"), lambda: bytes(32))


def a_person(**changes: Any) -> add_person.Command:
    values = {"roles": (FirstRole("street_officer", STREET),), "name": "张三丰", "login": "zhang.sf"}
    return add_person.Command(**{**values, "password_hash": "$argon2id$x", **changes})


def a_role(**changes: Any) -> RoleAssignment:
    held = RoleAssignment(COUNTY, named("r"), named("p"), "county_officer", COUNTY_UNIT, NOW, None)
    return replace(held, **changes)


GRANT = Grant(COUNTY, named("g"), CITY, "oversee", NOW, None)
STATES: Sequence[tuple[Any, Any, Any]] = (
    (add_person, add_person.State(COUNTY, KINDS, False), a_person()),
    (
        assign_role,
        assign_role.State(COUNTY, KINDS, False),
        assign_role.Command(named("p"), "street_officer", STREET),
    ),
    (end_role, end_role.State(a_role(), 1), end_role.Command(named("r"))),
    (grant_oversight, grant_oversight.State(COUNTY, CITY, False), grant_oversight.Command(CITY, "oversee")),
    (end_grant, GRANT, end_grant.Command(GRANT.id)),
)
each_act = pytest.mark.parametrize(("act", "state", "command"), STATES, ids=lambda value: "")


@each_act
def test_an_administrator_of_the_tenant_may(act: Any, state: Any, command: Any) -> None:
    assert act.authorise(state, command, ADMINISTRATOR) == "tenant_administrator"
    change: Change = act.decide(state, command, a_context())
    assert change.operation == act.ACT.operation
    assert any(write.table.info["audited"] for write in change.writes)


@each_act
@pytest.mark.parametrize(
    "actor",
    [
        replace(ADMINISTRATOR, home_tenant_id=CITY),
        replace(ADMINISTRATOR, home_tenant_id=CITY, oversees=True),
        replace(ADMINISTRATOR, roles=(SomeRole("county_officer", COUNTY_UNIT),)),
        replace(ADMINISTRATOR, roles=()),
    ],
)
def test_nobody_else_may(act: Any, state: Any, command: Any, actor: Someone) -> None:
    with pytest.raises(NotEntitledError):
        act.authorise(state, command, actor)


def test_every_role_has_a_place_and_a_name() -> None:
    assert HELD_OVER.keys() == ROLE_ZH.keys() == {role.value for role in RoleName}
    assert {kind for kinds in HELD_OVER.values() for kind in kinds} == KIND_OF_UNIT_ZH.keys()


@pytest.mark.parametrize("kind", KIND_OF_UNIT_ZH)
@pytest.mark.parametrize("role", HELD_OVER)
def test_a_role_is_held_over_units_of_its_kinds_alone(role: str, kind: str) -> None:
    right = {
        "community_clerk": {"community", "village"},
        "street_officer": {"street"},
        "county_officer": {"county"},
        "city_officer": {"city"},
        "review_team": {"city", "county"},
        "auditor": {"city", "county"},
        "tenant_administrator": {"city", "county"},
    }
    if kind in right[role]:
        check_held_over(role, STREET, {STREET: kind})
    else:
        with pytest.raises(RoleMisplacedError):
            check_held_over(role, STREET, {STREET: kind})


def test_a_unit_that_is_not_there_holds_no_role() -> None:
    with pytest.raises(NotFoundError):
        check_held_over("street_officer", named("elsewhere"), KINDS)


def test_a_person_is_committed_to_and_keeps_login_and_hash_out_of_the_entry() -> None:
    command = a_person()
    change = add_person.decide(add_person.State(COUNTY, KINDS, False), command, a_context())
    rows = {
        write.table.name: write.row() for write in change.writes if write.table is not tables.personal_values
    }
    (stored,) = (write.entity for write in change.writes if write.table is tables.personal_values)
    assert opens(rows["people"]["name_commitment"], "name", command.name.encode(), bytes(32))
    assert stored.value == command.name and command.name not in repr(stored)
    assert rows["credentials"]["login"] == command.login and rows["credentials"]["demo"] is False
    assert not tables.credentials.info["audited"] and not tables.personal_values.info["audited"]
    told = str(change.intent) + repr(command)
    assert all(secret not in told for secret in (command.name, command.login, command.password_hash))
    assert change.subject.id == rows["people"]["id"] == named("new/0")


def test_what_is_personal_or_secret_is_outside_the_digest_of_the_arguments() -> None:
    first = arguments_digest("person.added", a_person())
    other = a_person(name="李四", login="li.si", password_hash="$argon2id$y")
    assert arguments_digest("person.added", other) == first
    assert arguments_digest("person.added", a_person(roles=())) != first


@pytest.mark.parametrize(
    ("changes", "taken", "refusal"),
    [
        ({"name": " "}, False, FieldRefusedError),
        ({"name": "张" * 31}, False, FieldRefusedError),
        ({"name": "张\n三"}, False, FieldRefusedError),
        ({}, True, LoginTakenError),
        ({"roles": (FirstRole("city_officer", COUNTY_UNIT),)}, False, RoleMisplacedError),
        ({"roles": (FirstRole("street_officer", named("other")),)}, False, NotFoundError),
        ({"roles": (FirstRole("street_officer", STREET),) * 2}, False, RoleHeldError),
        ({"roles": (FirstRole("street_officer", STREET),) * 21}, False, FieldRefusedError),
    ],
)
def test_a_person_is_refused(changes: dict[str, Any], taken: bool, refusal: type[CertificationError]) -> None:
    with pytest.raises(refusal) as refused:
        add_person.decide(add_person.State(COUNTY, KINDS, taken), a_person(**changes), a_context())
    assert "zhang" not in refused.value.zh + refused.value.en


def test_a_role_is_not_given_twice() -> None:
    command = assign_role.Command(named("p"), "street_officer", STREET)
    with pytest.raises(RoleHeldError):
        assign_role.decide(assign_role.State(COUNTY, KINDS, True), command, a_context())


def test_a_role_ends_now_and_once() -> None:
    command = end_role.Command(named("r"))
    change = end_role.decide(end_role.State(a_role(), 0), command, a_context())
    assert change.writes[0].row()["valid_to"] == NOW and not change.writes[0].new
    with pytest.raises(RoleEndedError):
        end_role.decide(end_role.State(a_role(valid_to=NOW - timedelta(1)), 1), command, a_context())


def test_the_last_administrator_stays() -> None:
    role, command = a_role(role="tenant_administrator"), end_role.Command(named("r"))
    with pytest.raises(LastAdministratorError):
        end_role.decide(end_role.State(role, 0), command, a_context())
    assert end_role.decide(end_role.State(role, 1), command, a_context()).operation == "role.ended"


@pytest.mark.parametrize(
    ("parent", "held", "grantee", "scope", "refusal"),
    [
        (CITY, False, COUNTY, "audit", GrantRefusedError),
        (CITY, False, 3, "oversee", GrantRefusedError),
        (None, False, 3, "oversee", GrantRefusedError),
        (CITY, True, CITY, "oversee", GrantExistsError),
        (CITY, False, 3, "audit", None),
        (None, False, 3, "audit", None),
        (CITY, False, CITY, "oversee", None),
    ],
)
def test_only_ones_own_city_oversees_and_anybody_else_audits(
    parent: int | None, held: bool, grantee: int, scope: str, refusal: type[CertificationError] | None
) -> None:
    state, command = grant_oversight.State(COUNTY, parent, held), grant_oversight.Command(grantee, scope)
    if refusal is None:
        granted = grant_oversight.decide(state, command, a_context()).writes[0].row()
        assert (granted["grantee_tenant_id"], granted["scope"], granted["valid_to"]) == (grantee, scope, None)
    else:
        with pytest.raises(refusal):
            grant_oversight.decide(state, command, a_context())


def test_a_grant_ends_once() -> None:
    command = end_grant.Command(GRANT.id)
    assert end_grant.decide(GRANT, command, a_context()).writes[0].row()["valid_to"] == NOW
    with pytest.raises(GrantEndedError):
        end_grant.decide(replace(GRANT, valid_to=NOW), command, a_context())
