"""What every strip is drawn with: its look, icons, words that are cut short, buttons."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from chatapp.desktop.icons import pixmap
from chatapp.desktop.theme import CONTROL_RADIUS
from chatapp.desktop.transcript.laid import Button
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.runs import Spot


@dataclass(frozen=True, slots=True)
class Stroke:
    """What to draw a strip with: its selected range, its marked spots, how far it is scrolled sideways."""

    selected: tuple[int, int] | None = None
    hovered: Spot | None = None
    focused: Spot | None = None
    scrolled: int = 0
    reach: int = 0
    """How far its block can be scrolled at most, at the last strip of a block; else 0."""
    active: bool = False
    caret: bool = False
    marked: int = 0
    """The number of the citation that is open in its original; 0 for none."""
    found: tuple[tuple[int, int], ...] = ()
    """Where words stand that are looked for, and of these the one that is shown."""
    shown: tuple[int, int] | None = None
    doubted: tuple[tuple[int, int, str], ...] = ()
    """Where sentences stand whose wording is not found in the passages: "weak" or "unsupported"."""


class Ink:
    def __init__(self, look: Look) -> None:
        self.look = look

    def _button(self, painter: QPainter, button: Button, stroke: Stroke, framed: bool = False) -> None:
        look = self.look
        hovered = stroke.hovered == button.spot
        rect = QRectF(button.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        ink = look.colour("text" if hovered or framed else "secondary")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if button.primary:
            ground = look.colour("accent")
            painter.setBrush(ground.lighter(108) if hovered else ground)
            ink = look.colour("on_accent")
        elif framed:
            painter.setPen(QPen(look.colour("border"), look.palette.border_width))
            painter.setBrush(look.colour("sunken" if hovered else "surface"))
        elif hovered:
            painter.setBrush(look.colour("border"))
        painter.drawRoundedRect(rect, CONTROL_RADIUS, CONTROL_RADIUS)
        painter.setFont(look.small if framed or button.primary else look.caption)
        self._icon_and_text(painter, button, ink)

    def _icon_and_text(self, painter: QPainter, button: Button, ink: QColor) -> None:
        look, rect = self.look, button.rect
        painter.setPen(ink)
        if not button.icon:
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, button.text)
            return
        side = look.px(16)
        x = rect.x() + (look.px(7) if button.text else (rect.width() - side) // 2)
        self.icon(painter, button.icon, QPointF(x, rect.y() + (rect.height() - side) / 2), side, ink)
        if button.text:
            room = QRect(x + side + look.px(5), rect.y(), rect.width(), rect.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, button.text)

    def icon(self, painter: QPainter, name: str, at: QPointF, side: int, ink: QColor) -> None:
        device = painter.device()
        scale = device.devicePixelRatioF() if device else 1.0
        painter.drawPixmap(at, _pixmap(name, ink.name(), side, scale))

    def _elided(self, text: str, width: int) -> str:
        return QFontMetrics(self.look.caption).elidedText(text, Qt.TextElideMode.ElideRight, width)


@lru_cache(maxsize=256)
def _pixmap(name: str, colour: str, side: int, scale: float) -> QPixmap:
    return pixmap(name, colour, side, scale)
