"""Colours and letters for the rows of the tree: made once for a look, since a row takes several of each."""

from typing import Final, Literal, NamedTuple

from PySide6.QtGui import QColor, QFont, QFontMetrics

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.theme import BASE_TEXT, CAPTION_TEXT

Kind = Literal["title", "strong", "caption"]
_KINDS: Final[dict[Kind, tuple[int, QFont.Weight]]] = {
    "title": (BASE_TEXT, QFont.Weight.Normal),
    "strong": (BASE_TEXT, QFont.Weight.DemiBold),
    "caption": (CAPTION_TEXT, QFont.Weight.Normal),
}


class Letters(NamedTuple):
    font: QFont
    metrics: QFontMetrics


class Ink:
    def __init__(self, look: Appearance) -> None:
        self._look = look
        self._letters: dict[Kind, Letters] = {}
        self._colours: dict[tuple[str, int], QColor] = {}
        look.changed.connect(self._forget)

    def letters(self, kind: Kind) -> Letters:
        if kind not in self._letters:
            font = self._look.font(*_KINDS[kind])
            self._letters[kind] = Letters(font, QFontMetrics(font))
        return self._letters[kind]

    def colour(self, role: str, alpha: int = 255) -> QColor:
        """A role of the palette; `alpha` of 255 is solid."""
        if (role, alpha) not in self._colours:
            colour = QColor(getattr(self._look.palette, role))
            colour.setAlpha(alpha)
            self._colours[role, alpha] = colour
        return self._colours[role, alpha]

    def _forget(self) -> None:
        self._letters.clear()
        self._colours.clear()
