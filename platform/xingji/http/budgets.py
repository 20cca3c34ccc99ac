"""What each client may ask for in a minute: the prices of its documents, charged before they run.

    budgets = Budgets(known=20_000_000, strange=2_000_000)
    budgets.charge(who, price, known=True)     # raises HttpError 429 with the seconds to wait

A client is whoever signed in, and a stranger's address. A budget fills as the time goes by, up to one minute's worth; a document that costs more than is left is
refused whole, and costs nothing. What a subscription tells later is charged as well, down to a debt of one minute's worth, and never refused: the next
document is. 0 is no budget at all.

The purses are this process's: several processes behind one address give a client a budget each. They are bounded in number; a full purse is one
that need not be kept.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

from xingji.http.errors import HttpError

MINUTE: Final = 60.0
PURSES: Final = 100_000


class Budgets:
    """The purses of all clients. `known` and `strange`: values a minute of one who has signed in and of one who has not."""

    def __init__(self, known: int, strange: int, clock: Callable[[], float] = monotonic) -> None:
        self._known, self._strange, self._clock = known, strange, clock
        self._purses: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def charge(self, who: Hashable, price: int, *, known: bool) -> None:
        """Take the price of what is about to run. Raises HttpError 429 when less than that is left."""
        budget = self._known if known else self._strange
        if not budget:
            return
        now = self._clock()
        left = self._left(who, budget, now)
        if price > left:
            raise _refuse(price, max(0, int(left)), budget, left)
        self._put(who, left - price, now)

    def tell(self, who: Hashable, price: int, *, known: bool) -> None:
        """Take the price of what is told to one who watches."""
        budget = self._known if known else self._strange
        if budget:
            now = self._clock()
            self._put(who, max(-float(budget), self._left(who, budget, now) - price), now)

    def _left(self, who: Hashable, budget: int, now: float) -> float:
        left, since = self._purses.get(who, (float(budget), now))
        return min(float(budget), left + (now - since) * budget / MINUTE)

    def _put(self, who: Hashable, left: float, now: float) -> None:
        self._purses[who] = left, now
        self._purses.move_to_end(who)
        if len(self._purses) > PURSES:
            self._purses.popitem(last=False)


def _refuse(price: int, shown: int, budget: int, left: float) -> HttpError:
    if price > budget:
        return HttpError(
            429,
            "limit.budget",
            f"此查询计价 {price}，超过每分钟预算 {budget}；请缩小分页。",
            f"This document's price is {price}, more than the budget of {budget} a minute: ask for smaller pages.",
        )
    seconds = math.ceil((price - left) * MINUTE / budget)
    return HttpError(
        429,
        "limit.budget",
        f"此查询计价 {price}，本分钟预算尚余 {shown}；请在 {seconds} 秒后重试。",
        f"This document's price is {price}, {shown} of the budget are left: try again in {seconds} seconds.",
        headers=[(b"retry-after", str(seconds).encode())],
    )
