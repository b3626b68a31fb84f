"""Defaults by server and by model: whatever asks, sends them; what is set in the conversation counts before them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.calls import Result
from chatapp.conversation.changes import DefaultsChanged, Notice
from chatapp.conversation.defaults import NO_DEFAULTS
from chatapp.conversation.experiments import Axis
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.events import function_call_stream, sse_bytes
from tests.kit.gated_server import json_reply, stream_reply
from tests.services.conftest import MODEL, House, answer, posted

COMPARED = ("temperature", "top_p", "tool_choice", "truncation")


async def put(house: House, name: str, value: Any, model: str = "", server: str = "gated") -> None:
    await house.app.defaults.put(server, model, name, value)


def sent(house: House) -> dict[str, Any]:
    return {name: posted(house)[-1][name] for name in COMPARED if name in posted(house)[-1]}


async def test_a_question_is_asked_with_them(house: House) -> None:
    house.server.script("POST", "/v1/responses", *(answer("Yes.", response_id=f"r{n}") for n in range(4)))
    await put(house, "temperature", 0.2)
    await put(house, "top_p", 0.5)
    await put(house, "top_p", 0.9, MODEL)
    await put(house, "top_p", 0.1, "another")
    conversation = await house.conversation(truncation="auto")
    turn = await house.ask(conversation)
    assert sent(house) == {"temperature": 0.2, "top_p": 0.9, "truncation": "auto"}
    assert turn.request["top_p"] == 0.9, "what was in force is in the record"
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.parameters == {"truncation": "auto"}, "the conversation keeps what was set in it"
    await house.app.conversations.set_parameter(conversation.id, "temperature", 1)
    await house.app.conversations.withhold_parameter(conversation.id, "top_p")
    await house.ask(conversation)
    assert sent(house) == {"temperature": 1, "truncation": "auto"}
    head, _ = await house.app.conversations.open(conversation.id)
    assert (await house.app.turns.preview(head, "And?"))["temperature"] == 1
    await house.app.conversations.set_parameter(conversation.id, "top_p", None)
    await put(house, "top_p", None, MODEL)
    await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert sent(house) == {"temperature": 1, "top_p": 0.5, "truncation": "auto"}


@pytest.mark.parametrize("model", ["", MODEL])
async def test_a_removed_one_comes_back(house: House, model: str) -> None:
    await put(house, "temperature", 0.2, model)
    await put(house, "temperature", None, model)
    *_, gone, notice = house.listen()
    assert gone == DefaultsChanged("gated", NO_DEFAULTS)
    assert isinstance(notice, Notice)
    assert notice.undo is not None
    await house.app.defaults.restore(notice.undo.partition(":")[2])
    *_, change = house.listen()
    assert isinstance(change, DefaultsChanged)
    assert change.defaults.at(model) == {"temperature": 0.2}


async def test_the_model_is_asked_for_where_none_was_chosen(house: House) -> None:
    house.server.script("POST", "/v1/responses", answer("Yes."))
    house.server.always("GET", "/v1/models", json_reply({"data": [{"id": "first"}, {"id": "second"}]}))
    await house.app.preferences.put_connection(Connection("bare", "Bare", house.server.base_url))
    await put(house, "temperature", 0.3, "first", "bare")
    await put(house, "temperature", 0.7, "second", "bare")
    conversation = await house.app.conversations.create("bare")
    await house.ask(conversation)
    assert (posted(house)[-1]["model"], sent(house)) == ("first", {"temperature": 0.3})


async def test_sweeps_and_replays_have_them_in_their_plan(house: House) -> None:
    house.server.script("POST", "/v1/responses", *(answer("Yes.", response_id=f"r{n}") for n in range(2)))
    conversation = await house.conversation(truncation="auto")
    turn = await house.ask(conversation)
    await put(house, "temperature", 0.2)
    await put(house, "top_p", 0.9, MODEL)
    await put(house, "top_p", 0.1, "another")
    wanted = {"temperature": 0.2, "truncation": "auto", "top_p": 0.9}
    for plan in (
        await house.app.experiments.plan_like(turn.id),
        await house.app.experiments.plan_for(conversation.id, "And?"),
    ):
        assert replace(plan, axes=(Axis("user", ("u",)),)).parameters_at(0) == {**wanted, "user": "u"}
        models = replace(plan, axes=(Axis("model", ("another", None)),))
        assert [models.parameters_at(place)["top_p"] for place in (0, 1)] == [0.1, 0.9]
    await house.app.replaying.replay(turn.id)
    await house.app.replaying.settled()
    assert sent(house) == wanted


async def test_the_settings_of_an_answer_are_taken_over_without_them(house: House) -> None:
    house.server.script("POST", "/v1/responses", answer("Yes."))
    await put(house, "temperature", 0.2)
    await put(house, "top_p", 0.5, "other-model")
    conversation = await house.conversation()
    await house.app.conversations.take_parameters(conversation.id, {"model": "other-model", "top_p": 1})
    await put(house, "temperature", None)
    await house.ask(conversation)
    assert sent(house) == {"top_p": 1}, "nor is null sent for a default that is no more"


async def test_a_forced_choice_of_tools_is_freed_for_results_too(house: House) -> None:
    """Results of calls are not answered by another call, whoever forces the tools."""
    call = stream_reply(sse_bytes(function_call_stream("look", "{}")))
    house.server.script("POST", "/v1/responses", call, answer("Yes."))
    await put(house, "tool_choice", "required")
    conversation = await house.conversation(tools=[{"type": "function", "name": "look"}])
    turn = await house.ask(conversation)
    assert sent(house) == {"tool_choice": "required"}
    await house.app.turns.wait(await house.app.turns.answer_calls(turn.id, [Result("7")]))
    assert sent(house) == {"tool_choice": "auto"}


async def test_rules_between_parameters_hold_with_them(house: House) -> None:
    await put(house, "background_options", {"completion_window": "2h"})
    conversation = await house.conversation()
    with pytest.raises(UseCaseFailure, match="needs background true"):
        await house.app.turns.send(conversation.id, "Well?")
    assert posted(house) == []


async def test_they_outlive_a_restart_and_go_with_their_server(house: House, profile: Path) -> None:
    await put(house, "temperature", 0.2)
    with pytest.raises(UseCaseFailure, match="temperature must be between"):
        await put(house, "temperature", 7)
    changed = Connection("gated", "Gated", "http://127.0.0.1:1/v1")
    await house.app.preferences.put_connection(changed)
    await house.app.defaults.tell("gated")
    told = [one for one in house.listen() if isinstance(one, DefaultsChanged)]
    assert told[-1].defaults.of_server == {"temperature": 0.2}, (
        "another address is the same server to the user"
    )
    await house.app.preferences.remove_connection("gated")
    feed = Feed()
    async with open_profile(profile, feed, window=False) as app:
        await app.defaults.tell("gated")
        assert [one for one in feed.drain() if isinstance(one, DefaultsChanged)] == [
            DefaultsChanged("gated", NO_DEFAULTS)
        ]
