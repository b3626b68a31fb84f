"""The sweeps of the open conversation: sets one up, shows its page in the place of the transcript, and leaves it."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from chatapp.conversation.calls import only_answers
from chatapp.conversation.changes import Notice
from chatapp.conversation.tree import Turn

if TYPE_CHECKING:
    from chatapp.conversation.experiments import Experiment, Plan
    from chatapp.desktop.appearance import Appearance
    from chatapp.desktop.desk import Desk
    from chatapp.desktop.experiments.page import SweepPage
    from chatapp.desktop.loop import Errands
    from chatapp.desktop.widgets import Icons
    from chatapp.desktop.window import Window

NO_SWEEP = "There is no sweep in this conversation yet. Vary from here (Ctrl+Shift+E) begins one."
RESULTS = "Results of calls cannot be swept. Vary the question before them."


class Sweeps(QObject):
    def __init__(self, window: Window, desk: Desk, errands: Errands, look: Appearance, icons: Icons) -> None:
        super().__init__(window)
        self._window, self._desk, self._errands = window, desk, errands
        self._look, self._icons = look, icons
        self.page: SweepPage | None = None
        desk.opened.connect(self._opened)
        desk.experiments_changed.connect(self._show_chip)

    def vary_here(self) -> None:
        """What stands in the message field, or else the last question on screen, or else one to be written."""
        composer, head, last = self._window.composer, self._desk.head, self._desk.last_turn
        written = composer.editing is None and (composer.text.strip() or composer.enclosures)
        if last is not None and not written:
            self.vary(last)
        elif head is not None:
            text, files, after = composer.text, composer.enclosures, composer.after
            self._errands.run(
                lambda app: app.experiments.plan_for(head.id, text, files, after),
                then=lambda plan: self._set_up(plan, None),
            )

    def vary(self, turn: Turn) -> None:
        """The question of a turn, in its place."""
        if only_answers(turn.input):
            self._say(RESULTS)
            return
        self._errands.run(
            lambda app: app.experiments.plan_like(turn.id), then=lambda plan: self._set_up(plan, turn)
        )

    def show(self, experiment_id: str = "") -> None:
        """The page of a sweep; of the newest where none is named."""
        known = self._desk.experiments
        change = known.get(experiment_id) or next(reversed(known.values()), None)
        if change is None:
            self._say(NO_SWEEP)
        else:
            self._show(change.experiment)

    def leave(self) -> bool:
        """Back to the transcript; whether a page was shown."""
        if self.page is None:
            return False
        page, self.page = self.page, None
        self._window.middle.show_conversation()
        page.deleteLater()
        self._window.write()
        return True

    def _set_up(self, plan: Plan, like: Turn | None) -> None:
        from chatapp.desktop.experiments.setup_dialog import SetupDialog
        from chatapp.desktop.widgets import while_there

        path = self._desk.tree.path(plan.parent_id)
        dialog = SetupDialog(self._window, self._desk, plan, path, like)
        dialog.started.connect(self._start)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        self._errands.run(
            lambda app: app.preferences.models(plan.server),
            then=while_there(dialog, dialog.offer_models),
            otherwise=lambda _failure: None,  # the sweep itself says what is wrong with its server
        )
        # What the page is made of is read while the reader sets it up.
        self._errands.own(asyncio.to_thread(import_module, "chatapp.desktop.experiments.page"))

    def _start(self, plan: Plan) -> None:
        composer = self._window.composer
        if composer.editing is None and composer.text.strip() == plan.text.strip():
            composer.taken()
        self._errands.run(lambda app: app.experiments.start(plan), then=self._show)

    def _show(self, experiment: Experiment) -> None:
        from chatapp.desktop.experiments.page import SweepPage

        self.leave()
        if experiment.plan.conversation_id != self._desk.open_id:
            return
        page = SweepPage(self._desk, self._errands, self._look, self._icons, experiment)
        page.left.connect(self.leave)
        page.used.connect(self._use)
        page.other_asked.connect(self.show)
        self.page = page
        self._window.middle.show_page(page)
        page.enter()

    def _use(self, turn_id: str) -> None:
        self.leave()
        self._window.switching.show_turn(turn_id)

    def _opened(self) -> None:
        self.leave()
        self._show_chip()
        conversation_id = self._desk.open_id
        if conversation_id is not None:
            self._errands.run(lambda app: app.experiments.of(conversation_id))

    def _show_chip(self) -> None:
        changes = self._desk.experiments.values()
        running = sum(change.running for change in changes)
        count = "1 sweep" if len(changes) == 1 else f"{len(changes)} sweeps"
        self._window.bar.show_sweeps(f"{count}, running" if running else count if changes else "")

    def _say(self, words: str) -> None:
        self._desk.noticed.emit(Notice(words))
