"""Answers that were to be JSON, in the window: code while they are written, then a tree and what is to be said."""

import json
from typing import Any

import pytest

from chatapp.conversation.schema_examples import STARTS
from chatapp.desktop.transcript.messages import Answer, Item, StructuredItem, TextItem, VerdictItem
from tests.desktop.conftest import Room
from tests.kit.events import incomplete_stream, sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, stream_reply

POST = ("POST", "/v1/responses")
FORMAT = {"type": "json_schema", "name": "prices", "schema": STARTS["A list of objects"]}
FITTING = json.dumps({"items": [{"name": "a_b*c*", "price": 1}]})


async def asking(room: Room, format: Any) -> None:
    conversation = room.desk.open_id
    assert conversation is not None
    await room.session.errands.ask(
        lambda app: app.conversations.set_parameter(conversation, "text.format", format)
    )


def items(room: Room) -> tuple[Item, ...]:
    """What the last answer on screen is made of."""
    message = room.window.transcript.view.column.entries[-1].message
    assert isinstance(message, Answer)
    return message.items


def verdict(room: Room) -> str:
    return next((item.words for item in items(room) if isinstance(item, VerdictItem)), "")


async def test_it_is_code_while_it_is_written_and_a_tree_once_it_is_whole(
    room: Room, gated_server: GatedServer
) -> None:
    await asking(room, FORMAT)
    gate = Gate()
    events = text_stream(FITTING[:20], FITTING[20:])
    half = next(at for at, event in enumerate(events) if event["type"] == "response.output_text.delta") + 1
    gated_server.script(*POST, stream_reply(sse_bytes(events[:half]), gate, sse_bytes(events[half:])))
    room.write("What do they cost?")
    room.window.composer.send.click()
    await room.until(lambda: room.desk.path and room.last.answer.text == FITTING[:20], "half of it")
    await room.until(lambda: FITTING[:20] in room.shown())
    (text,) = items(room)
    assert isinstance(text, TextItem)
    assert text.text.startswith("````````json\n")
    gate.open()
    await room.ended(1)
    await room.until(lambda: verdict(room) == "Matches the schema.")
    assert items(room)[0] == StructuredItem(FITTING, "prices")


@pytest.mark.parametrize(
    ("format", "text", "words", "shown"),
    [
        (FORMAT, '{"items": [{"name": "a", "price": "1"}]}', "Does not match the schema: $.items[0]", StructuredItem),
        (FORMAT, "Sorry, no.", "The answer is not JSON: line 1", TextItem),
        (FORMAT, '{"items": [', "The answer is not JSON: line 1", TextItem),
        ({"type": "json_object"}, '{"a": 1}', "", StructuredItem),
        ({"type": "json_object"}, "[1]", "The answer is JSON, but no object.", StructuredItem),
        ({"type": "text"}, '{"a": 1}', "", TextItem),
    ],
)  # fmt: skip
async def test_what_it_is_and_what_is_said_of_it(
    room: Room, gated_server: GatedServer, format: Any, text: str, words: str, shown: type[Item]
) -> None:
    await asking(room, format)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream(text))))
    await room.ask("Well?")
    await room.until(lambda: verdict(room).startswith(words) and bool(verdict(room)) == bool(words))
    assert isinstance(items(room)[0], shown)


async def test_what_was_cut_short_is_code_and_no_fault_of_the_schema(
    room: Room, gated_server: GatedServer
) -> None:
    await asking(room, FORMAT)
    gated_server.script(*POST, stream_reply(sse_bytes(incomplete_stream('{"items": [{"na'))))
    await room.ask("Well?")
    assert [type(item) for item in items(room)] == [TextItem]
    assert verdict(room) == ""


async def test_the_inspector_has_the_answer_as_a_tree(room: Room, gated_server: GatedServer) -> None:
    await asking(room, FORMAT)
    gated_server.script(*POST, *(stream_reply(sse_bytes(text_stream(said))) for said in (FITTING, "No.")))
    room.window.show_panel("Inspector")
    await room.ask("Well?")
    inspector = room.window.inspector
    inspector.show_page("Response")
    await room.until(lambda: inspector._parts["Answer"].isVisible())
    top = inspector._trees["Answer"].topLevelItem(0)
    assert top is not None
    assert (top.text(0), top.text(1)) == ("items", "[1]")
    inspector.show_turn((await room.ask("Well?")).id)
    assert not inspector._parts["Answer"].isVisible()
