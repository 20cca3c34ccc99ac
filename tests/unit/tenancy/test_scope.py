"""A scope holds validated numbers only; nothing else reaches the literal SET LOCAL."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.database import LARGEST_ID, Scope, opening_sql
from tenancy.errors import InvalidScopeError

ids = st.integers(1, LARGEST_ID)
several = st.lists(ids, max_size=5).map(tuple)


class Loud(int):
    """A number that writes itself as SQL."""

    def __str__(self) -> str:
        return "1'; DROP TABLE opinions; --"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)


@pytest.mark.parametrize(
    "wrong",
    [0, -1, LARGEST_ID + 1, True, 1.0, None, "1", "1'; SET app.tenant = '2", Loud(1), (1,)],
)
@pytest.mark.parametrize("place", ["tenant_id", "granted", "shared", "public"])
def test_scope_refuses_what_is_no_tenant_number(wrong: object, place: str) -> None:
    given_scope: dict[str, object] = {"tenant_id": 1}
    given_scope[place] = wrong if place == "tenant_id" else (wrong,)
    with pytest.raises(InvalidScopeError):
        Scope(**given_scope)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [[1], {1}, "1", 1, None])
def test_scope_refuses_what_is_no_tuple(wrong: object) -> None:
    with pytest.raises((InvalidScopeError, TypeError)):
        Scope(1, granted=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [-1, None, False, 0.0, "0"])
def test_nobody_is_the_stranger_and_nobody_else(wrong: object) -> None:
    with pytest.raises(InvalidScopeError):
        Scope(wrong, public=(1,))  # type: ignore[arg-type]
    for more in ({"granted": (1,)}, {"shared": (1,)}):
        with pytest.raises(InvalidScopeError):
            Scope(0, public=(1,), **more)
    assert Scope.of_public((1,)) == Scope(0, public=(1,))


@given(st.builds(Scope, ids, several, several, st.none() | several), st.booleans())
def test_opening_is_statements_with_digits_alone_in_quotes(scope: Scope, read_only: bool) -> None:
    begin, *sets = opening_sql(scope, read_only).split(";")
    assert begin == ("BEGIN READ ONLY" if read_only else "BEGIN")
    assert len(sets) == 1 + sum(map(bool, (scope.granted, scope.shared, scope.public)))
    assert re.fullmatch(r"SET LOCAL app\.tenant = '[1-9]\d*'", sets[0])
    for line in sets[1:]:
        assert re.fullmatch(r"SET LOCAL app\.\w+ = '\{\d+(,\d+)*\}'", line)


@given(several)
def test_a_stranger_is_bound_to_no_tenant(public: tuple[int, ...]) -> None:
    begin, *sets = opening_sql(Scope.of_public(public), True).split(";")
    assert begin == "BEGIN READ ONLY"
    assert sets == ([f"SET LOCAL app.public = '{{{','.join(map(str, public))}}}'"] if public else [])
