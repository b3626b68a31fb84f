"""What came of a sweep in figures: one result a place, and how each figure goes along with the first axis. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatapp.conversation.agreement import Agreement, Spread, agreement_of, spread_of
from chatapp.conversation.answer import Status
from chatapp.conversation.costs import Cost, money
from chatapp.conversation.experiments import Axis, Experiment, Plan, State, failure_words, state_at, turn_at
from chatapp.conversation.parameters import BY_NAME, in_force
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, index_of

SHOWN: Final = 420
"""Characters of an answer that a cell can show."""
CostOf = Callable[[Turn], Cost | None]
"""What a turn cost, None where nobody knows its price. What is free is no figure of a sweep."""
_NOTHING: Final[tuple[Json, ...]] = (None, "", [], {})
_ENDED_EARLY: Final = {
    "max_output_tokens": "reached its cap",
    "length": "reached its cap",
    "content_filter": "cut off by the filter",
}
"""What a server says of an answer that it calls incomplete, in a cell's few words."""
MONEY: Final = "money"
"""The unit of what is in the currency of its result."""


@dataclass(frozen=True, slots=True)
class Result:
    """One place as it stands. Times are seconds since it was sent, `agreement` is the answer's share of sentences
    that the other samples of its setting say too, 0 to 1. `reason` says why a place has no whole answer, or what it was
    asked without; `left_out` names what varies and was set, but did not go along."""

    place: int
    sample: int
    setting: tuple[Json, ...]
    state: State
    turn_id: str | None = None
    text: str = ""
    reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    first_s: float | None = None
    seconds: float | None = None
    cost: float | None = None
    currency: str = ""
    agreement: float | None = None
    left_out: tuple[str, ...] = ()

    @property
    def characters(self) -> int | None:
        """The length of a whole answer."""
        return len(self.text) if self.state == "done" else None


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a result: `unit` stands after it, `scale` makes the stored figure the shown one."""

    name: str
    label: str
    unit: str
    of: Callable[[Result], float | None]
    scale: float = 1
    digits: int = 0


METRICS: Final = (
    Metric("agreement", "Agreement", "%", lambda result: result.agreement, 100),
    Metric("output_tokens", "Output tokens", "tokens", lambda result: result.output_tokens),
    Metric("characters", "Length", "characters", lambda result: result.characters),
    Metric("seconds", "Time", "s", lambda result: result.seconds, digits=1),
    Metric("first_s", "Time to first token", "s", lambda result: result.first_s, digits=1),
    Metric("cost", "Cost", MONEY, lambda result: result.cost, digits=6),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure along the first axis, for one value of the second. None where no place has the figure yet."""

    value: Json
    spreads: tuple[Spread | None, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """`results` by place, `agreements` by setting."""

    results: tuple[Result, ...]
    agreements: tuple[Agreement, ...]


def figures_of(
    experiment: Experiment,
    turns: Mapping[str, Turn],
    cost_of: CostOf | None = None,
    agreement: Callable[[tuple[str, ...]], Agreement] = agreement_of,
) -> Figures:
    """All figures of a sweep as its turns stand."""
    plan = experiment.plan
    results = [_result(experiment, place, turns, cost_of) for place in range(len(plan))]
    agreements = []
    for start in range(0, len(results), plan.samples):
        group = range(start, start + plan.samples)
        done = [place for place in group if results[place].state == "done"]
        found = agreement(tuple(results[place].text for place in done))
        agreements.append(found)
        for place, share in zip(done, found.by_answer, strict=True):
            results[place] = replace(results[place], agreement=share)
    return Figures(tuple(results), tuple(agreements))


def lines(plan: Plan, results: Sequence[Result], metric: Metric) -> tuple[Line, ...]:
    """The metric's spread over the samples of each setting, one line for each value of the second axis."""
    second = plan.axes[1].values if len(plan.axes) > 1 else (None,)
    found = []
    for at, value in enumerate(second):
        spreads = []
        for index in range(len(plan.axes[0].values)):
            start = (index * len(second) + at) * plan.samples
            values = [metric.of(result) for result in results[start : start + plan.samples]]
            spreads.append(spread_of(None if each is None else each * metric.scale for each in values))
        found.append(Line(value, tuple(spreads)))
    return tuple(found)


def known_metrics(results: Sequence[Result]) -> tuple[Metric, ...]:
    """Those that some result has. Money is in the currency of the results; nothing is told where that is not one."""
    currencies = {result.currency for result in results if result.cost is not None}
    return tuple(
        replace(metric, unit=next(iter(currencies))) if metric.unit == MONEY else metric
        for metric in METRICS
        if any(metric.of(result) is not None for result in results)
        and (metric.unit != MONEY or len(currencies) == 1)
    )


def beginning(text: str) -> str:
    """As much of a text as a cell of the grid can show, as one paragraph."""
    return " ".join(text[: 2 * SHOWN].split())[:SHOWN]


def metric_words(metric: Metric, value: float | None, currency: str = "") -> str:
    """ "67 %", "12 tokens", "0.7 s", "$0.0123"; "" where it is not known."""
    if value is None:
        return ""
    if metric.unit == MONEY:
        return money(value * metric.scale, currency)
    return f"{number_words(metric, value)} {metric.unit}".strip()


def number_words(metric: Metric, value: float) -> str:
    """A figure without its unit."""
    shown = value * metric.scale
    return f"{shown:,.{digits_of(metric, shown)}f}"


def digits_of(metric: Metric, shown: float) -> int:
    """After the point; parts of a second have one more."""
    return metric.digits + (metric.unit == "s" and shown < 1)


def _result(experiment: Experiment, place: int, turns: Mapping[str, Turn], cost_of: CostOf | None) -> Result:
    plan, turn = experiment.plan, turn_at(experiment, place, turns.get)
    state = state_at(experiment, place, turns.get)
    result = Result(place, place % plan.samples, plan.setting(place), state)
    if turn is None:
        return result
    usage = turn.answer.usage or {}
    cost = cost_of(turn) if cost_of is not None else None
    if cost is not None and cost.free:
        cost = None
    left_out = _left_out(plan.axes, result.setting, turn) if state == "done" else ()
    reasons = [failure_words(turn) if state == "failed" else _ended_early(turn)]
    reasons += [f"{BY_NAME[name].label.lower()} not sent" for name in left_out]
    return replace(
        result,
        turn_id=turn.id,
        text=turn.answer.text or turn.answer.refusal,
        reason=", ".join(filter(None, reasons)),
        input_tokens=index_of(usage.get("input_tokens")),
        output_tokens=index_of(usage.get("output_tokens")),
        first_s=_since(turn, turn.first_token_at),
        seconds=_since(turn, turn.finished_at) if state == "done" else None,
        cost=cost.amount if cost is not None else None,
        currency=cost.currency if cost is not None else "",
        left_out=left_out,
    )


def _ended_early(turn: Turn) -> str:
    if turn.answer.status is not Status.INCOMPLETE:
        return ""
    return _ENDED_EARLY.get(turn.answer.incomplete_reason or "", "incomplete")


def _left_out(axes: Sequence[Axis], setting: Sequence[Json], turn: Turn) -> tuple[str, ...]:
    """What is refused, or has no use where it stands, is not in the request."""
    varied = zip(axes, setting, strict=True)
    return tuple(
        axis.name
        for axis, value in varied
        if value not in _NOTHING and _sent(turn.request, axis.name) in _NOTHING
    )


def _sent(request: JsonObject, name: str) -> Json:
    """A file search among the user's own tools is one of them."""
    return request.get("tools") if name == "tools" else in_force(request, name)


def _since(turn: Turn, moment: float | None) -> float | None:
    return None if moment is None else max(0.0, moment - turn.created_at)
