"""Sweeps on servers that really sample, have room for one question at a time, count requests, or die in the middle."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import ExperimentChanged
from chatapp.conversation.experiments import Axis, Plan
from chatapp.conversation.sweep_answer import answer_words
from chatapp.conversation.sweep_figures import Figures, figures_of
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.house import House
from tests.servers.conftest import SERVERS, RealHouse
from tests.servers.fleet import Fleet, NotThere

BY_NAME: Final = {server.name: server for server in SERVERS}
HEATS: Final = Axis("temperature", (0, 1, 2))
FIVE_HEATS: Final = Axis("temperature", (0, 0.5, 1, 1.5, 2))
EFFORTS: Final = Axis("reasoning.effort", ("low", "medium", "high"))
QUESTION: Final = "Name three colours."


async def planned(house: House, *axes: Axis, samples: int = 3, **parameters: Any) -> Plan:
    conversation = await house.conversation(**{"max_output_tokens": 16, **parameters})
    plan = await house.app.experiments.plan_for(conversation.id, QUESTION)
    return replace(plan, axes=axes, samples=samples)


async def figures(house: House, plan: Plan) -> Figures:
    (experiment,) = await house.app.experiments.of(plan.conversation_id)
    _, turns = await house.app.conversations.open(plan.conversation_id)
    return figures_of(experiment, {turn.id: turn for turn in turns})


async def ran(house: House, plan: Plan) -> Figures:
    await house.app.experiments.start(plan)
    await house.app.experiments.settled()
    return await figures(house, plan)


@pytest.mark.parametrize("real", [BY_NAME["llama-server"]], ids=["llama-server"])
async def test_heat_is_seen_in_the_agreement_of_a_model_that_samples(house: RealHouse) -> None:
    """At 0 it says the same every time, though four questions wait for its one slot."""
    plan = await planned(house, HEATS)
    found = await ran(house, plan)
    assert {result.state for result in found.results} == {"done"}
    assert answer_words(plan, found).startswith("Agreement is highest at temperature 0 (100 %), lowest at ")


@pytest.mark.parametrize("real", [BY_NAME["llama-server"]], ids=["llama-server"])
async def test_what_the_server_refuses_is_left_out_and_said(house: RealHouse) -> None:
    plan = await planned(house, Axis("top_logprobs", (1, 2)), samples=2, temperature=0)
    found = await ran(house, plan)
    assert [result.reason for result in found.results] == ["top logprobs not sent"] * 4
    assert answer_words(plan, found).startswith("Top logprobs went along with no request: ")
    (refusal,) = await house.app.learnt.refusals(house.connection.id, house.server.model)
    assert (refusal.parameter, refusal.value) == ("top_logprobs", None)
    assert "requires logprobs" in refusal.reason


@pytest.mark.parametrize("real", [BY_NAME["litellm"]], ids=["litellm"])
async def test_forty_five_requests_are_answered(house: RealHouse) -> None:
    plan = replace(await planned(house, FIVE_HEATS, EFFORTS, max_output_tokens=60), parallel=8)
    found = await ran(house, plan)
    assert {result.state for result in found.results} == {"done"}
    assert {result.text.startswith("You said: Name three colours") for result in found.results} == {True}


@pytest.fixture
def own_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Apart from the servers of the other tests: this one is made to fail."""
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.stop()


def address(fleet: Fleet, name: str, *arguments: str) -> str:
    try:
        fleet.begin(name, *arguments)
        return fleet.base_url(name)
    except NotThere as problem:
        pytest.skip(str(problem))


async def test_a_server_that_counts_requests_is_waited_for(own_fleet: Fleet, profile: Path) -> None:
    """One that answers 429 with the real wait, of which five questions at once would use up all attempts."""
    connection = Connection(
        "llmock", "llmock", address(own_fleet, "llmock", "--rpm", "60"), default_model="m"
    )
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection)
        house = House(app=app, profile=profile, connection=connection)
        plan = replace(await planned(house, FIVE_HEATS, samples=13), parallel=5)
        found = await ran(house, plan)
    assert {result.state for result in found.results} == {"done"}


async def test_a_server_that_dies_leaves_reasons_and_what_is_left_to_ask(
    own_fleet: Fleet, profile: Path
) -> None:
    base_url = address(own_fleet, "llama-server")
    connection = Connection("llama", "llama-server", base_url, default_model="smollm2-135m")
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection)
        house = House(app=app, profile=profile, connection=connection)
        plan = await planned(house, FIVE_HEATS)
        await app.experiments.start(plan)
        await house.until(lambda: len(house.ends()) >= 2, 60)
        own_fleet.kill("llama-server")
        await app.experiments.settled()
        told = [change.problem for change in house.listen() if isinstance(change, ExperimentChanged)]
        assert {problem.kind for problem in told if problem is not None} == {"unreachable"}
        found = await figures(house, plan)
    states = [result.state for result in found.results]
    assert set(states) == {"done", "failed", "waiting"}
    assert all(result.reason for result in found.results if result.state == "failed")
    assert states[-1] == "waiting", "nothing more is asked of a server that is not there"
