"""Asked before every run of a local command: exactly what would run, and nothing runs by a careless Enter."""

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QFontInfo
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from chatapp.conversation.calls import parsed
from chatapp.conversation.commands import CommandLine, shown, visible
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, row

SIZE = (560, 420)
ABOUT = (
    "It runs on this computer with your rights, without a shell and without your keys. "
    "Read the arguments: the model wrote them."
)


class ConsentDialog(QDialog):
    """`agreed` to run this line, `change_asked` to set another command instead."""

    agreed = Signal()
    change_asked = Signal()

    def __init__(self, parent: QWidget, function: str, line: CommandLine) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run a local command")
        named(self, "Run a local command")
        head = label(f"Run this command for {visible(function)}?", "title", wrap=True)
        self.line = _reading("Command line", shown(line.argv))
        self.stdin = _reading("Arguments on its standard input", pretty(line.stdin))
        facts = label(
            f"In {line.folder or 'your home folder'}, for at most {line.seconds:g} s.", "secondary", wrap=True
        )
        self.run_button = button("Run", self._agree)
        self.cancel = button("Cancel", self.reject, "primary")
        for one in (self.run_button, self.cancel):
            one.setAutoDefault(True)
        self.cancel.setDefault(True)
        change = button("Change the command…", self._change, "quiet")
        foot = row(change, 1, self.run_button, self.cancel, gap=GAP_8)
        layout = column(
            head,
            label(ABOUT, "secondary", wrap=True),
            label("Command line", "caption"),
            self.line,
            label("Arguments, also on its standard input", "caption"),
            self.stdin,
            facts,
            foot,
            gap=GAP_8,
            edge=GAP_16,
        )
        layout.insertSpacing(layout.count() - 1, GAP_12)
        layout.setStretch(3, 2)
        layout.setStretch(5, 3)
        self.setLayout(layout)
        self.resize(*SIZE)
        self.cancel.setFocus(Qt.FocusReason.TabFocusReason)

    def _agree(self) -> None:
        self.accept()
        self.agreed.emit()

    def _change(self) -> None:
        self.reject()
        self.change_asked.emit()


def pretty(arguments: str) -> str:
    """JSON on lines of its own, anything else as it is; with no sign that hides."""
    try:
        text = json.dumps(parsed(arguments), indent=2, ensure_ascii=False)
    except ValueError:
        text = arguments
    return "\n".join(map(visible, text.split("\n")))


def _reading(name: str, text: str) -> QPlainTextEdit:
    field = named(QPlainTextEdit(text), name)
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(QFontInfo(field.font()).pixelSize())
    field.setFont(font)
    field.setMinimumHeight(56)
    return field
