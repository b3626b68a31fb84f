"""What an empty panel shows: what will be here, and the first step."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.icons import pixmap
from chatapp.desktop.theme import GAP_12, GAP_24
from chatapp.desktop.widgets import button, column, label, row

DRAWING_SIZE = 28


class EmptyState(QWidget):
    def __init__(
        self, drawing: str, appearance: Appearance, action: str, act: Callable[[], object], text: str = ""
    ) -> None:
        super().__init__()
        self._drawing, self._look = drawing, appearance
        self._image = QLabel()
        self._image.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words = label(text, "secondary", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.action = button(action, act)
        layout = column(1, self._image, self.words, row(1, self.action, 1), 2, gap=GAP_12)
        layout.setContentsMargins(GAP_24, GAP_24, GAP_24, GAP_24)
        self.setLayout(layout)
        self._recolour()
        appearance.changed.connect(self._recolour)

    def say(self, text: str) -> None:
        self.words.setText(text)

    def _recolour(self) -> None:
        ratio = self.devicePixelRatioF()
        self._image.setPixmap(pixmap(self._drawing, self._look.palette.secondary, DRAWING_SIZE, ratio))
