"""The page of a sweep, in the place of the transcript: how far it is, its answers as grid, table and plots, and the
one that is chosen. It reads the desk; what it wishes it tells by signals."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSplitter, QStackedWidget, QWidget

from chatapp.conversation.changes import Notice
from chatapp.conversation.comparison import Piece
from chatapp.conversation.costs import Cost, money, together
from chatapp.conversation.experiments import Experiment, Plan, state_of
from chatapp.conversation.sweep_answer import MEANING, answer_words
from chatapp.conversation.sweep_figures import Figures, Result
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.experiments.details import AGREEMENT, DIFFERENCES, Details
from chatapp.desktop.experiments.grid import ASKED_AGAIN, Grid
from chatapp.desktop.experiments.grid_view import GridView
from chatapp.desktop.experiments.head import Head
from chatapp.desktop.experiments.keeping import write
from chatapp.desktop.experiments.plot import Plot
from chatapp.desktop.experiments.plots import Plots, plots_of, small_plots
from chatapp.desktop.experiments.table import SweepTable
from chatapp.desktop.experiments.watch import Watch
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    Icons,
    button,
    column,
    frame,
    holding,
    label,
    named,
    row,
    scrolling,
    while_there,
)
from chatapp.protocol.json_types import shortened
from chatapp.services.sweep_figures import Reckoned, compared

GRID, TABLE, PLOTS = "Grid", "Table", "Plots"
NARROW_BELOW = 560
LOW_BELOW = 700
"""Pixels at the usual text size."""
DELETED = "This answer was deleted. Ask again asks its question anew."
GRID_SHARE = 68
"""Per cent of the height that the answers have over the chosen one."""


class SweepPage(QWidget):
    left = Signal()
    used = Signal(str)
    """A turn is to be the conversation's branch."""
    other_asked = Signal(str)
    """Another sweep of the conversation is to be shown."""

    def __init__(
        self, desk: Desk, errands: Errands, look: Appearance, icons: Icons, experiment: Experiment
    ) -> None:
        super().__init__()
        named(self, "Sweep")
        self.setProperty("kind", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk, self._errands, self._look = desk, errands, look
        self.plan = experiment.plan
        self.watch = Watch(self, desk, errands, experiment)
        self._is_pausing = False
        self._names = store_names(desk, self.plan)
        self._build(icons)
        self._join()
        self._show_progress()
        self.watch.reckon()

    @property
    def experiment(self) -> Experiment:
        return self.watch.experiment

    @property
    def figures(self) -> Figures | None:
        """The last that were reckoned."""
        return self.watch.figures

    def enter(self) -> None:
        """Puts the keyboard into the grid."""
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose(self, place: int) -> None:
        """Shows what is known of a place."""
        self.view.choose(place)
        self._show_details()

    def show_view(self, name: str) -> None:
        self._switches[name].setChecked(True)
        self._stack.setCurrentIndex(list(self._switches).index(name))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Short of room the plots are left to their own view, and the figures to the grid. Plots are of all answers:
        none of them is told of below."""
        scale = self._look.interface_scale
        narrow = self.width() < NARROW_BELOW * scale
        has_room = not narrow and self.height() >= LOW_BELOW * scale
        self._small_plots.setVisible(has_room and self._switches[GRID].isChecked())
        self.head.squeeze(narrow)
        self.about.setVisible(not narrow)
        self.details.squeeze(narrow)
        self.details.setHidden(self._switches[PLOTS].isChecked())

    def plots(self) -> list[Plot]:
        results = self.figures.results if self.figures is not None else ()
        return plots_of(self.plan, results, self._names)

    def save(self, kind: str, path: Path) -> None:
        """Writes one of the kinds of `keeping.SAVED`; a failure is told as a notice."""
        results = self.figures.results if self.figures is not None else ()
        try:
            write(kind, path, self.plan, results, self._names, self._look)
        except OSError as problem:
            text = f"{path.name} was not saved: {problem.strerror or problem}. The sweep is kept here."
            self._desk.noticed.emit(Notice(text, "danger"))
        else:
            self._desk.noticed.emit(Notice(f"{path.name} was saved."))

    def _build(self, icons: Icons) -> None:
        self.head = Head(self._desk, self.experiment, icons)
        self.about = label(kind="caption", wrap=True)
        self.answer = label(kind="strong", wrap=True)
        self.answer.setObjectName("sweepAnswer")
        self.answer.setToolTip(MEANING)
        self.answer.setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_4)
        self.problem = label(kind="danger", wrap=True)
        self.problem.setContentsMargins(GAP_16, GAP_8, GAP_16, 0)
        self._views = QButtonGroup(self)
        self._switches = {name: self._switch(name) for name in (GRID, TABLE, PLOTS)}
        line = row(frame("segments", row(*self._switches.values(), gap=0, edge=1)), self.about, gap=GAP_12)
        line.setStretch(1, 1)
        line.setContentsMargins(GAP_16, GAP_8, GAP_16, 0)
        self.grid = Grid(self.plan, self._names)
        self.view = GridView(self.grid, self._look)
        self.table = SweepTable(self.plan, self._names)
        self._plots = Plots(self._look)
        self._small_plots = Plots(self._look, small=True)
        self._stack = QStackedWidget()
        cards = column(self.view)
        cards.setContentsMargins(GAP_12, 0, GAP_12, 0)
        for shown in (holding(cards), self.table, scrolling(self._plots)):
            self._stack.addWidget(shown)
        self.details = Details(self._look)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.addWidget(self._stack)
        self._split.addWidget(self.details)
        self._split.setSizes([10 * GRID_SHARE, 1000 - 10 * GRID_SHARE])
        self._split.setStretchFactor(0, GRID_SHARE)
        self._split.setStretchFactor(1, 100 - GRID_SHARE)
        self._split.setChildrenCollapsible(False)
        layout = column(self.head, line, self.problem, self.answer, self._small_plots, self._split, gap=0)
        layout.setStretch(5, 1)
        self.setLayout(layout)
        self.show_view(GRID)

    def _switch(self, name: str) -> QPushButton:
        switch = button(f"  {name}  ", lambda: self.show_view(name), "segment", name)
        switch.setCheckable(True)
        self._views.addButton(switch)
        return switch

    def _join(self) -> None:
        head, details, watch = self.head, self.details, self.watch
        head.left.connect(self.left)
        head.went.connect(self._go)
        head.retried.connect(lambda: self._ask(()))
        head.other_asked.connect(self.other_asked)
        head.menu.chosen.connect(self.save)
        head.menu.forgotten.connect(self._forget)
        self._small_plots.chosen.connect(lambda: self.show_view(PLOTS))
        watch.gone.connect(self.left)
        watch.moved.connect(self._show_moved)
        watch.reckoned.connect(self._show_reckoned)
        self._look.changed.connect(self._redraw)
        self.view.selectionModel().currentChanged.connect(lambda _current: self._show_details())
        self.view.activated.connect(lambda index: self._activate(self.grid.place_of(index)))
        self.table.chosen.connect(self.choose)
        details.used.connect(self._use)
        details.retried.connect(lambda place: self._ask((place,)))
        details.based.connect(self._compare_with)
        details.put_beside.connect(self._put_beside)
        details.view_changed.connect(self._show_details)

    def _redraw(self) -> None:
        self._make_room()
        self.view.viewport().update()
        self._show_details()

    def _show_moved(self, places: frozenset[int]) -> None:
        """The words of cells that are being written; figures come with the next reckoning."""
        self._show_progress()
        if not self.grid.results:
            return
        self.grid.show_results(self._now(self.grid.results, places))
        if self.view.place in places:
            self._show_details()

    def _now(self, results: tuple[Result, ...], places: Iterable[int]) -> tuple[Result, ...]:
        """The results with the words of these places as they are by now."""
        found = list(results)
        for place in places:
            turn = self.watch.turn_of(place)
            if turn is not None:
                text = turn.answer.text or turn.answer.refusal
                found[place] = replace(found[place], state=state_of(turn), turn_id=turn.id, text=text)
        return tuple(found)

    def _show_reckoned(self, found: Reckoned) -> None:
        results = found.figures.results
        written = [place for place in range(len(results)) if self._is_written(place)]
        self.grid.show_results(self._now(results, written))
        self.grid.show_pieces(found.base, found.pieces)
        self.table.show_results(results)
        self._plots.show_plots(self.plots())
        self._small_plots.show_plots(small_plots(self.plan, results, self._names))
        self.answer.setText(answer_words(self.plan, found.figures, self._names))
        self.answer.setVisible(bool(self.answer.text()))
        self._show_progress()
        self.about.setText(about(self.plan, results, self.watch.running, self._base_words))
        if self.view.place is None:
            self.view.choose(0)
        self._show_details()

    @property
    def _base_words(self) -> str:
        title = self.grid.title(self.watch.base) if self.watch.base is not None else ""
        return f"{title[:1].lower()}{title[1:]}"

    def _is_written(self, place: int) -> bool:
        return self.watch.state_of(place) == "running"

    def _show_progress(self) -> None:
        running = self.watch.running
        self._is_pausing = self._is_pausing and running
        self.head.show_counts(self.watch.counts())
        self.head.show_going(running, self._is_pausing, running or self.watch.has_open_places)
        self.head.show_others()
        change = self.watch.change
        problem = change.problem if change is not None and not running else None
        self.problem.setText(f"{problem.title}. {problem.text}" if problem is not None else "")
        self.problem.setVisible(problem is not None)

    def _show_details(self) -> None:
        place, results = self.view.place, self.grid.results
        if place is None or place >= len(results):
            return
        result = results[place]
        self.details.show_result(self.grid.title(place), result, self.watch.base)
        if self.details.view == DIFFERENCES:
            self._show_differences(place, result)
        elif self.details.view == AGREEMENT and self.figures is not None:
            start = place - place % self.plan.samples
            group = self.figures.results[start : start + self.plan.samples]
            done = [each for each in group if each.state == "done"]
            self.details.show_agreement(self.figures.agreements[place // self.plan.samples], done)
        else:
            turn = self.watch.turn_of(place)
            failure = turn.answer.failure if turn is not None else None
            said = f"{failure.title}. {failure.text}" if failure is not None else ""
            self.details.show_answer(result.text or said or (DELETED if result.state == "deleted" else ""))

    def _show_differences(self, place: int, result: Result) -> None:
        base = self.watch.base
        if base is None:
            self.details.show_pieces(None)
            return
        first, second = self.grid.results[base].text, result.text

        def show(pieces: tuple[Piece, ...]) -> None:
            if self.view.place == place and self.details.view == DIFFERENCES:
                self.details.show_pieces(pieces)

        self._errands.run(lambda _app: compared(first, second), then=while_there(self, show))

    def _compare_with(self, place: int) -> None:
        self.watch.compare_with(None if self.watch.base == place else place)
        self._show_details()

    def _put_beside(self, place: int) -> None:
        from chatapp.desktop.comparison_dialog import compare

        base, turn = self.watch.base, self.watch.turn_of(place)
        if turn is not None and base is not None:
            compare(self, self._desk, self._errands, self._look, turn, self.watch.turn_of(base))

    def _activate(self, place: int) -> None:
        """An answer becomes the branch; what failed or was deleted is asked again."""
        if self.grid.results[place].state in ASKED_AGAIN:
            self._ask((place,))
        else:
            self._use(place)

    def _use(self, place: int) -> None:
        turn = self.watch.turn_of(place)
        if turn is not None:
            self.used.emit(turn.id)

    def _ask(self, places: tuple[int, ...]) -> None:
        self._errands.run(lambda app: app.experiments.retry(self.experiment.id, places))

    def _forget(self) -> None:
        key = self.experiment.id
        self._errands.run(lambda app: app.experiments.remove(key))

    def _go(self) -> None:
        key = self.experiment.id
        if self.watch.running:
            self._is_pausing = True
            self._errands.run(lambda app: app.experiments.pause(key))
            self._show_progress()
        else:
            self._errands.run(lambda app: app.experiments.resume(key))


def about(plan: Plan, results: tuple[Result, ...], running: bool, base: str) -> str:
    """The question, the samples, what was used so far, and what the others are compared with."""
    question = shortened(" ".join(plan.text.split()), 80)
    samples = "1 sample each" if plan.samples == 1 else f"{plan.samples} samples each"
    tokens = sum((result.input_tokens or 0) + (result.output_tokens or 0) for result in results)
    parts = [f"“{question}”", samples, f"{tokens:,} tokens used"]
    parts += filter(None, [spent(results), uncounted(results)])
    parts += [f"{plan.parallel} at once"] if running else []
    return " · ".join(parts) + (f" · differences against {base}" if base else "")


def uncounted(results: tuple[Result, ...]) -> str:
    """What the figures leave out: a deleted answer has none any more, though it was paid for."""
    gone = sum(result.state == "deleted" for result in results)
    return f"without {gone} deleted answer{'s' if gone > 1 else ''}" if gone else ""


def spent(results: tuple[Result, ...]) -> str:
    """What the answers cost together, and of how many of them it is known where it is not of all."""
    costs = together(Cost(result.cost, result.currency) for result in results if result.cost is not None)
    if not costs:
        return ""
    ended = [result for result in results if result.state in ("done", "failed")]
    known = sum(result.cost is not None for result in ended)
    of_all = "" if known == len(ended) else f" for {known} of {len(ended)}"
    return " and ".join(money(cost.amount, cost.currency) for cost in costs.values()) + f" spent{of_all}"


def store_names(desk: Desk, plan: Plan) -> dict[str, str]:
    return {
        str(store["id"]): str(store.get("name") or store["id"]) for store in desk.stores.get(plan.server, ())
    }
