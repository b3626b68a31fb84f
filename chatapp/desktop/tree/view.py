"""The widget that shows the tree: it keeps what is in view, walks by keys and the pointer, and tells what is wanted.

Only what is in view is ever drawn, and a change draws again what it changed.
"""

from collections.abc import Collection
from html import escape
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from chatapp.conversation.branch_words import UNNAMED, Names
from chatapp.conversation.tree import Tree
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.tree.accessible import Reader
from chatapp.desktop.tree.keys import Keys
from chatapp.desktop.tree.painting import SIZES, Painting, Standing
from chatapp.desktop.tree.plan import Plan, StandingOf
from chatapp.desktop.widgets import named
from chatapp.protocol.json_types import shortened

LONGEST_TIP: Final = 400


class TreeView(QAbstractScrollArea):
    """`opened` names the turn that is to be shown, `favourite_asked` one whose path becomes a favourite or is one
    no more, `deletion_asked` one that is to go with all below it. `cursor_moved` tells that another row has the
    keyboard or the pointer, `left` that the keyboard goes back to the message."""

    opened = Signal(str)
    favourite_asked = Signal(str)
    deletion_asked = Signal(str)
    menu_asked = Signal(QPoint)
    cursor_moved = Signal()
    sized = Signal()
    left = Signal()

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        named(self, "Conversation tree")
        self._look = look
        self._painting = Painting(look)
        self.plan = Plan(Tree())
        self.standing_of: StandingOf = lambda turn: None
        self.here = 0
        self._hovered = self._pressed = -1
        self._favourites: dict[int, str] = {}
        """The turns on whose paths there is a star, by their rows."""
        self.reader = Reader(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        look.changed.connect(self._relook)
        self._keys = Keys(self)

    # What it is fed

    def plant(self, tree: Tree, leaf: str | None, names: Names = UNNAMED, fresh: bool = False) -> None:
        """Shows a tree, or what became of the one that is shown. `fresh`: it is another conversation's."""
        before = self.plan
        at = before.rows[self.here].last if self.here < len(before.rows) else None
        self.plan = Plan(tree, names, self.standing_of)
        self.plan.follow(leaf)
        self._hovered = self._pressed = -1
        if fresh:
            self.plan.fold_at_first()
        else:
            self.plan.fold(before.folded)
            self.plan.follow(leaf)
        row = self.plan.outline.row_of(at)
        self.here = row if row >= 0 and not fresh else max(0, self.plan.outline.row_of(leaf))
        self._keep_cursor()
        self._settle()
        self.reader.replaced()
        self._redraw(0 if fresh else _first_change(before, self.plan))
        if fresh:
            self.reveal(self.here)
        self.cursor_moved.emit()

    def follow(self, leaf: str | None) -> None:
        """Another branch is on screen."""
        if leaf == self.plan.leaf:
            return
        self.plan.follow(leaf)
        if self.here not in self.plan.on_way or self.here not in self.plan.place_of:
            self.here = max(0, self.plan.outline.row_of(leaf))
        self._settle()
        self._redraw(0)
        self.reveal(self.here)
        self.cursor_moved.emit()

    def turn_changed(self, turn_id: str) -> None:
        """An answer is another: its row is drawn again where it ends one."""
        row = self.plan.changed(turn_id)
        if row in self.plan.place_of:
            self.viewport().update(self.rect_of(row))

    def servers_changed(self) -> None:
        """What is known of the answers on their servers is something else."""
        self.plan.reword()
        self.viewport().update()

    def set_favourites(self, turn_ids: Collection[str]) -> None:
        rows = {self.plan.outline.row_of(turn_id): turn_id for turn_id in turn_ids}
        if rows != self._favourites:
            self._favourites = rows
            self.viewport().update()

    # What it shows

    @property
    def scale_step(self) -> int:
        """Which of SIZES the rows have."""
        return SIZES.index(self._painting.size)

    def set_size(self, size: int) -> None:
        self._painting.size = SIZES[min(max(size, 0), len(SIZES) - 1)]
        self._settle()
        self._redraw(0)
        self.reveal(self.here)
        self.sized.emit()

    def zoom(self, by: int) -> None:
        self.set_size(self.scale_step + by)

    def fit(self) -> None:
        """As much of the tree as there is room for, as large as it can be; where it is too large for any size, the
        side branches are folded."""
        self.plan.fold(())
        size = self._largest()
        if size < 0:
            self.plan.fold_sides()
            size = self._largest()
        self._folded()
        self.set_size(size)

    def _largest(self) -> int:
        """The largest size at which all rows have room, -1 where there is none."""
        room, kept = self.viewport().height() - 2 * GAP_8, self._painting.size
        for step in reversed(range(len(SIZES))):
            self._painting.size = SIZES[step]
            if len(self.plan.shown) * self._painting.row_height <= room:
                break
        else:
            step = -1
        self._painting.size = kept
        return step

    def fold_sides(self) -> None:
        self.plan.fold_sides()
        self._folded()

    def unfold_all(self) -> None:
        self.plan.fold(())
        self._folded()

    def toggle(self, row: int) -> None:
        """Folds or unfolds a fork."""
        if row < len(self.plan.rows) and self.plan.toggle(row):
            self._folded()

    def rect_of(self, row: int) -> QRect:
        """Where a row is in the viewport; of one that is folded away, where its fork is."""
        if not self.plan.rows:
            return QRect()
        top = self._top(self.plan.place_of[self.plan.seen(row)])
        return QRect(0, top, self.viewport().width(), self._painting.row_height)

    def row_at(self, point: QPoint) -> int:
        """The row under a point of the viewport, -1 for none."""
        place = (point.y() + self.verticalScrollBar().value() - GAP_8) // self._painting.row_height
        return self.plan.shown[place] if 0 <= place < len(self.plan.shown) else -1

    def reveal(self, row: int) -> None:
        """Scrolls as far as it takes to see a row, with some of what is around it."""
        if row not in self.plan.place_of:
            return
        rect, bar = self.rect_of(row), self.verticalScrollBar()
        around = min(rect.height(), self.viewport().height() // 4)
        if rect.top() < around:
            bar.setValue(bar.value() + rect.top() - around)
        elif rect.bottom() > self.viewport().height() - around:
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + around)

    def is_favourite(self, row: int) -> bool:
        return row in self._favourites

    # What is done with it

    def go(self, row: int) -> None:
        """Moves the keyboard to a row."""
        if row not in self.plan.place_of:
            return
        before, self.here = self.here, row
        for changed in (before, row):
            self.viewport().update(self.rect_of(changed))
        self.reveal(row)
        self.reader.focus()
        self.cursor_moved.emit()

    def open(self, row: int, at_its_start: bool = False) -> None:
        """Has the branch shown that leads through a row, at its fork or end, or at its first turn."""
        turns = self.plan.rows[row].turns if row < len(self.plan.rows) else ()
        if turns:
            self.opened.emit(turns[0] if at_its_start else turns[-1])

    def toggle_favourite(self) -> None:
        turns = self.plan.rows[self.here].turns if self.plan.rows else ()
        if turns:
            self.favourite_asked.emit(self._favourites.get(self.here, turns[-1]))

    def ask_deletion(self) -> None:
        turns = self.plan.rows[self.here].turns if self.plan.rows else ()
        if turns:
            self.deletion_asked.emit(turns[0])

    def tip(self, row: int) -> str:
        """What there is to say of a row, in lines."""
        words, turn = self.plan.words(row), self.plan.turn(row)
        if turn is None:
            return f"{words.title}\n{words.line}"
        model = turn.answer.model or str(turn.request.get("model") or "")
        asked = shortened(turn.text.strip(), LONGEST_TIP)
        return "\n".join(filter(None, (asked, self.plan.difference(row), model, words.line, words.standing)))

    @property
    def told_of(self) -> int:
        """The row whose words are to be seen elsewhere: the one under the pointer, or the one with the keyboard."""
        return self._hovered if self._hovered >= 0 else self.here

    @property
    def page(self) -> int:
        """How many rows a page has."""
        return max(1, self.viewport().height() // self._painting.row_height - 1)

    def open_menu(self) -> None:
        """Asks for the menu of the row with the keyboard."""
        if self.plan.rows:
            self.menu_asked.emit(self.viewport().mapToGlobal(self.rect_of(self.here).bottomLeft()))

    def _folded(self) -> None:
        self._hovered = self._pressed = -1
        self._keep_cursor()
        self._settle()
        self._redraw(0)
        self.reveal(self.here)
        self.reader.replaced()
        self.cursor_moved.emit()

    def _keep_cursor(self) -> None:
        if self.plan.rows:
            self.here = self.plan.seen(self.here)

    # How it is laid and drawn

    def _top(self, place: int) -> int:
        return GAP_8 + place * self._painting.row_height - self.verticalScrollBar().value()

    def _settle(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(height)
        bar.setSingleStep(self._painting.row_height)
        bar.setRange(0, max(0, len(self.plan.shown) * self._painting.row_height + 2 * GAP_8 - height))

    def _redraw(self, from_place: int) -> None:
        whole = self.viewport().rect()
        self.viewport().update(whole.adjusted(0, max(0, self._top(from_place)), 0, 0))

    def _relook(self) -> None:
        self._settle()
        self._redraw(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        area, height = event.rect(), self._painting.row_height
        scrolled = self.verticalScrollBar().value() - GAP_8
        first = max(0, (area.top() + scrolled) // height)
        last = min(len(self.plan.shown) - 1, (area.bottom() + scrolled) // height)
        standing = Standing(self.here, self.hasFocus(), self._hovered, frozenset(self._favourites))
        self._painting.paint(
            painter, self.plan, range(first, last + 1), self._top, self.viewport().width(), standing
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle()

    # What the user does

    def event(self, event: QEvent) -> bool:
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and self._keys.claims(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.pressed(event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton:
            self.go(self._pressed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if row < 0 or row != self._pressed or event.button() != Qt.MouseButton.LeftButton:
            return
        mark = self._painting.mark_rect(self.plan.rows[row].lane, self.rect_of(row).top())
        if self.plan.rows[row].branches and mark.contains(event.position().toPoint()):
            self.toggle(row)
        else:
            self.open(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.row_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for changed in filter(lambda each: each >= 0, (self._hovered, row)):
                self.viewport().update(self.rect_of(changed))
            self._hovered = row
            self.cursor_moved.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self.row_at(self.viewport().mapFromGlobal(event.globalPos()))
        if row >= 0:
            self.go(row)
            self.menu_asked.emit(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos())
            words = escape(self.tip(row)).replace("\n", "<br>") if row >= 0 else ""
            QToolTip.showText(event.globalPos(), f"<qt>{words}</qt>" if words else "", self)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update(self.rect_of(self.here))
        self.reader.focus_soon()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update(self.rect_of(self.here))


def _first_change(before: Plan, after: Plan) -> int:
    """The first place at which another row is to be seen."""
    for place, (one, two) in enumerate(zip(before.shown, after.shown, strict=False)):
        if _look_of(before, one) != _look_of(after, two):
            return place
    return min(len(before.shown), len(after.shown))


def _look_of(plan: Plan, row: int) -> tuple[object, ...]:
    """What a row's picture depends on, but for its words: those change with the branches of its fork."""
    stretch = plan.rows[row]
    standing = row in plan.on_way, bool(plan.way) and row == plan.way[-1], plan.is_folded(row)
    return stretch.turns, stretch.lane, stretch.branches, standing
