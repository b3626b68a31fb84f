"""When everything came: kept with every answer, over a crash, over an export, and over several attempts."""

import asyncio
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.time_line import FETCHED, LOST, SENT, WAITS, first_token
from chatapp.services.feed import Feed
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, stream_reply
from tests.services.conftest import House, answer
from tests.services.test_recovery import half, killed_in_mid_answer, newest


async def asked(house: House, words: str = "How many?") -> str:
    conversation = await house.app.conversations.create("gated")
    turn_id = await house.app.turns.send(conversation.id, words)
    await house.app.turns.wait(turn_id)
    return turn_id


async def kinds(house: House, turn_id: str) -> list[str]:
    return [moment.type for moment in await house.app.turns.time_line(turn_id)]


async def test_every_event_is_there_with_its_number_and_size(house: House) -> None:
    events = text_stream("73 ", "airplanes.")
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(events)))
    line = await house.app.turns.time_line(await asked(house))
    assert [moment.type for moment in line] == [SENT, *(event["type"] for event in events)]
    assert [moment.sequence for moment in line[1:]] == [event["sequence_number"] for event in events]
    assert [moment.size for moment in line if moment.type.endswith(".delta")] == [3, 10]
    assert [moment.at for moment in line] == sorted(moment.at for moment in line)
    assert first_token(line) is not None


async def test_a_request_that_is_sent_again_is_seen(house: House) -> None:
    busy = error_reply(503, "Busy.", None, retry_after="0")
    house.server.script("POST", "/v1/responses", busy, answer("Yes."))
    assert (await kinds(house, await asked(house)))[:2] == [SENT, WAITS]


async def test_a_cut_and_what_was_fetched_after_it(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("One ", "two.")[:5])))
    turn_id = await asked(house)
    assert LOST in await kinds(house, turn_id)
    assert FETCHED not in await kinds(house, turn_id)


async def test_it_outlives_a_kill(profile: Path, gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", half())
    await asyncio.to_thread(killed_in_mid_answer, profile, gated_server)
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        _, turn = await newest(app)
        line = await app.turns.time_line(turn.id)
    assert turn.answer.status is Status.CUT
    assert [moment.type for moment in line][:2] == [SENT, "response.created"]
    assert sum(moment.type.endswith(".delta") for moment in line) == 1


@pytest.mark.parametrize("with_lines", [True, False])
async def test_an_export_holds_it_and_an_older_one_does_without(house: House, with_lines: bool) -> None:
    house.server.script("POST", "/v1/responses", answer("Yes."))
    turn_id = await asked(house)
    before = await house.app.turns.time_line(turn_id)
    turn = await house.app.turns.wait(turn_id)
    text = await house.app.exchanging.export(turn.conversation_id, "json")
    if not with_lines:
        text = text.replace('"time_lines"', '"unheard_of"')
    copy = await house.app.exchanging.bring_in(text)
    _, turns = await house.app.conversations.open(copy.id)
    assert turns[0].id != turn_id
    assert await house.app.turns.time_line(turns[0].id) == (before if with_lines else ())
