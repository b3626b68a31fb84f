"""Sets the local command of a function: its arguments a line each, where it runs, and for how long at most."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QPlainTextEdit, QWidget
from shiboken6 import isValid

from chatapp.conversation.commands import LIMIT_S, LONGEST_S, Command
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import NumberField, button, column, label, named, row

SIZE = (520, 440)
ABOUT = (
    "One argument a line, the program first. {{city}} stands for an argument of the call, {{}} for all of them; "
    "they also come on its standard input as JSON. What it prints becomes the result. You are asked before each run."
)
EXAMPLE = "python3\n/home/me/weather.py\n--city\n{{city}}"


class CommandDialog(QDialog):
    """`function` is empty for one that is still to be named. `saved` says that another command is set, or none."""

    saved = Signal()

    def __init__(self, parent: QWidget, errands: Errands, function: str, command: Command | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Local command")
        named(self, "Local command")
        self._errands = errands
        self.function = named(QLineEdit(function), "Function name")
        self.function.setReadOnly(bool(function))
        self.argv = named(QPlainTextEdit("\n".join(command.argv) if command else ""), "Command arguments")
        self.argv.setTabChangesFocus(True)
        self.argv.setPlaceholderText(EXAMPLE)
        self.folder = named(QLineEdit(command.folder if command else ""), "Working folder")
        self.folder.setPlaceholderText("Your home folder")
        self.seconds = NumberField("Time limit in seconds")
        self.seconds.setRange(1, int(LONGEST_S))
        self.seconds.setValue(round(command.seconds if command else LIMIT_S))
        self.problem = label(kind="danger", wrap=True)
        self.problem.hide()
        self.remove = button("Remove the command", self._remove)
        self.remove.setVisible(command is not None)
        self.save = button("Save", self._save, "primary")
        self.save.setDefault(True)
        self._lay()
        self.resize(*SIZE)
        (self.argv if function else self.function).setFocus()

    def _lay(self) -> None:
        choose = button("Choose…", self._choose, name="Choose the working folder")
        where = row(self.folder, choose, gap=GAP_8)
        where.setStretch(0, 1)
        limit = row(self.seconds, label("seconds", "secondary"), 1, gap=GAP_8)
        self.seconds.setFixedWidth(90)
        layout = column(
            label("Function", "caption"),
            self.function,
            label("Command", "caption"),
            self.argv,
            label(ABOUT, "secondary", wrap=True),
            label("Working folder", "caption"),
            where,
            label("Time limit", "caption"),
            limit,
            self.problem,
            row(self.remove, 1, button("Cancel", self.reject), self.save),
            gap=GAP_8,
            edge=GAP_16,
        )
        layout.setStretch(3, 1)
        layout.insertSpacing(layout.count() - 1, GAP_12)
        self.setLayout(layout)

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose the working folder", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self) -> None:
        name = self.function.text().strip()
        lines = self.argv.toPlainText().rstrip("\n").split("\n")
        command = Command(tuple(lines), self.folder.text().strip(), float(self.seconds.value()))
        if name:
            self._put(name, command)
        else:
            self._refuse("Name the function this command is for.")

    def _remove(self) -> None:
        self._put(self.function.text(), None)

    def _put(self, name: str, command: Command | None) -> None:
        self._errands.run(
            lambda app: app.commands.put(name, command),
            then=lambda _none: self._put_done(),
            otherwise=lambda failure: self._refuse(failure.text),
        )

    def _put_done(self) -> None:
        if isValid(self):
            self.accept()
            self.saved.emit()

    def _refuse(self, words: str) -> None:
        if not isValid(self):
            return
        self.problem.setText(words)
        self.problem.show()
