"""What the next question of a conversation would be asked with, as far as the window knows; and its asking to know."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatapp.conversation.answer import Status
from chatapp.conversation.defaults import NO_DEFAULTS, Setting, in_force_of, settings_of
from chatapp.conversation.refusals import Refusal, refusal_of
from chatapp.conversation.tree import Conversation
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.protocol.json_types import JsonObject, text_of


@dataclass(frozen=True, slots=True)
class InForce:
    """The model that is going to answer, "" where that is not known; everything that is set, with where it comes from;
    and what the model is known to refuse. `is_unlisted` says that the server lists no model of that name."""

    model: str
    settings: Mapping[str, Setting]
    refusals: tuple[Refusal, ...]
    is_unlisted: bool = False

    @property
    def parameters(self) -> JsonObject:
        return in_force_of(self.settings)

    def refusal(self, name: str) -> Refusal | None:
        """What the model said when it refused a parameter, as it is set."""
        setting = self.settings.get(name)
        return refusal_of(name, setting.value if setting is not None else None, self.refusals)


def in_force_now(desk: Desk, head: Conversation) -> InForce:
    model = next_model(desk, head)
    refusals = desk.refusals.get((head.server, model), ())
    return InForce(model, _settings(desk, head, model), refusals, _is_unlisted(desk, head.server, model))


def _is_unlisted(desk: Desk, server: str, model: str) -> bool:
    """One that has just answered is there, whatever the list says."""
    state, last = desk.states.get(server), desk.last_turn
    if not model or state is None or not state.models or model in state.models:
        return False
    if last is None or last.server != server or last.request.get("model") != model:
        return True
    return last.answer.status is not Status.COMPLETED


def next_model(desk: Desk, head: Conversation) -> str:
    """The model that the next question is for, as far as that can be known before it is sent."""
    connection, state = desk.connection(head.server), desk.states.get(head.server)
    default = connection.default_model if connection is not None else ""
    offered = next(iter(state.models), "") if state is not None else ""
    known = text_of(head.parameters.get("model")) or default or offered
    turn = None if known else desk.last_turn
    return text_of(turn.request.get("model")) if turn is not None and turn.server == head.server else known


def _settings(desk: Desk, head: Conversation, model: str) -> dict[str, Setting]:
    """The server's default model is one of its defaults."""
    own = {name: value for name, value in head.parameters.items() if name != "model" or value}
    found = settings_of(own, desk.defaults.get(head.server, NO_DEFAULTS), model)
    connection = desk.connection(head.server)
    if connection is None or not connection.default_model or own.get("prompt"):
        return found
    if "model" in own:
        return {**found, "model": Setting(own["model"], "conversation", connection.default_model)}
    return {**found, "model": Setting(connection.default_model, "server")}


class Informed:
    """Asks once for the presets, and for the defaults of each server and what each of its models refuses, as
    conversations come to them; the desk is told whatever changes after that."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk, self._errands = desk, errands
        self._asked: set[tuple[str, ...]] = set()
        errands.run(lambda app: app.presets.tell())
        for changed in (desk.opened, desk.head_changed, desk.path_changed, desk.servers_changed):
            changed.connect(self._ask)

    def _ask(self) -> None:
        head = self._desk.head
        if head is None:
            return
        server, model = head.server, next_model(self._desk, head)
        if (server,) not in self._asked:
            self._asked.add((server,))
            self._errands.run(lambda app: app.defaults.tell(server))
        if (server, model) not in self._asked:
            self._asked.add((server, model))
            self._errands.run(lambda app: app.learnt.tell(server, model))
