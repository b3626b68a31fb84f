"""A label for ids, hashes and paths: words that are longer than a line break off, and are copied whole."""

import re
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QSizePolicy

BREAK: Final = "\u200b"
LONG_WORD: Final = re.compile(r"[!-~]{16}(?=[!-~])")


def breaking(text: str) -> str:
    """The text with places where words break off that are longer than a line."""
    return LONG_WORD.sub(rf"\g<0>{BREAK}", text)


class Breaking(QLabel):
    """Plain text that is selected and copied as it is, and breaks off inside a word that is longer than a line."""

    def __init__(self, text: str = "", kind: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setProperty("kind", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copying = QAction("Copy", self)
        copying.triggered.connect(self.copy)
        self.addAction(copying)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def setText(self, text: str) -> None:
        super().setText(breaking(text))
        self.setAccessibleName(text)

    def copy(self) -> None:
        chosen = self.selectedText() or self.text()
        QGuiApplication.clipboard().setText(chosen.replace(BREAK, ""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
