"""A clock the test turns by hand. It stands for `services.ports.Clock`."""

import asyncio


class FakeClock:
    """`sleeps` lists what was asked for, in seconds. With `instant`, a sleep ends at once and moves the clock."""

    def __init__(self, now: float = 1_700_000_000.0, instant: bool = True) -> None:
        self._now = now
        self.instant = instant
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if self.instant:
            self._now += seconds
            await asyncio.sleep(0)
            return
        waiting = asyncio.Event()
        self._sleepers.append((self._now + seconds, waiting))
        await waiting.wait()

    async def advance(self, seconds: float) -> None:
        """Turn the clock and let those whose time has come run. Same loop as the sleepers."""
        self._now += seconds
        for due, waiting in self._sleepers:
            if due <= self._now:
                waiting.set()
        self._sleepers = [entry for entry in self._sleepers if not entry[1].is_set()]
        await asyncio.sleep(0)
