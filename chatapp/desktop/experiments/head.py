"""The line over a sweep: what varies, how far it is, and what can be done with all of it."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from chatapp.conversation.experiments import Experiment, State, title_of
from chatapp.desktop.desk import Desk
from chatapp.desktop.experiments.keeping import KeepMenu
from chatapp.desktop.panels.tabs import BAR_HEIGHT
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, OneLine, button, column, frame, menu_button, row
from chatapp.protocol.json_types import shortened


class Head(QWidget):
    """`went` asks to pause or to go on, `retried` to ask again what failed."""

    left = Signal()
    went = Signal()
    retried = Signal()
    other_asked = Signal(str)

    def __init__(self, desk: Desk, experiment: Experiment, icons: Icons) -> None:
        super().__init__()
        self._desk, self._key = desk, experiment.id
        self.back = icons.put(
            button("", self.left.emit, "icon", "Back to the conversation", "Back to the conversation (Esc)"),
            "chevron-left",
        )
        self.title = OneLine(title_of(experiment.plan), "title")
        self.progress = OneLine(kind="caption")
        self.progress.setObjectName("sweepProgress")
        self.go = button("Pause", self.went.emit, name="Pause or resume")
        self.again = button("Retry failed", self.retried.emit, name="Retry all that failed")
        self.menu = KeepMenu(self)
        self.keep = menu_button("Save", self.menu, name="Save the results")
        self.others = button("Others", self._list_others, name="Other sweeps of this conversation")
        line = row(
            self.back, self.title, self.progress, self.others, self.again, self.go, self.keep, gap=GAP_8
        )
        for stretched, weight in ((1, 3), (2, 2)):
            line.setStretch(stretched, weight)
        line.setContentsMargins(GAP_12, 0, GAP_12, 0)
        bar = frame("bar", line)
        bar.setFixedHeight(BAR_HEIGHT)
        self.setLayout(column(bar, gap=0))

    def squeeze(self, narrow: bool) -> None:
        self.title.setVisible(not narrow)

    def show_counts(self, counts: Mapping[State, int]) -> None:
        parts = [f"{counts['done']} of {sum(counts.values())} done"]
        parts += [f"{counts[state]} {state}" for state in ("failed", "deleted", "running") if counts[state]]
        self.progress.setText(" · ".join(parts))
        self.progress.setToolTip(self.progress.text())
        self.again.setVisible(counts["failed"] > 0)

    def show_going(self, running: bool, pausing: bool, open_places: bool) -> None:
        """Pauses what runs; what rests goes on where a place is left to ask."""
        self.go.setText("Pausing…" if pausing else "Pause" if running else "Resume")
        self.go.setEnabled(not pausing)
        self.go.setVisible(running or open_places)

    def show_others(self) -> None:
        self.others.setVisible(len(self._desk.experiments) > 1)

    def _list_others(self) -> None:
        """A menu of the conversation's sweeps."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for change in self._desk.experiments.values():
            plan, key = change.experiment.plan, change.experiment.id
            entry = menu.addAction(f"{title_of(plan)}: {shortened(' '.join(plan.text.split()))}")
            entry.setCheckable(True)
            entry.setChecked(key == self._key)
            entry.triggered.connect(lambda _checked=False, key=key: self.other_asked.emit(key))
        menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))
