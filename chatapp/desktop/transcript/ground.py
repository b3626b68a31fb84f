"""The ground of the transcript: which message and which strip lies where, and how far wide blocks are scrolled.

Nothing is laid out for an answer; `stage`, which is this ground with what moves on it, does that.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractScrollArea

from chatapp.desktop.theme import GAP_24
from chatapp.desktop.transcript.column import Column
from chatapp.desktop.transcript.entry import CARD, Entry
from chatapp.desktop.transcript.laid import indent_of
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.strips import CodeLines, Equation, Prose, Row

NARROW_MARGIN: Final = 16


class Ground(QAbstractScrollArea):
    """`_shown` is the height of the column at the top of the viewport."""

    column: Column
    _look: Look
    _shown: int

    @property
    def look(self) -> Look:
        return self._look

    def column_rect(self) -> tuple[int, int]:
        """(left edge, width) of the reading column in the viewport."""
        # With the scroll bar: the text stands where the message field does, bar or no bar.
        room = self.width()
        margin = GAP_24 if room >= 480 else NARROW_MARGIN
        width = max(min(self._look.column, room - 2 * margin), 120)
        return (room - width) // 2, width

    def entry_rect(self, entry: Entry) -> QRect:
        """Where a message lies in the viewport, by what is known without laying anything out."""
        left, width = self.column_rect()
        return QRect(left, self.column.top(entry.index) - self._shown, width, entry.height)

    def strip_origin(self, entry: Entry, strip: int) -> QPoint:
        rect = self.entry_rect(entry)
        return QPoint(rect.x(), rect.y() + entry.top(strip))

    def strip_rect(self, entry: Entry, strip: int) -> QRect:
        return QRect(self.strip_origin(entry, strip), QSize(self.column.width, entry.strip_height(strip)))

    def spot_rect(self, entry: Entry, strip: int, spot: Spot) -> QRect:
        """Where a spot stands in the viewport; about where, while its strip is not laid out."""
        laid = entry.if_laid(strip)
        rects = laid.spot_rects(spot) if laid else []
        origin = self.strip_origin(entry, strip)
        if not rects:
            return QRect(origin, QSize(self._look.px(40), self._look.line))
        shift = -self.scrolled(entry, strip) if spot.start >= 0 else 0
        return rects[0].translated(origin.x() + shift, origin.y()).toAlignedRect()

    def card_rect(self, entry: Entry) -> QRect:
        """The card behind a question, in the viewport."""
        strips = [
            at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, Prose) and strip.in_card
        ]
        found = [laid for at in strips if (laid := entry.if_laid(at))]
        if not found:
            return QRect()
        left, width = self.column_rect()
        wide = max(laid.content for laid in found)
        base = self.column.top(entry.index) - self._shown
        pad = self._look.px(CARD)
        top = base + entry.top(strips[0]) - pad
        bottom = base + entry.top(strips[-1]) + entry.strip_height(strips[-1]) + pad
        return QRect(left + width - wide, top, wide, bottom - top)

    def visible(self, top: int, bottom: int) -> Iterator[tuple[Entry, int]]:
        """The strips between two heights of the column."""
        if not len(self.column):
            return
        at = self.column.at(top)
        while at < len(self.column) and self.column.top(at) < bottom:
            entry = self.column.entries[at]
            base = self.column.top(at)
            first = max(bisect_right(entry.tops, top - base) - 1, 0)
            for strip in range(first, len(entry.tops)):
                if base + entry.tops[strip] >= bottom:
                    break
                yield entry, strip
            at += 1

    def _in_view(self, top: int) -> Iterator[Entry]:
        """The messages in view when the view is at a height of the column, each looked up as it comes."""
        at = self.column.at(top) if len(self.column) else 0
        while at < len(self.column) and self.column.top(at) < top + self.viewport().height():
            yield self.column.entries[at]
            at += 1

    def strip_at(self, point: QPoint) -> tuple[Entry, int] | None:
        """The strip at a point of the viewport, or the nearest one above it."""
        if not len(self.column):
            return None
        y = point.y() + self._shown
        entry = self.column.entries[self.column.at(y)]
        if not entry.strips:
            return None
        strip = bisect_right(entry.tops, y - self.column.top(entry.index)) - 1
        return entry, max(strip, 0)

    def scrolled(self, entry: Entry, strip: int) -> int:
        """How far the block of a strip is scrolled sideways, in pixels."""
        found = entry.strips[strip] if entry.strips else None
        return entry.scrolls.get(found.block, 0) if isinstance(found, CodeLines | Row | Equation) else 0

    def reach(self, entry: Entry, strip: int) -> int:
        """How far the block of a strip can be scrolled sideways, in pixels."""
        laid = entry.if_laid(strip)
        if laid is None or not isinstance(laid.strip, CodeLines | Row | Equation):
            return 0
        if isinstance(laid.strip, Equation):
            return max(laid.content - laid.panes[0].width, 0)
        if isinstance(laid.strip, Row):
            return max(laid.content - (laid.width - indent_of(laid.strip.frame, self._look)), 0)
        last = (entry.strips or [])[entry.block_end(strip) - 1]
        wide = self.column.setter.code.content(last) if isinstance(last, CodeLines) else 0
        return max(wide - laid.panes[0].width, 0)

    def scroll_sideways(self, entry: Entry, strip: int, by: int) -> bool:
        """Scroll a wide block; True if there was anything to scroll."""
        found = entry.strips[strip] if entry.strips else None
        most = self.reach(entry, strip)
        if not most or not isinstance(found, CodeLines | Row | Equation):
            return False
        entry.scrolls[found.block] = min(max(entry.scrolls.get(found.block, 0) + by, 0), most)
        self.viewport().update(self.entry_rect(entry))
        return True

    def wide_block(self) -> tuple[Entry, int] | None:
        """The first block in view that is wider than the column."""
        in_view = self.visible(self._shown, self._shown + self.viewport().height())
        return next((found for found in in_view if self.reach(*found)), None)
