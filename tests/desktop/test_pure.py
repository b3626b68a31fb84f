"""The rules of the window that need no window: groups of the list, links in disguise, passages on a card, sizes."""

import itertools
from datetime import datetime, timedelta

import pytest
from PySide6.QtGui import QTextLayout
from PySide6.QtWidgets import QApplication, QStyleOptionComboBox

from chatapp.conversation.parameters import PARAMETERS
from chatapp.conversation.tree import Conversation, SearchHit
from chatapp.desktop.actions import ACTIONS
from chatapp.desktop.conversations.grouping import Entry, Heading, found, grouped
from chatapp.desktop.display import has_display
from chatapp.desktop.links import disguised
from chatapp.desktop.panels.file_words import size_words
from chatapp.desktop.panels.json_tree import in_a_line
from chatapp.desktop.panels.passage_card import around
from chatapp.desktop.problem_page import unbroken
from chatapp.desktop.widgets import CalmChoice, OneLine
from chatapp.resource_files import resource

NOON = datetime(2026, 11, 22, 12, 0)


def aged(days: float, pinned: bool = False) -> Conversation:
    when = (NOON - timedelta(days=days)).timestamp()
    return Conversation(f"c{days}", f"{days} days ago", when, when, pinned=pinned)


def title(row: object) -> str:
    assert isinstance(row, Entry)
    return row.conversation.title


def test_conversations_stand_under_their_day() -> None:
    rows = grouped([aged(40, pinned=True), aged(0), aged(1), aged(5), aged(30)], {}, NOON.timestamp())
    shown = [row.text if isinstance(row, Heading) else title(row) for row in rows]
    assert shown == [
        "Pinned", "40 days ago", "Today", "0 days ago", "Yesterday", "1 days ago", "Previous 7 days", "5 days ago",
        "Older", "30 days ago",
    ]  # fmt: skip


def test_a_search_counts_what_it_found() -> None:
    assert found([]) == [Heading("Nothing found")]
    assert found([SearchHit("c", None, "Title", "snippet")])[0] == Heading("1 found")


@pytest.mark.parametrize(
    ("address", "words", "told"),
    [
        ("https://evil.example/x", "https://bank.example/login", True),
        ("https://evil.example", "bank.example", True),
        ("https://www.bank.example/a", "bank.example", False),
        ("https://bank.example", "the bank", False),
        ("https://bank.example", "See bank.example for more", False),
    ],
)
def test_a_link_in_disguise(address: str, words: str, told: bool) -> None:
    assert disguised(address, words) is told


def test_a_passage_shows_its_quote_with_a_little_around_it() -> None:
    before, quote, after = around("a " * 80 + "The very\nwords. " + "b " * 80, "The very\nwords.")
    assert quote == "The very words."
    assert before.startswith("…")
    assert before.endswith("a ")
    assert after.endswith("…")
    assert around("nothing of it", "other words") == ("", "", "nothing of it")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (22_400_000, "22 MB"), (3 * 10**9, "3.0 GB")],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert size_words(count) == words


def test_json_in_a_line() -> None:
    assert in_a_line({"a": 1}) == "{1}"
    assert in_a_line([1, 2]) == "[2]"
    assert in_a_line("two\nlines") == "two lines"
    assert in_a_line(True) == "true"


def test_every_action_has_its_own_id_its_own_keys_and_a_drawing() -> None:
    keys = [action.shortcut for action in ACTIONS if action.shortcut]
    assert len(set(keys)) == len(keys)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert resource("icons", f"{action.drawing}.svg").is_file()


def test_the_guide_names_the_keys_that_exist() -> None:
    guide = resource("guide", "history.md").read_text("utf-8")
    shortcuts = {action.shortcut for action in ACTIONS}
    rows = [
        line.split("|")[1].strip()
        for line in guide.splitlines()
        if line.startswith("| ") and "---" not in line
    ]
    for cell in rows[1:]:
        for key in cell.replace(" to ", ", ").split(", "):
            assert key in shortcuts, key


def test_parameters_in_the_guide_are_the_table_of_parameters() -> None:
    guide = resource("guide", "parameters.md").read_text("utf-8").lower()
    for name in (
        "Model",
        "Reasoning effort",
        "Verbosity",
        "Temperature",
        "Top p",
        "Max output tokens",
        "Instructions",
    ):
        assert name in {row.label for row in PARAMETERS}
        assert name.lower() in guide


@pytest.mark.parametrize(
    ("environment", "platform", "there"),
    [
        ({}, "linux", False),
        ({"QT_QPA_PLATFORM": "xcb"}, "linux", False),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_without_a_display_no_window_is_tried(
    environment: dict[str, str], platform: str, there: bool
) -> None:
    assert has_display(environment, platform) is there


def test_an_option_of_the_command_line_stays_on_its_line(qapp: QApplication) -> None:
    text = "Switch to it, or choose another folder with --profile."
    for width in range(120, 420, 3):
        layout = QTextLayout(unbroken(text), qapp.font())
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
        layout.endLayout()
        starts = [layout.lineAt(place).textStart() for place in range(layout.lineCount())]
        lines = [unbroken(text)[a:b] for a, b in itertools.pairwise([*starts, None])]
        assert any("--profile" in line.replace("\u2060", "") for line in lines), (width, lines)


def test_a_choice_without_room_for_its_text_ends_with_dots(qapp: QApplication) -> None:
    choice = CalmChoice("Libraries")
    choice.addItems(["Short", "A library with a name that is a good deal longer than the list is wide"])
    choice.resize(160, 32)
    shown = QStyleOptionComboBox()
    for text, ends in (("Short", "Short"), (choice.itemText(1), "…")):
        choice.setCurrentText(text)
        choice.initStyleOption(shown)
        assert shown.currentText.endswith(ends)
    choice.deleteLater()


def test_a_name_with_a_line_break_stays_on_its_line(qapp: QApplication) -> None:
    one = OneLine("line\nbreak.txt")
    assert one.text() == "line break.txt"
    assert one.sizeHint().height() == OneLine("line").sizeHint().height()
