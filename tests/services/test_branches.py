"""Branches that are deleted and brought back: left out of all that is read meanwhile, and never lost."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import ExperimentChanged, Notice, TurnsDeleted, TurnsRestored
from chatapp.conversation.experiments import Axis
from chatapp.conversation.tree import Conversation, Tree, Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from chatapp.services.feed import Feed
from chatapp.services.ports import ServerFailure
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Stall, stream_reply
from tests.services.conftest import House, answer

DELETE_AND_WAIT = """
import asyncio, sys
from pathlib import Path
from chatapp.assembly import open_profile
from chatapp.services.feed import Feed

async def main():
    async with open_profile(Path(sys.argv[1]), Feed()) as app:
        print((await app.branches.delete(sys.argv[2])).id, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def grown(house: House) -> tuple[Conversation, dict[str, Turn]]:
    """one → two → three, and two' beside two, which is on screen."""
    conversation = await house.conversation()
    made: dict[str, Turn] = {}
    parents = {"one": None, "two": "one", "three": "two", "two'": "one"}
    for number, (words, parent) in enumerate(parents.items()):
        house.server.script("POST", "/v1/responses", answer(f"Zebra {words}.", response_id=f"resp_{number}"))
        after = made[parent].id if parent is not None else None
        turn_id = await house.app.turns.send(conversation.id, words, parent=after)
        made[words] = await house.app.turns.wait(turn_id)
    house.forget()
    return conversation, made


async def shown(house: House, conversation: Conversation) -> list[str]:
    head, turns = await house.app.conversations.open(conversation.id)
    return [turn.text for turn in Tree(turns).path(head.current_turn_id)]


async def test_a_deleted_branch_is_left_out_of_everything_and_comes_back(house: House) -> None:
    conversation, made = await grown(house)
    await house.app.conversations.select(conversation.id, made["three"].id)
    before = await house.turns(conversation)
    deletion = await house.app.branches.delete(made["two"].id)
    assert [turn.text for turn in await house.turns(conversation)] == ["one", "two'"]
    assert await shown(house, conversation) == ["one", "two'"]
    assert (deletion.title, deletion.turns) == ("two", 2)
    assert await house.app.branches.deleted(conversation.id) == [deletion]
    assert TurnsDeleted(conversation.id, (made["two"].id, made["three"].id)) in house.listen()
    assert len(await house.app.conversations.search("zebra")) == 2
    assert await house.app.conversations.search("three") == []
    assert await house.app.turns.answered_by("resp_2") is None
    bundle = await house.app.exchanging.export(conversation.id, "json")
    assert "three" not in bundle
    assert made["three"].id not in bundle
    notice = next(change for change in house.listen() if isinstance(change, Notice))
    assert (notice.text, notice.undo) == ("2 turns were deleted.", f"branches.restore:{deletion.id}")
    await house.app.conversations.show_end(conversation.id, made["three"].id)
    await house.app.conversations.select(conversation.id, made["two"].id)
    assert await shown(house, conversation) == ["one", "two'"], "what was deleted cannot be shown"
    await house.app.branches.restore(deletion.id)
    assert await house.turns(conversation) == before
    assert TurnsRestored(conversation.id, tuple(before)) in house.listen()
    assert await shown(house, conversation) == ["one", "two", "three"]
    assert len(await house.app.conversations.search("zebra")) == 4
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.branches.restore(deletion.id)
    assert problem.value.failure.kind == "deletion_gone"


async def test_a_branch_beside_what_is_on_screen_goes_and_comes_without_a_move(house: House) -> None:
    conversation, made = await grown(house)
    deletion = await house.app.branches.delete(made["two"].id)
    assert await shown(house, conversation) == ["one", "two'"]
    await house.app.branches.restore(deletion.id)
    assert await shown(house, conversation) == ["one", "two'"]


async def test_what_is_above_a_branch_comes_back_with_it(house: House) -> None:
    conversation, made = await grown(house)
    lower = await house.app.branches.delete(made["three"].id)
    await house.app.branches.delete(made["one"].id)
    assert await house.turns(conversation) == []
    assert await shown(house, conversation) == []
    await house.app.branches.restore(lower.id)
    assert [turn.text for turn in await house.turns(conversation)] == ["one", "two", "three", "two'"]
    assert await house.app.branches.deleted(conversation.id) == []


async def test_a_conversation_whose_turns_are_all_deleted_is_not_an_empty_one(house: House) -> None:
    conversation, made = await grown(house)
    deletion = await house.app.branches.delete(made["one"].id)
    await house.app.conversations.discard(conversation.id)
    await house.app.branches.restore(deletion.id)
    assert len(await house.turns(conversation)) == 4


async def test_nothing_is_asked_below_a_deleted_turn(house: House) -> None:
    conversation, made = await grown(house)
    await house.app.branches.delete(made["two"].id)
    for work in (
        house.app.turns.send(conversation.id, "And?", parent=made["three"].id),
        house.app.turns.regenerate(made["three"].id),
        house.app.branches.delete(made["two"].id),
        house.app.branches.mark(made["three"].id, True),
    ):
        with pytest.raises(UseCaseFailure) as problem:
            await work
        assert problem.value.failure.kind in ("turn_gone", "parent_deleted")
    assert len(await house.turns(conversation)) == 2


async def test_a_running_answer_is_stopped_first_and_its_words_kept(house: House) -> None:
    conversation, made = await grown(house)
    stalled = stream_reply(sse_bytes(text_stream("Half ", "of it.")[:5]), Stall())
    house.server.script("POST", "/v1/responses", stalled)
    turn_id = await house.app.turns.send(conversation.id, "Go on.", parent=made["two"].id)
    await house.until(lambda: house.shown() == "Half ")
    deletion = await house.app.branches.delete(made["two"].id)
    assert house.app.turns.running() == ()
    await house.app.branches.restore(deletion.id)
    kept = next(turn for turn in await house.turns(conversation) if turn.id == turn_id)
    assert (kept.answer.status, kept.answer.text) == (Status.STOPPED, "Half ")


async def test_a_sweep_below_a_deleted_turn_rests_with_a_reason_and_loses_nothing(house: House) -> None:
    conversation, made = await grown(house)
    stalled = stream_reply(sse_bytes(text_stream("Half ", "of it.")[:5]), Stall())
    house.server.always("POST", "/v1/responses", stalled)
    plan = await house.app.experiments.plan_like(made["three"].id)
    plan = replace(plan, axes=(Axis("temperature", tuple(step / 10 for step in range(12))),), parallel=2)
    experiment = await house.app.experiments.start(plan)
    await house.until(lambda: len(house.listen()) > 0 and len(house.app.turns.running()) == 2)
    deletion = await house.app.branches.delete(made["two"].id)
    await house.app.experiments.settled()
    told = [change for change in house.listen() if isinstance(change, ExperimentChanged)]
    assert told[-1].problem is not None
    assert told[-1].problem.kind == "parent_deleted"
    assert house.app.turns.running() == ()
    await house.app.branches.restore(deletion.id)
    asked = [
        turn for turn in await house.turns(conversation) if turn.id not in {each.id for each in made.values()}
    ]
    (kept,) = await house.app.experiments.of(conversation.id)
    assert kept.id == experiment.id
    assert 2 <= len(asked) < 12
    assert {turn.id for turn in asked} <= set(kept.turns.values())
    assert {turn.answer.status for turn in asked} == {Status.STOPPED}


async def test_a_favourite_is_marked_and_stays_marked_over_a_deletion(house: House) -> None:
    conversation, made = await grown(house)
    for words in ("two'", "three"):
        await house.app.branches.mark(made[words].id, True)
    deletion = await house.app.branches.delete(made["three"].id)
    await house.app.branches.restore(deletion.id)
    await house.app.branches.mark(made["two'"].id, False)
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.favourites == (made["three"].id,)
    copy = await house.app.exchanging.bring_in(await house.app.exchanging.export(conversation.id, "json"))
    (renewed,) = copy.favourites
    assert next(turn for turn in await house.turns(copy) if turn.id == renewed).text == "three"
    await house.app.branches.delete(made["three"].id)
    await house.app.branches.purge_deleted(0)
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.favourites == ()


async def test_what_is_purged_is_gone_and_what_the_rest_uses_stays(house: House, tmp_path: Path) -> None:
    facts = tmp_path / "facts.txt"
    facts.write_text("The lighthouse at Kap Fell is 31 metres tall.\n")
    conversation = await house.app.conversations.create("engine")
    made = []
    for words, files in (("How tall?", [enclosed(facts, "upload")]), ("Where?", []), ("Xylander?", [])):
        made.append(await house.app.turns.wait(await house.app.turns.send(conversation.id, words, files)))
    await house.app.chains.check(made[1].id)
    assert leftovers(house, "xylander", made[1].id)
    deletion = await house.app.branches.delete(made[1].id)
    await house.app.branches.purge_deleted(3600)
    assert await house.app.branches.deleted(conversation.id) == [deletion]
    await house.app.branches.purge_deleted(0)
    assert await house.app.branches.deleted(conversation.id) == []
    assert await responses_of(house, made) == [True, False, False]
    assert not leftovers(house, "xylander", made[1].id, made[1].response_id or "")
    assert [path for path in (house.profile / "originals").rglob("*") if path.is_file()]
    await house.app.branches.delete(made[0].id)
    await house.app.branches.purge_deleted(0)
    assert await responses_of(house, made) == [False, False, False]
    assert not [path for path in (house.profile / "originals").rglob("*") if path.is_file()]


def leftovers(house: House, *words: str) -> list[str]:
    """Those of the words that a row of any ordinary table still holds."""
    with closing(sqlite3.connect(house.profile / "chatapp.sqlite3")) as database:
        return [word for word in words if word.casefold() in "\n".join(database.iterdump()).casefold()]


async def responses_of(house: House, turns: list[Turn]) -> list[bool]:
    """Which of them the engine still has."""
    found = []
    for turn in turns:
        try:
            await house.app.servers.responses(ENGINE).retrieve(turn.response_id or "")
        except ServerFailure as problem:
            found.append(problem.status != 404)
        else:
            found.append(True)
    return found


async def test_killed_between_delete_and_undo_nothing_is_lost(profile: Path) -> None:
    async with open_profile(profile, Feed()) as app:
        conversation = await app.conversations.create()
        turn_id = await app.turns.send(conversation.id, "Who is there?")
        turn = await app.turns.wait(turn_id)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DELETE_AND_WAIT, str(profile), turn_id, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    deletion = (await process.stdout.readline()).decode().strip()
    process.kill()
    await process.wait()
    async with open_profile(profile, Feed()) as app:
        assert (await app.conversations.open(conversation.id))[1] == []
        (kept,) = await app.branches.deleted(conversation.id)
        assert (kept.id, kept.title) == (deletion, "Who is there?")
        await app.branches.restore(kept.id)
        head, turns = await app.conversations.open(conversation.id)
        assert turns == [turn]
        assert head.current_turn_id == turn_id
