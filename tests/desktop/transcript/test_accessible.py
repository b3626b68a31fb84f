"""The tree a screen reader walks: list, message, block, link; its texts and its actions."""

import random
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Answer, CallItem, Question, ResultItem
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import CUT, answer, conversation, question

Role = QAccessible.Role
Name = QAccessible.Text.Name


@pytest.fixture
def listened() -> Iterator[None]:
    """As if a screen reader were there: events are made and sent."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


def test_messages_with_author_and_text(show: Show) -> None:
    view = show(question(), answer(notice=CUT))
    root = view.reader.root
    assert (root.role(), root.text(Name), root.childCount()) == (Role.List, "Transcript", 2)
    first, second = root.child(0), root.child(1)
    assert first.role() == Role.ListItem
    assert first.text(Name) == "You said: How many airplanes are affected?"
    assert second.text(Name).startswith("Assistant said: The AD affects")
    assert "The connection was cut" in second.text(Name)
    assert second.text(QAccessible.Text.Description) == "message 2 of 2"
    assert root.indexOfChild(second) == 1
    assert second.parent() is root


def test_calls_and_their_results_are_read_out(show: Show) -> None:
    asked = Answer("a", "m", (CallItem("get_weather", '{"city": "Oslo"}', waiting=True),))
    view = show(question(), asked, Question("q2", "", results=(ResultItem("get_weather", "4 °C"),)))
    root = view.reader.root
    assert root.child(1).text(Name) == "Assistant said: Called get_weather"
    assert root.child(2).text(Name) == "You said: get_weather: 4 °C"


def test_qt_finds_the_tree(show: Show) -> None:
    view = show(question(), answer())
    found = QAccessible.queryAccessibleInterface(view)
    assert found is not None
    assert found.childCount() == 2
    assert found.child(0).text(Name).startswith("You said")


def test_links_and_markers_can_be_pressed(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(), height=900)
    message = view.reader.root.child(1)
    prose = next(
        child for at in range(message.childCount()) if (child := message.child(at)).childCount() == 2
    )
    marker, link = prose.child(0), prose.child(1)
    assert (marker.role(), marker.text(Name)) == (Role.Link, "Citation 1")
    assert (link.role(), link.text(Name)) == (Role.Link, "the rule")
    assert prose.indexOfChild(link) == 1
    assert link.rect().width() > 10
    with qtbot.waitSignal(view.citation_activated):
        marker.actionInterface().doAction("Press")
    with qtbot.waitSignal(view.link_activated):
        link.actionInterface().doAction("Press")


def test_a_block_hands_out_its_text(show: Show) -> None:
    view = show(question(), answer(), height=900)
    message = view.reader.root.child(1)
    texts = [message.child(at).textInterface() for at in range(message.childCount())]
    contents = []
    for at, text in enumerate(texts):
        assert text is not None, at
        again = message.child(at).textInterface()
        contents.append(again.text(0, again.characterCount()))
    assert "The AD affects 73 airplanes of U.S. registry.[1] See the rule." in contents
    assert "print(73)" in contents


def test_formulas_are_read_out_as_tex(show: Show) -> None:
    view = show(answer(1, "So $x^2$ is\n\n$$\n\\frac{a}{b}\n$$\n\n| a |\n|---|\n| \\(y\\) |"))
    message = view.reader.root.child(0)
    contents = []
    for at in range(message.childCount()):
        text = message.child(at).textInterface()
        contents.append(text.text(0, text.characterCount()))
    assert {"So $x^2$ is", "$$\n\\frac{a}{b}\n$$", "\\(y\\)"} <= set(contents)
    assert "$x^2$" in message.text(QAccessible.Text.Name)


def test_asking_lays_nothing_out(show: Show) -> None:
    view = show(*conversation(500))
    before = view.layouts
    root = view.reader.root
    for at in range(0, 1000, 40):
        node = root.child(at)
        node.rect()
        node.state()
        for block in range(node.childCount()):
            node.child(block).rect()
    assert view.layouts == before


def test_nodes_go_with_their_messages(show: Show) -> None:
    view = show(*conversation(4))
    gone = [view.reader.root.child(at) for at in range(8)]
    gone[7].child(0)
    view.set_messages(conversation(2))
    assert view.reader.root.childCount() == 4
    assert len(view.reader._nodes) <= 4


@pytest.mark.usefixtures("listened")
def test_events_are_sent_while_someone_listens(show: Show) -> None:
    view = show(*conversation(3))
    view.append(question(9))
    view.append(answer(9, "Begin", streaming=True))
    for _ in range(30):
        view.grow("a9", 2, "A sentence. And another one. ")
        view.flush()
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert view.reader.focus_node().text(Name)
    view.replace("a9", answer(9, "Begin" + "A sentence. And another one. " * 30))
    view.set_messages(conversation(1))
    assert view.reader.root.childCount() == 2


@pytest.mark.usefixtures("listened")
def test_random_walks_while_the_transcript_changes(show: Show) -> None:
    view = show(*conversation(40))
    rng = random.Random(3)
    for step in range(1500):
        root = view.reader.root
        node = root.child(rng.randrange(root.childCount()))
        assert root.indexOfChild(node) >= 0
        while node.childCount() and rng.random() < 0.7:
            at = rng.randrange(node.childCount())
            child = node.child(at)
            assert node.indexOfChild(child) == at
            node = child
        node.rect(), node.state(), node.role(), node.text(Name)
        if step % 50 == 0:
            view.verticalScrollBar().setValue(rng.randrange(view.verticalScrollBar().maximum() + 1))
        if step % 200 == 199:
            view.set_messages(conversation(40 - step // 100))


@pytest.mark.usefixtures("listened")
def test_nodes_of_forgotten_messages_are_dropped_and_made_again(
    show: Show, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("chatapp.desktop.transcript.accessible.MOST_INSIDE", 100)
    view = show(*conversation(100))
    root = view.reader.root
    for at in range(200):
        message = root.child(at)
        for block in range(message.childCount()):
            QAccessible.uniqueId(message.child(block))
    view.column.trim()
    before = view.reader.count
    qtbot.waitUntil(lambda: view.reader.count < before)
    first = root.child(0)
    assert first.child(0).parent() is first
    view.set_messages(conversation(1))
    assert all(entry.index < 2 for entry, _ in view.reader._nodes.values())


@pytest.mark.usefixtures("listened")
def test_another_conversation_is_another_list(show: Show) -> None:
    view = show(*conversation(40))
    before = view.reader.root
    view.set_messages(conversation(1))
    assert view.reader.root is not before
    assert QAccessible.queryAccessibleInterface(view) is view.reader.root
    assert view.reader.root.childCount() == 2
