"""The left pane: new conversation, search, the list with its keys and menu, settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.conversations.list_view import ConversationList
from chatapp.desktop.desk import Desk
from chatapp.desktop.icons import pixmap
from chatapp.desktop.loop import Errands
from chatapp.desktop.search_field import SearchField
from chatapp.desktop.theme import GAP_8, GAP_12, LEFT_WIDTH
from chatapp.desktop.widgets import FollowsTextSize, Icons, button, column, label, row

if TYPE_CHECKING:
    from chatapp.conversation.failures import Failure
    from chatapp.conversation.tree import Conversation, SearchHit
    from chatapp.desktop.conversations.grouping import Row
    from chatapp.desktop.conversations.rows import Rows

SEARCH_PAUSE_MS = 150
ROOM_FOR_GLASS = 52
"""Of the search field: its drawing and its edges."""


class ConversationPane(QWidget):
    """`chosen` names a conversation and the turn to go to, or "" for where it was; `left` is Esc in the search."""

    chosen = Signal(str, str)
    new_asked = Signal()
    settings_asked = Signal()
    deleted_asked = Signal()
    left = Signal()

    _rows: Rows

    def __init__(self, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        self._desk, self._errands, self._look = desk, errands, appearance
        self._badges: dict[str, str] = {}
        self.deleting: set[str] = set()
        """Conversations whose deletion was asked for here and not taken back."""
        self._pause = QTimer(self, singleShot=True, interval=SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self._search())
        self._build(icons)

    def load(self) -> None:
        """Gives the list what it shows; the first picture has nothing to show yet."""
        from chatapp.desktop.conversations.delegate import RowPainter
        from chatapp.desktop.conversations.rows import Rows

        self._rows = Rows()
        self._rows.renamed.connect(self._rename)
        self.list.setModel(self._rows)
        self.list.setItemDelegate(RowPainter(self._look, self.list))
        self._desk.listed.connect(self._show_list)
        self._desk.opened.connect(self._mark_open)
        for changed in (self._desk.path_changed, self._desk.beside_changed):
            changed.connect(self._count_branches)

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> None:
        """Shows all conversations again."""
        if self.search.text():
            self.search.clear()
            self._search()

    def rename_open(self) -> None:
        """Begins renaming the open conversation in its row."""
        row = self._rows.row_of(self._desk.open_id or "")
        if row is not None:
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.list.setCurrentIndex(self._rows.index(row))
            self.list.edit(self._rows.index(row))

    def toggle_pin(self, conversation: Conversation) -> None:
        self._errands.run(lambda app: app.conversations.pin(conversation.id, not conversation.pinned))

    def delete(self, conversation: Conversation) -> None:
        """Moves the choice to a neighbour first, so that the list is never without one."""

        def kept(failure: Failure) -> None:
            self.deleting.discard(conversation.id)
            self._errands.failed.emit(failure)

        self.deleting.add(conversation.id)
        self._errands.run(lambda app: app.conversations.delete(conversation.id), otherwise=kept)
        if conversation.id == self._desk.open_id:
            others = [entry for entry in self._desk.in_order() if entry.id not in self.deleting]
            if others:
                self.chosen.emit(others[0].id, "")
            else:
                self.new_asked.emit()

    def _has_room(self, keys: QLabel) -> bool:
        """Whether the keys stand beside the words that the empty field shows."""
        metrics = self.search.fontMetrics()
        words = metrics.horizontalAdvance(self.search.placeholderText() + keys.text())
        return words + ROOM_FOR_GLASS <= LEFT_WIDTH - 2 * GAP_12

    def _build(self, icons: Icons) -> None:
        self.new = button("New conversation", self.new_asked.emit, "primary")
        icons.put(self.new, "plus", "on_accent")
        self.search = SearchField("Search conversations")
        self.search.left.connect(self.left)
        self.search.entered.connect(self._enter_results)
        self.search.textChanged.connect(lambda: self._pause.start())
        self._glass = self.search.addAction(
            pixmap("search", self._look.palette.secondary), QLineEdit.ActionPosition.LeadingPosition
        )
        keys = label("Ctrl+Shift+F", "caption")
        hint = row(1, keys)
        hint.setContentsMargins(0, 0, GAP_8, 0)
        self.search.setLayout(hint)
        self.search.textChanged.connect(lambda text: keys.setVisible(not text))
        FollowsTextSize(self.search, lambda: keys.setVisible(self._has_room(keys)))
        self._look.changed.connect(self._recolour)
        self.list = ConversationList(self)
        self.list.deleted.connect(self.delete)
        self.list.pin_toggled.connect(self.toggle_pin)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        self.empty = label("Conversations you start are kept here.", "caption", wrap=True)
        self.empty.hide()
        self.empty.setContentsMargins(GAP_8, GAP_8, GAP_8, 0)
        self.deleted = button("Recently deleted", self.deleted_asked.emit, "quiet")
        icons.put(self.deleted, "delete")
        self.settings = button("Settings", self.settings_asked.emit, "quiet")
        icons.put(self.settings, "settings")
        top = column(self.new, self.search, self.empty, gap=GAP_8)
        top.setContentsMargins(GAP_12, GAP_12, GAP_12, 0)
        foot = column(self.deleted, self.settings, gap=0)
        foot.setContentsMargins(GAP_12, 0, GAP_12, GAP_8)
        self.setLayout(column(top, self.list, foot, gap=GAP_8))

    def _recolour(self) -> None:
        self._glass.setIcon(pixmap("search", self._look.palette.secondary))

    def _show_list(self) -> None:
        from chatapp.desktop.conversations.grouping import grouped

        if self.search.text().strip():
            return
        self._set(grouped(self._desk.in_order(), self._badges, time.time()))
        self._mark_open()

    def _set(self, rows: list[Row]) -> None:
        at = self.list.verticalScrollBar().value()
        self._rows.set_rows(rows)
        self.list.verticalScrollBar().setValue(at)
        self.empty.setVisible(not rows)

    def _mark_open(self) -> None:
        row = self._rows.row_of(self._desk.open_id or "")
        if row is None:
            self.list.clearSelection()
        elif self.list.state() != QAbstractItemView.State.EditingState:
            choose = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.list.selectionModel().setCurrentIndex(self._rows.index(row), choose)

    def _count_branches(self) -> None:
        """The open conversation's badge: which of its siblings the last fork on screen shows."""
        if self._desk.open_id is None:
            return
        tree = self._desk.tree
        last = next((turn for turn in reversed(self._desk.path) if tree.breadth(turn.id) > 1), None)
        badge = ""
        if last is not None:
            siblings = [turn.id for turn in tree.siblings(last.id)]
            badge = f"{siblings.index(last.id) + 1}/{len(siblings)}"
        if self._badges.get(self._desk.open_id, "") != badge:
            self._badges[self._desk.open_id] = badge
            self._show_list()

    def _search(self, then: Callable[[], object] | None = None) -> None:
        from chatapp.desktop.conversations.grouping import found

        self._pause.stop()
        words = self.search.text().strip()
        if not words:
            self._show_list()
            if then is not None:
                then()
            return

        def show(hits: Sequence[SearchHit]) -> None:
            if self.search.text().strip() == words:
                self._set(found(hits))
                if then is not None:
                    then()

        self._errands.run(lambda app: app.conversations.search(words), then=show)

    def _enter_results(self, opens: bool) -> None:
        """To the first row of what is typed now, which is looked for first if it was not yet."""
        if self._pause.isActive():
            self._search(lambda: self._to_first(opens))
        else:
            self._to_first(opens)

    def _to_first(self, opens: bool) -> None:
        indexes = [self._rows.index(place) for place in range(self._rows.rowCount())]
        first = next((index for index in indexes if self._rows.flags(index)), None)
        if first is None:
            return
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        choose = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.list.selectionModel().setCurrentIndex(first, choose)
        if opens:
            self._choose(first)

    def _choose(self, index: QModelIndex) -> None:
        from chatapp.desktop.conversations.grouping import Entry, Hit
        from chatapp.desktop.conversations.rows import ROW

        row = index.data(ROW)
        if isinstance(row, Entry):
            self.chosen.emit(row.conversation.id, "")
        elif isinstance(row, Hit):
            self.chosen.emit(row.found.conversation_id, row.found.turn_id or "")

    def _rename(self, conversation_id: str, title: str) -> None:
        self._errands.run(lambda app: app.conversations.rename(conversation_id, title))
