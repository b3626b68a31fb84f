"""After kill -9 in mid-answer: the text that was on screen is there, marked as cut, and work goes on."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Remedy
from chatapp.conversation.time_line import TimeLine
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from chatapp.storage.profile import open_disk
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, Reply, Stall, stream_reply
from tests.services.conftest import MODEL, House, answer, keeps
from tests.storage import samples

VICTIM = """
import asyncio, sys
from pathlib import Path
from chatapp.assembly import open_profile
from chatapp.conversation.changes import ItemChanged, TextGrew
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection

async def main(profile, address):
    feed = Feed()
    async with open_profile(Path(profile), feed) as app:
        await app.preferences.put_connection(Connection("gated", "Gated", address, default_model="test-model"))
        if sys.argv[3] == "ask first":
            first = await app.conversations.create("gated")
            await app.turns.wait(await app.turns.send(first.id, "First?"))
            await app.turns.settled()
        parameters = {"background": True} if sys.argv[3] == "background" else {}
        conversation = await app.conversations.create("gated", parameters)
        turn_id = await app.turns.send(conversation.id, "Count.")
        shown = ""
        while True:
            for change in feed.drain():
                if isinstance(change, ItemChanged):
                    shown = change.value.text
                if isinstance(change, TextGrew):
                    shown += change.text
            print(repr(shown), flush=True)
            await asyncio.sleep(0.05)

asyncio.run(main(*sys.argv[1:3]))
"""
TEXT = "One two three four. "


def killed_in_mid_answer(profile: Path, server: GatedServer, first: str = "") -> None:
    """Runs a program that asks, waits until the half answer was on its screen and on the disk, and kills it."""
    command = [sys.executable, "-c", VICTIM, str(profile), server.base_url, first]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        after = 0
        for line in victim.stdout:
            after += TEXT in line
            if after > 12:
                break
        victim.send_signal(signal.SIGKILL)
        victim.stdout.close()
    assert victim.returncode == -signal.SIGKILL, "the program ended by itself"


def half(response_id: str = "resp_half") -> Reply:
    events = text_stream(TEXT, "five six.", response_id=response_id)
    return stream_reply(sse_bytes(events[:5]), Stall())


async def the_turn(profile: Path) -> tuple[Conversation, Turn]:
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        await app.turns.settled()
        return await newest(app)


async def newest(app: Application) -> tuple[Conversation, Turn]:
    head = next(entry for entry in await app.conversations.list() if "Count" in entry.title)
    _, turns = await app.conversations.open(head.id)
    return head, turns[-1]


async def test_what_was_on_screen_is_there_after_a_kill(profile: Path, gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", half())
    await asyncio.to_thread(killed_in_mid_answer, profile, gated_server)
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        _, turn = await newest(app)
        assert (turn.text, turn.answer.text) == ("Count.", TEXT)
        assert turn.answer.status is Status.CUT
        assert turn.answer.response_id == "resp_half"
        assert turn.answer.failure is not None
        assert {Remedy.CONTINUE, Remedy.RETRY} <= set(turn.answer.failure.remedies)
        gated_server.script("POST", "/v1/responses", answer("five six."), answer("All of it."))
        more = await app.turns.wait(await app.turns.continue_answer(turn.id))
        again = await app.turns.wait(await app.turns.retry(turn.id))
    assert (more.parent_id, more.answer.text) == (turn.id, "five six.")
    assert more.request["input"][1]["content"][0]["text"] == TEXT
    assert (again.parent_id, again.answer.text) == (None, "All of it.")


async def test_a_background_answer_goes_on_after_a_kill_and_after_the_next(
    profile: Path, gated_server: GatedServer
) -> None:
    events = text_stream(TEXT, "five ", "six.", response_id="resp_half", background=True)
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), Stall()))
    await asyncio.to_thread(killed_in_mid_answer, profile, gated_server, "background")
    gated_server.script(
        "GET",
        "/v1/responses/resp_half",
        stream_reply(sse_bytes(events[5:6]), Stall()),
        stream_reply(sse_bytes(events[6:])),
    )
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        house = House(app=app, profile=profile, connection=Connection("gated", "", ""), server=gated_server)
        await house.until(lambda: house.shown() == "five ")
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        await app.turns.settled()
    _, turn = await the_turn(profile)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, f"{TEXT}five six.")
    after = [
        request.query.get("starting_after") for request in gated_server.requests if request.method == "GET"
    ]
    assert after[:2] == [["4"], ["5"]]
    assert len([request for request in gated_server.requests if request.method == "POST"]) == 1


async def test_what_the_server_finished_meanwhile_is_fetched(
    profile: Path, gated_server: GatedServer
) -> None:
    keeps(gated_server)
    gated_server.script("POST", "/v1/responses", answer("Yes.", response_id="resp_first"), half())
    await asyncio.to_thread(killed_in_mid_answer, profile, gated_server, "ask first")
    whole = text_stream(TEXT, "five six.", response_id="resp_half")[-1]["response"]
    gated_server.always("GET", "/v1/responses/resp_half", Reply(200, {}, [json.dumps(whole).encode()]))
    _, turn = await the_turn(profile)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, f"{TEXT}five six.")
    assert turn.answer.response == whole


async def test_recovering_twice_changes_nothing(profile: Path, gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", half())
    await asyncio.to_thread(killed_in_mid_answer, profile, gated_server)
    once = await the_turn(profile)
    assert await the_turn(profile) == once


async def test_closing_in_mid_answer_stops_it_in_good_order(profile: Path, gated_server: GatedServer) -> None:
    gate = Gate()
    gate.open()
    events = text_stream(TEXT, "five six.")
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), gate, Stall()))
    async with open_profile(profile, Feed()) as app:
        connection = Connection("gated", "Gated", gated_server.base_url, default_model=MODEL)
        await app.preferences.put_connection(connection)
        conversation = await app.conversations.create("gated")
        await app.turns.send(conversation.id, "Count.")
        await gate.reached()
        house = House(app=app, profile=profile, connection=connection, server=gated_server)
        await house.until(lambda: house.shown() == TEXT)
    _, turn = await the_turn(profile)
    assert (turn.answer.status, turn.answer.text) == (Status.STOPPED, TEXT)


async def leave_unfinished(profile: Path, *names: str) -> None:
    """A conversation of each name with one turn, which a crash left in mid-answer."""
    async with open_disk(profile, window=True) as disk:
        for name in names:
            turn = samples.question(f"turn_{name}", conversation_id=name)
            await disk.conversations.begin_turn(samples.head(name), turn)
            await disk.conversations.journal(turn.id, text_stream("Half ", "more.")[:5])


@pytest.mark.allow_log("a journal")
async def test_a_journal_that_cannot_be_read_ends_its_turn_as_cut(profile: Path) -> None:
    await leave_unfinished(profile, "no_event", "no_json", "good")
    database = sqlite3.connect(profile / "chatapp.sqlite3")
    with closing(database), database:
        database.execute("INSERT INTO journal (turn_id, events) VALUES ('turn_no_event', '[5]')")
        database.execute("UPDATE journal SET events = '[' WHERE turn_id = 'turn_no_json'")
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        for name, text in (("no_event", "Half "), ("no_json", ""), ("good", "Half ")):
            (turn,) = (await app.conversations.open(name))[1]
            assert (turn.answer.status, turn.answer.text) == (Status.CUT, text)


@pytest.mark.allow_log("chatapp.services.recovery: a turn could not be recovered")
async def test_one_turn_that_cannot_be_mended_is_told_and_the_others_are_mended(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave_unfinished(profile, "bad", "good")
    feed = Feed()
    async with open_profile(profile, feed) as app:
        store = app.turns._around.store
        finish_turn = store.finish_turn

        async def finish(turn: Turn, line: TimeLine = ()) -> None:
            if turn.id == "turn_bad":
                raise RuntimeError("a mistake")
            await finish_turn(turn, line)

        monkeypatch.setattr(store, "finish_turn", finish)
        await app.turns.recover()
        (turn,) = (await app.conversations.open("good"))[1]
        assert turn.answer.status is Status.CUT
        notices = [change.text for change in feed.drain() if isinstance(change, Notice)]
        assert any("could not be brought back" in notice for notice in notices)
