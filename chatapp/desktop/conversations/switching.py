"""Which conversation is on screen: a new one, another one, another branch of it. One that is left empty goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatapp.desktop.conversations.untouched import carried, is_untouched

if TYPE_CHECKING:
    from chatapp.conversation.failures import Failure
    from chatapp.conversation.tree import Conversation, Turn
    from chatapp.desktop.composer.composer import Composer
    from chatapp.desktop.conversations.pane import ConversationPane
    from chatapp.desktop.desk import Desk
    from chatapp.desktop.loop import Errands
    from chatapp.desktop.transcript_pane import TranscriptPane


class Switching:
    """`write` puts the caret into the message."""

    def __init__(
        self,
        desk: Desk,
        errands: Errands,
        pane: ConversationPane,
        transcript: TranscriptPane,
        composer: Composer,
        write: Callable[[], object],
    ) -> None:
        self._desk, self._errands, self._pane = desk, errands, pane
        self._transcript, self._composer, self._write = transcript, composer, write
        self._is_making = False

    def new(self) -> None:
        """An open conversation that nobody has touched is new enough. The caret goes to the message at once: what is
        typed before the new conversation is there belongs to it."""
        self._pane.clear_search()
        if self._is_making or self._leaves_nothing():
            self._write()
            return
        head = self._desk.head
        parameters, server = carried(head), head.server if head is not None else None
        self._is_making = True
        self._composer.put_aside()
        self._write()

        def opened(made: Conversation) -> None:
            self._is_making = False
            self.open(made.id)

        def failed(failure: Failure) -> None:
            self._is_making = False
            self._composer.return_home()
            self._errands.failed.emit(failure)

        self._errands.run(lambda app: app.conversations.create(server, parameters), opened, failed)

    def open(self, conversation_id: str, turn_id: str = "") -> None:
        """Opens a conversation, at one of its turns if one is named."""

        def show(opened: tuple[Conversation, Sequence[Turn]]) -> None:
            left = self._desk.head if self._leaves_nothing() else None
            self._desk.show(*opened)
            if left is not None and left.id != conversation_id:
                self._errands.run(lambda app: app.conversations.discard(left.id))
            if turn_id:
                self._transcript.feed.seek(turn_id)

        self._desk.expect(conversation_id)
        if turn_id:
            self._errands.run(lambda app: app.conversations.select(conversation_id, turn_id))
        self._errands.run(lambda app: app.conversations.open(conversation_id), then=show)
        self._errands.run(lambda app: app.preferences.set("last_conversation", conversation_id))

    def see(self, conversation_id: str) -> None:
        """Opens a conversation that is not open already."""
        if conversation_id != self._desk.open_id:
            self.open(conversation_id)

    def choose_branch(self, turn_id: str) -> None:
        """Shows the newest branch through a turn of the open conversation."""
        head, tree = self._desk.head, self._desk.tree
        if head is not None and turn_id in tree:
            leaf = tree.leaf_below(turn_id)
            self._errands.run(lambda app: app.conversations.show_end(head.id, leaf))

    def show_turn(self, turn_id: str) -> None:
        """Shows the branch through a turn of the open conversation, with the turn in view."""
        if not self._transcript.feed.seek(turn_id):
            self.choose_branch(turn_id)

    def _leaves_nothing(self) -> bool:
        """Whether the open conversation is one that nobody has put anything into."""
        head = self._desk.head
        if head is None or head.id in self._pane.deleting:
            return False
        return is_untouched(head) and not self._desk.path and not self._composer.holds(head.id)
