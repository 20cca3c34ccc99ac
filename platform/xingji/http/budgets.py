"""What each client may ask for in a minute: the prices of its documents, charged before they run.

    budgets = Budgets(known=20_000_000, strange=2_000_000)
    budgets.charge(who, price, known=True)     # raises HttpError 429 with the seconds to wait

A client is whoever signed in, and a stranger's address. A budget fills as the time goes by, up to one minute's worth; a document that costs more than is left is
refused whole, and costs nothing. What a subscription tells later is charged as well, down to a debt of one minute's worth, and never refused: the next
document is. 0 is no budget at all.

The purses are this process's: several processes behind one address give a client a budget each. They are bounded in number, those of strangers apart from the others, so that a
million addresses fill nobody's purse who has signed in; a full purse is one that need not be kept.
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
        self._known, self._strange, self._clock = _Purses(known), _Purses(strange), clock

    def charge(self, who: Hashable, price: int, *, known: bool) -> None:
        """Take the price of what is about to run. Raises HttpError 429 when less than that is left."""
        purses = self._known if known else self._strange
        if not purses.budget:
            return
        now = self._clock()
        left = purses.find(who, now)
        if price > left:
            raise _refuse(price, max(0, int(left)), purses.budget, left)
        purses.put(who, left - price, now)

    def tell(self, who: Hashable, price: int, *, known: bool) -> None:
        """Take the price of what is told to one who watches."""
        purses = self._known if known else self._strange
        if purses.budget:
            now = self._clock()
            purses.put(who, max(-float(purses.budget), purses.find(who, now) - price), now)


class _Purses:
    """What is left to each client, and when that was; who spent nothing for longest goes first."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, who: Hashable, now: float) -> float:
        """What is left."""
        kept = self._kept.get(who)
        if kept is None:
            return float(self.budget)
        left, since = kept
        return min(float(self.budget), left + (now - since) * self.budget / MINUTE)

    def put(self, who: Hashable, left: float, now: float) -> None:
        """Keep what is left."""
        self._kept[who] = left, now
        self._kept.move_to_end(who)
        if len(self._kept) > PURSES:
            self._kept.popitem(last=False)


def _refuse(price: int, shown: int, budget: int, left: float) -> HttpError:
    if price > budget:
        return HttpError(
            429,
            "limit.budget",
            f"此查询计价 {price}，超过每分钟预算 {budget}；请缩小分页。",
            f"This document's price is {price}, more than the budget of {budget} a minute: ask for smaller pages.",
            told={"price": price, "left": shown},
        )
    seconds = math.ceil((price - left) * MINUTE / budget)
    return HttpError(
        429,
        "limit.budget",
        f"此查询计价 {price}，本分钟预算尚余 {shown}；请在 {seconds} 秒后重试。",
        f"This document's price is {price}, {shown} of the budget are left: try again in {seconds} seconds.",
        headers=[(b"retry-after", str(seconds).encode())],
        told={"price": price, "left": shown, "seconds": seconds},
    )
