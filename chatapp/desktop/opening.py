"""What happens once the profile is open: the list, the servers, the last conversation, repairs, the sample library."""

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Conversation
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.reading_positions import ReadingPositions
from chatapp.desktop.welcome import FAILED, PLAIN, PREPARING
from chatapp.desktop.window import Window

KEEP_DELETED_S = 30 * 24 * 3600.0


class Opening:
    """`server` is the name of the connection to begin with, or None."""

    def __init__(self, window: Window, desk: Desk, errands: Errands, server: str | None) -> None:
        self._window, self._desk, self._errands, self._server = window, desk, errands, server

    async def begin(self) -> None:
        """Returns once a conversation is on screen; the rest goes on behind."""
        ask, desk = self._errands.ask, self._desk
        desk.set_connections(await ask(lambda app: app.preferences.connections()))
        desk.set_conversations(await ask(lambda app: app.conversations.list()))
        self._errands.own(self._recover())
        self._errands.run(lambda app: app.prices.tell())
        self._errands.run(lambda app: app.library.go_on())
        self._errands.run(lambda app: app.learnt.tell_keeping())
        first = not desk.conversations
        conversation = await self._choose()
        self._window.transcript.feed.positions = ReadingPositions(
            await ask(lambda app: app.preferences.get("reading_positions", {}))
        )
        desk.expect(conversation.id)
        desk.show(*await ask(lambda app: app.conversations.open(conversation.id)))
        self._window.write()
        if first:
            self._prepare_sample(conversation.id)
        elif conversation.parameters.get("vector_stores"):
            self._errands.run(lambda app: app.library.stores(conversation.server))
        self._errands.run(lambda app: app.conversations.purge_deleted(KEEP_DELETED_S))
        self._errands.run(lambda app: app.branches.purge_deleted(KEEP_DELETED_S))

    async def _recover(self) -> None:
        """Sweeps and replays are told of once it is known how their turns ended."""
        await self._errands.ask(lambda app: app.turns.recover())
        await self._errands.ask(lambda app: app.experiments.tell_unfinished())
        await self._errands.ask(lambda app: app.replaying.tell_unfinished())

    async def _choose(self) -> Conversation:
        """The conversation of the last time, or a new one; a new one with the server that was asked for."""
        ask, known = self._errands.ask, self._desk.in_order()
        if self._server is not None:
            return await ask(lambda app: app.conversations.create(self._named()))
        last = await ask(lambda app: app.preferences.get("last_conversation", ""))
        found = [entry for entry in known if entry.id == last] or known[:1]
        return found[0] if found else await ask(lambda app: app.conversations.create())

    def _named(self) -> str | None:
        wanted = (self._server or "").casefold()
        for connection in self._desk.connections:
            if wanted in (connection.id.casefold(), connection.name.casefold()):
                return connection.id
        self._desk.noticed.emit(Notice(f"There is no server called “{self._server}”.", "warning"))
        return None

    def _prepare_sample(self, conversation_id: str) -> None:
        welcome = self._window.transcript.welcome
        welcome.prepare(PREPARING)

        def attach(store: str) -> None:
            welcome.prepare(PLAIN)
            if conversation_id in self._desk.conversations:
                self._errands.run(
                    lambda app: app.conversations.set_parameter(conversation_id, "vector_stores", [store])
                )

        def failed(failure: Failure) -> None:
            welcome.prepare(FAILED)
            self._errands.failed.emit(failure)

        self._errands.run(lambda app: app.library.sample_store(), attach, failed)
