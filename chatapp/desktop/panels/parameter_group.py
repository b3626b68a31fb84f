"""A group of rows under a caption that folds them. Rows are made when they are first seen: most never are."""

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.panels.parameter_row import ParameterRow
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, button, column, label, row


class ParameterGroup(QWidget):
    """`folded` tells that the user opened or closed it. `first` stands above the rows. A lone row of the same name
    has no caption."""

    folded = Signal(str, bool)

    def __init__(
        self,
        name: str,
        parameters: Sequence[Parameter],
        make: Callable[[Parameter], ParameterRow],
        icons: Icons,
        first: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.name, self.parameters = name, parameters
        self.rows: dict[str, ParameterRow] = {}
        self._make, self._icons, self._first = make, icons, first
        self._is_open = False
        self._found: frozenset[str] | None = None
        self._caption = button(name, self._press, "group", f"{name} parameters")
        self._caption.setCheckable(True)
        self._lone = [parameter.label for parameter in parameters] == [name]
        self._count = label(kind="caption")
        self._body = QWidget()
        self._inside = column(gap=GAP_8)
        self._body.setLayout(self._inside)
        if first is not None:
            self._inside.addWidget(first)
        self._body.hide()
        head = row(self._caption, 1, self._count, gap=GAP_8)
        head.setContentsMargins(-GAP_4, 0, 0, 0)
        if self._lone:
            self._caption.hide()
        self.setLayout(column(head, self._body, gap=0))
        self._mark()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        self._is_open = is_open
        self._show()

    def show_only(self, found: frozenset[str] | None) -> None:
        """Only these rows, open; None for all of them, as they were folded."""
        own = {parameter.name for parameter in self.parameters}
        own |= {self._first.objectName()} if self._first is not None else set()
        self._found = None if found is None else found & own
        self._show()

    def row(self, name: str) -> ParameterRow:
        self._fill()
        return self.rows[name]

    def count(self, parameters: Collection[str]) -> None:
        """Says how many of its parameters are set, where one cannot see them."""
        number = sum(parameter.name in parameters for parameter in self.parameters)
        self._count.setText(f"{number} set" if number and self._body.isHidden() else "")

    def _press(self) -> None:
        self.set_open(not self._is_open)
        self.folded.emit(self.name, self._is_open)

    def _show(self) -> None:
        is_seen = self._is_open if self._found is None else bool(self._found)
        if is_seen:
            self._fill()
        for name, parameter_row in self.rows.items():
            parameter_row.setVisible(self._found is None or name in self._found)
        if self._first is not None:
            self._first.setVisible(self._found is None or self._first.objectName() in self._found)
        self._body.setVisible(is_seen)
        self.setVisible(self._found is None or bool(self._found))
        self._mark()

    def _mark(self) -> None:
        self._caption.setChecked(not self._body.isHidden())
        self._icons.put(self._caption, "chevron-right" if self._body.isHidden() else "chevron-down", size=14)

    def _fill(self) -> None:
        if self.rows:
            return
        for parameter in self.parameters:
            self.rows[parameter.name] = self._make(parameter)
            self._inside.addWidget(self.rows[parameter.name])
