"""A sweep: one question asked many times, under every combination of chosen values, some samples of each. Pure.

The places of a plan are counted from 0: the samples of the first combination, then those of the next. Each place is
answered by an ordinary turn, a sibling of the others; `services.experiments` asks them, `agreement` and `summaries`
say what came of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Final, Literal, get_args

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.calls import answers_in
from chatapp.conversation.costs import Cost, cost_of, together
from chatapp.conversation.forecast import forecast, history_tokens
from chatapp.conversation.inputs import parts_along
from chatapp.conversation.parameters import BY_NAME, ONCE, InvalidParameter, validate
from chatapp.conversation.prices import Price
from chatapp.conversation.refusals import Refusal, refusal_of
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.tree import Attachment, Turn
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, shortened, text_of

MOST_REQUESTS: Final = 400
MOST_PARALLEL: Final = 16
NOT_SENT: Final = None
"""As the value of a parameter: the request goes without it."""

QUOTING: Final = "extractive"
"""The engine's model where it has none that writes."""

State = Literal["waiting", "running", "done", "failed", "deleted"]
LOST: Final = ("interrupted", "unreachable")
"""Kinds of failure that are nobody's answer: the program ended meanwhile, or nobody was there to answer."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter of the table and the values it takes, NOT_SENT among them or not."""

    name: str
    values: tuple[Json, ...]

    @property
    def label(self) -> str:
        return BY_NAME[self.name].label

    @property
    def is_numeric(self) -> bool:
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked where, of which server, and how. `parent_id` is the turn above, None for a first question;
    `parameters` hold for every place but for what the axes say; `of_models` are defaults that count before them, by the
    model that a place is asked of, "" where none is named. `parallel` is how many may be under way at once."""

    conversation_id: str
    parent_id: str | None
    server: str
    text: str
    input: tuple[JsonObject, ...]
    axes: tuple[Axis, ...]
    samples: int = 1
    parallel: int = 4
    parameters: JsonObject = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    of_models: JsonObject = field(default_factory=dict)

    def __len__(self) -> int:
        return prod(len(axis.values) for axis in self.axes) * self.samples

    @property
    def settings(self) -> tuple[tuple[Json, ...], ...]:
        """The combinations of the axes' values, in the order of the places."""
        return tuple(product(*(axis.values for axis in self.axes)))

    def setting(self, place: int) -> tuple[Json, ...]:
        index, values = place // self.samples, list[Json]()
        for axis in reversed(self.axes):
            index, at = divmod(index, len(axis.values))
            values.append(axis.values[at])
        return tuple(reversed(values))

    def parameters_at(self, place: int) -> JsonObject:
        """All that is set for a place."""
        varied = {axis.name: value for axis, value in zip(self.axes, self.setting(place), strict=True)}
        model = text_of({**self.parameters, **varied}.get("model"))
        together = {**self.parameters, **object_of(self.of_models.get(model)), **varied}
        return {name: value for name, value in together.items() if value is not NOT_SENT and name not in ONCE}


@dataclass(frozen=True, slots=True)
class Experiment:
    """A plan with the ids of the turns that answer it, by place. One that is not there any more was deleted."""

    id: str
    created_at: float
    plan: Plan
    turns: Mapping[int, str] = field(default_factory=dict)

    def with_turn(self, place: int, turn_id: str) -> "Experiment":
        return replace(self, turns={**self.turns, place: turn_id})

    def moved(self, key: str, conversation_id: str, ids: Mapping[str, str]) -> "Experiment | None":
        """The same in a copy of its conversation, `ids` from old to new. Places whose turn is not in it are open again;
        None where the turn is not in it that all began from, or the plan cannot be asked."""
        parent = self.plan.parent_id
        if parent is not None and parent not in ids:
            return None
        try:
            plan = check(self.plan)
        except InvalidParameter:
            return None
        plan = replace(
            plan, conversation_id=conversation_id, parent_id=ids[parent] if parent is not None else None
        )
        places = range(len(plan))
        turns = {at: ids[turn] for at, turn in self.turns.items() if at in places and turn in ids}
        return Experiment(key, self.created_at, plan, turns)

    def place_of(self, turn_id: str) -> int | None:
        return next((place for place, other in self.turns.items() if other == turn_id), None)


def check(plan: Plan) -> Plan:
    """The plan with its values as they are sent. Raises InvalidParameter, which names the parameter."""
    names = [axis.name for axis in plan.axes]
    if not 1 <= len(names) <= 2 or len(set(names)) != len(names):
        raise InvalidParameter("axes", "A sweep", "varies one or two different parameters")
    if not 1 <= plan.samples <= MOST_REQUESTS or len(plan) > MOST_REQUESTS:
        raise InvalidParameter("samples", "A sweep", f"takes 1 to {MOST_REQUESTS} requests")
    axes = tuple(Axis(axis.name, _checked(axis)) for axis in plan.axes)
    return replace(plan, axes=axes, parallel=max(1, min(plan.parallel, MOST_PARALLEL)))


def _checked(axis: Axis) -> tuple[Json, ...]:
    values: list[Json] = []
    for value in axis.values:
        fit = NOT_SENT if value is NOT_SENT else validate(axis.name, value)
        if not any(fit == other and type(fit) is type(other) for other in values):
            values.append(fit)
    if not values:
        raise InvalidParameter(axis.name, BY_NAME[axis.name].label, "needs a value to try")
    return tuple(values)


def asking(plan: Plan, text: str) -> Plan:
    """The plan with other words. What goes along with the question stays."""
    if text.strip() == plan.text.strip():
        return plan
    items = (*answers_in(plan.input), user_message(text.strip(), parts_along(plan.input)))
    return replace(plan, text=text, input=items)


def state_at(experiment: Experiment, place: int, turn_of: Callable[[str], Turn | None]) -> State:
    """Where nobody asked it waits; a turn that is not there was deleted."""
    turn = turn_at(experiment, place, turn_of)
    if turn is None:
        return "deleted" if place in experiment.turns else "waiting"
    return state_of(turn)


def state_of(turn: Turn) -> State:
    """An answer that is not whole is a failure with its reason."""
    if not turn.answer.status.ended:
        return "running"
    return "done" if turn.answer.status in (Status.COMPLETED, Status.INCOMPLETE) else "failed"


def quotes_only(plan: Plan, model: str) -> bool:
    """Whether the model puts its answers together from passages and nothing that varies here changes which ones."""
    is_moved = any(axis.name == "model" or BY_NAME[axis.name].group == "File search" for axis in plan.axes)
    return model == QUOTING and not is_moved


def refused_axis(plan: Plan, refusals: Sequence[Refusal]) -> tuple[Axis, Refusal] | None:
    """What would vary in vain, as all its values are known to be refused by the model that is asked."""
    for axis in plan.axes:
        known = [refusal_of(axis.name, value, refusals) for value in axis.values if value is not NOT_SENT]
        if known and (first := known[0]) is not None and None not in known:
            return axis, first
    return None


def unasked(experiment: Experiment, turn_of: Callable[[str], Turn | None]) -> tuple[int, ...]:
    """The places that a sweep goes on with: nobody asked there, or the user or the program's end broke it off. What was
    deleted is asked again only one by one."""
    return tuple(place for place in range(len(experiment.plan)) if _is_open(experiment, place, turn_of))


def _is_open(experiment: Experiment, place: int, turn_of: Callable[[str], Turn | None]) -> bool:
    turn = turn_at(experiment, place, turn_of)
    return place not in experiment.turns or (turn is not None and _was_broken_off(turn.answer))


def _was_broken_off(answer: Answer) -> bool:
    return answer.status is Status.STOPPED or (answer.failure is not None and answer.failure.kind in LOST)


def failed(experiment: Experiment, turn_of: Callable[[str], Turn | None]) -> tuple[int, ...]:
    """The places whose answer is a reason."""
    places = range(len(experiment.plan))
    return tuple(place for place in places if state_at(experiment, place, turn_of) == "failed")


def turn_at(experiment: Experiment, place: int, turn_of: Callable[[str], Turn | None]) -> Turn | None:
    turn_id = experiment.turns.get(place)
    return turn_of(turn_id) if turn_id is not None else None


def value_words(name: str, value: Json, store_names: Mapping[str, str] | None = None) -> str:
    """A value in a few words, as it stands over a column: "0.5", "not sent", the names of the stores."""
    if value is NOT_SENT:
        return "not sent"
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "vector_stores":
        return ", ".join((store_names or {}).get(store, store) for store in value) or "none"
    words = value if isinstance(value, str) else str(value)
    return shortened(" ".join(words.split()) or "empty", 60)


def setting_words(
    axes: Sequence[Axis], setting: Sequence[Json], names: Mapping[str, str] | None = None
) -> str:
    """ "temperature 0.5, reasoning effort low"."""
    pairs = zip(axes, setting, strict=True)
    return ", ".join(f"{axis.label.lower()} {value_words(axis.name, value, names)}" for axis, value in pairs)


def title_of(plan: Plan) -> str:
    """ "Temperature × reasoning effort"."""
    first, *rest = [axis.label for axis in plan.axes]
    return " × ".join((first, *(label.lower() for label in rest)))


def failure_words(turn: Turn) -> str:
    """Why a place has no answer, in a line."""
    if turn.answer.failure is not None:
        return turn.answer.failure.title
    return "Stopped" if turn.answer.status is Status.STOPPED else "No answer"


def counted(states: Iterable[State]) -> dict[State, int]:
    """How many places are in each state."""
    counts: dict[State, int] = dict.fromkeys(get_args(State), 0)
    for state in states:
        counts[state] += 1
    return counts


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep will take: tokens of all its requests together, `output_tokens` None where nothing is known.
    `measured` says whether the tokens are those of the same question asked before, or are told from lengths. `costs`
    are what they cost, by currency, without the answers where those are not known; None where a price is missing."""

    requests: int
    input_tokens: int
    output_tokens: int | None
    measured: bool
    costs: Mapping[str, Cost] | None = None


def estimate(
    plan: Plan,
    path: Sequence[Turn] = (),
    like: Turn | None = None,
    price_of: Callable[[str], Price | None] = lambda model: None,
    model: str = "",
) -> Estimate:
    """`path` are the turns above, `like` a turn that asked the same. A cap on the answer bounds what it may take.
    `price_of` knows the prices of models; `model` is the one that is asked where the plan says none."""
    usage = (like.answer.usage or {}) if like is not None else {}
    used, made = index_of(usage.get("input_tokens")), index_of(usage.get("output_tokens"))
    each = used or _tokens_of(plan, path)
    out = made or index_of(plan.parameters_at(0).get("max_output_tokens"))
    count = len(plan)
    costs = _costs(plan, {"input_tokens": each, "output_tokens": out or 0}, price_of, model)
    return Estimate(count, each * count, None if out is None else out * count, bool(used), costs)


def _costs(
    plan: Plan, usage: JsonObject, price_of: Callable[[str], Price | None], model: str
) -> Mapping[str, Cost] | None:
    """Of all places together, each at the model and the tier that are set for it."""
    found = []
    for place in range(0, len(plan), plan.samples):
        parameters = plan.parameters_at(place)
        price = price_of(text_of(parameters.get("model")) or model)
        found.append(cost_of(price, usage, text_of(parameters.get("service_tier")) or "default"))
    known = [cost for cost in found if cost is not None]
    return together(known * plan.samples) if len(known) == len(found) else None


def _tokens_of(plan: Plan, path: Sequence[Turn]) -> int:
    """Of one request, as nobody has counted it yet."""
    above = {turn.id: turn for turn in path}
    history = history_tokens(path[-1] if path else None, lambda turn: above.get(turn.parent_id or ""))
    expected = forecast(plan.parameters_at(0), plan.text, (), None, lambda turn: None, history)
    return max(1, expected.about)
