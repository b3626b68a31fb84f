"""A leaky bucket that keeps callers from asking a slow service too often."""

import time
from collections.abc import Callable


class Throttle:
    """Lets `rate` calls a second through, and `burst` at once after a pause."""

    def __init__(self, rate: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        if rate <= 0:
            raise ValueError("the rate must be more than nothing")
        self._rate, self._burst, self._clock = rate, burst, clock
        self._level, self._seen = 0.0, clock()

    def wait_time(self) -> float:
        """Seconds until the next call may go; zero for one that may go now."""
        self._leak()
        return max(0.0, (self._level + 1 - self._burst) / self._rate)

    def take(self) -> bool:
        """Counts a call, unless the bucket is full."""
        if self.wait_time() > 0:
            return False
        self._level += 1
        return True

    def _leak(self) -> None:
        """Empties the bucket by what ran out since it was looked at last."""
        now = self._clock()
        self._level = max(0.0, self._level - (now - self._seen) * self._rate)
        self._seen = now
