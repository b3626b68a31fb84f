"""Which rows of the Parameters panel are dimmed: what the conversation's model has refused, or usually refuses."""

from collections.abc import Mapping

from chatapp.conversation.models import usual_refusals
from chatapp.conversation.tree import Conversation
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import InForce, in_force_now
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.parameter_row import ParameterRow
from chatapp.protocol.json_types import text_of


class RefusedRows:
    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk, self._errands = desk, errands

    def show(self, rows: Mapping[str, ParameterRow], head: Conversation, now: InForce) -> None:
        effort = now.settings.get("reasoning.effort")
        usual = usual_refusals(now.model, text_of(effort.value) if effort is not None else None)
        if now.is_unlisted:
            usual = {**usual, "model": f"{self._desk.server_name(head.server)} lists no model of this name"}
        learnt = f"Learnt from an answer of {self._desk.server_name(head.server)}; it is not sent there."
        for name, row in rows.items():
            refusal = now.refusal(name)
            if refusal is not None:
                row.show_refusal(f"{now.model or 'The server'} refuses it: {refusal.reason}", learnt)
            else:
                row.show_refusal(usual.get(name, ""))

    def try_again(self, name: str) -> None:
        """The parameter is sent with the next question, whatever the model said of it."""
        head = self._desk.head
        if head is None:
            return
        now = in_force_now(self._desk, head)
        refusal = now.refusal(name)
        if refusal is not None:
            self._errands.run(lambda app: app.learnt.forget(head.server, now.model, refusal.parameter))
