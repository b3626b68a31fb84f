"""The Inspector panel: what was sent and what came back for the turn on screen, word for word."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter, QWidget

from chatapp.conversation.answer import OutputItem
from chatapp.conversation.inputs import size_words
from chatapp.conversation.json_text import JsonFault
from chatapp.conversation.limits import REQUEST_ID, words_for
from chatapp.conversation.references import references_in
from chatapp.conversation.structured import answered_json, answered_text, asked_format
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.panels.empty import EmptyState
from chatapp.desktop.panels.json_tree import JsonTree
from chatapp.desktop.theme import GAP_4, GAP_12, GAP_16
from chatapp.desktop.widgets import Icons, button, column, holding, label, named, row
from chatapp.protocol.json_types import Json

NO_TURN = "Ask something. The exact request and the server's exact response appear here."


class InspectorPanel(QWidget):
    def __init__(self, desk: Desk, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        named(self, "Inspector")
        self._desk, self._icons = desk, icons
        self._turn: Turn | None = None
        self._trees = {title: JsonTree(title) for title in PARTS}
        self._about = label(kind="caption", wrap=True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._parts = {title: self._part(title, tree) for title, tree in self._trees.items()}
        for part in self._parts.values():
            self._split.addWidget(part)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(GAP_12)
        self._limits = label(kind="caption", wrap=True)
        self._limits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._filled = holding(column(self._about, self._limits, self._split, gap=GAP_12))
        self._filled.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        self._empty = EmptyState("inspect", appearance, "Write a question", desk.opened.emit, NO_TURN)
        self._empty.action.hide()
        self.setLayout(column(self._filled, self._empty))
        for changed in (desk.opened, desk.path_changed, desk.turn_changed):
            changed.connect(self._follow)
        desk.limits_changed.connect(self._show_limits)

    def show_turn(self, turn_id: str) -> None:
        self._show(self._desk.tree.get(turn_id))

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._follow()

    def _part(self, title: str, tree: JsonTree) -> QWidget:
        copier = button(
            "",
            lambda: self._copy(title),
            "icon",
            f"Copy {title.lower()}",
            f"Copy the {title.lower()} as JSON",
        )
        self._icons.put(copier, "copy", size=16)
        return holding(column(row(label(title, "strong"), 1, copier), tree, gap=GAP_4))

    def _follow(self, *_changed: object) -> None:
        if self.isVisible():
            chosen = self._desk.tree.get(self._turn.id) if self._turn is not None else None
            on_screen = chosen if chosen in self._desk.path else None
            self._show(on_screen or self._desk.last_turn)

    def _show(self, turn: Turn | None) -> None:
        self._filled.setVisible(turn is not None)
        self._empty.setVisible(turn is None)
        if turn is None or turn is self._turn:
            return
        self._turn = turn
        self._about.setText(about(turn, self._desk.server_name(turn.server)))
        self._show_limits(turn.server)
        for title, tree in self._trees.items():
            tree.show_json(PARTS[title](turn))
        self._parts[UNKNOWN].setHidden(not turn.answer.unknown)
        self._parts[ANSWER].setHidden(_answer(turn) is None)

    def _show_limits(self, server: str) -> None:
        """What the turn's server said of its limits last, with whichever turn that was."""
        if self._turn is None or self._turn.server != server:
            return
        told = self._desk.limits.get(server, ())
        words = [*words_for(told), *(f"request id {value}" for name, value in told if name == REQUEST_ID)]
        self._limits.setText(f"Newest of {self._desk.server_name(server)}: {' · '.join(words)}")
        self._limits.setVisible(bool(words))

    def _copy(self, title: str) -> None:
        if self._turn is not None:
            text = json.dumps(PARTS[title](self._turn), indent=2, ensure_ascii=False)
            QGuiApplication.clipboard().setText(text)


def about(turn: Turn, server: str) -> str:
    """One line: the server, the response id, how it ended; what was done differently; and what is not shown."""
    pieces = [server, turn.response_id or "no response id", turn.answer.status.value.replace("_", " ")]
    line = " · ".join(pieces)
    return "\n".join(said for said in (line, turn.note or "", _in_place_of(turn)) if said)


def _in_place_of(turn: Turn) -> str:
    """Files are named in the request and not written out: a sentence that says so."""
    references = references_in(turn.request)
    if not references:
        return ""
    size = size_words(sum(reference.bytes for reference in references))
    if len(references) == 1:
        return f"In place of a file of {size} the request names the kept original."
    return f"In place of {len(references)} files of {size} the request names the kept originals."


def _so_far(turn: Turn) -> Json:
    """What is known of an answer that has no final response object."""
    failure = turn.answer.failure
    known: dict[str, Json] = {
        "status": turn.answer.status.value,
        "output": [_received(item) for item in turn.answer.items],
    }
    return known if failure is None else known | {"failure": asdict(failure)}


def _received(item: OutputItem) -> Json:
    """The newest object the server sent of an item, and what was streamed besides."""
    streamed = {"parts": [asdict(part) for part in item.parts], "arguments": item.arguments}
    return item.raw | {"received": streamed} if item.parts or item.arguments else item.raw


def _answer(turn: Turn) -> Json:
    """What the answer holds, where JSON was asked for and it is that; None elsewhere."""
    text = answered_text(turn.answer) if asked_format(turn.request) is not None else None
    try:
        return answered_json(text) if text else None
    except JsonFault:
        return None


ANSWER, UNKNOWN = "Answer", "Unknown events"
PARTS: Mapping[str, Callable[[Turn], Json]] = {
    "Request": lambda turn: turn.request,
    "Response": lambda turn: turn.answer.response or _so_far(turn),
    ANSWER: _answer,
    UNKNOWN: lambda turn: [asdict(events) for events in turn.answer.unknown],
}
"""What is shown one under the other. The answer only where it is JSON that was asked for, events of unknown types
only where there are some."""
