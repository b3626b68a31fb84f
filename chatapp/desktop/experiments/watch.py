"""How a sweep goes, watched on the desk: what moved is told a few times a second, figures are reckoned beside the
window. The page shows what is told here."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.changes import ExperimentChanged
from chatapp.conversation.experiments import Experiment, State, counted, state_at, turn_at, unasked
from chatapp.conversation.sweep_figures import Figures
from chatapp.conversation.tree import Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.widgets import while_there
from chatapp.services.sweep_figures import Reckoned, Reckoner

RECKON_MS = 300
"""Between two reckonings."""
LIVE_MS = 120
"""How often it is told what moved."""


class Watch(QObject):
    """`figures` are the last that were reckoned, None before."""

    moved = Signal(object)
    """Places whose answers began, grew or ended. The sweep itself may have gone on without any."""
    reckoned = Signal(object)
    gone = Signal()
    """The sweep was forgotten."""

    def __init__(self, page: QWidget, desk: Desk, errands: Errands, experiment: Experiment) -> None:
        super().__init__(page)
        self._page, self._desk, self._errands = page, desk, errands
        self.experiment = experiment
        self.figures: Figures | None = None
        self.base: int | None = None
        """The place that the others are compared with."""
        self._reckoner = Reckoner()
        self._places = {turn_id: place for place, turn_id in experiment.turns.items()}
        self._moved: set[int] = set()
        self._is_reckoning = self._is_stale = False
        self._was_told = experiment.id in desk.experiments
        self._soon = QTimer(self, singleShot=True, interval=RECKON_MS)
        self._soon.timeout.connect(self.reckon)
        self._live = QTimer(self, singleShot=True, interval=LIVE_MS)
        self._live.timeout.connect(self._tell)
        desk.experiments_changed.connect(self._follow)
        desk.turn_changed.connect(lambda turn: self._follow_turn(turn.id))
        for changed in (desk.beside_changed, desk.path_changed):
            changed.connect(self._begun)
        desk.prices_changed.connect(self._stale)
        desk.grew.connect(lambda change: self._move(change.turn_id))

    @property
    def change(self) -> ExperimentChanged | None:
        """The last word about the sweep."""
        return self._desk.experiments.get(self.experiment.id)

    @property
    def running(self) -> bool:
        return self.change is not None and self.change.running

    @property
    def has_open_places(self) -> bool:
        return bool(unasked(self.experiment, self._desk.tree.get))

    def turn_of(self, place: int) -> Turn | None:
        return turn_at(self.experiment, place, self._desk.tree.get)

    def state_of(self, place: int) -> State:
        return state_at(self.experiment, place, self._desk.tree.get)

    def counts(self) -> dict[State, int]:
        return counted(map(self.state_of, range(len(self.experiment.plan))))

    def compare_with(self, place: int | None) -> None:
        self.base = place
        self._stale()

    def reckon(self) -> None:
        """Has the figures reckoned as all stands now."""
        experiment, base, reckoner = self.experiment, self.base, self._reckoner
        ids = experiment.turns.values()
        turns = {turn_id: turn for turn_id in ids if (turn := self._desk.tree.get(turn_id)) is not None}
        costs = {turn_id: self._desk.cost_of(turn) for turn_id, turn in turns.items()}
        self._is_reckoning, self._is_stale = True, False
        self._errands.run(
            lambda _app: reckoner.reckoned(experiment, turns, base, lambda turn: costs[turn.id]),
            then=while_there(self._page, self._take),
        )

    def _take(self, found: Reckoned) -> None:
        self._is_reckoning = False
        self.figures = found.figures
        self.reckoned.emit(found)
        if self._is_stale or found.base != self.base:
            self._soon.start()

    def _follow(self) -> None:
        change = self.change
        if change is None:
            if self._was_told:
                self.gone.emit()
            return
        self._was_told = True
        self.experiment = change.experiment
        self._places = {turn_id: place for place, turn_id in change.experiment.turns.items()}
        self._begun()

    def _begun(self) -> None:
        """Turns of the sweep are there that were not, are others than before, or were deleted."""
        self._wake()
        self._stale()

    def _follow_turn(self, turn_id: str) -> None:
        if self._move(turn_id):
            self._stale()

    def _move(self, turn_id: str) -> bool:
        """Whether the turn is one of the sweep's."""
        place = self._places.get(turn_id)
        if place is None:
            return False
        self._moved.add(place)
        self._wake()
        return True

    def _wake(self) -> None:
        if not self._live.isActive():
            self._live.start()

    def _tell(self) -> None:
        running = {place for place in self._places.values() if self.state_of(place) == "running"}
        moved, self._moved = self._moved | running, set()
        self.moved.emit(frozenset(moved))

    def _stale(self) -> None:
        if self._is_reckoning:
            self._is_stale = True
        elif not self._soon.isActive():
            self._soon.start()
