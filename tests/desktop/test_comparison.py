"""Two answers compared in a real window: by their words, by the facts, and branch by branch."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem

from chatapp.desktop.comparison_dialog import AT_ONCE, PAGES, ComparisonDialog
from tests.desktop.conftest import Room
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

POST = ("POST", "/v1/responses")


def answers(server: GatedServer, *texts: str) -> None:
    for text in texts:
        server.script(*POST, stream_reply(sse_bytes(text_stream(text, response_id=f"resp_{len(text)}"))))


async def asked_again(room: Room, ended: Callable[[], object]) -> None:
    room.window.turn_actions.do(room.last.id, "regenerate")
    await room.until(ended)


async def opened_on(room: Room) -> ComparisonDialog:
    room.window.turn_actions.do(room.last.id, "compare")
    (dialog,) = room.window.findChildren(ComparisonDialog)
    await room.until(lambda: dialog._words.text() != "Comparing…")
    return dialog


def lines(dialog: ComparisonDialog) -> list[str]:
    groups = [dialog.table.topLevelItem(place) for place in range(dialog.table.topLevelItemCount())]
    items = [group.child(at) for group in groups if group is not None for at in range(group.childCount())]
    return [_words(item) for item in items if item is not None]


def _words(item: QTreeWidgetItem) -> str:
    return " | ".join(item.text(place).strip() for place in range(3))


async def test_an_answer_is_compared_with_the_one_asked_before_it(
    room: Room, gated_server: GatedServer
) -> None:
    answers(gated_server, "A big dog barks.\nAlways.", "A small dog barks.\nAlways.")
    first = await room.ask("What barks?")
    head = room.desk.head
    assert head is not None
    await room.session.errands.ask(lambda app: app.conversations.set_parameter(head.id, "temperature", 0.9))
    await asked_again(room, lambda: room.last.id != first.id and room.last.answer.status.ended)
    dialog = await opened_on(room)
    assert "struck out" in dialog._words.text()
    assert dialog.inline.toPlainText() == "A bigsmall dog barks.\nAlways."
    for page in PAGES:
        dialog.show_page(page)
        assert not dialog.grab().isNull()
    assert "≠ Temperature | – | 0.9" in lines(dialog)
    assert "Model | test-model | test-model" in lines(dialog)
    dialog.only_different.setChecked(True)
    assert "Model | test-model | test-model" not in lines(dialog)
    dialog._swap()
    await room.until(lambda: dialog.inline.toPlainText() == "A smallbig dog barks.\nAlways.")
    dialog.accept()


async def test_two_branches_are_compared_turn_by_turn(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server, "One.", "Two, below one.", "Another one.")
    first = await room.ask("First?")
    await room.ask("Second?")
    room.window.turn_actions.do(first.id, "regenerate")
    await room.until(lambda: len(room.desk.path) == 1 and room.last.answer.status.ended)
    dialog = await opened_on(room)
    assert dialog._place.text() == "Turn 1 of 2"
    dialog.step(1)
    await room.until(lambda: "ends before" in dialog._words.text())
    assert dialog._place.text() == "Turn 2 of 2"
    assert "Two, below one." in dialog.inline.toPlainText()
    dialog.accept()


async def test_long_answers_come_a_portion_at_a_time_and_whole(room: Room, gated_server: GatedServer) -> None:
    lines = [f"Line {number} says this." for number in range(5 * AT_ONCE)]
    answers(gated_server, "\n".join(lines), "\n".join([*lines[:-1], "Another end."]))
    first = await room.ask("What is there?")
    await asked_again(room, lambda: room.last.id != first.id and room.last.answer.status.ended)
    dialog = await opened_on(room)
    await room.until(lambda: dialog.inline.is_filled and dialog.beside.is_filled)
    assert dialog.inline.toPlainText().split("\n")[:-1] == lines[:-1]
    assert dialog.beside.toPlainText().count("Line 7 says this.") == 2
    dialog.accept()


async def test_a_branch_is_replayed_from_the_menu_and_comes_on_screen(
    room: Room, gated_server: GatedServer
) -> None:
    answers(gated_server, "One.", "Two.", "Anew, one.", "Anew, two.")
    first = await room.ask("First?")
    await room.ask("Second?")
    told: list[str] = []
    room.desk.noticed.connect(lambda notice: told.append(notice.text))
    room.window.turn_actions.do(first.id, "replay")
    await room.until(lambda: any("were asked again" in words for words in told))
    await room.until(lambda: [turn.answer.text for turn in room.desk.path] == ["Anew, one.", "Anew, two."])
    assert any(words.startswith("2 questions are asked again") for words in told)


async def test_two_answers_are_compared_by_keyboard_alone(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server, "A big dog barks.", "A small dog barks.", "One below.")
    first = await room.ask("What barks?")
    await asked_again(room, lambda: room.last.id != first.id and room.last.answer.status.ended)
    await room.ask("And then?")
    room.window.turn_actions.do(room.desk.path[0].id, "compare")
    (dialog,) = room.window.findChildren(ComparisonDialog)
    await room.until(lambda: dialog._words.text() != "Comparing…")
    assert [dialog.first.itemText(at) for at in (0, 1)] == ["1 of 2 · Answer 1", "2 of 2 · Answer 2"]
    assert reached(dialog) >= {
        "First answer",
        "Second answer",
        "Show side by side",
        "Swap",
        "Both answers",
        "Close",
    }
    walk_to(dialog, "Show side by side")
    for page, inside in (("Inline", "Changes inline"), ("Facts", "Facts about both answers")):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Right)
        assert dialog.shown == page
        assert inside in reached(dialog)
        walk_to(dialog, f"Show {page.lower()}")
    assert "Only what differs" in reached(dialog)
    walk_to(dialog, "Next turn")
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    assert dialog._place.text() == "Turn 2 of 2"
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def reached(dialog: ComparisonDialog) -> set[str]:
    """The names of all that Tab leads to."""
    names: set[str] = set()
    for _ in range(30):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        names.add(dialog.focusWidget().accessibleName())
    return names


def walk_to(dialog: ComparisonDialog, name: str) -> None:
    for _ in range(30):
        if dialog.focusWidget().accessibleName() == name:
            return
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {name}")
