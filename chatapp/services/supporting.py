"""How far the wording of an answer is found in its passages, found out beside everything else: it can take its time."""

import asyncio

from chatapp.conversation.support import Support, support_of
from chatapp.conversation.tree import Turn


async def measure(turn: Turn) -> Support | None:
    """None where no passage is known to compare the answer with."""
    return await asyncio.to_thread(support_of, turn.answer)
