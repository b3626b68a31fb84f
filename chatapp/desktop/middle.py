"""The middle column: title bar, transcript, composer, and the notice that lies over them when there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatapp.desktop.composer.composer import Composer
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_24, READING_COLUMN
from chatapp.desktop.title_bar import TitleBar
from chatapp.desktop.transcript_pane import TranscriptPane
from chatapp.desktop.widgets import column, holding, row

if TYPE_CHECKING:
    from chatapp.desktop.calls.strip import CallStrip
    from chatapp.desktop.notices import NoticeBar
    from chatapp.desktop.tree.beside import Beside

SQUEEZED_BELOW = 560
CALLS_SHARE = 0.4
"""Of the column's height, for the calls that wait; more of them scroll."""


class Middle(QWidget):
    def __init__(self, bar: TitleBar, transcript: TranscriptPane, composer: Composer) -> None:
        super().__init__()
        self.setProperty("kind", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar, self._composer = bar, composer
        self._notices: NoticeBar | None = None
        self._calls: CallStrip | None = None
        self._widest = READING_COLUMN
        composer.setMaximumWidth(self._widest)
        self._line = row(1, composer, 1, gap=0)
        self._line.setStretch(1, 1000)
        self._calls_line = row(1, gap=0)
        self._page: QWidget | None = None
        inside = column(transcript, self._calls_line, self._line, gap=0)
        inside.setStretch(0, 1)
        self._conversation = holding(inside)
        self._body = self._conversation
        """The conversation, with the tree beside it once that was opened."""
        layout = column(bar, self._conversation, gap=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._set_margins()

    def follow_text_size(self, scale: float) -> None:
        """The transcript's text is of another size, and its column with it: what is below stays as wide."""
        self._widest = round(READING_COLUMN * max(scale, 1.0))
        for below in (self._composer, self._calls):
            if below is not None:
                below.setMaximumWidth(self._widest)

    def show_page(self, page: QWidget) -> None:
        """Puts a page in the place of the conversation and its bar."""
        self._page = page
        self._bar.hide()
        self._body.hide()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(page)
        page.show()
        self._place_notice()

    def show_conversation(self) -> None:
        """Takes the page away again."""
        if self._page is not None:
            self._page.hide()
            self._page = None
        self._bar.show()
        self._body.show()
        self._place_notice()

    def put_beside(self, tree: QWidget) -> Beside:
        """Gives the tree its place beside the conversation. It is not shown yet."""
        from chatapp.desktop.tree.beside import Beside

        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        at, is_hidden = layout.indexOf(self._conversation), self._conversation.isHidden()
        self._body = beside = Beside(tree, self._conversation)
        layout.insertWidget(at, beside, 1)
        beside.setHidden(is_hidden)
        self._conversation.show()
        return beside

    def lay_over(self, notices: NoticeBar) -> None:
        """Gives the notices their place over the composer."""
        self._notices = notices
        notices.setParent(self)
        notices.appeared.connect(self._place_notice)
        self._composer.resized.connect(self._place_notice)

    def put_above_composer(self, calls: CallStrip) -> None:
        """Gives the calls that wait their place between the transcript and the composer."""
        self._calls = calls
        calls.setMaximumWidth(self._widest)
        self._calls_line.addWidget(calls, 1000)
        self._calls_line.addStretch(1)
        calls.resized.connect(self._place_notice)
        self._set_margins()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_margins()
        for squeezed in (self._bar, self._composer):
            squeezed.squeeze(self.width() < SQUEEZED_BELOW)
        self._place_notice()

    def _set_margins(self) -> None:
        side = GAP_24 if self.width() >= SQUEEZED_BELOW else GAP_8
        self._line.setContentsMargins(side, GAP_8, side, GAP_4)
        self._calls_line.setContentsMargins(side, GAP_8, side, 0)
        if self._calls is not None:
            self._calls.set_room(round(self.height() * CALLS_SHARE))

    def _place_notice(self) -> None:
        if self._notices is None or self._notices.isHidden():
            return
        is_covered = self._page is not None or self._conversation.isHidden()
        under = self.rect() if is_covered else self._under_notices()
        left = GAP_24 if is_covered else under.left()
        width = under.width() - 2 * GAP_24 if is_covered else under.width()
        height = self._notices.heightForWidth(width)
        height = height if height > 0 else self._notices.sizeHint().height()
        foot = self.height() - GAP_8 if is_covered else under.top()
        self._notices.setGeometry(left, foot - height - GAP_8, width, height)
        self._notices.raise_()

    def _under_notices(self) -> QRect:
        """The composer's sides, with the top of what stands lowest above it, in this column's pixels."""
        below = self._composer if self._calls is None or self._calls.isHidden() else self._calls
        sides = self._composer.geometry()
        sides.setTop(below.geometry().top())
        return sides.translated(self._conversation.mapTo(self, QPoint(0, 0)))
