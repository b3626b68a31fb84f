"""What can be done with a turn: one handler for every action and remedy the transcript offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from chatapp.conversation.calls import Result, only_answers
from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.tree import Deletion, Turn
from chatapp.desktop.calls.strip import CallStrip
from chatapp.desktop.composer.composer import Composer
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.refused import refused_parameter
from chatapp.desktop.source_actions import SourceActions
from chatapp.desktop.transcript_model import ANOTHER_SERVER, CANCEL
from chatapp.protocol.json_types import JsonObject
from chatapp.services.application import Once


class TurnActions(QObject):
    """Sends, stops and repeats turns. The signals ask the window to show something."""

    settings_asked = Signal()
    parameter_asked = Signal(str)
    server_asked = Signal()
    inspector_asked = Signal(str)
    vary_asked = Signal(object)  # Turn
    comparison_asked = Signal(object)  # Turn
    sent = Signal()

    def __init__(self, desk: Desk, errands: Errands, composer: Composer, calls: CallStrip) -> None:
        super().__init__()
        self._desk, self._errands, self._composer, self._calls = desk, errands, composer, calls
        self._handlers: dict[str, Callable[[Turn], object]] = {
            "copy": self._copy,
            "edit": self._edit,
            "fork": composer.branch_after,
            "inspect": lambda turn: self.inspector_asked.emit(turn.id),
            "replay": self._replay,
            "repeat": self._repeat,
            "delete": self._delete,
            "favourite": self._favourite,
            "check_there": lambda turn: errands.run(lambda app: app.chains.check(turn.id)),
            "leave_chain": lambda turn: errands.run(lambda app: app.chains.leave(turn.id)),
            "delete_there": lambda turn: errands.run(lambda app: app.chains.ask_to_delete(turn.id)),
            "compare": lambda turn: self.comparison_asked.emit(turn),
            "previous_sibling": lambda turn: self.step(turn, -1),
            "next_sibling": lambda turn: self.step(turn, 1),
            "regenerate": self._regenerate,
            "vary": self.vary_asked.emit,
            ANOTHER_SERVER[0]: lambda turn: self.server_asked.emit(),
            Remedy.RETRY: self._regenerate,
            Remedy.CONTINUE: self._continue,
            Remedy.RESUME: self._resume,
            Remedy.ASK_WHOLE: self._ask_whole,
            CANCEL[0]: self._stop,
            **SourceActions(desk, errands, composer).handlers,
        }

    def ask_for_marks(self) -> None:
        """What is known of the open conversation's responses comes by the feed."""
        conversation_id = self._desk.open_id
        if conversation_id is not None:
            self._errands.run(lambda app: app.chains.tell(conversation_id))

    def send(self) -> None:
        """Sends what the composer holds; it comes back if it could not be committed."""
        head, composer = self._desk.head, self._composer
        if head is None:
            return
        self._calls.save_drafts()
        text, files, editing, after = composer.text, composer.enclosures, composer.editing, composer.after
        composer.taken()

        def give_back(failure: Failure) -> None:
            composer.give_back(head.id, text, files)
            self._errands.failed.emit(failure)

        if editing is not None:
            self._errands.run(
                lambda app: app.turns.edit(editing, text, files),
                then=lambda _new: self._errands.run(lambda app: app.chains.tell_of_edit(editing)),
                otherwise=give_back,
            )
        elif after is not None:
            self._errands.run(lambda app: app.turns.send(head.id, text, files, after), otherwise=give_back)
        else:
            self._errands.run(lambda app: app.turns.send(head.id, text, files), otherwise=give_back)
        self.sent.emit()

    def answer_calls(self, turn_id: str, results: Sequence[Result]) -> None:
        """Sends what came of a turn's calls; they stay where they are if it could not be committed."""

        def give_back(failure: Failure) -> None:
            self._calls.give_back()
            self._errands.failed.emit(failure)

        self._errands.run(lambda app: app.turns.answer_calls(turn_id, results), otherwise=give_back)
        self.sent.emit()

    def ask(self, text: str) -> None:
        """Sends a ready question to the open conversation."""
        head = self._desk.head
        if head is not None:
            self._errands.run(lambda app: app.turns.send(head.id, text))
            self.sent.emit()

    def ask_again(self, turn_id: str, parameters: JsonObject) -> None:
        """Asks a turn's question again, with parameters that hold for this once: a branch."""
        turn = self._desk.tree.get(turn_id)
        if turn is not None:
            once = Once(turn.server, parameters)
            self._errands.run(lambda app: app.turns.regenerate(turn_id, once))
            self.sent.emit()

    def stop(self) -> bool:
        """Stops the answer on screen; whether there was one."""
        running = self._desk.running
        if running is None:
            return False
        self._stop(running)
        return True

    def do(self, turn_id: str, action: str) -> None:
        """Carries out an action of a message by its id."""
        turn = self._desk.tree.get(turn_id)
        if turn is None:
            return
        handler = self._handlers.get(action)
        if handler is not None:
            handler(turn)
        else:
            self.cure(Remedy(action))

    def cure(self, remedy: Remedy, failure: Failure | None = None) -> None:
        """A remedy that needs no turn. A failure before there was one says which parameter it is about."""
        if remedy in (Remedy.SET_KEY, Remedy.OPEN_SETTINGS):
            self.settings_asked.emit()
        elif remedy is Remedy.RESTART_ENGINE:
            self._errands.run(lambda app: app.servers.restart_engine())
        else:
            named = refused_parameter(failure) if failure is not None else None
            self.parameter_asked.emit("model" if remedy is Remedy.CHOOSE_MODEL else named or "")

    def copy_question(self, turn_id: str) -> None:
        turn = self._desk.tree.get(turn_id)
        if turn is not None:
            QGuiApplication.clipboard().setText(turn.text)
            self._desk.noticed.emit(Notice("The question was copied."))

    def step(self, turn: Turn, by: int) -> None:
        """To a sibling, round the end."""
        siblings = self._desk.tree.siblings(turn.id)
        at = [sibling.id for sibling in siblings].index(turn.id)
        chosen = siblings[(at + by) % len(siblings)]
        if chosen.id != turn.id:
            leaf = self._desk.tree.leaf_below(chosen.id)
            self._errands.run(lambda app: app.conversations.show_end(turn.conversation_id, leaf))

    def _edit(self, turn: Turn) -> None:
        """A question in the message field, results in their own."""
        (self._calls.edit if only_answers(turn.input) else self._composer.edit_question)(turn)

    def open_as_variant(self, turn_id: str) -> None:
        """The question in the message field, and what it was asked with in the panel: sent, it is a sibling."""
        from chatapp.conversation.asked import parameters_of

        turn = self._desk.tree.get(turn_id)
        if turn is None:
            return
        head, parameters = self._desk.head, parameters_of(turn.request)

        def take(_switched: object = None) -> None:
            self._errands.run(lambda app: app.conversations.take_parameters(turn.conversation_id, parameters))

        if head is not None and head.server != turn.server:
            self._errands.run(
                lambda app: app.conversations.set_server(turn.conversation_id, turn.server), then=take
            )
        else:
            take()
        self._edit(turn)

    def _replay(self, turn: Turn) -> None:
        def tell(count: int) -> None:
            asked = "One question is" if count == 1 else f"{count} questions are"
            self._desk.noticed.emit(Notice(f"{asked} asked again with the settings of now. Stop ends it."))

        self._errands.run(lambda app: app.replaying.replay(turn.id), then=tell)

    def _repeat(self, turn: Turn) -> None:
        told = Notice("The question is asked twice more; then it is told whether both answers are the same.")
        self._errands.run(
            lambda app: app.replaying.repeat(turn.id), then=lambda _none: self._desk.noticed.emit(told)
        )

    def _delete(self, turn: Turn) -> None:
        def tell(deletion: Deletion) -> None:
            self._errands.run(lambda app: app.chains.tell_of_deletion(deletion))

        self._errands.run(lambda app: app.branches.delete(turn.id), then=tell)

    def _favourite(self, turn: Turn) -> None:
        head = self._desk.head
        marked = head is not None and turn.id in head.favourites
        self._errands.run(lambda app: app.branches.mark(turn.id, not marked))

    def _copy(self, turn: Turn) -> None:
        QGuiApplication.clipboard().setText(turn.answer.text or turn.answer.refusal)
        self._desk.noticed.emit(Notice("The answer was copied."))

    def _regenerate(self, turn: Turn) -> None:
        self._errands.run(lambda app: app.turns.regenerate(turn.id))
        self.sent.emit()

    def _continue(self, turn: Turn) -> None:
        self._errands.run(lambda app: app.turns.continue_answer(turn.id))
        self.sent.emit()

    def _ask_whole(self, turn: Turn) -> None:
        self._errands.run(lambda app: app.chains.ask_whole(turn.id))
        self.sent.emit()

    def _resume(self, turn: Turn) -> None:
        self._errands.run(lambda app: app.turns.resume(turn.id))

    def _stop(self, turn: Turn) -> None:
        self._errands.run(lambda app: app.turns.stop(turn.id))
