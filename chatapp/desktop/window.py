"""The window: it lays out the columns and joins their wishes to those who carry them out. No rule lives here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMainWindow

from chatapp.desktop import tab_order
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.columns import Columns
from chatapp.desktop.composer.composer import Composer
from chatapp.desktop.conversations.pane import ConversationPane
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.middle import Middle
from chatapp.desktop.panels.tabs import PanelTabs
from chatapp.desktop.status_line import StatusLine
from chatapp.desktop.theme import LEFT_WIDTH, RIGHT_WIDTH
from chatapp.desktop.title_bar import TitleBar
from chatapp.desktop.transcript_pane import TranscriptPane
from chatapp.desktop.widgets import Icons, column, holding

if TYPE_CHECKING:
    from chatapp.conversation.failures import Failure
    from chatapp.conversation.tree import Turn
    from chatapp.desktop.calls.strip import CallStrip
    from chatapp.desktop.command_palette import CommandPalette
    from chatapp.desktop.composer.outlook import OutlookLine
    from chatapp.desktop.conversations.switching import Switching
    from chatapp.desktop.dialogs import Dialogs
    from chatapp.desktop.doubts import Doubts
    from chatapp.desktop.experiments.sweeps import Sweeps
    from chatapp.desktop.in_force import Informed
    from chatapp.desktop.notices import NoticeBar
    from chatapp.desktop.panels.citations import CitationsPanel
    from chatapp.desktop.panels.inspector import InspectorPanel
    from chatapp.desktop.panels.library import LibraryPanel
    from chatapp.desktop.panels.parameters import ParametersPanel
    from chatapp.desktop.passage_popup import PassagePopup
    from chatapp.desktop.presets.actions import PresetActions
    from chatapp.desktop.readiness import Readiness
    from chatapp.desktop.tree.tree_side import TreeSide
    from chatapp.desktop.turn_actions import TurnActions
    from chatapp.desktop.undoing import Undoing

PANELS = ("Parameters", "Library", "Citations", "Inspector")
FIRST_SIZE = (1280, 820)
LEAST_SIZE = (480, 420)
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Window(QMainWindow):
    """`painted` tells once that the first picture is on the screen, `closed` that the user is done.

    `memory` holds what must be known before the first paint: sizes and the look.
    """

    painted = Signal()
    closed = Signal()

    columns: Columns
    composer: Composer
    transcript: TranscriptPane
    # Made by `furnish`:
    parameters: ParametersPanel
    library: LibraryPanel
    citations: CitationsPanel
    inspector: InspectorPanel
    palette_of_commands: CommandPalette
    calls: CallStrip
    outlook: OutlookLine
    turn_actions: TurnActions
    sweeps: Sweeps
    notices: NoticeBar
    passage: PassagePopup
    readiness: Readiness
    tree: TreeSide
    dialogs: Dialogs
    undoing: Undoing
    presets: PresetActions
    doubts: Doubts
    informed: Informed

    def __init__(self, desk: Desk, errands: Errands, look: Appearance, memory: QSettings) -> None:
        super().__init__()
        self.setObjectName("chatapp")
        self.setWindowTitle("chatapp")
        self.setMinimumSize(*LEAST_SIZE)
        self._desk, self._errands, self._look, self._memory = desk, errands, look, memory
        self._icons = Icons(look)
        self._was_painted = self._is_furnished = False
        self._is_broken = False
        self._build()
        self._join()
        self._restore()

    def furnish(self) -> None:
        """Adds what the first picture does without."""
        from chatapp.desktop.furnishing import furnish

        furnish(self, self._desk, self._errands, self._look, self._icons, self._memory)
        self._is_furnished = True

    def show_problem(self, failure: Failure) -> None:
        """Fills the window with what kept the profile from opening. Nothing of the window is kept then."""
        from chatapp.desktop.problem_page import ProblemPage

        self._is_broken = True
        self.takeCentralWidget()
        self._content.setParent(self)
        self._content.hide()
        self.setCentralWidget(ProblemPage(failure, self.close))

    @cached_property
    def switching(self) -> Switching:
        """Goes from one conversation to another."""
        from chatapp.desktop.conversations.switching import Switching

        return Switching(
            self._desk, self._errands, self.conversations, self.transcript, self.composer, self.write
        )

    def write(self) -> None:
        if self._is_furnished:
            self.tree.give_way()
        self.composer.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def find_words(self) -> None:
        """Opens the bar that finds words in the conversation."""
        self.tree.give_way()
        self.transcript.open_find()

    def answer_calls(self) -> None:
        """Puts the keyboard into the calls that wait, if any do."""
        if self.calls.isVisible():
            self.calls.enter()

    def search(self) -> None:
        self._show_list()
        self.conversations.focus_search()

    def rename(self) -> None:
        self._show_list()
        self.conversations.rename_open()

    def _show_list(self) -> None:
        if not self.conversations.isVisible():
            self.columns.toggle_left()

    def pin(self) -> None:
        if self._desk.head is not None:
            self.conversations.toggle_pin(self._desk.head)

    def delete(self) -> None:
        if self._desk.head is not None:
            self.conversations.delete(self._desk.head)

    def escape(self) -> None:
        """Esc leaves what is nearest: a passage, a drawer, an edit, then a running answer."""
        if self.passage.dismiss():
            return
        if self.columns.close_drawers():
            self.write()
        elif self.sweeps.leave():
            return
        elif self.calls.editing is not None:
            self.calls.stop_editing()
        elif self.composer.editing is not None or self.composer.after is not None:
            self.composer.stop_editing()
        else:
            self.turn_actions.stop()

    def on_last(self, action: str) -> None:
        turn = self._desk.last_turn
        if turn is not None:
            self.turn_actions.do(turn.id, action)

    def copy_markdown(self) -> None:
        """What is selected in the transcript, or else the last answer."""
        if self.transcript.view.selection.ends is not None:
            self.transcript.view.copy(markdown=True)
        else:
            self.on_last("copy")

    def step_branch(self, by: int) -> None:
        """Steps between the siblings of the last fork on screen."""
        forks = [turn for turn in self._desk.path if len(self._desk.tree.siblings(turn.id)) > 1]
        if forks:
            self.turn_actions.step(forks[-1], by)

    def step_fork(self, by: int) -> None:
        """To the question before the next place above or below where branches part."""
        self.transcript.go_fork(by)

    def step_citation(self, by: int) -> None:
        self.show_panel("Citations")
        self.citations.step(by)

    def show_panel(self, name: str) -> None:
        self.columns.open_right()
        self.tabs.show_panel(name)

    def enter_panel(self, name: str) -> None:
        """Shows a panel and puts the keyboard into it."""
        self.show_panel(name)
        tab_order.lay(self)
        inside = tab_order.first_in(self.tabs.panels[name]) or tab_order.first_in(self.tabs)
        if inside is not None:
            inside.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_parameter(self, name: str) -> None:
        self.show_panel("Parameters")
        self.parameters.reveal(name)

    def choose_server(self) -> None:
        self.show_panel("Parameters")
        self.parameters.server.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask(self, question: str) -> None:
        self.turn_actions.ask(question)
        self.write()

    def cite(self, turn_id: str, number: int) -> None:
        self.citations.show_citation(turn_id, number)
        self.show_panel("Citations")

    def judge(self, turn: Turn) -> None:
        from chatapp.services.judging import judge

        self._errands.run(
            lambda _app: judge(turn), then=lambda verdict: self.transcript.feed.judged(turn.id, verdict)
        )

    def inspect(self, turn_id: str) -> None:
        self.show_panel("Inspector")
        self.inspector.show_turn(turn_id)

    def choose_look(self, choice: str, scale: float | None = None) -> None:
        self._look.choose(choice, self._look.scale if scale is None else scale)
        self._memory.setValue("look", choice)
        self._memory.setValue("text_size", self._look.scale)

    def step_text_size(self, by: int) -> None:
        self.choose_look(self._look.choice, self._look.stepped(by) if by else 1.0)

    def announce(self, wanted: bool) -> None:
        """Whether a screen reader is told of answers while they are written."""
        self._look.announces = wanted
        self._memory.setValue("announces", wanted)
        self.transcript.follow_announcing()

    def focusNextPrevChild(self, forward: bool) -> bool:
        if self._is_furnished:
            tab_order.lay(self)
        return super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the focused button; a button by itself knows the space bar only."""
        focused = self.focusWidget()
        if event.key() in ENTER and isinstance(focused, QAbstractButton) and not event.isAutoRepeat():
            focused.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_furnished:
            self.palette_of_commands.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_broken:
            self.composer.save_draft()
            if self._is_furnished:
                self._leave_transcript()
            self._remember()
        event.accept()
        self.closed.emit()

    def _leave_transcript(self) -> None:
        """Where one reads and what is written of results is kept; commands end with the window."""
        self.transcript.feed.keep_position()
        self.calls.save_drafts()
        self.calls.runs.stop_all()

    def _build(self) -> None:
        desk, errands, look, icons = self._desk, self._errands, self._look, self._icons
        self.conversations = ConversationPane(desk, errands, look, icons)
        self.bar = TitleBar(desk, icons)
        self.transcript = TranscriptPane(desk, look)
        self.composer = Composer(desk, errands, icons)
        self.middle = Middle(self.bar, self.transcript, self.composer)
        self.tabs = PanelTabs(PANELS)
        self.columns = Columns(self.conversations, self.middle, self.tabs, icons)
        self._follow_text_size()
        self.status = StatusLine(desk, look)
        layout = column(self.columns, self.status, gap=0)
        layout.setStretch(0, 1)
        self._content = holding(layout)
        self.setCentralWidget(self._content)

    def _follow_text_size(self) -> None:
        self.columns.follow_text_size(self._look.interface_scale)
        self.middle.follow_text_size(self._look.scale)

    def _join(self) -> None:
        self._look.changed.connect(self._follow_text_size)
        self._desk.head_changed.connect(self._retitle)
        self._desk.opened.connect(self._retitle)
        self.conversations.chosen.connect(self._chosen)
        self.conversations.new_asked.connect(lambda: self.switching.new())
        self.bar.left_asked.connect(self.columns.toggle_left)
        self.bar.right_asked.connect(self.columns.toggle_right)
        self.conversations.left.connect(self.write)
        self.columns.closed.connect(self.write)
        self.columns.rearranged.connect(self._show_switches)

    def _restore(self) -> None:
        geometry = self._memory.value("geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(*FIRST_SIZE)
        self.columns.left_width = int(str(self._memory.value("left_width", LEFT_WIDTH)))
        self.columns.right_width = int(str(self._memory.value("right_width", RIGHT_WIDTH)))
        self.columns.left_open = self._memory.value("left_open", "true") in (True, "true")
        self.columns.right_open = self._memory.value("right_open", "true") in (True, "true")
        panel = str(self._memory.value("panel", PANELS[0]))
        self.tabs.show_panel(panel if panel in PANELS else PANELS[0])

    def _remember(self) -> None:
        self._memory.setValue("geometry", self.saveGeometry())
        for name in ("left_width", "right_width", "left_open", "right_open"):
            self._memory.setValue(name, getattr(self.columns, name))
        self._memory.setValue("panel", self.tabs.current)
        if self._is_furnished:
            self.tree.remember()

    def _retitle(self) -> None:
        head = self._desk.head
        self.setWindowTitle(f"{head.title} – chatapp" if head is not None else "chatapp")

    def _chosen(self, conversation_id: str, turn_id: str) -> None:
        if self.columns.is_drawer(self.conversations):
            self.columns.close_drawers()
        self.switching.open(conversation_id, turn_id)

    def _show_switches(self) -> None:
        self.bar.left.setVisible(not self.conversations.isVisibleTo(self.columns))
