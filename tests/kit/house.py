"""An open profile as the window has it: the use cases, and everything the feed has told about them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatapp.conversation.changes import Change, ItemChanged, Notice, TextGrew, TurnChanged
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.application import Application
from chatapp.services.ports import Connection

WAIT_S = 10.0
MOST_WAITS = 6


@dataclass
class House:
    """Conversations of an open profile with one server. `told` is all that the feed has said."""

    app: Application
    profile: Path
    connection: Connection
    told: list[Change] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.app.feed.wake = self._woken.set

    async def until(self, ready: Callable[[], bool], seconds: float = WAIT_S) -> None:
        """Waits until what the feed tells makes `ready` true. Raises TimeoutError where nothing is told for `seconds`:
        on a busy machine much takes its time, but it goes on."""
        async with asyncio.timeout(MOST_WAITS * seconds):
            while not ready():
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
                self._woken.clear()

    def shown(self) -> str:
        """The text of the last message as a screen would show it."""
        text = ""
        for change in self.listen():
            if isinstance(change, ItemChanged):
                text = change.value.text
            elif isinstance(change, TextGrew):
                text += change.text
        return text

    def listen(self) -> list[Change]:
        """Everything told so far."""
        self.told += self.app.feed.drain()
        return self.told

    def forget(self) -> None:
        """What was told up to now counts no more."""
        self.listen()
        self.told.clear()

    def notices(self) -> list[str]:
        return [change.text for change in self.listen() if isinstance(change, Notice)]

    def ends(self) -> list[Turn]:
        changes = [change for change in self.listen() if isinstance(change, TurnChanged)]
        return [change.turn for change in changes if change.turn.answer.status.ended]

    async def conversation(self, **parameters: object) -> Conversation:
        return await self.app.conversations.create(self.connection.id, parameters)

    async def ask(self, conversation: Conversation, text: str = "How many?") -> Turn:
        """Sends and waits for the end, and for what follows it."""
        turn = await self.app.turns.wait(await self.app.turns.send(conversation.id, text))
        await self.app.turns.settled()
        return turn

    async def turns(self, conversation: Conversation) -> Sequence[Turn]:
        return (await self.app.conversations.open(conversation.id))[1]
