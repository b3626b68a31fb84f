"""The pill that says there is new text below; the End key does what it does."""

from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from chatapp.desktop.transcript.look import Look

NAME: Final = "New text below"
HIDDEN_PART: Final = 48  # pixels below the view that are worth a word


class Pill(QPushButton):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(NAME, parent)
        self.setObjectName("newTextBelow")
        self.setAccessibleName(NAME)
        self.setToolTip("Go to the end (End)")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def wear(self, look: Look) -> None:
        p = look.palette
        self.setFont(look.font(13, bold=True))
        self.setStyleSheet(
            f"QPushButton {{ background: {p.accent}; color: {p.on_accent}; border: none; font-size: {look.px(13)}px;"
            f" border-radius: {look.px(15)}px; padding: 0 {look.px(16)}px; min-height: {look.px(30)}px; }}"
        )

    def show_in(self, area: QRect, above: int) -> None:
        """In the middle of an area, so many pixels above its lower edge."""
        self.adjustSize()
        self.move(area.center().x() - self.width() // 2, area.bottom() - self.height() - above)
        self.raise_()
        self.show()
