"""What was made last, kept up to a limit, so that it need not be made again."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """Values by key; those used longest ago go when together they weigh more than `limit`. One is made at a time."""

    def __init__(self, limit: int, weigh: Callable[[_Value], int] = lambda value: 1) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()
        self._making = asyncio.Lock()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[_Value]]) -> _Value:
        """The kept value, else what `make` gives, which is kept. Raises what `make` raises, and keeps nothing then."""
        if key not in self._values:
            async with self._making:
                if key not in self._values:
                    self._keep(key, value := await make())
                    return value
        self._values.move_to_end(key)
        return self._values[key]

    def _keep(self, key: Hashable, value: _Value) -> None:
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._limit and self._values:
            self._weight -= self._weigh(self._values.popitem(last=False)[1])
