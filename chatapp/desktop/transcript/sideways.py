"""Scrolling a wide block sideways with the mouse: by the wheel, or by the thumb at its lower edge."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QWheelEvent

from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.laid import indent_of
from chatapp.desktop.transcript.painting import THUMB, thumb
from chatapp.desktop.transcript.strips import CodeLines, Row

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

GRIP: Final = THUMB + 8  # pixels at the lower edge where the thumb can be taken


@dataclass(frozen=True, slots=True)
class _Held:
    """The block whose thumb is held, where it was taken, and how far the block was scrolled then."""

    entry: Entry
    strip: int
    x: int
    scrolled: int


class Sideways:
    def __init__(self, view: "TranscriptView") -> None:
        self._view = view
        self._held: _Held | None = None

    @property
    def holds(self) -> bool:
        return self._held is not None

    def wheel(self, event: QWheelEvent) -> bool:
        """Sideways wheeling, and Shift with the wheel, scroll the wide block under the pointer."""
        delta = event.angleDelta()
        sideways = delta.x() or (delta.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if not sideways or abs(delta.y()) > abs(delta.x()) > 0:
            return False
        found = self._view.strip_at(event.position().toPoint())
        if found and self._view.scroll_sideways(*found, -sideways // 2):
            event.accept()
            return True
        return False

    def over_thumb(self, point: QPoint) -> tuple[Entry, int] | None:
        """The last strip of a wide block whose lower edge is at a point of the viewport."""
        found = self._view.strip_at(point)
        laid = found[0].if_laid(found[1]) if found else None
        if (
            found is None
            or laid is None
            or not isinstance(laid.strip, CodeLines | Row)
            or not laid.strip.last
        ):
            return None
        rect = self._view.strip_rect(*found)
        at_edge = rect.contains(point) and rect.bottom() - point.y() < GRIP
        return found if at_edge and self._view.reach(*found) else None

    def take(self, point: QPoint) -> bool:
        """Hold the thumb at a point. False if there is none."""
        found = self.over_thumb(point)
        if found:
            self._held = _Held(*found, point.x(), self._view.scrolled(*found))
        return found is not None

    def drag(self, point: QPoint) -> None:
        if self._held is None:
            return
        view, held = self._view, self._held
        laid = held.entry.if_laid(held.strip)
        reach = view.reach(held.entry, held.strip)
        if laid is None or not reach or not isinstance(laid.strip, CodeLines | Row):
            return
        code = isinstance(laid.strip, CodeLines)
        track = laid.panes[0].width if code else laid.width - indent_of(laid.strip.frame, view.look)
        room = max(track - thumb(track, 0, reach)[1], 1)
        wanted = held.scrolled + round((point.x() - held.x) * reach / room)
        view.scroll_sideways(held.entry, held.strip, wanted - view.scrolled(held.entry, held.strip))

    def let_go(self) -> None:
        self._held = None
