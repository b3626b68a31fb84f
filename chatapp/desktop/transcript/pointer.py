"""The mouse in the transcript: hover, press, select by dragging, the context menu."""

from html import escape
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.laid import Laid
from chatapp.desktop.transcript.menu import open_menu
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import SELECTABLE, Position
from chatapp.desktop.transcript.sideways import Sideways
from chatapp.desktop.transcript.strips import formulas_of

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

AUTOSCROLL_MS: Final = 30
NOTCH: Final = 120  # of a wheel, in eighths of a degree
AUTOSCROLL_SHARE: Final = 3  # a third of the distance outside the view, each time

DOUBTS: Final = {
    "weak": "Only a part of the wording of this sentence is found in the passages.",
    "unsupported": "The wording of this sentence is not found in the passages.",
}

Target = tuple[Entry, int, Spot]


class Pointer:
    def __init__(self, view: "TranscriptView") -> None:
        self._view = view
        self.sideways = Sideways(view)
        self._pressed: Target | None = None
        self._selecting = False
        self._zoomed = 0
        self._at = QPoint()
        self._thrice = QTimer(view, singleShot=True)
        self._scroller = QTimer(view, interval=AUTOSCROLL_MS)
        self._scroller.timeout.connect(self._autoscroll)

    def position(self, point: QPoint) -> Position | None:
        """The character nearest to a point of the viewport."""
        view = self._view
        found = view.strip_at(point)
        if found is None:
            return None
        entry, strip = found
        nearest = self._selectable(entry, strip)
        if nearest is None:
            return Position(entry, strip, 0)
        view.column.lay(entry, nearest)
        laid = entry.laid(nearest, view.column.setter)
        if nearest != strip:
            return Position(entry, nearest, 0 if nearest > strip else laid.length)
        origin = view.strip_origin(entry, nearest)
        x = point.x() - origin.x() + view.scrolled(entry, nearest)
        panes = [pane for pane in laid.panes if pane.x <= x] or laid.panes[:1]
        return Position(entry, nearest, panes[-1].hit(x, point.y() - origin.y())) if panes else None

    def _selectable(self, entry: Entry, strip: int) -> int | None:
        strips = entry.strips or []
        order = sorted(range(len(strips)), key=lambda at: abs(at - strip))
        return next((at for at in order[:8] if isinstance(strips[at], SELECTABLE)), None)

    def spot(self, point: QPoint) -> Target | None:
        """What can be activated at a point of the viewport."""
        view = self._view
        found = view.strip_at(point)
        if found is None:
            return None
        entry, strip = found
        for at in (strip, strip + 1):
            laid = entry.if_laid(at) if entry.strips and at < len(entry.strips) else None
            if laid is None:
                continue
            origin = view.strip_origin(entry, at)
            shift = view.scrolled(entry, at)
            for spot in laid.strip.spots:
                inside = point - origin + QPoint(shift if spot.start >= 0 else 0, 0)
                if any(rect.adjusted(-1, 0, 1, 0).contains(inside) for rect in laid.spot_rects(spot)):
                    return entry, at, spot
        return None

    def pressed(self, event: QMouseEvent) -> None:
        view, point = self._view, event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        view.walking = False
        view.focused = None
        if self.sideways.take(point):
            return
        self._pressed = self.spot(point)
        if self._pressed and self._pressed[2].start < 0:
            return
        position = self.position(point)
        if position is None:
            return
        view.current = position.entry.index
        self._selecting = True
        if self._thrice.isActive():
            self._select_strip(position)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and view.selection.anchor:
            view.selection.head = position
        else:
            view.selection.begin(position)
        view.viewport().update()

    def _select_strip(self, position: Position) -> None:
        laid = position.entry.laid(position.strip, self._view.column.setter)
        self._view.selection.anchor = Position(position.entry, position.strip, 0)
        self._view.selection.head = Position(position.entry, position.strip, laid.length)
        self._selecting = False

    def moved(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._at = point
        if self.sideways.holds:
            self.sideways.drag(point)
            return
        if self._selecting and event.buttons() & Qt.MouseButton.LeftButton:
            self._extend(point)
            outside = not 0 <= point.y() < self._view.viewport().height()
            if outside and not self._scroller.isActive():
                self._scroller.start()
            return
        self._hover(point)

    def _extend(self, point: QPoint) -> None:
        tall = self._view.viewport().height()
        position = self.position(QPoint(point.x(), min(max(point.y(), 0), tall - 1)))
        if position is not None and position != self._view.selection.head:
            self._view.selection.head = position
            self._view.viewport().update()

    def _autoscroll(self) -> None:
        tall, y = self._view.viewport().height(), self._at.y()
        if not self._selecting or 0 <= y < tall:
            self._scroller.stop()
            return
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + (y if y < 0 else y - tall) // AUTOSCROLL_SHARE)
        self._extend(self._at)

    def released(self, event: QMouseEvent) -> None:
        view, point = self._view, event.position().toPoint()
        self._scroller.stop()
        self.sideways.let_go()
        self._selecting = False
        pressed, self._pressed = self._pressed, None
        clicked = pressed is not None and (pressed[2].start < 0 or not view.selection.ends)
        if (
            pressed
            and clicked
            and event.button() == Qt.MouseButton.LeftButton
            and self.spot(point) == pressed
        ):
            view.activate(*pressed)
        if view.selection.ends:
            self._offer_to_primary()

    def _offer_to_primary(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard.supportsSelection():
            clipboard.setText(self._view.selected_text(), clipboard.Mode.Selection)

    def double_clicked(self, event: QMouseEvent) -> None:
        """Select the word; a third click takes the whole strip."""
        point = event.position().toPoint()
        if (target := self.spot(point)) and target[2].start < 0:
            self.pressed(event)
            return
        position = self.position(point)
        if position is None:
            return
        laid = position.entry.laid(position.strip, self._view.column.setter)
        pane = laid.pane_at(position.at)
        if pane is None:
            return
        cursor = QTextCursor(pane.document)
        cursor.setPosition(position.at - pane.start)
        cursor.select(QTextCursor.SelectionType.WordUnderCursor)
        start, end = cursor.selectionStart() + pane.start, cursor.selectionEnd() + pane.start
        self._view.selection.anchor = Position(position.entry, position.strip, start)
        self._view.selection.head = Position(position.entry, position.strip, end)
        self._thrice.start(QApplication.doubleClickInterval())
        self._view.viewport().update()

    def moved_under(self) -> None:
        """The content moved under a resting pointer."""
        point = self._view.viewport().mapFromGlobal(self._view.cursor().pos())
        if self._view.viewport().underMouse() and not self._selecting:
            self._hover(point)

    def left(self) -> None:
        self._set_hover(None, None)

    def _hover(self, point: QPoint) -> None:
        view = self._view
        target = self.spot(point)
        found = view.strip_at(point)
        inside = found is not None and view.entry_rect(found[0]).contains(point)
        self._set_hover(target, found[0] if found and inside else None)
        shape = Qt.CursorShape.ArrowCursor
        if target or self.sideways.over_thumb(point):
            shape = Qt.CursorShape.PointingHandCursor
        elif found and isinstance((found[0].strips or [])[found[1]], SELECTABLE):
            shape = Qt.CursorShape.IBeamCursor
        view.viewport().setCursor(shape)

    def _set_hover(self, target: Target | None, entry: Entry | None) -> None:
        view = self._view
        if target == view.hovered and entry is view.hovered_entry:
            return
        touched = [known for known in (view.hovered_entry, entry) if known is not None]
        touched += [known[0] for known in (view.hovered, target) if known]
        view.hovered, view.hovered_entry = target, entry
        for known in touched:
            view.viewport().update(view.entry_rect(known).adjusted(-80, -2, 8, 2))
        self.tell(target)

    def tell(self, target: Target | None) -> None:
        """Where a link leads, what a picture of a button means, which citation it is: at the spot, pointed at or
        focused."""
        view = self._view
        if target is None or target[2].kind != "marker":
            view.citation_pointed.emit("", 0, QRect())
        if target is None:
            QToolTip.hideText()
            return
        entry, strip, spot = target
        text = spot.target if spot.kind == "link" else spot.label
        rect = view.spot_rect(entry, strip, spot)
        if spot.kind == "marker":
            on_screen = QRect(view.viewport().mapToGlobal(rect.topLeft()), rect.size())
            view.citation_pointed.emit(entry.key, int(spot.target), on_screen)
        place = view.viewport().mapToGlobal(rect.bottomLeft() + QPoint(0, 4))
        if spot.kind in ("link", "action", "file", "about") and not _worded(entry, strip, spot):
            words = escape(text[:300]).replace("\n", "<br>")
            QToolTip.showText(place, f"<span>{words}</span>", view.viewport(), QRect())

    def zoom(self, event: QWheelEvent) -> None:
        """A notch of the wheel with Ctrl is a step of the text size; what a fine wheel gives adds up to one."""
        self._zoomed += event.angleDelta().y()
        steps = int(self._zoomed / NOTCH)
        self._zoomed -= steps * NOTCH
        if steps:
            self._view.text_size_stepped.emit(steps)
        event.accept()

    def told_of_formula(self, event: QHelpEvent) -> bool:
        """Why a formula under the pointer stands there as its source. True if there is one."""
        problem = self.problem_at(event.pos())
        if problem:
            words = f"This formula is shown as it was written. {problem}"
            QToolTip.showText(event.globalPos(), f"<span>{escape(words)}</span>")
        return bool(problem)

    def told_of_doubt(self, event: QHelpEvent) -> bool:
        """What a line under a sentence means. True if one is under the pointer."""
        words = self.doubt_at(event.pos())
        if words:
            QToolTip.showText(event.globalPos(), words)
        return bool(words)

    def doubt_at(self, point: QPoint) -> str:
        """What is thought of the sentence at a point of the viewport; "" where nothing is."""
        under = self._under(point)
        if under is None:
            return ""
        entry, at, laid, inside = under
        doubted = self._view.doubted_in(entry, at)
        found = (DOUBTS[verdict] for start, end, verdict in doubted if _lies_in(inside, laid, start, end))
        return next(found, "")

    def problem_at(self, point: QPoint) -> str:
        """What is wrong with the formula at a point of the viewport; "" where there is none, or nothing is wrong."""
        under = self._under(point)
        if under is None:
            return ""
        _, _, laid, inside = under
        for start, end, run in formulas_of(laid.strip):
            if _lies_in(inside, laid, start, end):
                drawing = self._view.formulas.drawing(run.tex, run.display)
                return drawing.problem if drawing else ""
        return ""

    def _under(self, point: QPoint) -> tuple[Entry, int, Laid, QPointF] | None:
        """The laid strip at a point of the viewport, and where in it the point is."""
        found = self._view.strip_at(point)
        laid = found[0].if_laid(found[1]) if found else None
        if found is None or laid is None:
            return None
        inside = QPointF(point - self._view.strip_origin(*found))
        return *found, laid, inside + QPointF(self._view.scrolled(*found), 0)

    def menu(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_of_current()
            return
        target = self.spot(event.pos())
        open_menu(self._view, event.globalPos(), self._view.strip_at(event.pos()), target and target[2])

    def menu_of_current(self) -> bool:
        """The menu of what has the focus: a link or a button, or else the message that is walked to."""
        view = self._view
        if not len(view.column):
            return False
        if view.focused is not None:
            self.menu_at(*view.focused)
            return True
        found = view.strip_at(QPoint(0, view.viewport().height() // 3))
        current = view.column.entries[view.current] if view.walking and view.current >= 0 else None
        entry = current or (found[0] if found else None)
        if entry is not None:
            corner = view.entry_rect(entry).intersected(view.viewport().rect()).topLeft()
            open_menu(view, view.viewport().mapToGlobal(corner), (entry, 0))
        return True

    def menu_at(self, entry: Entry, strip: int, spot: Spot) -> None:
        """The menu of a message, under something in it."""
        below = self._view.spot_rect(entry, strip, spot).bottomLeft()
        open_menu(self._view, self._view.viewport().mapToGlobal(below), (entry, strip), spot)


def _worded(entry: Entry, strip: int, spot: Spot) -> bool:
    """Whether a button already says what it does."""
    laid = entry.if_laid(strip)
    return laid is not None and any(button.spot == spot and button.text for button in laid.buttons)


def _lies_in(point: QPointF, laid: Laid, start: int, end: int) -> bool:
    """Whether a point of a strip is on the characters from `start` to `end`."""
    return any(rect.contains(point) for pane in laid.panes for rect in pane.rects(start, end))
