"""Builds a filter: comparisons in groups, each group all of or any of what is in it; or the same as JSON."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from chatapp.conversation.filters import GROUPS, WORDS, read_value, search_filter, written
from chatapp.conversation.shapes import Unfit
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.json_editor import JsonEditor
from chatapp.desktop.panels.tabs import strong_width
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import (
    CalmChoice,
    FollowsTextSize,
    button,
    column,
    label,
    named,
    restyle,
    row,
    scrolling,
    spoken,
)
from chatapp.protocol.json_types import Json, JsonObject

ABOUT = (
    "Only passages of files whose attributes fit are found. A value is a number, true, false or text; text of digits "
    "stands in quotes. Several values are written with commas."
)
SIZE = (640, 520)
OF_GROUPS = {"and": "All of these", "or": "Any of these"}
EMPTY_COMPARISON: JsonObject = {"type": "eq", "key": "", "value": ""}


class FilterDialog(EditDialog):
    """Saves None where no comparison is left."""

    def __init__(self, parent: QWidget, value: Json) -> None:
        super().__init__(parent, "Search filter", SIZE)
        self.builder = Group("and", None)
        self.json = JsonEditor("Filter as JSON", search_filter, "filter")
        self.json.changed.connect(self.follow)
        self.builder.changed.connect(self.follow)
        self._stack = QStackedWidget()
        self._stack.addWidget(scrolling(_at_top(self.builder)))
        self._stack.addWidget(self.json)
        self._tabs = [self._tab(place, name) for place, name in enumerate(("Build", "JSON"))]
        group = QButtonGroup(self)
        for tab in self._tabs:
            group.addButton(tab)
        self._tabs[0].setChecked(True)
        self._show(value)
        content = column(
            label(ABOUT, "secondary", wrap=True), row(*self._tabs, 1, gap=4), self._stack, gap=GAP_12
        )
        content.setStretch(2, 1)
        self.lay(content)
        self.builder.enter()

    def value(self) -> Json:
        return self.json.value if self._stack.currentIndex() else _unwrapped(self.builder.value())

    def fault(self) -> str:
        if self._stack.currentIndex():
            return "" if self.json.fault is None else "The JSON is not a filter yet."
        value = self.value()
        if value is None:
            return ""
        if said := self.builder.lacks():
            return said
        try:
            search_filter(value, "filter")
        except Unfit as problem:
            return f"{problem}"
        return ""

    def state(self) -> Json:
        return [self._stack.currentIndex(), self.builder.value(), self.json.text()]

    def show_state(self, state: Json) -> None:
        page, built, text = state
        self._show(built)
        self.json.show_text(text)
        self._tabs[page].setChecked(True)
        self._stack.setCurrentIndex(page)

    def _show(self, value: Json) -> None:
        whole = value if isinstance(value, dict) and value.get("type") in GROUPS else None
        lone = [value] if value is not None and whole is None else [EMPTY_COMPARISON]
        self.builder.show_value(whole or {"type": "and", "filters": lone})

    def _tab(self, place: int, name: str) -> QPushButton:
        tab = button(name, partial(self._turn_to, place), "tab")
        tab.setCheckable(True)
        FollowsTextSize(tab, lambda: tab.setMinimumWidth(strong_width(tab.font(), name) + 2 * GAP_8))
        return tab

    def _turn_to(self, page: int) -> None:
        """The other page shows what this one holds. JSON that is no filter stays in front until it is one."""
        if page == self._stack.currentIndex():
            return
        if page:
            self.json.show_value(_unwrapped(self.builder.value()))
        elif self.json.fault is None:
            self._show(self.json.value)
        else:
            self._tabs[1].setChecked(True)
            self.json.go_to_fault()
            return
        self._stack.setCurrentIndex(page)
        self.follow()


def _unwrapped(group: JsonObject) -> Json:
    """A group of one is that one; of none, nothing."""
    members = group["filters"]
    return group if len(members) > 1 else members[0] if members else None


def _at_top(widget: QWidget) -> QWidget:
    holder = QWidget()
    holder.setLayout(column(widget, 1))
    return holder


class Comparison(QWidget):
    """An attribute, how it is compared, and with what. `gone` asks to be taken away."""

    changed = Signal()
    gone = Signal()

    def __init__(self, value: JsonObject) -> None:
        super().__init__()
        self.key = named(QLineEdit(str(value.get("key", ""))), "Attribute")
        self.key.setPlaceholderText("attribute")
        self.how = CalmChoice("Comparison")
        for name, words in WORDS.items():
            self.how.addItem(words, name)
        self.how.setMinimumContentsLength(max(map(len, WORDS.values())))
        self.how.setCurrentIndex(self.how.findData(value.get("type")))
        given = value.get("value")
        self.operand = named(QLineEdit("" if given == "" else written(given)), "Value")
        self.operand.setPlaceholderText("value")
        remove = button("Remove", self.gone.emit, "link", "Remove this comparison")
        for field in (self.key, self.operand):
            field.textEdited.connect(lambda _text: self.changed.emit())
        self.how.currentIndexChanged.connect(lambda _at: self.changed.emit())
        line = row(self.key, spoken(self.how, "Comparison"), self.how, self.operand, remove, gap=GAP_8)
        line.setStretch(0, 3)
        line.setStretch(3, 4)
        self.setLayout(line)

    def value(self) -> JsonObject:
        how = str(self.how.currentData())
        text = self.operand.text()
        value = read_value(text, how) if text.strip() else ""
        return {"type": how, "key": self.key.text().strip(), "value": value}

    def begun(self) -> bool:
        return bool(self.key.text().strip() or self.operand.text().strip())

    def lacks(self) -> str:
        """What is missing, in a sentence. The field that lacks it is marked, once anything was typed."""
        begun = self.begun()
        no_key, no_value = not self.key.text().strip(), not self.operand.text().strip()
        restyle(self.key, invalid=begun and no_key)
        restyle(self.operand, invalid=begun and no_value)
        if begun and no_key:
            return "Name the attribute in every comparison."
        return "Give a value in every comparison." if begun and no_value else ""


class Group(QFrame):
    """Comparisons and groups, joined by "and" or "or"."""

    changed = Signal()
    gone = Signal()

    def __init__(self, kind: str, above: Group | None) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.above = above
        self._members: list[Comparison | Group] = []
        self.kind = CalmChoice("Group")
        for name, words in OF_GROUPS.items():
            self.kind.addItem(words, name)
        self.kind.setMinimumContentsLength(max(map(len, OF_GROUPS.values())))
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self.kind.currentIndexChanged.connect(lambda _at: self.changed.emit())
        head = row(spoken(self.kind, "Group"), self.kind, 1)
        if above is not None:
            head.addWidget(button("Remove", self.gone.emit, "link", "Remove this group"))
        self._list = QVBoxLayout()
        self._list.setSpacing(GAP_8)
        add = row(
            button("Add a comparison", self._add_comparison, "link"),
            button("Add a group", self._add_group, "link"),
            1,
            gap=GAP_4,
        )
        self.setLayout(column(head, self._list, add, gap=GAP_8, edge=GAP_12))

    def show_value(self, value: JsonObject) -> None:
        for member in list(self._members):
            self._take(member)
        self.kind.setCurrentIndex(self.kind.findData(value["type"]))
        for member in value["filters"]:
            self._put(self._made(member))
        self.changed.emit()

    def value(self) -> JsonObject:
        """What nobody has begun to fill in counts for nothing."""
        begun = [member.value() for member in self._members if member.begun()]
        return {"type": self.kind.currentData(), "filters": begun}

    def enter(self) -> None:
        """The keyboard to the first attribute."""
        first = next((member for member in self._members if isinstance(member, Comparison)), None)
        if first is not None:
            first.key.setFocus(Qt.FocusReason.OtherFocusReason)

    def begun(self) -> bool:
        return any(member.begun() for member in self._members)

    def lacks(self) -> str:
        said = [member.lacks() for member in self._members]
        return next((words for words in said if words), "")

    def _made(self, value: JsonObject) -> Comparison | Group:
        if value.get("type") not in GROUPS:
            return Comparison(value)
        group = Group(str(value["type"]), self)
        group.show_value(value)
        return group

    def _put(self, member: Comparison | Group) -> None:
        member.changed.connect(self.changed)
        member.gone.connect(lambda: self._remove(member))
        self._members.append(member)
        self._list.addWidget(member)

    def _add_comparison(self) -> None:
        made = Comparison(EMPTY_COMPARISON)
        self._put(made)
        made.key.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _add_group(self) -> None:
        kind = "or" if self.kind.currentData() == "and" else "and"
        made = self._made({"type": kind, "filters": [EMPTY_COMPARISON]})
        self._put(made)
        self.changed.emit()

    def _remove(self, member: Comparison | Group) -> None:
        self._take(member)
        self.changed.emit()

    def _take(self, member: Comparison | Group) -> None:
        self._members.remove(member)
        self._list.removeWidget(member)
        member.hide()
        member.deleteLater()
