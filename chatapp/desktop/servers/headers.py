"""The headers a user adds to every request of a server: rows of a name and a value."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import Icons, button, clear, column, holding, named, restyle, row

Headers = tuple[tuple[str, str], ...]


class HeaderRows(QWidget):
    """Rows without a name count for nothing."""

    changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "Headers")
        self._icons = icons
        self._fields: list[tuple[QLineEdit, QLineEdit]] = []
        self._rows = column(gap=GAP_8)
        self._add = icons.put(button("Add a header", self._begin, "link"), "plus")
        self.setLayout(column(self._rows, row(self._add, 1), gap=GAP_8))

    @property
    def first(self) -> QWidget:
        return self._fields[0][0] if self._fields else self._add

    def headers(self) -> Headers:
        typed = ((name.text().strip(), value.text().strip()) for name, value in self._fields)
        return tuple((name, value) for name, value in typed if name or value)

    def show_headers(self, headers: Headers) -> None:
        clear(self._rows)
        self._fields = []
        for name, value in headers:
            self._put(name, value)

    def mark(self, invalid: bool) -> None:
        """Marks the rows, or takes the mark away."""
        for name, value in self._fields:
            restyle(name, invalid=invalid)
            restyle(value, invalid=invalid)

    def _begin(self) -> None:
        self._put("", "").setFocus()

    def _put(self, name: str, value: str) -> QLineEdit:
        number = len(self._fields) + 1
        fields = (
            named(QLineEdit(name), f"Header {number} name"),
            named(QLineEdit(value), f"Header {number} value"),
        )
        fields[0].setPlaceholderText("Name")
        fields[1].setPlaceholderText("Value")
        for field in fields:
            field.setCursorPosition(0)
            field.textChanged.connect(lambda _text: self.changed.emit())
        remove = self._icons.put(
            button("", kind="icon", name=f"Remove header {number}", tip="Remove"), "close"
        )
        line = row(*fields, remove, gap=4)
        line.setStretch(0, 2)
        line.setStretch(1, 3)
        widget = holding(line)
        remove.clicked.connect(lambda: self._drop(fields, widget))
        self._rows.addWidget(widget)
        self._fields.append(fields)
        return fields[0]

    def _drop(self, fields: tuple[QLineEdit, QLineEdit], widget: QWidget) -> None:
        self._fields.remove(fields)
        self._rows.removeWidget(widget)
        widget.hide()
        widget.deleteLater()
        self._add.setFocus()
        self.changed.emit()
