"""Conversations and turns on a real file: what is stored, in what order, what a purge leaves."""

import asyncio
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.time_line import Moment
from chatapp.conversation.tree import Conversation, Tree, Turn
from chatapp.storage.conversations import PURGE_TURNS, SqliteConversations
from chatapp.storage.database import Database
from chatapp.storage.profile import Disk, open_disk
from tests.storage import samples


@pytest.fixture
def store(database: Database) -> SqliteConversations:
    return SqliteConversations(database)


async def test_heads_come_back_the_last_changed_first(store: SqliteConversations) -> None:
    old, new = samples.head("c1", updated_at=5.0), samples.head("c2", updated_at=9.0)
    gone = samples.head("c3", deleted_at=7.0)
    for conversation in (new, gone, old):
        await store.put_conversation(conversation)
    assert await store.conversations() == [new, old]
    assert await store.conversations(deleted=True) == [gone]
    assert await store.conversation("c3") == gone
    assert await store.conversation("c4") is None


async def test_a_head_is_replaced_whole_and_its_draft_alone(store: SqliteConversations) -> None:
    await store.put_conversation(samples.head())
    changed = samples.head(title="Other", pinned=True, parameters={"top_p": 1})
    await store.put_conversation(changed)
    enclosures = (
        Enclosure("caf\udce9.png", path="/tmp/caf\udce9.png", how="upload"),
        Enclosure("x", url="https://x.org"),
    )
    await store.set_draft("c1", "half a thou\ud83d", enclosures)
    assert await store.conversations() == [replace(changed, draft="half a thou\ud83d", enclosures=enclosures)]
    await store.set_draft("c1", "")
    assert (await store.conversations())[0].enclosures == ()
    await store.set_draft("gone", "x")


async def test_a_whole_conversation_is_added_or_nothing_of_it(store: SqliteConversations) -> None:
    answer = Answer(Status.COMPLETED, response_id="r")
    first = replace(samples.question(), answer=answer, finished_at=9.0)
    turns = [first, replace(first, id="t2", parent_id="t1", text="And the second harbour?")]
    line = (Moment("response.created", 3),)
    head = samples.head(current_turn_id="t2")
    with pytest.raises(ValueError, match="shorter"):
        await store.add_whole(head, turns, [line])
    assert await store.conversation("c1") is None
    assert await store.turns("c1") == []
    await store.add_whole(head, turns, [line, ()])
    assert await store.conversation("c1") == head
    assert await store.turns("c1") == turns
    assert await store.time_lines("c1") == {"t1": line}
    assert [hit.turn_id for hit in await store.search("second harbour")] == ["t2"]


async def test_a_turn_from_beginning_to_end(store: SqliteConversations) -> None:
    begun = samples.question()
    await store.begin_turn(samples.head(current_turn_id="t1"), begun)
    assert await store.conversation("c1") == samples.head(current_turn_id="t1")
    assert await store.turns("c1") == await store.unfinished() == [begun]
    await store.journal("t1", [{"n": 0}, {"n": 1}])
    await store.journal("t1", [])
    await store.journal("t1", [{"n": 2, "text": "é\ud800"}])
    assert await store.journalled("t1") == [{"n": 0}, {"n": 1}, {"n": 2, "text": "é\ud800"}]
    ended = samples.completed(begun, "73", "resp_9")
    await store.finish_turn(ended)
    assert await store.turns("c1") == [ended]
    assert await store.turn("t1") == await store.turn_by_response("resp_9") == ended
    assert await store.unfinished() == []
    assert await store.journalled("t1") == []


async def test_a_turn_begun_again_keeps_its_place_and_its_journal(store: SqliteConversations) -> None:
    first, second = samples.question("t1"), samples.question("t2", parent_id="t1")
    for turn in (first, second):
        await store.begin_turn(samples.head(), turn)
    await store.journal("t1", [{"n": 0}])
    rebuilt = replace(first, request={"whole": True}, note="sent again")
    await store.begin_turn(samples.head(), rebuilt)
    assert await store.turns("c1") == [rebuilt, second]
    assert await store.journalled("t1") == [{"n": 0}]


async def test_an_ended_turn_may_end_better(store: SqliteConversations) -> None:
    """Cut first, then fetched from the server: the words of the first end are no longer found."""
    await store.begin_turn(samples.head(), samples.question())
    await store.finish_turn(samples.cut(samples.question(), "halfway"))
    await store.finish_turn(samples.completed(samples.question(), "complete"))
    assert (await store.turns("c1"))[0].answer.status is Status.COMPLETED
    assert await store.search("halfway") == []
    assert len(await store.search("complete")) == 1


async def test_a_path_is_what_the_tree_of_all_turns_says(store: SqliteConversations) -> None:
    parents = {"t1": None, "t2": "t1", "t3": "t1", "t4": "t3", "t5": "t2", "t6": "t4", "u1": None}
    for turn_id, parent in parents.items():
        await store.begin_turn(samples.head(), samples.question(turn_id, parent_id=parent))
    tree = Tree(await store.turns("c1"))
    for turn_id in parents:
        assert tuple(await store.path("c1", turn_id)) == tree.path(turn_id)
    assert await store.path("c1", "gone") == await store.path("c2", "t6") == []


async def test_the_newest_of_several_turns_with_one_response(store: SqliteConversations) -> None:
    for turn_id in ("t1", "t2"):
        await store.begin_turn(samples.head(), samples.question(turn_id))
        await store.finish_turn(samples.completed(samples.question(turn_id), "x", "resp_same"))
    found = await store.turn_by_response("resp_same")
    assert found is not None
    assert found.id == "t2"
    assert await store.turn_by_response("resp_other") is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turn=samples.turns, conversation=samples.conversations)
def test_any_turn_can_be_stored_found_and_purged(
    tmp_path: Path, turn: Turn, conversation: Conversation
) -> None:
    conversation = replace(conversation, id="c1")

    async def round_trip() -> None:
        await (database := Database(tmp_path)).open()
        store = SqliteConversations(database)
        await store.begin_turn(conversation, replace(turn, answer=Answer()))
        await store.finish_turn(turn)
        assert await store.conversation("c1") == conversation
        assert await store.turns("c1") == [turn]
        await store.purge("c1")
        assert await store.turn(turn.id) is None
        await database.close()

    asyncio.run(round_trip())


async def test_what_comes_late_for_a_purged_turn_brings_nothing_back(store: SqliteConversations) -> None:
    await store.begin_turn(samples.head(), samples.question())
    await store.purge("c1")
    await store.journal("t1", [{"n": 0}])
    await store.finish_turn(samples.completed(samples.question(), "late"))
    await store.set_draft("c1", "late")
    assert await store.conversations() == await store.conversations(deleted=True) == []
    assert await store.turn("t1") is None
    assert await store.journalled("t1") == []
    assert await store.search("late") == []


async def test_a_purge_removes_every_trace_from_the_disk(profile: Path) -> None:
    """Every file of the profile is searched for words that stood in title, question, answer, draft and journal."""
    words = (
        "qxtitlezvmarkerkw",
        "qxquestionzvmarkerkw",
        "qxanswerzvmarkerkw",
        "qxdraftzvmarkerkw",
        "qxjournalzvmarkerkw",
    )
    title, asked, said, draft, journalled = words
    async with open_disk(profile, window=True) as disk:
        await _fill(disk, "keep", PURGE_TURNS + 8)
        head = samples.head("c1", title, draft=draft)
        await disk.conversations.begin_turn(head, samples.question("t1", asked))
        await disk.conversations.finish_turn(samples.completed(samples.question("t1", asked), said))
        await disk.conversations.begin_turn(head, samples.question("t2", asked))
        await disk.conversations.journal("t2", [{"delta": journalled}])
        await _fill(disk, "keep2", 3)
        assert all(word in _bytes_in(profile) for word in words)
        await disk.conversations.purge("c1")
        await _database(disk).settled()
        left = _bytes_in(profile)
        assert [word for word in words if word[2:-2] in left] == []
        assert len(await disk.conversations.turns("keep")) == PURGE_TURNS + 8
        assert len(await disk.conversations.search("common")) == PURGE_TURNS + 8 + 3


async def test_a_purge_cut_short_goes_on_at_the_next_start(profile: Path) -> None:
    async with open_disk(profile, window=True) as disk:
        await _fill(disk, "c1", 5, "zqxpurgedwordvw")
        await _fill(disk, "c2", 5)
        database = _database(disk)
        await database.run(lambda connection: connection.execute("INSERT INTO chores VALUES ('expunge')"))
        await database.run(lambda connection: connection.execute("DELETE FROM words WHERE rowid > 0"))
    async with open_disk(profile, window=True) as disk:
        await _database(disk).settled()
        rows = await _database(disk).read(
            lambda connection: connection.execute("SELECT * FROM chores").fetchall()
        )
        assert rows == []
        index = await _database(disk).read(
            lambda connection: connection.execute("SELECT block FROM words_data").fetchall()
        )
        assert not any(b"xpurgedwordvw" in bytes(block) for (block,) in index)


async def test_what_another_living_process_began_is_not_unfinished(profile: Path) -> None:
    async with open_disk(profile, window=True) as window:
        async with open_disk(profile, window=False) as ask:
            await ask.conversations.begin_turn(samples.head(), samples.question("t1"))
            assert await window.conversations.unfinished() == []
            assert await ask.conversations.unfinished() == []
            assert [turn.id for turn in await window.conversations.turns("c1")] == ["t1"]
        assert [turn.id for turn in await window.conversations.unfinished()] == ["t1"]


async def test_two_processes_write_at_the_same_time(profile: Path) -> None:
    async with open_disk(profile, window=True) as one, open_disk(profile, window=False) as two:
        await asyncio.gather(_fill(one, "c1", 40), _fill(two, "c2", 40))
        assert len(await one.conversations.turns("c2")) == len(await two.conversations.turns("c1")) == 40
        assert await _database(one).damage() == []


async def test_a_commit_is_quick(store: SqliteConversations) -> None:
    """A bound far above what any disk of today needs, so that only a mistake in the design trips it."""
    await store.begin_turn(samples.head(), samples.question())
    took = []
    for number in range(200):
        start = time.perf_counter()
        await store.journal("t1", [{"n": number}])
        took.append(time.perf_counter() - start)
    assert statistics.median(took) < 0.05


async def _fill(disk: Disk, conversation_id: str, count: int, word: str = "common") -> None:
    for number in range(count):
        turn = samples.question(
            f"{conversation_id}-{number}", f"{word} {number}", conversation_id=conversation_id
        )
        await disk.conversations.begin_turn(samples.head(conversation_id), turn)
        await disk.conversations.finish_turn(samples.completed(turn, f"answer {number} " * 40))


def _database(disk: Disk) -> Database:
    assert isinstance(disk.conversations, SqliteConversations)
    return disk.conversations._database


def _bytes_in(profile: Path) -> str:
    files = [path for path in profile.rglob("*") if path.is_file() and path.name != "ballast"]
    return "".join(path.read_bytes().decode("latin-1") for path in files)
