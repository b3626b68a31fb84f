"""The headers a user adds to every request of a server: rows of a name and a value."""

from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, button, clear, column, named, restyle, row

Headers = tuple[tuple[str, str], ...]


class HeaderRow(QWidget):
    def __init__(self, icons: Icons, name: str, value: str) -> None:
        super().__init__()
        self.name, self.value = QLineEdit(name), QLineEdit(value)
        self.name.setPlaceholderText("Name")
        self.value.setPlaceholderText("Value")
        self.remove = icons.put(button("", kind="icon", name="Remove header", tip="Remove"), "close")
        self.stops = (self.name, self.value, self.remove)
        for field in (self.name, self.value):
            field.setCursorPosition(0)
        line = row(*self.stops, gap=GAP_4)
        line.setStretch(0, 2)
        line.setStretch(1, 3)
        self.setLayout(line)

    def number(self, place: int) -> None:
        """Which of the rows this is, for those who cannot see it."""
        named(self.name, f"Header {place} name")
        named(self.value, f"Header {place} value")
        named(self.remove, f"Remove header {place}")

    def mark(self, invalid: bool) -> None:
        restyle(self.name, invalid=invalid)
        restyle(self.value, invalid=invalid)


class HeaderRows(QWidget):
    """Rows with nothing in them count for nothing. Tab comes here from the widget `before`."""

    changed = Signal()

    def __init__(self, icons: Icons, before: QWidget) -> None:
        super().__init__()
        named(self, "Headers")
        self._icons, self._before = icons, before
        self.rows: list[HeaderRow] = []
        self._column = column(gap=GAP_8)
        self._add = icons.put(button("Add a header", self.begin, "link"), "plus")
        self.setLayout(column(self._column, row(self._add, 1), gap=GAP_8))

    @property
    def first(self) -> QWidget:
        return self.rows[0].name if self.rows else self._add

    def headers(self) -> Headers:
        typed = ((line.name.text().strip(), line.value.text().strip()) for line in self.rows)
        return tuple((name, value) for name, value in typed if name or value)

    def show_headers(self, headers: Headers) -> None:
        clear(self._column)
        self.rows = []
        for name, value in headers:
            self._put(name, value)

    def mark(self, invalid: bool) -> None:
        """Marks the rows, or takes the mark away."""
        for line in self.rows:
            line.mark(invalid)

    def begin(self) -> None:
        """One more row, with the keyboard in it."""
        self._put("", "").name.setFocus()

    def _put(self, name: str, value: str) -> HeaderRow:
        line = HeaderRow(self._icons, name, value)
        for field in (line.name, line.value):
            field.textChanged.connect(lambda _text: self.changed.emit())
        line.remove.clicked.connect(lambda: self._drop(line))
        self._column.addWidget(line)
        self.rows.append(line)
        self._arrange()
        return line

    def _drop(self, line: HeaderRow) -> None:
        self.rows.remove(line)
        self._column.removeWidget(line)
        line.hide()
        line.deleteLater()
        self._arrange()
        self._add.setFocus()
        self.changed.emit()

    def _arrange(self) -> None:
        """Numbers the rows, and leads Tab through them from top to bottom."""
        for place, line in enumerate(self.rows, 1):
            line.number(place)
        stops = [stop for line in self.rows for stop in line.stops]
        for one, following in pairwise((self._before, *stops, self._add)):
            QWidget.setTabOrder(one, following)
