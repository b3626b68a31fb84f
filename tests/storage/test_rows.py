"""Nothing changes on the way to the disk and back."""

import json
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from chatapp.conversation.answer import Answer
from chatapp.conversation.tree import Conversation, Turn
from chatapp.conversation.turn import AnswerFold
from chatapp.protocol.events import parse_event
from chatapp.storage.rows import conversation_of, conversation_row, dump, turn_of, turn_row
from tests.kit import events
from tests.storage import samples


@pytest.fixture(scope="module")
def table() -> Iterator[sqlite3.Connection]:
    """SQLite itself: a value may change in the binding as well as in the codec."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


def through(table: sqlite3.Connection, row: dict[str, object]) -> sqlite3.Row:
    columns = ", ".join(f"? AS {name}" for name in row)
    found: sqlite3.Row = table.execute(f"SELECT {columns}", tuple(row.values())).fetchone()
    return found


def exactly(value: object) -> str:
    """Distinguishes 1, 1.0 and True, and the order of keys, which == does not."""
    return repr(value)


@settings(max_examples=100, deadline=None)
@given(turn=samples.turns)
def test_turns_come_back_exactly(table: sqlite3.Connection, turn: Turn) -> None:
    back = turn_of(through(table, dict(turn_row(turn))))
    assert back == turn
    assert exactly(back) == exactly(turn)


@settings(max_examples=50, deadline=None)
@given(conversation=samples.conversations)
def test_conversations_come_back_exactly(table: sqlite3.Connection, conversation: Conversation) -> None:
    back = conversation_of(through(table, dict(conversation_row(conversation))))
    assert exactly(back) == exactly(conversation)


def test_request_and_response_are_stored_word_for_word() -> None:
    turn = samples.completed(samples.question(), "Größe 日本語 😀")
    row = turn_row(turn)
    assert row["response"] == json.dumps(turn.answer.response, ensure_ascii=False, separators=(",", ":"))
    assert row["request"] == json.dumps(turn.request, ensure_ascii=False, separators=(",", ":"))


def test_half_a_surrogate_pair_is_escaped_and_only_then() -> None:
    assert dump({"a": "é"}) == '{"a":"é"}'
    assert json.loads(dump({"a": "é\ud800"})) == {"a": "é\ud800"}
    dump({"a": "é\ud800"}).encode()


def folded(stream: list[events.JsonObject]) -> Answer:
    fold = AnswerFold("c1", "t1")
    for raw in stream:
        fold.apply(parse_event(raw))
    return fold.answer


@pytest.mark.parametrize(
    "stream",
    [
        events.text_stream(*["only once "] * 50),
        events.reasoning_stream(["thought once " * 20], *["only once "] * 50),
        events.file_search_stream("only once " * 50),
    ],
    ids=["text", "reasoning", "file search"],
)
def test_a_completed_answers_text_is_on_disk_once(stream: list[events.JsonObject]) -> None:
    turn = samples.question(answer=folded(stream))
    row = turn_row(turn)
    assert "only once" in str(row["response"])
    assert "once" not in str(row["answer"])
    assert exactly(turn_of(row)) == exactly(turn)
