"""The composer: the message field, what goes along, Send or Stop. It keeps a draft for every conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from chatapp.desktop.composer.attachments import AttachmentChips
from chatapp.desktop.composer.chips import ParameterChips
from chatapp.desktop.composer.editor import Editor
from chatapp.desktop.composer.unsent_edits import UnsentEdits
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, button, column, frame, holding, label, restyle, row

if TYPE_CHECKING:
    from chatapp.conversation.inputs import Enclosure
    from chatapp.conversation.tree import Turn
    from chatapp.desktop.composer.given import Given

DRAFT_PAUSE_MS = 300
OUTLOOK_HEIGHT = 24
EDITING = "Editing your question. The old one and its answer stay as a branch."
BRANCHING = "Your next question begins a branch after “{}”."
STILL_WRITING = "The answer is still being written; Esc stops it. Your text is kept."
TITLES = ("Ask a question, or drop a file", "Ask a follow-up, or drop a file")


class Composer(QWidget):
    """`send_asked` and `stop_asked` are wishes; whoever carries them out calls `taken` or `give_back`."""

    send_asked = Signal()
    stop_asked = Signal()
    parameter_asked = Signal(str)
    resized = Signal()
    aimed = Signal()
    """The next question is to stand elsewhere, or is an edit, or no longer so."""

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        self._desk, self._errands = desk, errands
        self._shown_id: str | None = None
        self.editing: str | None = None
        """The turn whose question is being edited."""
        self.after: str | None = None
        """The turn below which the next question begins a branch."""
        self._said_of = ""
        """The running turn of which it was said that Enter waits for its end."""
        self._unsent = UnsentEdits(errands)
        self._pause = QTimer(self, singleShot=True, interval=DRAFT_PAUSE_MS)
        self._pause.timeout.connect(self.save_draft)
        self._build(icons)
        self.setAcceptDrops(True)
        desk.opened.connect(self._open)
        for changed in (desk.path_changed, desk.shown_changed, desk.opened):
            changed.connect(self._follow)

    @property
    def text(self) -> str:
        return self.editor.toPlainText()

    @property
    def enclosures(self) -> tuple[Enclosure, ...]:
        return self.chips.enclosures

    def taken(self) -> None:
        """The question is on its way: the field is free, or the draft returns that an edit had put aside."""
        if self.editing is None:
            self._fill("", ())
        self._pause.stop()
        self.stop_editing()
        self.save_draft()

    def give_back(self, conversation_id: str, text: str, enclosures: Sequence[Enclosure]) -> None:
        """A question that could not be sent comes back, before anything typed since."""
        if conversation_id != self._desk.open_id:
            self._keep(conversation_id, text, tuple(enclosures))
            return
        self._fill(f"{text}\n{self.text}" if self.text else text, (*enclosures, *self.enclosures))
        self.save_draft()

    def edit_question(self, turn: Turn) -> None:
        """Puts a question and what went along into the field to be sent anew; the old branch stays."""
        from chatapp.conversation.tree import enclosures_of

        self.save_draft()
        unsent = self._unsent.of(turn.conversation_id, turn.id)
        self.editing, self.after = turn.id, None
        self._say(EDITING)
        if unsent is None:
            self._fill(turn.text, enclosures_of(turn))
        else:
            self._fill(unsent.text, unsent.enclosures)
        self.editor.setFocus()

    def branch_after(self, turn: Turn) -> None:
        """The next question follows this turn, whatever stands below it now."""
        from chatapp.desktop.transcript_model import title_of

        self._leave_edit()
        self.after = turn.id
        self._say(BRANCHING.format(title_of(self._desk.tree, turn)[:60]))
        self.editor.setFocus()

    def stop_editing(self) -> None:
        """Back to writing at the end of the conversation; the draft returns, and an edit is given up."""
        if self.editing is not None and self._shown_id is not None:
            self._unsent.drop(self._shown_id, self.editing)
        self._write_at_the_end()

    def _leave_edit(self) -> None:
        """The same, and an edit is kept until its question is edited again."""
        self.save_draft()
        if self.editing is not None and self._shown_id is not None:
            self._unsent.close(self._shown_id)
        self._write_at_the_end()

    def _write_at_the_end(self) -> None:
        was_editing, self.editing, self.after = self.editing is not None, None, None
        self.editing_bar.hide()
        self.aimed.emit()
        if was_editing:
            self._fill(*self._draft())

    def _edit_on(self) -> None:
        """The edit that was left unsent in this conversation comes back. Of a question that is gone it is words to be
        sent."""
        conversation_id = self._shown_id
        turn_id = self._unsent.open(conversation_id) if conversation_id is not None else None
        if conversation_id is None or turn_id is None or self.editing is not None:
            return
        turn, unsent = self._desk.tree.get(turn_id), self._unsent.of(conversation_id, turn_id)
        if turn is not None and (self.text, self.enclosures) == self._draft():
            self.edit_question(turn)
        elif turn is None and unsent is not None:
            self._unsent.drop(conversation_id, turn_id)
            self.give_back(conversation_id, unsent.text, unsent.enclosures)

    def put_below(self, outlook: QWidget) -> None:
        """Gives what the question will take its place under the field."""
        self._outlook.insertWidget(0, outlook)

    @property
    def parent_turn(self) -> Turn | None:
        """The turn that the next question follows, None where it is a first one."""
        tree, editing, after = self._desk.tree, self.editing, self.after
        if editing is not None and editing in tree:
            return tree.get(tree[editing].parent_id)
        return tree.get(after) or self._desk.last_turn

    def attach(self, enclosures: Sequence[Enclosure]) -> None:
        self.chips.add(enclosures)
        self.editor.setFocus()

    def take(self, given: Given, dropped: bool) -> None:
        """Attaches what was pasted or dropped."""
        from chatapp.desktop.composer.given import picture_name

        if given.picture is not None:
            self.chips.keep(given.picture, picture_name(dropped))
        self.attach(given.files)

    def save_draft(self) -> None:
        """Keeps what is typed now: as the conversation's draft, or with the question that is edited."""
        self._pause.stop()
        conversation_id, text, enclosures = self._shown_id, self.text, self.enclosures
        if conversation_id is None:
            return
        if self.editing is not None:
            self._unsent.keep(conversation_id, self.editing, text, enclosures)
            return
        known = self._desk.conversations.get(conversation_id)
        if known is not None and (known.draft, known.enclosures) != (text, enclosures):
            self._keep(conversation_id, text, enclosures)

    def _keep(self, conversation_id: str, text: str, enclosures: tuple[Enclosure, ...]) -> None:
        self._desk.keep_draft(conversation_id, text, enclosures)
        self._errands.run(lambda app: app.conversations.set_draft(conversation_id, text, enclosures))

    def _keep_too(self, conversation_id: str, enclosure: Enclosure) -> None:
        """What was pasted into a conversation that was left before it was kept."""
        known = self._desk.conversations.get(conversation_id)
        if conversation_id == self._shown_id:
            self.chips.add([enclosure])
        elif known is not None:
            self._keep(conversation_id, known.draft, (*known.enclosures, enclosure))

    def holds(self, conversation_id: str) -> bool:
        """Whether something typed or attached waits here for a conversation."""
        if conversation_id == self._shown_id:
            return bool(self.text.strip() or self.chips.chips)
        return conversation_id in self.chips.awaited

    def put_aside(self) -> None:
        """Frees the field for a conversation that is on its way: what is typed until then goes there."""
        self.save_draft()
        self._shown_id = None
        self._write_at_the_end()
        self._fill("", ())

    def return_home(self) -> None:
        """The conversation on its way did not come: back to the open one, with what was typed meanwhile."""
        self._open()

    def squeeze(self, narrow: bool) -> None:
        """Short of room, what is set for the conversation gets a line of its own."""
        if narrow == (self._foot.indexOf(self.parameters) >= 0):
            line, place = (self._lines, self._lines.count() - 1) if narrow else (self._foot, 2)
            line.insertWidget(place, self.parameters)

    def choose_files(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        from chatapp.desktop.composer.given import chosen

        dialog = QFileDialog(self, "Attach files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.attach(chosen(names)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def choose_link(self) -> None:
        from chatapp.desktop.composer.link_dialog import LinkDialog

        dialog = LinkDialog(self)
        dialog.chosen.connect(lambda enclosure: self.attach([enclosure]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Everything around the buttons belongs to the message."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.editor.setFocus(Qt.FocusReason.MouseFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        from chatapp.desktop.composer.given import given

        if given(event.mimeData(), dropped=True):
            event.acceptProposedAction()
            restyle(self._card, active=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        restyle(self._card, active=self.editor.hasFocus())

    def dropEvent(self, event: QDropEvent) -> None:
        from chatapp.desktop.composer.given import given

        self.take(given(event.mimeData(), dropped=True), dropped=True)
        event.acceptProposedAction()
        restyle(self._card, active=self.editor.hasFocus())

    def _build(self, icons: Icons) -> None:
        self.editor = Editor()
        self.editor.sent.connect(self._enter)
        self.editor.given.connect(self.take)
        self.editor.textChanged.connect(self._typed)
        self.editor.focused.connect(lambda on: restyle(self._card, active=on))
        self.chips = AttachmentChips(self._desk, self._errands, icons)
        self.chips.changed.connect(self._enclosed)
        self.chips.left.connect(self.editor.setFocus)
        self.chips.kept_for.connect(self._keep_too)
        self.parameters = ParameterChips(self._desk, icons)
        self.parameters.asked.connect(self.parameter_asked)
        self.attach_button = button("Attach", self.choose_files, "chip", tip="Attach files to this question")
        icons.put(self.attach_button, "plus", size=14)
        self.link_button = button(
            "", self.choose_link, "chip", "Attach a link", "Attach a file or an image by its address"
        )
        icons.put(self.link_button, "link", size=14)
        self.send = icons.put(button("Send", self._enter, "primary", tip="Send (Enter)"), "send", "on_accent")
        self.stop = icons.put(
            button("Stop", self.stop_asked.emit, "primary", tip="Stop (Esc)"), "stop", "on_accent"
        )
        self.stop.hide()
        self.editing_bar = self._edit_bar(icons)
        self._foot: QHBoxLayout = row(
            self.attach_button, self.link_button, self.parameters, 1, self.send, self.stop
        )
        self._lines: QVBoxLayout = column(
            self.editing_bar, self.editor, self.chips, self._foot, gap=GAP_12, edge=GAP_12
        )
        self._card: QFrame = frame("composer", self._lines)
        self._outlook = row(1, gap=0)
        self._outlook.addStrut(OUTLOOK_HEIGHT)
        self._outlook.setContentsMargins(GAP_8, 0, GAP_8, 0)
        self.setLayout(column(self._card, self._outlook, gap=0))

    def _edit_bar(self, icons: Icons) -> QWidget:
        self._about = label(kind="caption", wrap=True)
        cancel = icons.put(button("", self.stop_editing, "icon", "Cancel editing"), "close")
        line = row(self._about, cancel, gap=GAP_8)
        line.setStretch(0, 1)
        bar = holding(line)
        bar.hide()
        return bar

    def _say(self, text: str) -> None:
        self._about.setText(text)
        self.editing_bar.show()
        self.aimed.emit()

    def _enter(self) -> None:
        running = self._desk.running
        if running is None and self.send.isEnabled():
            self.send_asked.emit()
        elif running is not None and self.text.strip() and self._said_of != running.id:
            from chatapp.conversation.changes import Notice

            self._said_of = running.id
            self._desk.noticed.emit(Notice(STILL_WRITING))

    def _typed(self) -> None:
        self._pause.start()
        self._follow()

    def _enclosed(self) -> None:
        self.save_draft()
        self._follow()

    def _draft(self) -> tuple[str, tuple[Enclosure, ...]]:
        head = self._desk.head
        return (head.draft, head.enclosures) if head is not None else ("", ())

    def _fill(self, text: str, enclosures: tuple[Enclosure, ...]) -> None:
        """What is in the field and what goes along, in place of all there was."""
        if text != self.text:
            self.editor.setPlainText(text)
            self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self.chips.show_only(enclosures)
        self._follow()

    def _open(self) -> None:
        if self._shown_id == self._desk.open_id:
            return
        homeless = self.text if self._shown_id is None else ""
        along = self.enclosures if self._shown_id is None else ()
        self.save_draft()
        self.editing = self.after = None
        self.editing_bar.hide()
        self._shown_id = self._desk.open_id
        draft, enclosures = self._draft()
        self._fill(f"{draft}{homeless}", (*enclosures, *along))
        self._pause.stop()
        if homeless or along:
            self.save_draft()
        if self._shown_id is not None:
            self._unsent.read(self._shown_id, self._edit_on)

    def _follow(self) -> None:
        """Stop stands in the place of Send while an answer comes."""
        running = self._desk.running is not None
        keyboard = self.send.hasFocus() or self.stop.hasFocus()
        self.send.setVisible(not running)
        self.stop.setVisible(running)
        at_home = self._desk.head is not None and self._shown_id == self._desk.open_id
        self.send.setEnabled(at_home and self.chips.ready and bool(self.text.strip() or self.enclosures))
        if keyboard:
            (self.stop if running else self.editor).setFocus()
        self.editor.invite(TITLES[bool(self._desk.path) and self._shown_id == self._desk.open_id])
