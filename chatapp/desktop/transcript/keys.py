"""The keyboard in the transcript: walking messages, their links and markers, scrolling, selecting.

Up and Down walk messages, with Ctrl questions, Tab walks what can be activated within one, Enter activates; with
Shift, the arrow keys select.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor

from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.selection import SELECTABLE, Position

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

Key = Qt.Key
Move = QTextCursor.MoveOperation

_MOVES: Final = {
    (Key.Key_Left, False): Move.Left,
    (Key.Key_Right, False): Move.Right,
    (Key.Key_Left, True): Move.WordLeft,
    (Key.Key_Right, True): Move.WordRight,
    (Key.Key_Home, False): Move.StartOfLine,
    (Key.Key_End, False): Move.EndOfLine,
    (Key.Key_Up, False): Move.Up,
    (Key.Key_Down, False): Move.Down,
}
_LEAPS: Final = {Key.Key_Up: -1, Key.Key_Down: 1, Key.Key_Home: -1, Key.Key_End: 1}
_TURNS: Final = {Key.Key_Up: -1, Key.Key_Down: 1}
_BACKWARD: Final = (Move.Left, Move.WordLeft, Move.Up)
_BY_KEY: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
SIDEWAYS: Final = 60  # pixels a key press scrolls a wide block


class Keys:
    def __init__(self, view: "TranscriptView") -> None:
        self._view = view
        self._plain: dict[int, Callable[[], object]] = {
            Key.Key_Up: lambda: view.go(self._from_here() - 1),
            Key.Key_Down: lambda: view.go(self._from_here() + 1),
            Key.Key_Left: lambda: self._sideways(-SIDEWAYS),
            Key.Key_Right: lambda: self._sideways(SIDEWAYS),
            Key.Key_Home: lambda: view.verticalScrollBar().setValue(0),
            Key.Key_End: view.to_end,
            Key.Key_PageUp: lambda: self._page(-1),
            Key.Key_PageDown: lambda: self._page(1),
            Key.Key_Return: self._activate,
            Key.Key_Enter: self._activate,
            Key.Key_Space: lambda: self._activate() if view.focused else self._page(1),
            Key.Key_Escape: self._escape,
        }

    def pressed(self, event: QKeyEvent) -> bool:
        """Whether the key was for the transcript."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._view.copy()
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self._view.select_all()
            return True
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers == Qt.KeyboardModifier.ControlModifier and event.key() in _TURNS:
            self._view.go_turn(_TURNS[Key(event.key())])
            return True
        if event.key() == Key.Key_Menu or (
            event.key() == Key.Key_F10 and modifiers == Qt.KeyboardModifier.ShiftModifier
        ):
            return self._view.open_menu()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return self._select(event.key(), bool(modifiers & Qt.KeyboardModifier.ControlModifier))
        known = self._plain.get(event.key())
        control_only = modifiers == Qt.KeyboardModifier.ControlModifier and event.key() in (
            Key.Key_Home,
            Key.Key_End,
        )
        if known is None or not (modifiers == Qt.KeyboardModifier.NoModifier or control_only):
            return False
        return known() is not False

    def _from_here(self) -> int:
        """The message walking begins at: the current one, or what is at the top of the view."""
        view = self._view
        if view.walking and view.current >= 0:
            return view.current
        found = view.strip_at(QPoint(0, view.viewport().height() // 3))
        return found[0].index if found else 0

    def _page(self, sign: int) -> None:
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + sign * (bar.pageStep() - self._view.look.line * 2))

    def _sideways(self, by: int) -> bool:
        """The block that has the focus, or the first wide one in view."""
        view = self._view
        if view.focused and view.scroll_sideways(*view.focused[:2], by):
            return True
        found = view.wide_block()
        return view.scroll_sideways(*found, by) if found else False

    def _activate(self) -> bool:
        if self._view.focused is None:
            return False
        self._view.activate(*self._view.focused)
        return True

    def _escape(self) -> bool:
        if self._view.selection.ends is None:
            return False
        self._view.selection.clear()
        self._view.viewport().update()
        return True

    def tab(self, forward: bool) -> bool:
        """To the next thing to activate in the current message; False lets the focus leave."""
        view = self._view
        if not len(view.column):
            return False
        entry = view.column.entries[min(max(view.current, 0), len(view.column) - 1)]
        stops = view.stops(entry)
        at = stops.index(view.focused) if view.focused in stops else -1
        if forward:
            at += 1
        elif at < 0:
            return False
        else:
            at -= 1
            if at < 0:
                view.go(entry.index)
                return True
        if at >= len(stops):
            view.focused = None
            return False
        view.focus_spot(*stops[at])
        return True

    def focused(self, reason: Qt.FocusReason) -> None:
        """The view got the focus: by keyboard, the newest message is where walking begins."""
        view = self._view
        if reason in _BY_KEY:
            view.walking = True
            if view.current < 0:
                view.current = len(view.column) - 1
        view.reader.focus_soon()

    def _select(self, key: int, control: bool) -> bool:
        move = _MOVES.get((Key(key), control))
        leap = _LEAPS.get(Key(key)) if control else None
        if move is None and leap is None:
            return False
        selection = self._view.selection
        if selection.head is None:
            start = self._start()
            if start is None:
                return True
            selection.begin(start)
        assert selection.head is not None
        with self._view.steady():
            selection.head = (
                self._moved(selection.head, move) if move else self._leapt(selection.head, leap or 1, key)
            )
        self._view.ensure_visible(self._head_rect(selection.head))
        self._view.viewport().update()
        return True

    def _start(self) -> Position | None:
        view = self._view
        if not len(view.column):
            return None
        entry = view.column.entries[min(max(self._from_here(), 0), len(view.column) - 1)]
        view.read(entry)
        strip = self._next(entry, -1, 1)
        return Position(*strip, 0) if strip else None

    def _moved(self, head: Position, move: Move) -> Position:
        """One step; over the edge of a strip into its neighbour."""
        view = self._view
        view.column.lay(head.entry, head.strip)
        laid = head.entry.laid(head.strip, view.column.setter)
        pane = laid.pane_at(head.at)
        if pane is not None:
            cursor = QTextCursor(pane.document)
            cursor.setPosition(min(max(head.at - pane.start, 0), pane.length))
            before = cursor.position()
            if cursor.movePosition(move) and cursor.position() != before:
                return Position(head.entry, head.strip, pane.start + cursor.position())
            if move in _BACKWARD and pane.start:
                return Position(head.entry, head.strip, pane.start - 1)
            if move not in _BACKWARD and pane.end < laid.length:
                return Position(head.entry, head.strip, pane.end + 1)
        if move in (Move.StartOfLine, Move.EndOfLine):
            return head
        return self._across(head, -1 if move in _BACKWARD else 1)

    def _leapt(self, head: Position, step: int, key: int) -> Position:
        """To the edge of a strip, at its edge to the next one; with Home and End, to that of the conversation."""
        if key in (Key.Key_Home, Key.Key_End):
            entries = self._view.column.entries
            entry = entries[0 if step < 0 else -1]
            self._view.read(entry)
            strips = entry.strips or []
            return self._across(
                Position(entry, -1 if step < 0 else len(strips), 0), -step, at_its_start=step < 0
            )
        self._view.column.lay(head.entry, head.strip)
        length = head.entry.laid(head.strip, self._view.column.setter).length
        edge = 0 if step < 0 else length
        return replace(head, at=edge) if head.at != edge else self._across(head, step, at_its_start=step < 0)

    def _across(self, head: Position, step: int, at_its_start: bool | None = None) -> Position:
        """Into the next selectable strip: to the edge it is entered by, unless told which."""
        found = self._next(head.entry, head.strip, step)
        if found is None:
            return head
        entry, strip = found
        self._view.column.lay(entry, strip)
        to_start = step > 0 if at_its_start is None else at_its_start
        return Position(entry, strip, 0 if to_start else entry.laid(strip, self._view.column.setter).length)

    def _next(self, entry: Entry, strip: int, step: int) -> tuple[Entry, int] | None:
        """The next selectable strip, in this message or the ones after it."""
        entries = self._view.column.entries
        while True:
            strips = entry.strips or []
            strip += step
            while 0 <= strip < len(strips):
                if isinstance(strips[strip], SELECTABLE):
                    return entry, strip
                strip += step
            index = entry.index + step
            if not 0 <= index < len(entries):
                return None
            entry = entries[index]
            self._view.read(entry)
            strip = -1 if step > 0 else len(entry.strips or [])

    def _head_rect(self, head: Position) -> QRect:
        view = self._view
        laid = head.entry.laid(head.strip, view.column.setter)
        pane = laid.pane_at(head.at)
        rects = pane.rects(max(head.at - 1, pane.start), max(head.at, pane.start + 1)) if pane else []
        origin = view.strip_origin(head.entry, head.strip)
        if not rects:
            return view.strip_rect(head.entry, head.strip)
        return rects[-1].translated(origin.x(), origin.y()).toAlignedRect()
