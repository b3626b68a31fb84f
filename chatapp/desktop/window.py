"""The window: it lays out the columns and joins their wishes to those who carry them out. No rule lives here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMainWindow, QWidget

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
    from chatapp.conversation.tree import Conversation, Turn
    from chatapp.desktop.calls.strip import CallStrip
    from chatapp.desktop.command_palette import CommandPalette
    from chatapp.desktop.conversations.deleted import DeletedDialog
    from chatapp.desktop.doubts import Doubts
    from chatapp.desktop.experiments.sweeps import Sweeps
    from chatapp.desktop.notices import NoticeBar
    from chatapp.desktop.presets.actions import PresetActions
    from chatapp.desktop.tree.tree_side import TreeSide
    from chatapp.desktop.turn_actions import TurnActions

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
    palette_of_commands: CommandPalette
    turn_actions: TurnActions
    calls: CallStrip
    notices: NoticeBar
    presets: PresetActions
    doubts: Doubts
    sweeps: Sweeps
    tree: TreeSide

    def __init__(self, desk: Desk, errands: Errands, look: Appearance, memory: QSettings) -> None:
        super().__init__()
        self.setObjectName("chatapp")
        self.setWindowTitle("chatapp")
        self.setMinimumSize(*LEAST_SIZE)
        self._desk, self._errands, self._look, self._memory = desk, errands, look, memory
        self._icons = Icons(look)
        self._was_painted = False
        self._is_broken = False
        self._is_making = False
        self._build()
        self._join()
        self._restore()

    def furnish(self) -> None:
        """Adds what the first picture does without: the transcript's view, the panels, the command palette."""
        from chatapp.desktop import actions
        from chatapp.desktop.calls.strip import CallStrip
        from chatapp.desktop.command_palette import CommandPalette
        from chatapp.desktop.composer.outlook import OutlookLine
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

        desk, errands, look, icons = self._desk, self._errands, self._look, self._icons
        self._informed = Informed(desk, errands)
        self.presets = PresetActions(self, desk, errands)
        self.parameters = ParametersPanel(desk, errands, icons)
        self.parameters.presets_asked.connect(lambda: self.presets.pop_up(self.parameters.presets))
        self.library = LibraryPanel(desk, errands, look, icons)
        self.doubts = Doubts(desk, errands, self._memory.value("marks_support", "true") in (True, "true"))
        self.doubts.switched.connect(lambda marks: self._memory.setValue("marks_support", marks))
        self.citations = CitationsPanel(desk, errands, look, icons, self.doubts)
        self.inspector = InspectorPanel(desk, errands, look, icons)
        self.parameters.left.connect(self.write)
        self.parameters.library_asked.connect(lambda: self.show_panel("Library"))
        self.parameters.vary_asked.connect(lambda: self.sweeps.vary_here())
        self.library.search_asked.connect(self.test_search)
        self.citations.library_asked.connect(lambda: self.show_panel("Library"))
        self.citations.enlarge_asked.connect(self.columns.enlarge_right)
        panels: tuple[QWidget, ...] = (self.parameters, self.library, self.citations, self.inspector)
        self.tabs.fill(dict(zip(PANELS, panels, strict=True)))
        self.palette_of_commands = CommandPalette(self, look)
        self.calls = CallStrip(desk, errands, icons)
        self.middle.put_above_composer(self.calls)
        self.outlook = OutlookLine(self.composer, desk, errands, look)
        self.outlook.prices_asked.connect(lambda: self.open_settings("Prices"))
        self.composer.put_below(self.outlook)
        self.turn_actions = TurnActions(desk, errands, self.composer, self.calls)
        self.sweeps = Sweeps(self, desk, errands, look, icons)
        self.notices = NoticeBar(self.undo, self.turn_actions.cure, icons, self.write)
        self.middle.lay_over(self.notices)
        self.conversations.load()
        self.transcript.load(icons, errands)
        self.passage = PassagePopup(self.transcript, desk, errands, look)
        self.readiness = Readiness(self.transcript, desk, errands, self.citations.ahead)
        self.tree = TreeSide(self, desk, look, icons, self._memory)
        self._join_turns()
        actions.install(self)

    def show_problem(self, failure: Failure) -> None:
        """Fills the window with what kept the profile from opening. Nothing of the window is kept then."""
        from chatapp.desktop.problem_page import ProblemPage

        self._is_broken = True
        self.takeCentralWidget()
        self._content.setParent(self)
        self._content.hide()
        self.setCentralWidget(ProblemPage(failure, self.close))

    def new_conversation(self) -> None:
        """An open conversation that nobody has touched is new enough. The caret goes to the message at once: what is
        typed before the new conversation is there belongs to it."""
        from chatapp.desktop.conversations.untouched import carried

        self.conversations.clear_search()
        if self._is_making or self._leaves_nothing():
            self.write()
            return
        head = self._desk.head
        parameters, server = carried(head), head.server if head is not None else None
        self._is_making = True
        self.composer.put_aside()
        self.write()

        def opened(made: Conversation) -> None:
            self._is_making = False
            self.open_conversation(made.id)

        def failed(failure: Failure) -> None:
            self._is_making = False
            self.composer.return_home()
            self._errands.failed.emit(failure)

        self._errands.run(lambda app: app.conversations.create(server, parameters), opened, failed)

    def _leaves_nothing(self) -> bool:
        """Whether the open conversation is one that nobody has put anything into."""
        from chatapp.desktop.conversations.untouched import is_untouched

        head = self._desk.head
        if head is None or head.id in self.conversations.deleting:
            return False
        return is_untouched(head) and not self._desk.path and not self.composer.holds(head.id)

    def open_conversation(self, conversation_id: str, turn_id: str = "") -> None:
        """Opens a conversation, at one of its turns if one is named."""

        def show(opened: tuple[Conversation, Sequence[Turn]]) -> None:
            left = self._desk.head if self._leaves_nothing() else None
            self._desk.show(*opened)
            if left is not None and left.id != conversation_id:
                self._errands.run(lambda app: app.conversations.discard(left.id))
            if turn_id:
                self.transcript.feed.seek(turn_id)

        self._desk.expect(conversation_id)
        if turn_id:
            self._errands.run(lambda app: app.conversations.select(conversation_id, turn_id))
        self._errands.run(lambda app: app.conversations.open(conversation_id), then=show)
        self._errands.run(lambda app: app.preferences.set("last_conversation", conversation_id))

    def write(self) -> None:
        tree = getattr(self, "tree", None)
        if tree is not None:
            tree.give_way()
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
        if not self.conversations.isVisible():
            self.columns.toggle_left()
        self.conversations.focus_search()

    def rename(self) -> None:
        if not self.conversations.isVisible():
            self.columns.toggle_left()
        self.conversations.rename_open()

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

    def show_turn(self, turn_id: str) -> None:
        """Shows the branch through a turn of the open conversation, with the turn in view."""
        if not self.transcript.feed.seek(turn_id):
            self.choose_branch(turn_id)

    def step_citation(self, by: int) -> None:
        self.show_panel("Citations")
        self.citations.step(by)

    def show_panel(self, name: str) -> None:
        self.columns.open_right()
        self.tabs.show_panel(name)

    def test_search(self, server: str = "", store: str = "") -> None:
        """Opens the search test on a library; on the first one the conversation uses where none is named."""
        from chatapp.desktop.panels.search_test import SearchTest

        head = self._desk.head
        if not server and head is not None:
            server, store = head.server, next(iter(head.parameters.get("vector_stores") or ()), "")
        dialog = self.findChild(SearchTest) or SearchTest(
            self, self._desk, self._errands, self._look, self._icons
        )
        dialog.show()
        dialog.raise_()
        dialog.ask(server, store)

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

    def open_settings(self, page: str = "") -> None:
        from chatapp.desktop.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self, self._desk, self._errands, self._look, self._icons)
        dialog.look_chosen.connect(self.choose_look)
        dialog.announcing_chosen.connect(self.announce)
        dialog.commands_changed.connect(self.calls.runs.refresh)
        dialog.finished.connect(dialog.deleteLater)
        if page:
            dialog.show_page(page)
        dialog.open()

    def show_deleted(self) -> None:
        from chatapp.desktop.conversations.deleted import CONVERSATIONS, DeletedDialog

        self._open_deleted(DeletedDialog(self, self._errands, CONVERSATIONS))

    def show_deleted_turns(self) -> None:
        from chatapp.desktop.conversations.deleted import DeletedDialog, turns_of

        if self._desk.open_id is not None:
            self._open_deleted(DeletedDialog(self, self._errands, turns_of(self._desk.open_id)))

    def _open_deleted(self, dialog: DeletedDialog) -> None:
        dialog.restore_asked.connect(self._restore_deleted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def undo(self, use_case: str) -> None:
        """Takes back what a notice told of, or does what it offers."""
        from chatapp.desktop.named_use_cases import NAMED

        name, _, argument = use_case.partition(":")
        if name == "conversations.restore":
            self.conversations.deleting.discard(argument)
            self._errands.run(
                lambda app: app.conversations.restore(argument),
                then=lambda _none: self.open_conversation(argument),
            )
        elif name == "branches.restore":
            self._errands.run(lambda app: app.branches.restore(argument), then=self._show_restored)
        elif name == "library.attributes":
            self._errands.run(lambda app: app.attributes.take_back(use_case))
        elif name in NAMED:
            self._errands.run(lambda app: NAMED[name](app, argument))
        else:
            self._errands.run(lambda app: app.removals.take_back(use_case))

    def focusNextPrevChild(self, forward: bool) -> bool:
        if hasattr(self, "notices"):
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
        palette = getattr(self, "palette_of_commands", None)
        if palette is not None:
            palette.place()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_broken:
            self.composer.save_draft()
            self._leave_transcript()
            self._remember()
        event.accept()
        self.closed.emit()

    def _leave_transcript(self) -> None:
        """Where one reads and what is written of results is kept; commands end with the window, which may close before
        it is furnished."""
        calls = getattr(self, "calls", None)
        if calls is not None:
            self.transcript.feed.keep_position()
            calls.save_drafts()
            calls.runs.stop_all()

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
        self.conversations.new_asked.connect(self.new_conversation)
        self.conversations.settings_asked.connect(self.open_settings)
        self.bar.left_asked.connect(self.columns.toggle_left)
        self.bar.right_asked.connect(self.columns.toggle_right)
        self.bar.commands_asked.connect(lambda: self.palette_of_commands.open())
        self.bar.branch_chosen.connect(self.choose_branch)
        self.composer.parameter_asked.connect(self.show_parameter)
        self.conversations.deleted_asked.connect(self.show_deleted)
        self.conversations.left.connect(self.write)
        self.columns.closed.connect(self.write)
        self.columns.rearranged.connect(self._show_switches)

    def _join_turns(self) -> None:
        self._errands.failed.connect(self.notices.fail)
        self._desk.noticed.connect(self.notices.say)
        self._desk.undo_expired.connect(self.notices.forget)
        self.composer.send_asked.connect(self.turn_actions.send)
        self.composer.stop_asked.connect(self.turn_actions.stop)
        self.calls.answered.connect(self.turn_actions.answer_calls)
        self.calls.left.connect(self.write)
        self.turn_actions.settings_asked.connect(self.open_settings)
        self.turn_actions.parameter_asked.connect(self.show_parameter)
        self.turn_actions.inspector_asked.connect(self._inspect)
        self.turn_actions.comparison_asked.connect(self._compare)
        self.inspector.variant_asked.connect(self.turn_actions.open_as_variant)
        self.inspector.action_asked.connect(self.turn_actions.do)
        self._desk.opened.connect(self.turn_actions.ask_for_marks)
        self.turn_actions.vary_asked.connect(self.sweeps.vary)
        self.bar.tree_asked.connect(self.tree.toggle)
        self.bar.sweeps_asked.connect(self.sweeps.show)
        self.transcript.acted.connect(self.turn_actions.do)
        self.citations.acted.connect(self.turn_actions.do)
        self.citations.asked_again.connect(self.turn_actions.ask_again)
        self.transcript.view.text_size_stepped.connect(self.step_text_size)
        self.transcript.cited.connect(self._cite)
        self.transcript.feed.judge_asked.connect(self._judge)
        self.transcript.mark_doubts(self.doubts)
        self.transcript.link_activated.connect(self._open_link)
        self.transcript.file_activated.connect(self._open_file)
        self.transcript.question_copied.connect(self.turn_actions.copy_question)
        self.transcript.welcome.question_asked.connect(self._ask)
        self.transcript.welcome.settings_asked.connect(self.open_settings)
        self.transcript.welcome.attach_asked.connect(self.composer.choose_files)

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
        tree = getattr(self, "tree", None)
        if tree is not None:
            tree.remember()

    def _retitle(self) -> None:
        head = self._desk.head
        self.setWindowTitle(f"{head.title} – chatapp" if head is not None else "chatapp")

    def _chosen(self, conversation_id: str, turn_id: str) -> None:
        if self.columns.is_drawer(self.conversations):
            self.columns.close_drawers()
        self.open_conversation(conversation_id, turn_id)

    def choose_branch(self, turn_id: str) -> None:
        """Shows the newest branch through a turn of the open conversation."""
        head, tree = self._desk.head, self._desk.tree
        if head is not None and turn_id in tree:
            leaf = tree.leaf_below(turn_id)
            self._errands.run(lambda app: app.conversations.show_end(head.id, leaf))

    def _ask(self, question: str) -> None:
        self.turn_actions.ask(question)
        self.write()

    def _show_restored(self, conversation_id: str) -> None:
        """What came back is seen, also from another conversation."""
        if conversation_id != self._desk.open_id:
            self.open_conversation(conversation_id)

    def _restore_deleted(self, use_case: str) -> None:
        self.notices.forget(use_case)
        self.undo(use_case)

    def _cite(self, turn_id: str, number: int) -> None:
        self.citations.show_citation(turn_id, number)
        self.show_panel("Citations")

    def _judge(self, turn: Turn) -> None:
        from chatapp.services.judging import judge

        self._errands.run(
            lambda _app: judge(turn), then=lambda verdict: self.transcript.feed.judged(turn.id, verdict)
        )

    def _inspect(self, turn_id: str) -> None:
        self.show_panel("Inspector")
        self.inspector.show_turn(turn_id)

    def _compare(self, turn: Turn) -> None:
        from chatapp.desktop.comparison_dialog import compare

        compare(self, self._desk, self._errands, self._look, turn)

    def _open_link(self, address: str, words: str) -> None:
        from chatapp.desktop.links import open_link

        open_link(self, address, words)

    def _open_file(self, turn_id: str, at: int) -> None:
        from chatapp.desktop.file_dialog import FileDialog

        turn = self._desk.tree.get(turn_id)
        if turn is None or at >= len(turn.attachments):
            return
        dialog = self.findChild(FileDialog) or FileDialog(self, self._errands, self._look, self._icons)
        dialog.show_file(turn.attachments[at])

    def _show_switches(self) -> None:
        self.bar.left.setVisible(not self.conversations.isVisibleTo(self.columns))
