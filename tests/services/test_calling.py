"""Calls that wait for results: answered together, chained or replayed, and never left out of what follows."""

import asyncio
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.calls import NOT_RUN, Result, pending_calls
from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.application import Once, UseCaseFailure
from chatapp.services.feed import Feed
from chatapp.services.turns import FREED
from tests.kit.events import StreamBuilder, sse_bytes
from tests.kit.gated_server import Reply, stream_reply
from tests.services.conftest import House, answer, keeps, refused

POST = ("POST", "/v1/responses")
TOOLS: list[JsonObject] = [
    {"type": "function", "name": name, "parameters": {}} for name in ("get_weather", "get_time")
]


def calling(*calls: tuple[str, str], response_id: str = "resp_calls") -> Reply:
    builder = StreamBuilder(response_id).begin()
    for name, arguments in calls:
        builder.function_call(name, arguments)
    return stream_reply(sse_bytes(builder.end()))


BOTH = (("get_weather", '{"city": "Oslo"}'), ("get_time", '{"zone": "CET"}'))


async def at_calls(house: House, conversation: Conversation) -> Turn:
    """A turn that waits for the results of two parallel calls."""
    house.server.script(*POST, calling(*BOTH))
    turn = await house.ask(conversation, "Weather and time in Oslo?")
    assert [call.name for call in pending_calls(turn.answer)] == ["get_weather", "get_time"]
    return turn


async def answered(house: House, turn: Turn, *results: Result) -> Turn:
    done = await house.app.turns.wait(await house.app.turns.answer_calls(turn.id, results))
    await house.app.turns.settled()
    return done


def sent(house: House) -> JsonObject:
    posts = [request for request in house.server.requests if (request.method, request.path) == POST]
    body: JsonObject = posts[-1].json
    return body


def output(call_id: str, text: str) -> JsonObject:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def kinds(items: list[JsonObject]) -> list[str]:
    return [item["type"] for item in items]


async def test_results_are_chained_where_the_server_keeps_answers(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation(tools=TOOLS)
    turn = await at_calls(house, conversation)
    house.server.script(*POST, answer("4 °C at noon.", response_id="resp_2"))
    done = await answered(house, turn, Result("4 °C"), Result("12:00"))
    assert done.answer.text == "4 °C at noon."
    assert (done.text, done.parent_id, done.attachments) == ("", turn.id, ())
    assert sent(house)["input"] == [output("call_1", "4 °C"), output("call_2", "12:00")] == list(done.input)
    assert sent(house)["previous_response_id"] == "resp_calls"
    assert sent(house)["tools"] == TOOLS


async def test_results_are_replayed_with_their_calls_where_it_does_not(house: House) -> None:
    conversation = await house.conversation(tools=TOOLS)
    turn = await at_calls(house, conversation)
    house.server.script(*POST, answer("4 °C at noon."))
    await answered(house, turn, Result("4 °C"), Result("12:00"))
    assert "previous_response_id" not in sent(house)
    assert kinds(sent(house)["input"]) == ["message", *["function_call"] * 2, *["function_call_output"] * 2]
    house.server.script(*POST, answer("You are welcome."))
    await house.ask(conversation, "Thanks")
    assert kinds(sent(house)["input"])[3:] == ["function_call_output"] * 2 + ["message"] * 2


async def test_the_model_may_call_again(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation(tools=TOOLS)
    turn = await at_calls(house, conversation)
    house.server.script(*POST, calling(("get_time", '{"zone": "UTC"}'), response_id="resp_again"))
    again = await answered(house, turn, Result("4 °C"), Result("?"))
    assert [call.arguments for call in pending_calls(again.answer)] == ['{"zone": "UTC"}']
    house.server.script(*POST, answer("Noon.", response_id="resp_3"))
    done = await answered(house, again, Result("11:00"))
    assert done.answer.text == "Noon."
    assert sent(house)["previous_response_id"] == "resp_again"
    assert sent(house)["input"] == [output("call_1", "11:00")]


async def test_a_lost_parent_is_rebuilt_with_calls_and_results(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation(tools=TOOLS)
    turn = await at_calls(house, conversation)
    house.server.script(*POST, refused(400, "gone", "previous_response_not_found"))
    house.server.script(*POST, answer("4 °C at noon.", response_id="resp_2"))
    done = await answered(house, turn, Result("4 °C"), Result("12:00"))
    assert done.answer.status is Status.COMPLETED
    assert "previous_response_id" not in sent(house)
    assert kinds(sent(house)["input"]) == ["message", *["function_call"] * 2, *["function_call_output"] * 2]


async def test_every_call_needs_a_result_before_anything_is_sent(house: House) -> None:
    conversation = await house.conversation()
    turn = await at_calls(house, conversation)
    for results in ((), (Result("4 °C"),), (Result("1"), Result("2"), Result("3"))):
        with pytest.raises(UseCaseFailure) as caught:
            await house.app.turns.answer_calls(turn.id, results)
        assert caught.value.failure.kind == "not_waiting"
    house.server.script(*POST, answer("Hello."))
    plain = await house.ask(await house.conversation(), "Hi")
    with pytest.raises(UseCaseFailure):
        await house.app.turns.answer_calls(plain.id, [])
    assert len(await house.turns(conversation)) == 1


async def test_a_message_takes_what_is_written_along_and_says_that_the_rest_was_not_run(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation(tools=TOOLS)
    turn = await at_calls(house, conversation)
    await house.app.calls.keep(conversation.id, turn.id, [None, Result("12:00")])
    house.server.script(*POST, answer("Fine.", response_id="resp_2"))
    asked = await house.ask(conversation, "Never mind the weather.")
    assert asked.text == "Never mind the weather."
    assert sent(house)["input"][:2] == [output("call_1", NOT_RUN), output("call_2", "12:00")]
    assert kinds(sent(house)["input"]) == ["function_call_output"] * 2 + ["message"]
    house.server.script(*POST, answer("Fine too.", response_id="resp_3"))
    edited = await house.app.turns.wait(await house.app.turns.edit(asked.id, "Forget it."))
    assert edited.input[:2] == asked.input[:2]
    assert sent(house)["input"][2]["content"][0]["text"] == "Forget it."


async def test_a_message_sent_right_after_a_result_was_written_takes_it_along(house: House) -> None:
    conversation = await house.conversation()
    turn = await at_calls(house, conversation)
    house.server.script(*POST, answer("Fine."))
    written = (Result("4 °C"), None)
    keeping = asyncio.create_task(house.app.calls.keep(conversation.id, turn.id, written))
    sending = asyncio.create_task(house.app.turns.send(conversation.id, "So?"))
    await asyncio.gather(keeping, sending)
    await house.app.turns.wait(sending.result())
    await house.app.turns.settled()
    assert sent(house)["input"][-3:-1] == [output("call_1", "4 °C"), output("call_2", NOT_RUN)]


async def test_results_that_the_user_sends_as_items_stand_alone(house: House) -> None:
    conversation = await house.conversation()
    turn = await at_calls(house, conversation)
    house.server.script(*POST, answer("4 °C."))
    own = Once(parameters={"input": [output("call_1", "4 °C")]})
    asked = await house.app.turns.send(conversation.id, "So?", parent=turn.id, once=own)
    await house.app.turns.wait(asked)
    await house.app.turns.settled()
    assert sent(house)["input"][-2:] == [output("call_2", NOT_RUN), output("call_1", "4 °C")]


async def test_results_can_be_sent_again_and_otherwise_as_siblings(house: House) -> None:
    conversation = await house.conversation()
    turn = await at_calls(house, conversation)
    house.server.always(*POST, answer("Well."))
    first = await answered(house, turn, Result("4 °C"), Result("12:00"))
    again = await house.app.turns.wait(await house.app.turns.regenerate(first.id))
    other = await answered(house, turn, Result("5 °C"), Result("13:00"))
    assert (again.text, again.input) == ("", first.input)
    assert {entry.parent_id for entry in (first, again, other)} == {turn.id}
    branch = await house.app.turns.wait(await house.app.turns.send(conversation.id, "So?", parent=turn.id))
    assert branch.input[:2] == (output("call_1", "5 °C"), output("call_2", "13:00"))
    await house.app.turns.settled()


async def test_a_forced_choice_is_left_to_the_model_once_results_are_there(house: House) -> None:
    conversation = await house.conversation(tools=TOOLS, tool_choice="required")
    turn = await at_calls(house, conversation)
    assert sent(house)["tool_choice"] == "required"
    house.server.always(*POST, answer("4 °C at noon."))
    done = await answered(house, turn, Result("4 °C"), Result("12:00"))
    assert sent(house)["tool_choice"] == "auto"
    assert done.note == FREED
    await house.ask(conversation, "And in Bergen?")
    assert sent(house)["tool_choice"] == "required"


async def test_what_is_written_of_results_is_there_after_a_restart(house: House, tmp_path: Path) -> None:
    conversation = await house.conversation()
    turn = await at_calls(house, conversation)
    assert await house.app.calls.drafts(turn.id) == (None, None)
    kept = (Result("half a resu"), Result("", done=False))
    await house.app.calls.keep(conversation.id, turn.id, kept)
    async with open_profile(house.profile, Feed(), window=False) as again:
        assert await again.calls.drafts(turn.id) == kept
