"""The stored answers that are being written now: who reads one waits here for more of it."""

import asyncio


class LiveResponse:
    """How far a response is kept: the highest sequence number, and whether that was the last."""

    def __init__(self) -> None:
        self._kept = -1
        self._ended = False
        self._news = asyncio.Event()

    def tell(self, kept: int) -> None:
        """Events up to this number are kept now."""
        self._kept = kept
        self._wake()

    def end(self) -> None:
        """Nothing more will be kept."""
        self._ended = True
        self._wake()

    async def more(self, after: int) -> None:
        """Wait until events above `after` are kept, or there will be none."""
        while self._kept <= after and not self._ended:
            await self._news.wait()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class LiveResponses:
    """By id. A response is here before its first event is kept until its last is."""

    def __init__(self) -> None:
        self._responses: dict[str, LiveResponse] = {}

    def begin(self, response_id: str) -> None:
        self._responses[response_id] = LiveResponse()

    def get(self, response_id: str) -> LiveResponse | None:
        return self._responses.get(response_id)

    def end(self, response_id: str) -> None:
        response = self._responses.pop(response_id, None)
        if response:
            response.end()
