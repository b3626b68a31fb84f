"""JSON as a tree: every value is in it, objects and lists fold, and what is copied is what came."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.branches import branches, written
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.messages import Answer, StructuredItem, TextItem, VerdictItem
from chatapp.desktop.transcript.strips import Branch, Prose
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show

VALUE: dict[str, Any] = {
    "items": [{"name": "Tug 🙂", "price": 1200.5}, {"name": "two\nlines", "price": None}],
    "empty": {},
    "deep": {"a": {"b": {"c": [1, [True]]}}},
}
TEXT = json.dumps(VALUE, ensure_ascii=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def tree(value: Any, toggled: set[int] | None = None) -> list[Branch]:
    item, others = StructuredItem(json.dumps(value), "JSON"), toggled or set()
    return [line for line, _ in branches(item, 0, lambda fold, at_first: (fold in others) != at_first)]


def all_open(value: Any) -> list[Branch]:
    """The tree once every fold that stands closed was opened."""
    toggled: set[int] = set()
    while closed := {line.fold for line in tree(value, toggled) if line.fold and not line.open}:
        toggled |= closed
    return tree(value, toggled)


def leaves(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if not inner else [leaf for entry in inner for leaf in leaves(entry)]


def lines(shown: list[Branch]) -> list[str]:
    return [f"{'  ' * line.depth}{line.text}" for line in shown]


@given(JSON)
def test_every_value_is_in_the_tree(value: Any) -> None:
    shown = all_open(value)
    ends = [line.text for line in shown if not line.fold]
    for line, leaf in zip(ends, leaves(value), strict=True):
        assert line.endswith(written(leaf).replace("\n", "\u2028"))
    assert [line.first for line in shown] == [True] + [False] * (len(shown) - 1)
    assert [line.last for line in shown] == [False] * (len(shown) - 1) + [True]
    folds = [line.fold for line in shown if line.fold]
    assert len(set(folds)) == len(folds)


def test_two_levels_stand_open_and_deeper_ones_are_folded() -> None:
    assert lines(tree(VALUE)) == [
        "items  2 entries",
        "  0  2 fields",
        '    name  "Tug 🙂"',
        "    price  1200.5",
        "  1  2 fields",
        '    name  "two\u2028lines"',
        "    price  null",
        "empty  no fields",
        "deep  1 field",
        "  a  1 field",
        "    b  1 field",
    ]


def test_a_long_list_is_cut_into_stretches_and_a_long_text_into_strips() -> None:
    assert lines(tree({"n": list(range(250))})) == [
        "n  250 entries", "  0 – 99  100 of them", "  100 – 199  100 of them", "  200 – 249  50 of them",
    ]  # fmt: skip
    assert len(all_open({"n": list(range(250))})) == 254
    assert lines(tree(list(range(101))))[:2] == ["0 – 99  100 of them", "  0  0"]
    words = "word " * 2_000
    cut = tree({"essay": words})
    assert len(cut) > 1
    assert [line.glued for line in cut] == [False] + [True] * (len(cut) - 1)
    assert "".join(line.text for line in cut) == f'essay  "{words}"'


def structured(text: str = TEXT, verdict: VerdictItem | None = None) -> Answer:
    return Answer("a", "model", (StructuredItem(text, "prices"), verdict or VerdictItem("Matches.", True)))


def stop_at(view: TranscriptView, entry: Entry, words: str) -> Any:
    return next(found for found in view.stops(entry) if found[2].label == words)


def seen(entry: Entry) -> list[str]:
    return lines([strip for strip in entry.strips or () if isinstance(strip, Branch)])


def test_branches_fold_by_mouse_and_keyboard_and_stay_so(show: Show) -> None:
    view = show(structured())
    entry = view.column.entries[0]
    before = seen(entry)
    spot = stop_at(view, entry, "Fold: items  2 entries")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.spot_rect(*spot).center())
    assert seen(entry)[:2] == ["items  2 entries", "empty  no fields"]
    view.go(0)
    while view.focused is None or view.focused[2].label != "Unfold: items  2 entries":
        QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert seen(entry) == before
    view.focus_spot(*stop_at(view, entry, "Unfold: b  1 field"))
    QTest.keyClick(view, Qt.Key.Key_Return)
    view.replace("a", structured(verdict=VerdictItem("Does not match.", False)))
    assert "      c  2 entries" in seen(entry)


def test_what_is_copied_is_what_came(show: Show) -> None:
    text = '{"b":1.0,  "a":[1,2] }'
    view = show(structured(text))
    QApplication.clipboard().clear()
    view.activate(*stop_at(view, view.column.entries[0], "Copy JSON"))
    assert QApplication.clipboard().text() == text
    view.select_all()
    assert view.selected_text() == "b  1.0\na  2 entries\n  0  1\n  1  2\nMatches."


def test_the_tree_is_laid_out_at_any_width_and_size(show: Show) -> None:
    view = show(structured(), width=320)
    for width, size in ((320, 1.0), (320, 2.0), (900, 1.0)):
        view.resize(width, 640)
        view.set_text_size(size)
        entry = view.column.entries[0]
        for at, strip in enumerate(entry.strips or ()):
            if isinstance(strip, Branch):
                laid = entry.laid(at, view.column.setter)
                assert laid.panes[0].x + laid.panes[0].width <= laid.width
    assert not view.grab().isNull()


def test_only_what_is_seen_is_laid_out(show: Show) -> None:
    view = show(structured(json.dumps({str(n): {"a": n} for n in range(90)} | {"x": list(range(20_000))})))
    entry = view.column.entries[0]
    assert len(entry.strips or ()) > 200
    assert view.layouts < 80


def test_a_verdict_is_asked_for_where_it_is_seen(show: Show, qtbot: QtBot) -> None:
    filling = Answer("b", "model", (TextItem("long\n\n" * 300),))
    view = show(structured(verdict=VerdictItem()), filling)
    asked: list[str] = []
    view.unjudged.connect(asked.append)
    view.to_end()
    asked.clear()
    view.scroll_to("b")
    assert asked == []
    view.scroll_to("a")
    assert set(asked) == {"a"}
    view.replace("a", structured(verdict=VerdictItem("Does not match: $.a is missing.", False)))
    asked.clear()
    view.scroll_to("a")
    assert asked == []
    (line,) = [s for s in view.column.entries[0].strips or () if isinstance(s, Prose) and s.tone == "danger"]
    assert line.text == "Does not match: $.a is missing."


@pytest.mark.parametrize("point", [QPoint(5, 5), QPoint(400, 120)])
def test_a_click_beside_the_folds_changes_nothing(show: Show, point: QPoint) -> None:
    view = show(structured("[1, 2]"))
    before = seen(view.column.entries[0])
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert seen(view.column.entries[0]) == before
