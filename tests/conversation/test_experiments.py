"""Plans: which place asks what, which are left to ask, what it will take, and words for all of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.experiments import (
    MOST_PARALLEL,
    MOST_REQUESTS,
    Axis,
    Experiment,
    Plan,
    check,
    counted,
    estimate,
    failed,
    quotes_only,
    setting_words,
    state_at,
    title_of,
    unasked,
    value_words,
)
from chatapp.conversation.failures import Failure
from chatapp.conversation.parameters import InvalidParameter
from chatapp.conversation.prices import Price
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json

TEMPERATURE = Axis("temperature", (0, 0.5, 1))
EFFORT = Axis("reasoning.effort", ("low", None))
PLAN = Plan(
    "c", None, "engine", "Why?" * 10, (), (TEMPERATURE, EFFORT), 2, parameters={"top_p": 1, "model": "m"}
)


def turn(status: Status, kind: str = "", usage: dict[str, Json] | None = None) -> Turn:
    failure = Failure(kind, "It broke", "Try again.") if kind else None
    return Turn("t", "c", None, 0.0, "engine", "", (), {}, Answer(status, usage=usage, failure=failure))


def test_places_go_through_the_samples_of_each_combination() -> None:
    assert len(PLAN) == 12
    assert [PLAN.setting(place) for place in (0, 1, 2, 11)] == [(0, "low"), (0, "low"), (0, None), (1, None)]
    assert PLAN.parameters_at(0) == {"top_p": 1, "model": "m", "temperature": 0, "reasoning.effort": "low"}
    assert PLAN.parameters_at(11) == {"top_p": 1, "model": "m", "temperature": 1}


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 5))
def test_every_combination_has_as_many_places_as_samples(first: int, second: int, samples: int) -> None:
    axes = (Axis("max_tool_calls", tuple(range(1, first + 1))), Axis("top_logprobs", tuple(range(second))))
    plan = replace(PLAN, axes=axes, samples=samples)
    settings = [plan.setting(place) for place in range(len(plan))]
    assert len(settings) == first * second * samples
    assert all(settings.count(setting) == samples for setting in plan.settings)


def test_what_is_checked_has_its_json_types_and_each_value_once() -> None:
    plan = replace(PLAN, axes=(Axis("max_output_tokens", (20.0, 20, None, None)),), parallel=99)
    checked = check(plan)
    assert checked.axes == (Axis("max_output_tokens", (20, None)),)
    assert checked.parallel == MOST_PARALLEL


@pytest.mark.parametrize("samples", [-1, 0, MOST_REQUESTS, 10**30])
def test_a_plan_that_asks_nothing_or_without_end_is_refused(samples: int) -> None:
    with pytest.raises(InvalidParameter, match="takes 1 to"):
        check(replace(PLAN, axes=(Axis("temperature", (0, 1)),), samples=samples))


@pytest.mark.parametrize(
    ("found", "state", "is_left"),
    [
        (None, "deleted", False),
        (turn(Status.QUEUED), "running", False),
        (turn(Status.IN_PROGRESS), "running", False),
        (turn(Status.COMPLETED), "done", False),
        (turn(Status.INCOMPLETE), "done", False),
        (turn(Status.FAILED, "refused"), "failed", False),
        (turn(Status.ERROR, "unreachable"), "failed", True),
        (turn(Status.CUT, "cut"), "failed", False),
        (turn(Status.CUT, "interrupted"), "failed", True),
        (turn(Status.STOPPED), "failed", True),
    ],
)
def test_a_place_is_as_its_turn(found: Turn | None, state: str, is_left: bool) -> None:
    experiment = Experiment("e", 0.0, PLAN, {0: "t"})
    assert state_at(experiment, 0, lambda _: found) == state
    assert state_at(experiment, 1, lambda _: found) == "waiting"
    assert 1 in unasked(experiment, lambda _: found)
    assert (0 in unasked(experiment, lambda _: found)) is is_left
    assert (0 in failed(experiment, lambda _: found)) is (state == "failed")


def test_the_same_question_that_was_answered_tells_what_a_sweep_will_take() -> None:
    like = turn(Status.COMPLETED, usage={"input_tokens": 100, "output_tokens": 30})
    measured = estimate(PLAN, like=like)
    assert (measured.requests, measured.input_tokens, measured.output_tokens) == (12, 1200, 360)
    assert measured.measured
    guessed = estimate(replace(PLAN, parameters={"max_output_tokens": 50}))
    assert 12 * 10 <= guessed.input_tokens <= 12 * 35, "a token or so for each word, and what stands around"
    assert (guessed.output_tokens, guessed.measured) == (12 * 50, False)
    assert estimate(PLAN).output_tokens is None


def test_what_a_sweep_will_cost_is_added_up_over_its_models_and_tiers() -> None:
    like = turn(Status.COMPLETED, usage={"input_tokens": 100, "output_tokens": 10})
    prices = {"a": Price("a", input=1, output=2, tiers={"flex": 0.5}), "b": Price("b", input=10, output=20)}
    plan = replace(PLAN, axes=(Axis("model", ("a", "b")),), samples=3)
    costs = estimate(plan, like=like, price_of=prices.get).costs
    assert costs is not None
    assert round(costs["USD"].amount * 1_000_000) == 3 * (120 + 1200)
    flex = replace(plan, axes=(Axis("model", ("a",)),), parameters={"service_tier": "flex"})
    assert (half := estimate(flex, like=like, price_of=prices.get).costs) is not None
    assert round(half["USD"].amount * 1_000_000) == 3 * 60
    unknown = replace(plan, axes=(Axis("model", ("a", "c")),))
    assert estimate(unknown, like=like, price_of=prices.get).costs is None
    named = replace(plan, axes=(EFFORT,), parameters={})
    assert estimate(named, like=like, price_of=prices.get, model="a").costs is not None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", 0.5, "0.5"),
        ("temperature", None, "not sent"),
        ("store", True, "on"),
        ("instructions", "Be\n brief.", "Be brief."),
        ("vector_stores", ["vs_1", "vs_2"], "Notes, vs_2"),
        ("vector_stores", [], "none"),
    ],
)
def test_values_have_words(name: str, value: Json, words: str) -> None:
    assert value_words(name, value, {"vs_1": "Notes"}) == words


def test_a_sweep_is_named_by_what_it_varies() -> None:
    assert title_of(PLAN) == "Temperature × reasoning effort"
    assert setting_words(PLAN.axes, (0.5, None)) == "temperature 0.5, reasoning effort not sent"
    counts = counted(["done", "done", "failed"])
    assert counts == {"waiting": 0, "running": 0, "done": 2, "failed": 1, "deleted": 0}


@pytest.mark.parametrize(
    ("names", "model", "quotes"),
    [
        (("temperature",), "extractive", True),
        (("temperature", "reasoning.effort"), "extractive", True),
        (("temperature", "max_num_results"), "extractive", False),
        (("vector_stores",), "extractive", False),
        (("model",), "extractive", False),
        (("temperature",), "llama", False),
    ],
)
def test_what_varies_means_nothing_to_a_model_that_quotes(
    names: tuple[str, ...], model: str, quotes: bool
) -> None:
    plan = Plan("c", None, "engine", "Why?", (), tuple(Axis(name, (1,)) for name in names))
    assert quotes_only(plan, model) is quotes


def test_in_a_copy_of_its_conversation_a_sweep_keeps_what_came_along() -> None:
    plan = replace(PLAN, parent_id="p")
    kept = Experiment("e", 1.0, plan, {0: "a", 1: "b", 99: "c"})
    ids = {"p": "p2", "a": "a2", "c": "c2"}
    moved = kept.moved("e2", "c2", ids)
    assert moved == Experiment("e2", 1.0, replace(plan, conversation_id="c2", parent_id="p2"), {0: "a2"})
    assert kept.moved("e2", "c2", {"a": "a2"}) is None, "what it began from is missing"
    for axes in (
        (Axis("temperature", (9,)),),
        (Axis("nothing", (1,)),),
        (Axis("temperature", (0,) * 401),),
        (),
    ):
        assert replace(kept, plan=replace(plan, axes=axes)).moved("e2", "c2", ids) is None
