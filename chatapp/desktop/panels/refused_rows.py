"""Which rows of the Parameters panel are dimmed: what the conversation's model has refused, or usually refuses."""

from collections.abc import Mapping

from chatapp.conversation.defaults import Setting
from chatapp.conversation.models import usual_refusals
from chatapp.conversation.tree import Conversation
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import next_model, refusal_now, settings_now
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.parameter_row import ParameterRow
from chatapp.protocol.json_types import text_of


class RefusedRows:
    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk, self._errands = desk, errands

    def show(
        self, rows: Mapping[str, ParameterRow], head: Conversation, settings: Mapping[str, Setting]
    ) -> None:
        model = next_model(self._desk, head)
        effort = settings.get("reasoning.effort")
        usual = usual_refusals(model, text_of(effort.value) if effort is not None else None)
        for name, row in rows.items():
            refusal = refusal_now(self._desk, head, name, settings.get(name))
            words = (
                f"{model or 'The server'} refuses it: {refusal.reason}" if refusal else usual.get(name, "")
            )
            row.show_refusal(words, can_try=refusal is not None)

    def try_again(self, name: str) -> None:
        """The parameter is sent with the next question, whatever the model said of it."""
        head = self._desk.head
        if head is None:
            return
        server, model = head.server, next_model(self._desk, head)
        refusal = refusal_now(self._desk, head, name, settings_now(self._desk, head).get(name))
        if refusal is not None:
            self._errands.run(lambda app: app.learnt.forget(server, model, refusal.parameter))
