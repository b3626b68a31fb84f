"""Local commands: off by default, run as they were shown, their report kept as the call's result."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from chatapp.conversation.calls import Result
from chatapp.conversation.commands import Command, CommandEnd
from chatapp.conversation.tree import Turn
from chatapp.services.application import UseCaseFailure
from tests.kit.events import StreamBuilder, sse_bytes
from tests.kit.gated_server import stream_reply
from tests.services.conftest import House

WEATHER = Command((sys.executable, "-I", "-c", "import sys; print(sys.argv[1], 'is cold')", "{{city}}"))
SLOW = Command((sys.executable, "-I", "-c", "import time; print('begun', flush=True); time.sleep(60)"))


async def waiting(house: House) -> Turn:
    """A turn with two calls, of get_weather and get_time."""
    builder = StreamBuilder().begin().function_call("get_weather", '{"city": "Oslo; rm -rf *"}')
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(builder.function_call("get_time", "{}").end()))
    )
    return await house.ask(await house.conversation(), "Weather?")


async def begun(house: House, turn: Turn) -> "asyncio.Task[CommandEnd | None]":
    """A slow command for the first call, once it is running."""
    commands = house.app.commands
    await commands.put("get_weather", SLOW)
    await commands.allow(True)
    running = asyncio.create_task(commands.run(turn.id, 0, await commands.prepared(turn.id, 0)))
    for _ in range(1000):
        if not commands.running():
            await asyncio.sleep(0.01)
    return running


async def test_what_was_shown_runs_and_its_report_is_the_draft(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    await commands.put("get_weather", WEATHER)
    await commands.allow(True)
    line = await commands.prepared(turn.id, 0)
    assert line.argv[-1] == "Oslo; rm -rf *"
    end = await commands.run(turn.id, 0, line)
    assert end is not None
    assert end.succeeded
    assert await house.app.calls.drafts(turn.id) == (Result("Oslo; rm -rf * is cold"), None)


async def test_a_failure_is_offered_as_the_result(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    await commands.put(
        "get_weather", Command((sys.executable, "-I", "-c", "import sys; sys.exit('no city')"))
    )
    await commands.allow(True)
    await commands.run(turn.id, 0, await commands.prepared(turn.id, 0))
    (draft, _) = await house.app.calls.drafts(turn.id)
    assert draft == Result("The command failed with exit code 1.\nno city")


async def test_what_was_written_before_is_not_lost(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    await commands.put("get_weather", WEATHER)
    await commands.allow(True)
    await house.app.calls.keep(turn.conversation_id, turn.id, [Result("my own words"), Result("12:00")])
    await commands.run(turn.id, 0, await commands.prepared(turn.id, 0))
    assert await house.app.calls.drafts(turn.id) == (
        Result("Oslo; rm -rf * is cold\n\nmy own words"),
        Result("12:00"),
    )


async def test_nothing_runs_until_it_is_allowed_and_set(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    await commands.put("get_weather", WEATHER)
    assert not await commands.allowed()
    with pytest.raises(UseCaseFailure):
        await commands.prepared(turn.id, 0)
    await commands.allow(True)
    line = await commands.prepared(turn.id, 0)
    with pytest.raises(UseCaseFailure):
        await commands.prepared(turn.id, 1)
    await commands.allow(False)
    with pytest.raises(UseCaseFailure) as caught:
        await commands.run(turn.id, 0, line)
    assert caught.value.failure.kind == "command_not_allowed"


async def test_stop_ends_it_and_leaves_the_result_to_the_user(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    running = await begun(house, turn)
    with pytest.raises(UseCaseFailure):
        await commands.run(turn.id, 0, await commands.prepared(turn.id, 0))
    await commands.stop(turn.id, 0)
    assert await running is None
    assert not commands.running()
    assert await house.app.calls.drafts(turn.id) == (None, None)


async def test_closing_the_profile_stops_it(house: House) -> None:
    running = await begun(house, await waiting(house))
    await house.app.commands.aclose()
    assert await running is None


async def test_a_program_that_is_not_there_is_told(house: House) -> None:
    commands, turn = house.app.commands, await waiting(house)
    await commands.put("get_weather", Command(("/no/such/program",)))
    await commands.allow(True)
    with pytest.raises(UseCaseFailure) as caught:
        await commands.run(turn.id, 0, await commands.prepared(turn.id, 0))
    assert caught.value.failure.title == "“/no/such/program” could not be started"


async def test_a_command_is_set_changed_and_taken_away(house: House) -> None:
    commands = house.app.commands
    await commands.put("get_weather", WEATHER)
    await commands.put("get_time", SLOW)
    await commands.put("get_weather", SLOW)
    assert await commands.all() == {"get_weather": SLOW, "get_time": SLOW}
    await commands.put("get_weather", None)
    assert await commands.all() == {"get_time": SLOW}
    with pytest.raises(UseCaseFailure) as caught:
        await commands.put("get_time", Command(("{{program}}",)))
    assert "first line" in caught.value.failure.text
    assert await commands.all() == {"get_time": SLOW}


async def test_no_command_leaves_with_a_conversation(house: House, tmp_path: Path) -> None:
    turn = await waiting(house)
    await house.app.commands.put("get_weather", WEATHER)
    exported = await house.app.exchanging.export(turn.conversation_id, "json")
    assert "get_weather" in exported
    assert json.dumps(sys.executable)[1:-1] not in exported
