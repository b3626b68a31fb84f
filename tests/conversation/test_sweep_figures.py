"""The figures of a sweep, from its turns; and the same as CSV."""

import csv
import io
from dataclasses import replace

import pytest

from chatapp.conversation.agreement import Spread
from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.costs import Cost
from chatapp.conversation.experiments import Axis, Experiment, Plan
from chatapp.conversation.failures import Failure
from chatapp.conversation.sweep_figures import METRICS, figures_of, known_metrics, lines, metric_words
from chatapp.conversation.tree import Turn
from chatapp.exchange.sweeps import csv_of

BY_NAME = {metric.name: metric for metric in METRICS}
PLAN = Plan(
    "c", None, "engine", "Why?", (), (Axis("temperature", (0, 1)), Axis("reasoning.effort", ("low", None))), 2
)


def turn(turn_id: str, text: str, tokens: int, seconds: float) -> Turn:
    item = OutputItem("message", None, (Part("output_text", text),))
    answer = Answer(Status.COMPLETED, items=(item,), usage={"input_tokens": 5, "output_tokens": tokens})
    return Turn(
        turn_id,
        "c",
        None,
        10.0,
        "engine",
        "Why?",
        (),
        {"temperature": 0},
        answer,
        first_token_at=10.5,
        finished_at=10.0 + seconds,
    )


FAILURE = Failure("rate_limit", "The server asks for a pause", "Wait.")
TURNS = {
    "a": turn("a", "It is so. Truly.", 4, 1.0),
    "b": turn("b", "It is so. Or not.", 6, 3.0),
    "c": replace(turn("c", "", 0, 1.0), answer=Answer(Status.ERROR, failure=FAILURE)),
    "d": replace(turn("d", "", 0, 1.0), answer=Answer(), finished_at=None),
}
EXPERIMENT = Experiment("e", 0.0, PLAN, {0: "a", 1: "b", 2: "c", 4: "d", 5: "deleted"})


def test_a_file_search_of_the_users_own_is_no_tool_left_out() -> None:
    search = {"type": "file_search", "vector_store_ids": ["vs_1"]}
    plan = replace(PLAN, axes=(Axis("tools", ([search],)), Axis("max_num_results", (5,))), samples=1)
    answered = replace(turn("a", "It is so.", 4, 1.0), request={"tools": [search]})
    (result,) = figures_of(Experiment("e", 0.0, plan, {0: "a"}), {"a": answered}).results
    assert result.left_out == ("max_num_results",)


def test_each_place_has_its_figures_or_its_reason() -> None:
    results = figures_of(EXPERIMENT, TURNS, lambda turn: Cost(0.25)).results
    assert [result.state for result in results] == [
        "done",
        "done",
        "failed",
        "waiting",
        "running",
        "deleted",
        *["waiting"] * 2,
    ]
    first, second, broken = results[:3]
    assert (first.left_out, first.reason) == (("reasoning.effort",), "reasoning effort not sent")
    assert (first.output_tokens, first.characters, first.first_s, first.seconds) == (4, 16, 0.5, 1.0)
    assert (first.agreement, second.agreement, first.cost) == (0.5, 0.5, 0.25)
    assert (broken.reason, broken.seconds, broken.characters) == ("The server asks for a pause", None, None)
    assert results[7].setting == (1, None)
    assert results[7].sample == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("max_output_tokens", "reached its cap"),
        ("content_filter", "cut off by the filter"),
        (None, "incomplete"),
    ],
)
def test_an_answer_that_its_server_ended_early_says_so(told: str | None, words: str) -> None:
    plan = replace(PLAN, axes=(Axis("temperature", (0,)),), samples=1)
    whole = turn("a", "It is", 2, 1.0)
    cut = replace(whole, answer=replace(whole.answer, status=Status.INCOMPLETE, incomplete_reason=told))
    (result,) = figures_of(Experiment("e", 0.0, plan, {0: "a"}), {"a": cut}).results
    assert (result.state, result.reason.split(", ")[0]) == ("done", words)


def test_a_line_a_value_of_the_second_axis_along_the_first() -> None:
    figures = figures_of(EXPERIMENT, TURNS)
    low, unset = lines(PLAN, figures.results, BY_NAME["output_tokens"])
    assert (low.value, low.spreads) == ("low", (Spread(2, 5.0, 4, 6), None))
    assert (unset.value, unset.spreads) == (None, (None, None))
    (agreement, _) = lines(PLAN, figures.results, BY_NAME["agreement"])
    assert agreement.spreads[0] == Spread(2, 50.0, 50.0, 50.0)
    assert "cost" not in {metric.name for metric in known_metrics(figures.results)}
    assert metric_words(BY_NAME["agreement"], 0.5) == "50 %"
    assert metric_words(BY_NAME["seconds"], None) == ""


def test_one_axis_is_one_line() -> None:
    plan = replace(PLAN, axes=PLAN.axes[:1])
    figures = figures_of(Experiment("e", 0.0, plan, {0: "a", 1: "b"}), TURNS)
    (only,) = lines(plan, figures.results, BY_NAME["seconds"])
    assert only.spreads == (Spread(2, 2.0, 1.0, 3.0), None)


def test_the_figures_as_csv() -> None:
    figures = figures_of(EXPERIMENT, {**TURNS, "a": turn("a", 'He said, "no".\nThen yes', 4, 1.0)})
    rows = list(csv.DictReader(io.StringIO(csv_of(PLAN, figures.results), newline="")))
    assert len(rows) == 8
    assert rows[0]["text"] == 'He said, "no".\nThen yes'
    assert (rows[0]["temperature"], rows[0]["reasoning.effort"], rows[0]["sample"]) == ("0", "low", "1")
    assert (rows[7]["reasoning.effort"], rows[7]["seconds"], rows[7]["state"]) == ("not sent", "", "waiting")


def test_costs_are_in_the_currency_of_the_answers() -> None:
    def costs(turn: Turn) -> Cost | None:
        return {"a": Cost(0.00042), "b": Cost(0, free=True)}.get(turn.id)

    results = figures_of(EXPERIMENT, TURNS, costs).results
    metric = BY_NAME["cost"]
    words = [metric_words(metric, metric.of(result), result.currency) for result in results[:3]]
    assert words == ["$0.00042", "", ""]
    assert {known.name: known.unit for known in known_metrics(results)}["cost"] == "USD"
    mixed = (results[0], replace(results[1], cost=1.0, currency="EUR"))
    assert "cost" not in {known.name for known in known_metrics(mixed)}


def test_a_usage_that_nobody_counts_with_is_none() -> None:
    odd = {
        name: replace(each, answer=replace(each.answer, usage={"input_tokens": 10**400}))
        for name, each in TURNS.items()
    }
    figures = figures_of(EXPERIMENT, odd, lambda turn: None)
    assert {result.input_tokens for result in figures.results} == {None}
