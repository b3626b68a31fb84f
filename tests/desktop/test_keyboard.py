"""The keyboard: the way of Tab, Enter on buttons, the search field, the panels, Enter while an answer comes."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from chatapp.desktop.composer.composer import STILL_WRITING, TITLES
from tests.desktop.conftest import Room
from tests.desktop.test_conversations import POST
from tests.desktop.test_fresh import CTRL, answered, focused
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, stream_reply

SHIFT = Qt.KeyboardModifier.ShiftModifier


def way(room: Room, start: QWidget, most: int = 60) -> list[str]:
    """What Tab reaches from `start` on, until it comes round."""
    start.setFocus()
    names: list[str] = []
    for _ in range(most):
        names.append(focused(room).objectName())
        QTest.keyClick(focused(room), Qt.Key.Key_Tab)
        if focused(room) is start:
            break
    return names


def in_order(names: list[str], wanted: tuple[str, ...]) -> bool:
    rest = iter(names)
    return all(name in rest for name in wanted)


WAY = (
    "newConversation", "searchConversations", "conversations", "recentlyDeleted", "commands", "panels",
)  # fmt: skip
ROWS = ("modelParameters", "server", "model", "samplingParameters", "temperature", "fileSearchParameters")
AFTER = ("message", "attach", "send", "parametersTab", *ROWS, "settings")


async def test_tab_goes_from_left_to_right(room: Room, gated_server: GatedServer) -> None:
    room.window.show_panel("Parameters")
    room.write("so that Send can be pressed")
    names = way(room, room.window.conversations.new)
    assert in_order(names, (*WAY, "attachAFile", *AFTER)), names
    assert names[: len(WAY)] == list(WAY)
    assert names[-1] == "settings"
    room.press(Qt.Key.Key_Return)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ended(1)
    names = way(room, room.window.conversations.new)
    assert in_order(names, (*WAY, "transcript", *AFTER[:2])), names


async def test_shift_tab_from_the_message_reaches_the_transcript(
    room: Room, gated_server: GatedServer
) -> None:
    await answered(room, gated_server, "A question")
    room.window.write()
    QTest.keyClick(room.window.composer.editor, Qt.Key.Key_Backtab, SHIFT)
    assert focused(room) is room.window.transcript.view


async def test_the_number_keys_enter_the_panels(room: Room) -> None:
    for key, name in zip((Qt.Key.Key_1, Qt.Key.Key_2), ("Parameters", "Library"), strict=True):
        room.window.write()
        room.press(key, None, CTRL)
        assert room.window.tabs.current == name
        assert room.window.tabs.panels[name].isAncestorOf(focused(room)), name
    for name in ("Citations", "Inspector"):
        room.window.write()
        room.window.enter_panel(name)
        assert room.window.tabs.isAncestorOf(focused(room)), name


async def test_enter_presses_every_button(room: Room) -> None:
    buttons = [one for one in room.window.findChildren(QPushButton) if one.isVisible() and one.isEnabled()]
    assert len(buttons) > 8
    for one in buttons:
        pressed: list[bool] = []
        one.clicked.disconnect()
        one.clicked.connect(lambda *_checked, pressed=pressed: pressed.append(True))
        one.setFocus()
        QTest.keyClick(one, Qt.Key.Key_Return)
        assert pressed == [True], one.objectName()


async def test_the_sample_question_leaves_the_caret_in_the_message(first_room: Room) -> None:
    ask = first_room.window.transcript.welcome.ask
    await first_room.until(ask.isEnabled)
    ask.setFocus()
    QTest.keyClick(ask, Qt.Key.Key_Return)
    await first_room.ended(1)
    assert first_room.window.composer.editor.hasFocus()


async def test_esc_in_the_search_clears_then_returns(room: Room) -> None:
    search = room.window.conversations.search
    room.window.search()
    QTest.keyClicks(search, "word")
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == ""
    assert search.hasFocus()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert room.window.composer.editor.hasFocus()


async def test_enter_in_the_search_opens_the_first_result(room: Room, gated_server: GatedServer) -> None:
    first = await answered(room, gated_server, "About stabilizers")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first)
    pane = room.window.conversations
    room.window.search()
    QTest.keyClicks(pane.search, "stabilizers")
    QTest.keyClick(pane.search, Qt.Key.Key_Return)
    await room.until(lambda: room.desk.open_id == first)
    assert pane.list.hasFocus()
    room.window.search()
    QTest.keyClick(pane.search, Qt.Key.Key_Down)
    assert pane.list.hasFocus()
    assert pane.list.currentIndex().row() == 1


async def test_enter_while_an_answer_comes_says_so_once(room: Room, gated_server: GatedServer) -> None:
    gate = Gate()
    body = sse_bytes(text_stream("Slowly."))
    gated_server.script(*POST, stream_reply(body[:200], gate, body[200:]))
    room.write("A question")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.desk.running is not None)
    said: list[str] = []
    room.desk.noticed.connect(lambda notice: said.append(notice.text))
    room.write("and then")
    room.press(Qt.Key.Key_Return)
    room.press(Qt.Key.Key_Return)
    assert said == [STILL_WRITING]
    assert room.window.composer.text == "and then"
    gate.open()
    await room.ended(1)


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


async def test_the_placeholder_is_painted_as_soon_as_it_changes(
    room: Room, gated_server: GatedServer
) -> None:
    editor = room.window.composer.editor
    assert editor.placeholderText() == TITLES[0]
    await answered(room, gated_server, "A question")
    assert editor.placeholderText() == TITLES[1]
    room.window.switching.new()
    assert editor.placeholderText() == TITLES[0]
    room.window.search()
    await room.until(lambda: room.session.errands.idle)
    QApplication.processEvents()
    paints = Paints(editor.viewport())
    editor.invite("Something else")
    QApplication.processEvents()
    assert paints.count == 1


async def test_a_click_beside_the_buttons_places_the_caret(room: Room) -> None:
    composer = room.window.composer
    room.window.search()
    foot = composer.parameters.mapTo(composer, QPoint(composer.parameters.width() + 40, 8))
    assert not isinstance(composer.childAt(foot), QPushButton)
    QTest.mouseClick(composer.childAt(foot) or composer, Qt.MouseButton.LeftButton)
    assert composer.editor.hasFocus()


async def test_a_long_word_brings_no_scroll_bar(room: Room) -> None:
    editor = room.window.composer.editor
    before = editor.height()
    editor.setPlainText("w" * 400)
    await room.until(lambda: editor.height() > before)
    assert not editor.horizontalScrollBar().isVisible()
    assert editor.horizontalScrollBar().maximum() == 0


async def test_a_drawer_has_a_button_that_closes_it(room: Room) -> None:
    window, columns = room.window, room.window.columns
    window.resize(880, 640)
    await room.until(lambda: columns.is_drawer(window.tabs))
    window.bar.right.click()
    cross = window.findChild(QPushButton, "closePanels")
    assert cross is not None
    assert cross.isVisible()
    assert columns.childAt(cross.mapTo(columns, cross.rect().center())) is cross
    cross.click()
    assert not window.tabs.isVisible()
    assert not cross.isVisible()
    assert window.composer.editor.hasFocus()
    window.resize(1280, 820)
    await room.until(lambda: window.tabs.isVisible())
    assert not cross.isVisible()


async def test_words_are_found_by_keys_alone(room: Room, gated_server: GatedServer) -> None:
    room.write("nothing to find in here yet")
    room.press(Qt.Key.Key_F, None, CTRL)
    assert focused(room) is room.window.composer.editor
    room.window.composer.editor.clear()
    await answered(room, gated_server, "A question, and a question")
    room.press(Qt.Key.Key_F, None, CTRL)
    bar = room.window.transcript.find_bar
    assert focused(room) is bar.field
    QTest.keyClicks(bar.field, "question")
    await room.until(lambda: bar.count.text() == "1 of 2")
    QTest.keyClick(bar.field, Qt.Key.Key_F3)
    assert bar.count.text() == "2 of 2"
    QTest.keyClick(bar.field, Qt.Key.Key_F3, SHIFT)
    assert bar.count.text() == "1 of 2"
    for name in ("previousPlace", "nextPlace", "matchCase", "wholeWords", "closeFind"):
        QTest.keyClick(focused(room), Qt.Key.Key_Tab)
        assert focused(room).objectName() == name
    bar.field.setFocus()
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.isHidden()
    assert focused(room) is room.window.transcript.view
