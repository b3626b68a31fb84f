"""What the first picture does without, made and joined once the profile is open: the transcript's view, the panels,
what can be done with a turn, the tree, the sweeps, the notices, the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp.desktop import actions
from chatapp.desktop.calls.strip import CallStrip
from chatapp.desktop.command_palette import CommandPalette
from chatapp.desktop.composer.outlook import OutlookLine
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
from chatapp.desktop.window import PANELS

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings

    from chatapp.desktop.appearance import Appearance
    from chatapp.desktop.desk import Desk
    from chatapp.desktop.loop import Errands
    from chatapp.desktop.widgets import Icons
    from chatapp.desktop.window import Window


def furnish(
    window: Window, desk: Desk, errands: Errands, look: Appearance, icons: Icons, memory: QSettings
) -> None:
    """Fills the window and joins what it is filled with."""
    window.informed = Informed(desk, errands)
    window.dialogs = Dialogs(window, desk, errands, look, icons)
    window.undoing = Undoing(errands, window.conversations, window.switching)
    window.presets = PresetActions(window, desk, errands)
    window.doubts = Doubts(desk, errands, memory.value("marks_support", "true") in (True, "true"))
    window.doubts.switched.connect(lambda marks: memory.setValue("marks_support", marks))
    _fill_panels(window, desk, errands, look, icons)
    window.palette_of_commands = CommandPalette(window, look)
    window.calls = CallStrip(desk, errands, icons)
    window.middle.put_above_composer(window.calls)
    window.outlook = OutlookLine(window.composer, desk, errands, look)
    window.composer.put_below(window.outlook)
    window.turn_actions = TurnActions(desk, errands, window.composer, window.calls)
    window.sweeps = Sweeps(window, desk, errands, look, icons)
    window.notices = NoticeBar(window.undoing.do, window.turn_actions.cure, icons, window.write)
    window.middle.lay_over(window.notices)
    window.conversations.load()
    window.transcript.load(icons, errands)
    window.passage = PassagePopup(window.transcript, desk, errands, look)
    window.readiness = Readiness(window.transcript, desk, errands, window.citations.ahead)
    window.tree = TreeSide(window, desk, look, icons, memory)
    _join_desk(window, desk, errands)
    _join_columns(window)
    _join_panels(window)
    _join_turns(window)
    _join_transcript(window)
    actions.install(window)


def _fill_panels(window: Window, desk: Desk, errands: Errands, look: Appearance, icons: Icons) -> None:
    window.parameters = ParametersPanel(desk, errands, icons)
    window.library = LibraryPanel(desk, errands, look, icons)
    window.citations = CitationsPanel(desk, errands, look, icons, window.doubts)
    window.inspector = InspectorPanel(desk, errands, look, icons)
    panels = (window.parameters, window.library, window.citations, window.inspector)
    window.tabs.fill(dict(zip(PANELS, panels, strict=True)))


def _join_desk(window: Window, desk: Desk, errands: Errands) -> None:
    errands.failed.connect(window.notices.fail)
    desk.noticed.connect(window.notices.say)
    desk.undo_expired.connect(window.notices.forget)
    desk.opened.connect(window.turn_actions.ask_for_marks)


def _join_columns(window: Window) -> None:
    window.conversations.settings_asked.connect(window.dialogs.settings)
    window.conversations.deleted_asked.connect(window.dialogs.deleted)
    window.bar.commands_asked.connect(window.palette_of_commands.open)
    window.bar.branch_chosen.connect(window.switching.choose_branch)
    window.bar.tree_asked.connect(window.tree.toggle)
    window.bar.sweeps_asked.connect(window.sweeps.show)
    window.composer.parameter_asked.connect(window.show_parameter)
    window.composer.send_asked.connect(window.turn_actions.send)
    window.composer.stop_asked.connect(window.turn_actions.stop)
    window.outlook.prices_asked.connect(lambda: window.dialogs.settings("Prices"))


def _join_panels(window: Window) -> None:
    window.parameters.left.connect(window.write)
    window.parameters.presets_asked.connect(lambda: window.presets.pop_up(window.parameters.presets))
    window.parameters.library_asked.connect(lambda: window.show_panel("Library"))
    window.parameters.vary_asked.connect(window.sweeps.vary_here)
    window.library.search_asked.connect(window.dialogs.search_test)
    window.citations.library_asked.connect(lambda: window.show_panel("Library"))
    window.citations.enlarge_asked.connect(window.columns.enlarge_right)
    window.citations.current_changed.connect(window.transcript.mark_citation)
    window.citations.acted.connect(window.turn_actions.do)
    window.citations.asked_again.connect(window.turn_actions.ask_again)
    window.inspector.variant_asked.connect(window.turn_actions.open_as_variant)
    window.inspector.action_asked.connect(window.turn_actions.do)


def _join_turns(window: Window) -> None:
    window.calls.answered.connect(window.turn_actions.answer_calls)
    window.calls.left.connect(window.write)
    window.turn_actions.settings_asked.connect(window.dialogs.settings)
    window.turn_actions.parameter_asked.connect(window.show_parameter)
    window.turn_actions.server_asked.connect(window.choose_server)
    window.turn_actions.inspector_asked.connect(window.inspect)
    window.turn_actions.comparison_asked.connect(window.dialogs.comparison)
    window.turn_actions.vary_asked.connect(window.sweeps.vary)


def _join_transcript(window: Window) -> None:
    transcript, welcome = window.transcript, window.transcript.welcome
    transcript.acted.connect(window.turn_actions.do)
    transcript.view.text_size_stepped.connect(window.step_text_size)
    transcript.cited.connect(window.cite)
    transcript.feed.judge_asked.connect(window.judge)
    transcript.mark_doubts(window.doubts)
    transcript.link_activated.connect(window.dialogs.link)
    transcript.file_activated.connect(window.dialogs.file)
    transcript.question_copied.connect(window.turn_actions.copy_question)
    welcome.question_asked.connect(window.ask)
    welcome.settings_asked.connect(window.dialogs.settings)
    welcome.attach_asked.connect(window.composer.choose_files)
