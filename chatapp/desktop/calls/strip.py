"""The strip over the composer while the last answer waits for results: a block a call, one button that sends them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame

from chatapp.conversation.calls import PendingCall, Result, pending_calls, results_in
from chatapp.conversation.commands import function_name, how_it_ended, report
from chatapp.desktop.calls.approval_block import ApprovalBlock
from chatapp.desktop.calls.block import CallBlock
from chatapp.desktop.calls.function_block import FunctionBlock
from chatapp.desktop.calls.runs import CommandRuns, Run
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.notices import announce
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import (
    Icons,
    OneLine,
    button,
    clear,
    column,
    holding,
    label,
    named,
    row,
    scrolling,
)

if TYPE_CHECKING:
    from chatapp.conversation.commands import CommandEnd
    from chatapp.conversation.tree import Turn

DRAFT_PAUSE_MS = 300
LEAST_ROOM = 96
LONGEST_WORDS = 300
ABOUT = "A message you send now goes along. Calls without a result are then answered as not run."
EDIT, EDITING = "Edit the results", "The old ones and their answer stay as a branch."


class CallStrip(QFrame):
    """`answered` carries a turn's id and one result a call. `left` says that the keyboard has no place here now."""

    answered = Signal(str, object)
    left = Signal()
    resized = Signal()

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        named(self, "Waiting calls")
        self.setProperty("kind", "card")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._turn: Turn | None = None
        """The turn whose calls are shown."""
        self.editing: str | None = None
        """The turn whose results are being edited."""
        self.blocks: list[CallBlock] = []
        self.runs = CommandRuns(errands, self)
        self.runs.changed.connect(self._offer)
        self.runs.began.connect(self._began)
        self.runs.ended.connect(self._ended)
        self._room = LEAST_ROOM
        self._pause = QTimer(self, singleShot=True, interval=DRAFT_PAUSE_MS)
        self._pause.timeout.connect(self.save_drafts)
        self._build()
        self.hide()
        for changed in (desk.opened, desk.path_changed, desk.shown_changed):
            changed.connect(self._follow)

    def edit(self, turn: Turn) -> None:
        """Shows the results a turn brought, to be sent otherwise beside it."""
        asking = self._desk.tree.get(turn.parent_id)
        if asking is None:
            return
        self._show(asking, turn.id)
        for block, result in zip(self.blocks, results_in(self._calls, turn.input), strict=True):
            if result is not None:
                block.restore(result)
        self.enter()

    def stop_editing(self) -> None:
        if self.editing is not None:
            self._show(self._waiting())
            self.left.emit()

    def enter(self) -> None:
        """Puts the keyboard into the first call without a result, else the first."""
        empty = [block for block in self.blocks if block.result() is None]
        for block in (empty or self.blocks)[:1]:
            block.enter()

    def save_drafts(self) -> None:
        """Keeps what is written now. What edits earlier results is no draft."""
        waiting, turn = self._pause.isActive(), self._turn
        self._pause.stop()
        if waiting and turn is not None and self.editing is None:
            drafts = [block.result() for block in self.blocks]
            self._errands.run(lambda app: app.calls.keep(turn.conversation_id, turn.id, drafts))

    def set_room(self, height: int) -> None:
        """How high the calls may be before they scroll."""
        self._room = max(LEAST_ROOM, height)
        self.about.setVisible(height > LEAST_ROOM * 2)
        self._fit()

    @property
    def _calls(self) -> tuple[PendingCall, ...]:
        return tuple(block.call for block in self.blocks)

    def _build(self) -> None:
        self.title = OneLine(kind="strong")
        self.send = button("Send results", self._send, "primary", tip="Send results (Ctrl+Enter)")
        self.cancel = self._icons.put(button("", self.stop_editing, "icon", "Cancel editing"), "close")
        self.about = label(ABOUT, "caption", wrap=True)
        head = row(self.title, self.send, self.cancel, gap=GAP_8)
        head.setStretch(0, 1)
        self._list = column(gap=GAP_12)
        self._content = holding(self._list)
        self._content.installEventFilter(self)
        self._area = scrolling(self._content)
        inside = column(head, self.about, self._area, gap=GAP_8)
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_12)
        self.setLayout(inside)

    def _follow(self, *_changed: object) -> None:
        if self.editing is None or all(turn.id != self.editing for turn in self._desk.path):
            self._show(self._waiting())

    def _waiting(self) -> Turn | None:
        """The last turn on screen, if its calls wait."""
        turn = self._desk.last_turn
        return turn if turn is not None and turn.answer.status.ended and pending_calls(turn.answer) else None

    def _show(self, turn: Turn | None, editing: str | None = None) -> None:
        shown = self._turn.id if self._turn is not None else None
        if (turn.id if turn is not None else None, editing) == (shown, self.editing):
            return
        self.save_drafts()
        focused = self.window().focusWidget()
        had_keyboard = focused is not None and self.isAncestorOf(focused)
        self._turn, self.editing = turn, editing
        self._fill(turn)
        self.setVisible(turn is not None)
        self.resized.emit()
        if turn is not None:
            announce(self, self.title.text())
            self.runs.refresh()
        elif had_keyboard:
            self.left.emit()

    def _fill(self, turn: Turn | None) -> None:
        clear(self._list)
        calls = pending_calls(turn.answer) if turn is not None else ()
        self.blocks = [_block_for(call) for call in calls]
        for place, block in enumerate(self.blocks):
            self._list.addWidget(block)
            self._join(block, place)
        self._list.addStretch(1)
        self.title.setText(EDIT if self.editing else title(calls))
        self.about.setText(EDITING if self.editing else ABOUT)
        self.cancel.setVisible(self.editing is not None)
        self._check()
        self._fit()
        if turn is not None and self.editing is None:
            self._errands.run(lambda app: app.calls.drafts(turn.id), then=partial(self._restore, turn.id))

    def _join(self, block: CallBlock, place: int) -> None:
        assert self._turn is not None
        run = (self._turn.id, place)
        block.changed.connect(self._changed)
        block.send_asked.connect(self._send)
        function = function_name(block.call)
        block.command_asked.connect(partial(self.runs.edit, function))
        block.run_asked.connect(partial(self.runs.ask, run, function))
        block.stop_asked.connect(partial(self.runs.stop, run))
        if run in self.runs.at_work:
            self._began(run)

    def _restore(self, turn_id: str, drafts: Sequence[Result | None]) -> None:
        if self._turn is None or self._turn.id != turn_id or self.editing is not None:
            return
        typed = self._pause.isActive()
        for block, draft in zip(self.blocks, drafts, strict=True):
            if draft is not None:
                block.restore(draft)
        if not typed:
            self._pause.stop()

    def _changed(self) -> None:
        self._pause.start()
        self._check()

    def _check(self) -> None:
        self.send.setEnabled(all(block.result() is not None and not block.runs for block in self.blocks))

    def _send(self) -> None:
        results = [block.result() for block in self.blocks]
        given = [result for result in results if result is not None]
        if self._turn is not None and self.send.isEnabled() and len(given) == len(results):
            self.send.setEnabled(False)
            self.answered.emit(self._turn.id, given)

    def give_back(self) -> None:
        """The results could not be sent: they are still here."""
        self._check()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._fit()
        return False

    def _fit(self) -> None:
        """As high as the calls are, up to the room there is."""
        width = self._area.viewport().width()
        wraps = self._list.hasHeightForWidth()
        height = self._list.heightForWidth(width) if wraps else self._list.sizeHint().height()
        self._area.setFixedHeight(min(height, self._room))
        self.resized.emit()

    def _offer(self) -> None:
        for block in self.blocks:
            if isinstance(block, FunctionBlock):
                block.offer_command(self.runs.allowed, self.runs.has(function_name(block.call)))

    def _block(self, run: Run) -> FunctionBlock | None:
        """The block of a call, while its turn is shown."""
        if self._turn is None or self._turn.id != run[0]:
            return None
        block = self.blocks[run[1]]
        return block if isinstance(block, FunctionBlock) else None

    def _began(self, run: Run) -> None:
        block = self._block(run)
        if block is not None:
            block.begin_run(*self.runs.at_work[run])

    def _ended(self, run: Run, end: CommandEnd | None) -> None:
        block = self._block(run)
        if block is None:
            return
        if end is None:
            block.end_run()
        else:
            block.end_run(told(end), report(end))
            announce(self, told(end))


def _block_for(call: PendingCall) -> CallBlock:
    return ApprovalBlock(call) if call.kind == "approval" else FunctionBlock(call)


def title(calls: Sequence[PendingCall]) -> str:
    """What the strip says over its calls."""
    one = len(calls) == 1
    if all(call.kind == "approval" for call in calls):
        return f"{len(calls)} tool call{' waits' if one else 's wait'} for your approval"
    return "1 call waits for its result" if one else f"{len(calls)} calls wait for their results"


def told(end: CommandEnd) -> str:
    """How a command went, with what it said on stderr where the result does not hold that."""
    words = " ".join(end.stderr.split()) if end.succeeded else ""
    return f"{how_it_ended(end)} It also said: {words[:LONGEST_WORDS]}" if words else how_it_ended(end)
