"""A parameter that the model refused is dimmed with the reason, stays usable, and can be tried again."""

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from chatapp.conversation.refusals import Refusal, refusal_of
from chatapp.desktop.composer.chips import described
from chatapp.desktop.panels.parameter_row import ParameterRow
from tests.desktop.conftest import Room, sent
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, stream_reply

POST = ("POST", "/v1/responses")
REFUSED = "Unsupported parameter: 'temperature' is not supported with this model."


def words(row: ParameterRow) -> str:
    return row._refusal.findChildren(QLabel)[0].text() if row._refusal.isVisible() else ""


def is_dimmed(row: ParameterRow) -> bool:
    effect = row.control.graphicsEffect()
    return effect is not None and effect.isEnabled()


async def test_a_refused_parameter_is_dimmed_with_its_reason_until_it_is_tried_again(
    room: Room, gated_server: GatedServer
) -> None:
    room.window.show_panel("Parameters")
    row = room.window.parameters.rows["temperature"]
    assert (is_dimmed(row), words(row)) == (False, "")
    row.edited.emit("temperature", 0.3)
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.3)
    yes = stream_reply(sse_bytes(text_stream("Yes.")))
    gated_server.script(*POST, error_reply(400, REFUSED, x_should_retry="false"), yes, yes)
    turn = await room.ask("Well?")
    assert turn.note == "Temperature was not sent: test-model refuses it."
    await room.until(lambda: is_dimmed(row))
    assert words(row) == f"test-model refuses it: {REFUSED}"
    assert row.control.isEnabled()
    row.control.entrance().setFocus()
    learnt = "Learnt from an answer of Scripted; it is not sent there."
    await room.until(lambda: row._note.text().endswith(f"{REFUSED} {learnt}"))
    (again,) = row._refusal.findChildren(QPushButton)
    assert again.accessibleName() == "Try temperature again"
    again.click()
    await room.until(lambda: not is_dimmed(row))
    await room.ask("And now?")
    assert sent(gated_server)["temperature"] == 0.3


async def test_what_such_models_usually_refuse_is_said_and_sent_all_the_same(
    room: Room, gated_server: GatedServer
) -> None:
    room.window.show_panel("Parameters")
    rows = room.window.parameters.rows
    rows["model"].edited.emit("model", "gpt-5")
    rows["top_p"].edited.emit("top_p", 0.5)
    await room.until(lambda: is_dimmed(rows["top_p"]))
    assert words(rows["top_p"]) == "gpt-5 reasons, and such models usually refuse it."
    assert not rows["top_p"]._refusal.findChildren(QPushButton)[0].isVisible()
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Well?")
    assert sent(gated_server)["top_p"] == 0.5
    rows["model"].edited.emit("model", "gpt-4o")
    await room.until(lambda: not is_dimmed(rows["top_p"]))


async def test_a_model_that_the_server_does_not_list_is_told_of_until_it_answers(
    room: Room, gated_server: GatedServer
) -> None:
    room.window.show_panel("Parameters")
    row = room.window.parameters.rows["model"]
    row.edited.emit("model", "gpt-9")
    await room.until(lambda: words(row) == "Scripted lists no model of this name")
    assert room.desk.head is not None
    assert [chip.words for chip in described(room.desk.head, room.desk)] == ["unknown model gpt-9"]
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Well?")
    await room.until(lambda: not words(row))


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("temperature", None, True),
        ("top_p", 0.5, False),
        ("reasoning.effort", "xhigh", True),
        ("reasoning.effort", "low", False),
        ("text.verbosity", "low", True),
        ("text", None, True),
        ("textual", None, False),
    ],
)
def test_a_refusal_is_of_a_parameter_its_parts_or_one_value(
    name: str, value: object, is_refused: bool
) -> None:
    refusals = [
        Refusal("temperature", "No."),
        Refusal("reasoning.effort", "No.", "xhigh"),
        Refusal("text", "No."),
    ]
    assert (refusal_of(name, value, refusals) is not None) is is_refused
