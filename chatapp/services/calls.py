"""What the user does with the calls of an answer before their results are sent; `turns.answer_calls` sends them."""

from collections.abc import Sequence

from chatapp.conversation.tree import Turn
from chatapp.services.ports import ConversationStore
from chatapp.services.result_drafts import Draft, ResultDrafts
from chatapp.services.running import RunningTurns
from chatapp.services.turns import TURN_GONE
from chatapp.services.use_case import UseCaseFailure, use_case


class Calls:
    """Use cases on pending calls. A draft for each call, in the order of `pending_calls`."""

    def __init__(self, store: ConversationStore, running: RunningTurns, drafts: ResultDrafts) -> None:
        self._store = store
        self._running = running
        self._drafts = drafts

    @use_case
    async def drafts(self, turn_id: str) -> tuple[Draft, ...]:
        """What is written of the results so far."""
        return await self._drafts.get(await self.turn(turn_id))

    @use_case
    async def keep(self, conversation_id: str, turn_id: str, drafts: Sequence[Draft]) -> None:
        """Keeps what is written, also over the end of the program. What is sent right after finds it."""
        await self._drafts.keep(conversation_id, turn_id, drafts)

    async def put(self, turn_id: str, place: int, output: str) -> None:
        """Keeps what a command printed for one call."""
        await self._drafts.put(await self.turn(turn_id), place, output)

    async def turn(self, turn_id: str) -> Turn:
        turn = await self._store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        return self._running.newest(turn)
