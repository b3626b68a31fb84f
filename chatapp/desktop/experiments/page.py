"""The page of a sweep, in the place of the transcript: how far it is, its answers as grid, table and plots, and the
one that is chosen. It reads the desk; what it wishes it tells by signals."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QFileDialog,
    QHeaderView,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QWidget,
)

from chatapp.conversation.changes import ExperimentChanged, Notice
from chatapp.conversation.comparison import Piece
from chatapp.conversation.experiments import Experiment, Plan, counted, title_of, unasked
from chatapp.conversation.sweep_figures import Figures, Result
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.experiments.cell_painter import LEAST, CellPainter
from chatapp.desktop.experiments.details import AGREEMENT, DIFFERENCES, Details
from chatapp.desktop.experiments.grid import Grid
from chatapp.desktop.experiments.plot import Plot
from chatapp.desktop.experiments.plots import Plots, plots_of, save_png, save_svg
from chatapp.desktop.experiments.table import SweepTable
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.tabs import BAR_HEIGHT
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    FollowsTextSize,
    Icons,
    OneLine,
    button,
    column,
    frame,
    label,
    menu_button,
    named,
    restyle,
    row,
    scrolling,
    while_there,
)
from chatapp.exchange.sweeps import csv_of
from chatapp.protocol.json_types import shortened
from chatapp.services.sweep_figures import Reckoned, compared, reckoned
from chatapp.services.whole_file import write_whole

GRID, TABLE, PLOTS = "Grid", "Table", "Plots"
RECKON_MS = 300
"""Between two reckonings; more where one takes long."""
NARROW_BELOW = 560
GRID_SHARE = 68
"""Per cent of the height that the answers have over the chosen one."""
LIVE_MS = 120
"""How often a cell that is being written is drawn."""
SAVED = {
    "Answers and figures as CSV": "csv",
    "Plots as SVG": "svg",
    "Plots as PNG": "png",
}


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
        self.experiment, self.plan = experiment, experiment.plan
        self.figures: Figures | None = None
        self.base: int | None = None
        self._grown: set[str] = set()
        self._is_reckoning = self._is_stale = self._is_pausing = False
        self._was_told = experiment.id in desk.experiments
        self._took = QElapsedTimer()
        self._reckoning = QTimer(self, singleShot=True, interval=RECKON_MS)
        self._reckoning.timeout.connect(self._reckon)
        self._live = QTimer(self, singleShot=True, interval=LIVE_MS)
        self._live.timeout.connect(self._show_live)
        self._names = store_names(desk, self.plan)
        self._build(icons)
        self._join()
        self._show_progress()
        self._reckon()

    def enter(self) -> None:
        """Puts the keyboard into the grid."""
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose(self, place: int) -> None:
        """Shows what is known of a place."""
        self._select(place)
        self._show_details()

    def show_view(self, name: str) -> None:
        self._switches[name].setChecked(True)
        self._stack.setCurrentIndex(list(self._switches).index(name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW_BELOW
        self.title.setVisible(not narrow)
        self.about.setVisible(not narrow)
        self.details.squeeze(narrow)

    def plots(self) -> list[Plot]:
        results = self.figures.results if self.figures is not None else ()
        return plots_of(self.plan, results, self._names)

    def save(self, kind: str, path: Path) -> None:
        """Writes one of the kinds of SAVED; a failure is told as a notice."""
        results = self.figures.results if self.figures is not None else ()
        try:
            if kind == "csv":
                write_whole(path, csv_of(self.plan, results, self._names).encode("utf-8", "replace"))
            else:
                {"svg": save_svg, "png": save_png}[kind](path, self.plots(), self._look.palette, self._look)
        except OSError as problem:
            text = f"{path.name} was not saved: {problem.strerror or problem}. The sweep is kept here."
            self._desk.noticed.emit(Notice(text, "danger"))
        else:
            self._desk.noticed.emit(Notice(f"{path.name} was saved."))

    def _build(self, icons: Icons) -> None:
        self.back = icons.put(
            button("", self.left.emit, "icon", "Back to the conversation", "Back to the conversation (Esc)"),
            "chevron-left",
        )
        self.title = OneLine(title_of(self.plan), "title")
        self.progress = OneLine(kind="caption")
        self.progress.setObjectName("sweepProgress")
        self.go = button("Pause", self._go, name="Pause or resume")
        self.again = button("Retry failed", lambda: self._ask(()), name="Retry all that failed")
        self.keep = menu_button("Save", self._save_menu(), name="Save the results")
        self.others = button("Others", self._others, name="Other sweeps of this conversation")
        head = row(
            self.back, self.title, self.progress, self.others, self.again, self.go, self.keep, gap=GAP_8
        )
        for stretched, weight in ((1, 3), (2, 2)):
            head.setStretch(stretched, weight)
        head.setContentsMargins(GAP_12, 0, GAP_12, 0)
        bar = frame("bar", head)
        bar.setFixedHeight(BAR_HEIGHT)
        self.about = label(kind="caption", wrap=True)
        self.problem = label(kind="danger", wrap=True)
        self._views = QButtonGroup(self)
        self._switches = {name: self._switch(name) for name in (GRID, TABLE, PLOTS)}
        line = row(frame("segments", row(*self._switches.values(), gap=0, edge=1)), self.about, gap=GAP_12)
        line.setStretch(1, 1)
        line.setContentsMargins(GAP_16, GAP_8, GAP_16, 0)
        self.grid = Grid(self.plan, self._names)
        self.view = self._grid_view()
        self.table = SweepTable(self.plan, self._names)
        self._plots = Plots(self._look)
        self._stack = QStackedWidget()
        for shown in (self.view, self.table, scrolling(self._plots)):
            self._stack.addWidget(shown)
        self.details = Details(self._look)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.addWidget(self._stack)
        self._split.addWidget(self.details)
        self._split.setSizes([10 * GRID_SHARE, 1000 - 10 * GRID_SHARE])
        self._split.setStretchFactor(0, GRID_SHARE)
        self._split.setStretchFactor(1, 100 - GRID_SHARE)
        self._split.setChildrenCollapsible(False)
        layout = column(bar, line, self.problem, self._split, gap=0)
        layout.setStretch(3, 1)
        self.setLayout(layout)
        self.show_view(GRID)

    def _grid_view(self) -> QTableView:
        view = named(QTableView(), "Answers of the sweep")
        view.setModel(self.grid)
        view.setItemDelegate(CellPainter(self._look))
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setCornerButtonEnabled(False)
        columns = view.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setTextElideMode(Qt.TextElideMode.ElideRight)
        columns.setMinimumSectionSize(LEAST[0])
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for head in (columns, view.verticalHeader()):
            head.setHighlightSections(False)
            head.setSectionsClickable(False)
        view.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        FollowsTextSize(view, lambda: self._fit_rows(view))
        return view

    def _fit_rows(self, view: QTableView) -> None:
        view.verticalHeader().setDefaultSectionSize(round(LEAST[1] * self._look.interface_scale))

    def _switch(self, name: str) -> QPushButton:
        switch = button(f"  {name}  ", lambda: self.show_view(name), "segment", name)
        switch.setCheckable(True)
        self._views.addButton(switch)
        return switch

    def _save_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, kind in SAVED.items():
            menu.addAction(words, partial(self._choose_file, kind, words))
        menu.addSeparator()
        menu.addAction("Forget this sweep, keep its answers", self._forget)
        return menu

    def _others(self) -> None:
        """A menu of the conversation's sweeps."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for change in self._desk.experiments.values():
            plan, key = change.experiment.plan, change.experiment.id
            entry = menu.addAction(f"{title_of(plan)}: {shortened(' '.join(plan.text.split()))}")
            entry.setCheckable(True)
            entry.setChecked(key == self.experiment.id)
            entry.triggered.connect(lambda _checked=False, key=key: self.other_asked.emit(key))
        menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))

    def _forget(self) -> None:
        key = self.experiment.id
        self._errands.run(lambda app: app.experiments.remove(key))

    def _choose_file(self, kind: str, words: str) -> None:
        dialog = QFileDialog(self, words)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"sweep.{kind}")
        dialog.fileSelected.connect(lambda name: self.save(kind, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _join(self) -> None:
        self._desk.experiments_changed.connect(self._follow)
        self._desk.turn_changed.connect(self._follow_turn)
        self._desk.path_changed.connect(self._stale)
        self._desk.grew.connect(lambda change: self._grew(change.turn_id))
        self._look.changed.connect(self._redraw)
        self.view.selectionModel().currentChanged.connect(lambda _current: self._show_details())
        self.view.activated.connect(lambda index: self._use(self.grid.place_of(index)))
        self.table.chosen.connect(self.choose)
        self.details.used.connect(self._use)
        self.details.retried.connect(lambda place: self._ask((place,)))
        self.details.based.connect(self._compare_with)
        self.details.view_changed.connect(self._show_details)

    def _redraw(self) -> None:
        self.view.viewport().update()
        self._show_details()

    def _select(self, place: int) -> None:
        index = self.grid.index_of(place)
        if index != self.view.currentIndex():
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(index, flag)

    @property
    def chosen(self) -> int | None:
        current = self.view.currentIndex()
        return self.grid.place_of(current) if current.isValid() else None

    def turn_of(self, place: int) -> Turn | None:
        return self._desk.tree.get(self.experiment.turns.get(place))

    def _follow(self) -> None:
        change = self._desk.experiments.get(self.experiment.id)
        if change is None:
            if self._was_told:
                self.left.emit()
            return
        self._was_told = True
        self.experiment = change.experiment
        self._show_progress()
        self._stale()

    def _follow_turn(self, turn: Turn) -> None:
        if turn.id in self.experiment.turns.values():
            self._stale()

    def _grew(self, turn_id: str) -> None:
        if turn_id in self.experiment.turns.values():
            self._grown.add(turn_id)
            if not self._live.isActive():
                self._live.start()

    def _show_live(self) -> None:
        """The words of cells that are being written; figures come with the next reckoning."""
        results = list(self.grid.results)
        for place, turn_id in self.experiment.turns.items():
            turn = self._desk.tree.get(turn_id)
            if turn_id in self._grown and turn is not None and place < len(results):
                results[place] = replace(
                    results[place], state="running", turn_id=turn_id, text=turn.answer.text, reason=""
                )
        self._grown.clear()
        if not results:
            return
        self.grid.show_results(tuple(results))
        if self.chosen is not None and self.grid.results[self.chosen].state == "running":
            self._show_details()

    def _stale(self) -> None:
        if self._is_reckoning:
            self._is_stale = True
        elif not self._reckoning.isActive():
            self._reckoning.start()

    def _reckon(self) -> None:
        experiment, base = self.experiment, self.base
        ids = experiment.turns.values()
        turns = {turn_id: turn for turn_id in ids if (turn := self._desk.tree.get(turn_id)) is not None}
        self._is_reckoning, self._is_stale = True, False
        self._took.start()
        self._errands.run(
            lambda _app: reckoned(experiment, turns, base), then=while_there(self, self._show_reckoned)
        )

    def _show_reckoned(self, found: Reckoned) -> None:
        self._is_reckoning = False
        self._reckoning.setInterval(max(RECKON_MS, 4 * int(self._took.elapsed())))
        self.figures = found.figures
        self.grid.show_results(found.figures.results)
        self.grid.show_pieces(found.base, found.pieces)
        self.table.show_results(found.figures.results)
        self._plots.show_plots(self.plots())
        self._show_progress()
        if self.chosen is None:
            self._select(0)
        self._show_details()
        if self._is_stale or found.base != self.base:
            self._reckoning.start()

    def _show_progress(self) -> None:
        change = self._desk.experiments.get(self.experiment.id)
        results = self.grid.results
        counts = counted(result.state for result in results)
        total, running = len(self.plan), change is not None and change.running
        parts = [f"{counts['done']} of {total} done"]
        parts += [f"{counts['failed']} failed"] if counts["failed"] else []
        parts += [f"{counts['running']} running"] if counts["running"] else []
        self.progress.setText(" · ".join(parts))
        self.progress.setToolTip(self.progress.text())
        self._is_pausing = self._is_pausing and running
        self.go.setText("Pausing…" if self._is_pausing else "Pause" if running else "Resume")
        self.go.setEnabled(not self._is_pausing)
        self.go.setVisible(running or bool(unasked(self.experiment, self._desk.tree.get)))
        self.others.setVisible(len(self._desk.experiments) > 1)
        self.again.setVisible(counts["failed"] > 0)
        self.about.setText(about(self.plan, results, running, self.base))
        self._show_problem(change)

    def _show_problem(self, change: ExperimentChanged | None) -> None:
        problem = change.problem if change is not None and not change.running else None
        self.problem.setText(f"{problem.title}. {problem.text}" if problem is not None else "")
        self.problem.setVisible(problem is not None)
        self.problem.setContentsMargins(GAP_16, GAP_8, GAP_16, 0)
        restyle(self.problem, kind="danger")

    def _show_details(self) -> None:
        place, results = self.chosen, self.grid.results
        if place is None or place >= len(results):
            return
        result = results[place]
        self.details.show_result(self.grid.title(place), result, place == self.base)
        if self.details.view == DIFFERENCES:
            self._show_differences(place, result)
        elif self.details.view == AGREEMENT and self.figures is not None:
            start = place - place % self.plan.samples
            group = self.figures.results[start : start + self.plan.samples]
            done = [each for each in group if each.state == "done"]
            self.details.show_agreement(self.figures.agreements[place // self.plan.samples], done)
        else:
            turn = self.turn_of(place)
            failure = turn.answer.failure if turn is not None else None
            said = (
                f"{failure.title}. {failure.text}" if failure is not None and not result.text else result.text
            )
            self.details.show_answer(said)

    def _show_differences(self, place: int, result: Result) -> None:
        base = self.base
        if base is None:
            self.details.show_pieces(None)
            return
        first, second = self.grid.results[base].text, result.text

        def show(pieces: tuple[Piece, ...]) -> None:
            if self.chosen == place and self.details.view == DIFFERENCES:
                self.details.show_pieces(pieces)

        self._errands.run(lambda _app: compared(first, second), then=while_there(self, show))

    def _compare_with(self, place: int) -> None:
        self.base = None if self.base == place else place
        self._stale()
        self._show_progress()
        self._show_details()

    def _use(self, place: int) -> None:
        turn = self.turn_of(place)
        if turn is not None:
            self.used.emit(turn.id)

    def _ask(self, places: tuple[int, ...]) -> None:
        self._errands.run(lambda app: app.experiments.retry(self.experiment.id, places))

    def _go(self) -> None:
        change = self._desk.experiments.get(self.experiment.id)
        key = self.experiment.id
        if change is not None and change.running:
            self._is_pausing = True
            self._errands.run(lambda app: app.experiments.pause(key))
            self._show_progress()
        else:
            self._errands.run(lambda app: app.experiments.resume(key))


def about(plan: Plan, results: tuple[Result, ...], running: bool, base: int | None) -> str:
    """The question, the samples, what was used so far, and what the others are compared with."""
    question = shortened(" ".join(plan.text.split()), 80)
    samples = "1 sample each" if plan.samples == 1 else f"{plan.samples} samples each"
    tokens = sum((result.input_tokens or 0) + (result.output_tokens or 0) for result in results)
    parts = [f"“{question}”", samples, f"{tokens:,} tokens used"]
    costs = [result.cost for result in results if result.cost is not None]
    parts += [f"{sum(costs):,.4f} spent"] if costs else []
    parts += [f"{plan.parallel} at once"] if running else []
    return " · ".join(parts) + ("" if base is None else " · differences are marked")


def store_names(desk: Desk, plan: Plan) -> dict[str, str]:
    return {
        str(store["id"]): str(store.get("name") or store["id"]) for store in desk.stores.get(plan.server, ())
    }
