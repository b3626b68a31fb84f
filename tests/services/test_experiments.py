"""Sweeps on a real profile against the scripted server: every place ends, nothing leaves the current branch."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import ExperimentChanged, ExperimentRemoved
from chatapp.conversation.experiments import Axis, Experiment, Plan, State, state_at, turn_at, unasked
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.feed import Feed
from chatapp.services.sweep_run import MOST_AGAIN
from chatapp.services.use_case import UseCaseFailure
from tests.kit.gated_server import Gate, error_reply
from tests.kit.waiting import until
from tests.services.conftest import House, answer, posted, refused

POST = ("POST", "/v1/responses")
TEMPERATURES = Axis("temperature", (0.0, 1.0))
EFFORTS = Axis("reasoning.effort", ("low", None))


async def planned(house: House, *axes: Axis, samples: int = 1, parallel: int = 2) -> Plan:
    """A sweep of a first question that was answered once already."""
    house.server.always(*POST, answer("Said"))
    conversation = await house.conversation(temperature=0.7, model="m")
    turn = await house.ask(conversation)
    plan = await house.app.experiments.plan_like(turn.id)
    return replace(plan, axes=axes or (TEMPERATURES,), samples=samples, parallel=parallel)


async def newest(house: House, experiment: Experiment) -> tuple[Experiment, Mapping[str, Turn], Conversation]:
    conversation_id = experiment.plan.conversation_id
    (found,) = [each for each in await house.app.experiments.of(conversation_id) if each.id == experiment.id]
    head, turns = await house.app.conversations.open(conversation_id)
    return found, {turn.id: turn for turn in turns}, head


def states(experiment: Experiment, turns: Mapping[str, Turn]) -> list[State]:
    return [state_at(experiment, place, turns.get) for place in range(len(experiment.plan))]


async def ran(house: House, plan: Plan) -> Experiment:
    experiment = await house.app.experiments.start(plan)
    await house.app.experiments.settled()
    return (await newest(house, experiment))[0]


async def test_every_place_is_asked_as_a_sibling_with_its_own_parameters(house: House) -> None:
    plan = await planned(house, TEMPERATURES, EFFORTS, samples=2)
    before = len(posted(house))
    experiment, turns, head = await newest(house, await ran(house, plan))
    assert head.current_turn_id not in experiment.turns.values()
    assert head.parameters == {"temperature": 0.7, "model": "m"}
    assert {turns[turn_id].parent_id for turn_id in experiment.turns.values()} == {None}
    asked = [turns[experiment.turns[place]].request for place in range(8)]
    assert [body.get("temperature") for body in asked] == [0.0] * 4 + [1.0] * 4
    assert [body.get("reasoning") for body in asked] == [{"effort": "low"}, {"effort": "low"}, None, None] * 2
    assert len(posted(house)) == before + 8


async def test_a_sweep_goes_along_with_its_exported_conversation(house: House) -> None:
    experiment = await ran(house, await planned(house, TEMPERATURES, samples=2))
    kept, turns, head = await newest(house, experiment)
    text = await house.app.exchanging.export(head.id, "json")
    copy = await house.app.exchanging.bring_in(text)
    (again,) = await house.app.experiments.of(copy.id)
    assert again.id != kept.id
    assert again.plan == replace(kept.plan, conversation_id=copy.id)
    _, copied = await house.app.conversations.open(copy.id)
    texts = {turn.id: turn.answer.text for turn in copied}
    assert len(copied) == len(turns)
    assert {at: texts[turn] for at, turn in again.turns.items()} == {
        at: turns[turn].answer.text for at, turn in kept.turns.items()
    }


async def test_a_sweep_in_an_empty_conversation_names_it_and_leaves_it_where_it_is(house: House) -> None:
    house.server.always(*POST, answer("Said"))
    conversation = await house.conversation()
    plan = await house.app.experiments.plan_for(conversation.id, "Which one is best?")
    _, turns, head = await newest(house, await ran(house, replace(plan, axes=(TEMPERATURES,))))
    assert head.title == "Which one is best?"
    assert head.current_turn_id is None
    assert len(turns) == 2


async def test_failures_are_reasons_and_can_be_asked_again_one_by_one_or_all(house: House) -> None:
    plan = await planned(house, TEMPERATURES, samples=2, parallel=1)
    house.server.script(*POST, refused(400, "No."), refused(400, "Not that."), refused(400, "No more."))
    experiment, turns, _ = await newest(house, await ran(house, plan))
    first = turn_at(experiment, 0, turns.get)
    assert states(experiment, turns) == [*["failed"] * 3, "done"]
    await house.app.experiments.retry(experiment.id, [1])
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns) == ["failed", "done", "failed", "done"]
    await house.app.experiments.retry(experiment.id)
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns) == ["done"] * 4
    assert first is not None
    assert first.id in turns, "what failed stays in the tree"


async def test_a_server_without_room_is_asked_less_at_once_until_all_is_answered(house: House) -> None:
    plan = await planned(house, TEMPERATURES, samples=3, parallel=4)
    house.server.script(*POST, *[refused(429, "Slow down.")] * 4)
    experiment, turns, _ = await newest(house, await ran(house, plan))
    assert states(experiment, turns) == ["done"] * 6
    assert len(posted(house)) == 1 + 4 + 6


@pytest.mark.parametrize(("pause", "times"), [("0", 1 + MOST_AGAIN), ("3600", 1)])
async def test_who_never_has_room_is_not_asked_for_ever(house: House, pause: str, times: int) -> None:
    plan = await planned(house, Axis("temperature", (0.5,)))
    before = len(posted(house))
    house.server.always(*POST, error_reply(429, "Slow down.", retry_after=pause, x_should_retry="false"))
    experiment, turns, _ = await newest(house, await ran(house, plan))
    assert states(experiment, turns) == ["failed"]
    assert len(posted(house)) - before == times


async def test_a_sweep_rests_where_no_other_place_would_fare_better(house: House) -> None:
    plan = await planned(house, TEMPERATURES, samples=3, parallel=1)
    house.server.script(*POST, answer("Soon"), refused(401, "Who are you?"))
    experiment, turns, _ = await newest(house, await ran(house, plan))
    assert states(experiment, turns) == ["done", "failed", *["waiting"] * 4]
    told = [change.problem for change in house.listen() if isinstance(change, ExperimentChanged)]
    assert {problem.kind for problem in told if problem is not None} == {"no_key"}
    await house.app.experiments.resume(experiment.id)
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns) == ["done", "failed", *["done"] * 4]


async def test_an_answer_that_was_deleted_is_asked_again_only_by_itself(house: House) -> None:
    experiment = await ran(house, await planned(house, TEMPERATURES, samples=2))
    await house.app.branches.delete(experiment.turns[1])
    await house.app.experiments.resume(experiment.id)
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns) == ["done", "deleted", "done", "done"]
    await house.app.branches.purge_deleted(-1)
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns)[1] == "deleted"
    await house.app.experiments.retry(experiment.id, [1])
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert states(experiment, turns) == ["done"] * 4


async def test_no_more_run_at_once_than_allowed_and_a_pause_lets_them_end(house: House) -> None:
    plan = await planned(house, TEMPERATURES, samples=3, parallel=2)
    gate = Gate()
    whole = answer("Late")
    house.server.always(*POST, replace(whole, steps=[gate, *whole.steps]))
    experiment = await house.app.experiments.start(plan)
    await until(lambda: len(house.app.turns.running()) == 2, "two that run")
    await asyncio.sleep(0.05)
    assert len(house.app.turns.running()) == 2
    await house.app.experiments.pause(experiment.id)
    gate.open()
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert unasked(experiment, turns.get) == (2, 3, 4, 5)
    await house.app.experiments.resume(experiment.id)
    await house.app.experiments.settled()
    experiment, turns, _ = await newest(house, experiment)
    assert [turns[experiment.turns[place]].answer.text for place in range(6)] == ["Late"] * 6


def running(house: House) -> list[str]:
    """The turns that are named for places."""
    changes = [change for change in house.listen() if isinstance(change, ExperimentChanged)]
    return list(changes[-1].experiment.turns.values()) if changes else []


async def test_what_the_end_of_the_program_broke_off_is_resumable(house: House, profile: Path) -> None:
    plan = await planned(house, TEMPERATURES, samples=2, parallel=1)
    gate = Gate()
    whole = answer("Late")
    house.server.script(*POST, answer("Soon"), replace(whole, steps=[gate, *whole.steps]))
    experiment = await house.app.experiments.start(plan)
    await house.until(lambda: len(running(house)) == 2)
    await house.app.experiments.stop(experiment.id)
    experiment, turns, _ = await newest(house, experiment)
    assert turns[experiment.turns[1]].answer.status is Status.STOPPED
    assert unasked(experiment, turns.get) == (1, 2, 3)
    house.forget()
    await house.app.experiments.tell_unfinished()
    assert "2 of its requests are left" in house.notices()[0]
    house.forget()
    await house.app.experiments.tell_unfinished()
    assert house.notices() == [], "it was told already"


@pytest.mark.parametrize(
    ("axes", "named"),
    [
        ((), "one or two"),
        ((TEMPERATURES, TEMPERATURES), "one or two"),
        ((Axis("temperature", ()),), "needs a value"),
        ((Axis("temperature", (9,)),), "temperature"),
        ((Axis("temperature", tuple(number / 1000 for number in range(500))),), "400 requests"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_anything_is(
    house: House, axes: tuple[Axis, ...], named: str
) -> None:
    plan = replace(await planned(house), axes=axes)
    before = len(posted(house))
    with pytest.raises(UseCaseFailure) as refusal:
        await house.app.experiments.start(plan)
    assert named in refusal.value.failure.title
    assert len(posted(house)) == before
    assert await house.app.experiments.of(plan.conversation_id) == []


async def test_a_conversation_that_is_deleted_ends_its_sweep_with_the_reason(house: House) -> None:
    plan = await planned(house, TEMPERATURES, samples=4, parallel=1)
    gate = Gate()
    whole = answer("Late")
    house.server.script(*POST, replace(whole, steps=[gate, *whole.steps]))
    await house.app.experiments.start(plan)
    await house.until(lambda: len(running(house)) == 1)
    await house.app.conversations.delete(plan.conversation_id)
    await house.app.experiments.settled()
    last = [change for change in house.listen() if isinstance(change, ExperimentChanged)][-1]
    assert not last.running
    assert last.problem is not None
    assert last.problem.kind == "conversation_deleted"


async def test_the_turns_above_are_read_once_and_missed_when_they_go(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await planned(house, TEMPERATURES, samples=2, parallel=1)
    (above,) = (await house.app.conversations.open(plan.conversation_id))[1]
    gate = Gate()
    whole = answer("Late")
    house.server.script(*POST, answer("Soon"), replace(whole, steps=[gate, *whole.steps]))
    store = house.app.turns._around.store
    read, path = [], store.path

    async def counted(conversation_id: str, turn_id: str) -> Sequence[Turn]:
        read.append(turn_id)
        return await path(conversation_id, turn_id)

    monkeypatch.setattr(store, "path", counted)
    await house.app.experiments.start(replace(plan, parent_id=above.id))
    await house.until(lambda: len(running(house)) == 2)
    assert read == [above.id]
    await house.app.branches.delete(above.id)
    await house.app.experiments.settled()
    last = [change for change in house.listen() if isinstance(change, ExperimentChanged)][-1]
    assert last.problem is not None
    assert last.problem.kind == "parent_deleted"


async def test_a_sweep_that_is_removed_leaves_its_answers(house: House) -> None:
    experiment = await ran(house, await planned(house))
    await house.app.experiments.remove(experiment.id)
    assert await house.app.experiments.of(experiment.plan.conversation_id) == []
    assert ExperimentRemoved(experiment.plan.conversation_id, experiment.id) in house.listen()
    _, turns = await house.app.conversations.open(experiment.plan.conversation_id)
    assert len(turns) == 3


async def test_a_sweep_is_there_after_a_start_and_goes_with_its_conversation(
    profile: Path, house: House
) -> None:
    experiment = await ran(house, await planned(house))
    assert await house.app.experiments.of(experiment.plan.conversation_id) == [experiment]
    await house.app.conversations.delete(experiment.plan.conversation_id)
    await house.app.conversations.purge_deleted(-1)
    assert await house.app.experiments.of(experiment.plan.conversation_id) == []
    async with open_profile(profile, Feed(), window=False) as other:
        assert await other.experiments.of(experiment.plan.conversation_id) == []
