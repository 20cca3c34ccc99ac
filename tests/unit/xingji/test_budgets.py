"""Purses: what is spent is missing, what time brings is there again, and nothing is more than a minute's worth."""

import pytest

from xingji.http import budgets
from xingji.http.budgets import Budgets
from xingji.http.errors import HttpError


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(purse: Budgets, who: str, price: int, known: bool = True) -> HttpError:
    with pytest.raises(HttpError) as caught:
        purse.charge(who, price, known=known)
    assert (caught.value.status, caught.value.code) == (429, "limit.budget")
    return caught.value


def test_a_budget_is_spent_and_fills_again() -> None:
    clock = Clock()
    purse = Budgets(600, 60, clock)
    purse.charge("a", 500, known=True)
    told = refused(purse, "a", 150)
    assert "150" in told.en and "100" in told.en and "5 seconds" in told.en and "5 秒" in told.zh
    assert dict(told.headers) == {b"retry-after": b"5"}
    assert told.as_error().extensions == {"code": "limit.budget", "price": 150, "left": 100, "seconds": 5}
    purse.charge("a", 100, known=True)  # what was refused has cost nothing
    refused(purse, "a", 1)
    clock.now += 5
    purse.charge("a", 50, known=True)
    refused(purse, "a", 1)
    clock.now += 3600
    purse.charge("a", 600, known=True)
    refused(purse, "a", 1)


def test_each_has_a_purse_and_strangers_a_smaller_one() -> None:
    purse = Budgets(600, 60, Clock())
    purse.charge("a", 600, known=True)
    purse.charge("b", 600, known=True)
    purse.charge("10.0.0.1", 60, known=False)
    refused(purse, "10.0.0.1", 1, known=False)
    purse.charge("10.0.0.2", 60, known=False)


def test_what_no_minute_can_pay_is_told_so_without_a_time_to_wait() -> None:
    told = refused(Budgets(600, 60, Clock()), "a", 601)
    assert "smaller pages" in told.en and told.headers == ()


def test_what_a_subscription_tells_is_owed() -> None:
    clock = Clock()
    purse = Budgets(600, 60, clock)
    for _ in range(1_000):
        purse.tell("a", 10, known=True)
    assert "0 of the budget" in refused(purse, "a", 1).en
    clock.now += 60
    refused(purse, "a", 1)
    clock.now += 1
    purse.charge("a", 1, known=True)


def test_nothing_is_no_bound_and_purses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    free = Budgets(0, 0, Clock())
    free.charge("a", 10**12, known=True)
    free.tell("a", 10**12, known=False)
    assert not len(free._known) and not len(free._strange)
    monkeypatch.setattr(budgets, "PURSES", 10)
    purse = Budgets(600, 60, Clock())
    for number in range(100):
        purse.charge(number, 1, known=False)
    assert len(purse._strange) == 10


def test_a_million_strangers_give_nobody_else_a_new_purse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "PURSES", 10)
    purse = Budgets(600, 60, Clock())
    purse.charge("a", 600, known=True)
    for number in range(100):
        purse.charge(number, 1, known=False)
    refused(purse, "a", 1)
