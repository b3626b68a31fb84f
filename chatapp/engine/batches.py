"""Taking from an asynchronous source as much as is there, without waiting for more."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")

LARGEST_BATCH = 64


class _End:
    pass


async def batched(
    source: AsyncGenerator[T, None], largest: int = LARGEST_BATCH
) -> AsyncGenerator[list[T], None]:
    """The items of `source` in lists: one item if it is slow, up to `largest` if it is fast.

    What `source` raises is raised here, after the items before it. Closing this closes `source`.
    """
    queue: asyncio.Queue[T | _End] = asyncio.Queue()
    room = asyncio.Semaphore(largest)

    async def pump() -> None:
        try:
            async with aclosing(source):
                async for item in source:
                    await room.acquire()
                    queue.put_nowait(item)
        finally:
            queue.put_nowait(_End())

    task = asyncio.create_task(pump())
    try:
        ended = False
        while not ended:
            taken = [await queue.get()]
            while not queue.empty():
                taken.append(queue.get_nowait())
            ended = isinstance(taken[-1], _End)
            items = [item for item in taken if not isinstance(item, _End)]
            for _ in items:
                room.release()
            if items:
                yield items
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
