"""Which rows of the Parameters panel are dimmed: what the conversation's model has refused, or usually refuses."""

from collections.abc import Mapping

from chatapp.conversation.models import usual_refusals
from chatapp.conversation.refusals import refusal_of
from chatapp.conversation.tree import Conversation
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.parameter_row import ParameterRow
from chatapp.protocol.json_types import text_of


class RefusedRows:
    """Asks once for what is known of each server's model; the desk is told whatever is learnt after that."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk, self._errands = desk, errands
        self._asked: set[tuple[str, str]] = set()

    def show(self, rows: Mapping[str, ParameterRow], head: Conversation) -> None:
        server, model = head.server, self._model(head)
        self._ask(server, model)
        known = self._desk.refusals.get((server, model), ())
        usual = usual_refusals(model, text_of(head.parameters.get("reasoning.effort")) or None)
        for name, row in rows.items():
            refusal = refusal_of(name, head.parameters.get(name), known)
            words = (
                f"{model or 'The server'} refuses it: {refusal.reason}" if refusal else usual.get(name, "")
            )
            row.show_refusal(words, can_try=refusal is not None)

    def try_again(self, name: str) -> None:
        """The parameter is sent with the next question, whatever the model said of it."""
        head = self._desk.head
        if head is None:
            return
        server, model = head.server, self._model(head)
        known = self._desk.refusals.get((server, model), ())
        refusal = refusal_of(name, head.parameters.get(name), known)
        if refusal is not None:
            self._errands.run(lambda app: app.learnt.forget(server, model, refusal.parameter))

    def _model(self, head: Conversation) -> str:
        """The model that the next question is for, as far as that can be known before it is sent."""
        connection, turn = self._desk.connection(head.server), self._desk.last_turn
        state = self._desk.states.get(head.server)
        last = text_of(turn.request.get("model")) if turn is not None and turn.server == head.server else ""
        offered = next(iter(state.models), "") if state is not None else ""
        default = connection.default_model if connection is not None else ""
        return text_of(head.parameters.get("model")) or default or offered or last

    def _ask(self, server: str, model: str) -> None:
        if (server, model) not in self._asked:
            self._asked.add((server, model))
            self._errands.run(lambda app: app.learnt.tell(server, model))
