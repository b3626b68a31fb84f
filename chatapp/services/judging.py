"""Whether an answer is the JSON that was asked for, found out beside everything else: a schema can take its time."""

import asyncio

from chatapp.conversation.structured import Verdict, verdict_on
from chatapp.conversation.tree import Turn


async def judge(turn: Turn) -> Verdict | None:
    """None where nothing is to be said of it."""
    return await asyncio.to_thread(verdict_on, turn.request, turn.answer)
