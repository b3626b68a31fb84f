"""The text of an original with its line numbers, and the cited span marked and in view."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.theme import CAPTION_TEXT, GAP_4, GAP_8
from chatapp.desktop.widgets import named, restyle


class TextView(QPlainTextEdit):
    """Read only; what is selected can be copied. `search_asked` wishes for a field to search in."""

    search_asked = Signal()

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        named(self, "Original text")
        self._look = appearance
        self._span: tuple[int, int] | None = None
        self._first_line = 0
        self._numbers = _Numbers(self)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.updateRequest.connect(lambda *_: self._numbers.update())
        appearance.changed.connect(self._mark)

    def show_text(
        self, text: str, span: tuple[int, int] | None, first_line: int = 0, is_code: bool = False
    ) -> None:
        """`span` is the start and the end of what is marked, in code points; lines are numbered from `first_line`, not
        at all from 0. The break after the last line begins none."""
        restyle(self, kind="json" if is_code else "")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if is_code else QFont())
        text = text.removesuffix("\n")
        self.setPlainText(text)
        self._first_line = first_line
        # QTextDocument counts UTF-16 units, a span counts code points.
        self._span = (units(text[: span[0]]), units(text[: span[1]])) if span is not None else None
        self._make_room()
        self._mark()

    def select(self, start: int, end: int) -> None:
        """Selects a span of the text, in code points, and brings it into view."""
        text = self.toPlainText()
        cursor = QTextCursor(self.document())
        cursor.setPosition(units(text[:start]))
        cursor.setPosition(units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.centerCursor()

    def event(self, event: QEvent) -> bool:
        """Ctrl+F means this text while the keyboard is in it."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Find):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Find) or event.text() == "/":
            self.search_asked.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def paint_numbers(self, event: QPaintEvent) -> None:
        """The number of each line that is in view, at its first row; those of the marked lines in the text's colour."""
        painter = QPainter(self._numbers)
        painter.setFont(self._look.font(CAPTION_TEXT - 1))
        block, width = self.firstVisibleBlock(), self._numbers.width() - GAP_8
        marked = self._marked_blocks()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > event.rect().bottom():
                break
            role = "text" if block.blockNumber() in marked else "secondary"
            painter.setPen(QColor(getattr(self._look.palette, role)))
            line = QRect(0, round(place.top()), width, self.fontMetrics().lineSpacing())
            painter.drawText(
                line,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(self._first_line + block.blockNumber()),
            )
            block = block.next()

    def _marked_blocks(self) -> range:
        if self._span is None:
            return range(0)
        first, last = (self.document().findBlock(at).blockNumber() for at in self._span)
        return range(first, last + 1)

    def _make_room(self) -> None:
        last = str(self._first_line + self.blockCount())
        width = self.fontMetrics().horizontalAdvance(last) + GAP_8 + GAP_4 if self._first_line else 0
        self.setViewportMargins(width, 0, 0, 0)
        inside = self.contentsRect()
        self._numbers.setGeometry(inside.left(), self.viewport().y(), width, self.viewport().height())

    def _mark(self) -> None:
        if self._span is None:
            self.setExtraSelections([])
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._span[0])
        cursor.setPosition(self._span[1], QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(QColor(self._look.palette.selection))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        look.setUnderlineColor(QColor(self._look.palette.accent))
        marked = QTextEdit.ExtraSelection()
        marked.cursor = cursor
        marked.format = look
        self.setExtraSelections([marked])
        shown = QTextCursor(self.document())
        shown.setPosition(self._span[0])
        self.setTextCursor(shown)
        self.centerCursor()


class _Numbers(QWidget):
    """The strip left of the text. What it says of lines, a screen reader hears from the text's own."""

    def __init__(self, text: TextView) -> None:
        super().__init__(text)
        self._text = text

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._text.paint_numbers(event)


def units(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
