"""The bar over the transcript that finds words in the conversation: Enter and F3 go on, Esc closes."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton

from chatapp.desktop.notices import announce
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.transcript.finding import Wanted
from chatapp.desktop.transcript.found import Finder
from chatapp.desktop.transcript.scroll_marks import ScrollMarks
from chatapp.desktop.widgets import Icons, button, label, named, row

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
LONGEST_TAKEN: Final = 100  # characters of a selection that are looked for
HEARD: Final = 200  # characters of the line around a place that are read aloud
TYPED_MS: Final = 40  # of rest after a key before the conversation is searched


class FindField(QLineEdit):
    """`stepped` carries 1 for the next place, -1 for the one before."""

    left = Signal()
    stepped = Signal(int)

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in ENTER:
            self.stepped.emit(-1 if back else 1)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)


class FindBar(QFrame):
    """`left`: it was closed, the focus belongs back where it was."""

    left = Signal()

    def __init__(self, view: "TranscriptView", icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self.setObjectName("findBar")
        self._view = view
        self.finder = Finder(view)
        self.field = named(FindField(), "Find in this conversation")
        self.field.setPlaceholderText("Find in this conversation")
        self.field.setMinimumWidth(80)
        self.count = label("", "secondary")
        self.count.setObjectName("findCount")
        self.case = self._switch("Aa", "Match case", "Match case and accents")
        self.whole = self._switch("Word", "Whole words", "Whole words only")
        self.back = icons.put(
            button("", lambda: self.step(-1), "icon", "Previous place", "Previous (Shift+F3)"), "chevron-up"
        )
        self.on = icons.put(
            button("", lambda: self.step(1), "icon", "Next place", "Next (F3)"), "chevron-down"
        )
        cross = icons.put(button("", self.close_bar, "icon", "Close find", "Close (Esc)"), "close")
        line = row(self.field, self.count, self.back, self.on, self.case, self.whole, cross, gap=GAP_4)
        line.setContentsMargins(GAP_12, GAP_4, GAP_8, GAP_4)
        line.insertSpacing(1, GAP_4)
        line.setStretch(0, 1)
        self.setLayout(line)
        self._typed = QTimer(self, interval=TYPED_MS, singleShot=True)
        self._typed.timeout.connect(self._look)
        self.field.textChanged.connect(lambda: self._typed.start())
        self.field.stepped.connect(self.step)
        self.field.left.connect(self.close_bar)
        self.finder.changed.connect(self._tell)
        self.marks = ScrollMarks(
            view.verticalScrollBar(), self.finder.heights, lambda: view.look.colour("warning")
        )
        self.marks.hide()
        self.hide()

    def _switch(self, text: str, name: str, tip: str) -> QPushButton:
        made = button(text, self._look, "chip", name, tip)
        made.setCheckable(True)
        return made

    def open(self) -> None:
        """With what is selected in the transcript, if that is in one line."""
        if self.isHidden():
            self.finder.prepare()
            self.show()
            self.marks.show()
        taken = self._view.selected_text()
        if taken and "\n" not in taken and len(taken) <= LONGEST_TAKEN:
            self.field.setText(taken)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def step(self, by: int) -> None:
        """To the next place or the one before; a search that is still to come is made first."""
        if self.isHidden():
            self.open()
            self._look()
        elif self._typed.isActive():
            self._look()
        elif self.finder.wanted:
            self.finder.step(by)
            self._announce()

    def close_bar(self) -> None:
        self._typed.stop()
        self.finder.stop()
        self.marks.hide()
        self.hide()
        self.left.emit()

    def _look(self) -> None:
        self._typed.stop()
        self.finder.look_for(Wanted(self.field.text(), self.case.isChecked(), self.whole.isChecked()))
        self._announce()

    def _tell(self) -> None:
        finder = self.finder
        found = finder.total > 0
        self.count.setText(words(finder.number, finder.total, finder.is_exact) if finder.wanted else "")
        self.count.setProperty("kind", "secondary" if found or not finder.wanted else "danger")
        self.count.style().polish(self.count)
        for one in (self.back, self.on):
            one.setEnabled(found)
        self.marks.refresh()

    def _announce(self) -> None:
        if self.finder.wanted:
            announce(self.field, f"{self.count.text()}. {self.finder.line[:HEARD]}".rstrip(". "))


def words(number: int, total: int, is_exact: bool) -> str:
    """ "3 of 17", "3 of about 1,700" """
    if not total:
        return "Nothing found"
    about = "" if is_exact else "about "
    return f"{number:,} of {about}{total:,}" if number else f"{about}{total:,} found"
