"""A quiet line that opens what is under it, and says whether it is open."""

from PySide6.QtWidgets import QWidget

from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import Icons, button, column

DRAWING = 14


class Folded(QWidget):
    """Closed at first."""

    def __init__(self, title: str, inside: QWidget, icons: Icons) -> None:
        super().__init__()
        self._title, self._inside, self._icons = title, inside, icons
        self.head = button(title, self.toggle, "quiet")
        inside.hide()
        self.setLayout(column(self.head, inside, gap=GAP_4))
        self._show_state()

    @property
    def is_open(self) -> bool:
        return not self._inside.isHidden()

    def toggle(self) -> None:
        self._inside.setVisible(self._inside.isHidden())
        self._show_state()

    def _show_state(self) -> None:
        is_closed = self._inside.isHidden()
        self._icons.put(self.head, "chevron-right" if is_closed else "chevron-down", size=DRAWING)
        self.head.setAccessibleName(f"{self._title}, {'folded' if is_closed else 'open'}")
