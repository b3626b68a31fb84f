"""The grid of a sweep as a table model: a column for each value of the first parameter, a row for each sample of the
second's. Every cell is one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from chatapp.conversation.comparison import Piece
from chatapp.conversation.experiments import Plan, setting_words, value_words
from chatapp.conversation.sweep_figures import METRICS, SHOWN, Metric, Result, beginning, metric_words
from chatapp.protocol.json_types import shortened

Index = QModelIndex | QPersistentModelIndex
LONGEST_HEAD: Final = 20
"""Characters of a value beside a row; all of it is in the tool tip."""
CELL: Final = Qt.ItemDataRole.UserRole
STATES: Final = {
    "waiting": "waiting", "running": "is being written", "done": "done", "failed": "failed", "deleted": "deleted",
}  # fmt: skip
ASKED_AGAIN: Final = ("failed", "deleted")
AGAIN: Final = "Enter asks again"
_TOLD: Final = [
    metric for metric in METRICS if metric.name in ("agreement", "output_tokens", "seconds", "cost")
]
_IN_CELL: Final = [replace(metric, unit="tok") if metric.unit == "tokens" else metric for metric in _TOLD]
"""The same in the little room of a cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows: its answer in pieces against the chosen one, and one line under it."""

    result: Result
    pieces: tuple[Piece, ...]
    line: str
    is_base: bool = False


class Grid(QAbstractTableModel):
    def __init__(self, plan: Plan, store_names: Mapping[str, str]) -> None:
        super().__init__()
        self.plan, self._names = plan, store_names
        self._second = plan.axes[1] if len(plan.axes) > 1 else None
        self.results: tuple[Result, ...] = ()
        self.base: int | None = None
        """The place that the others are compared with."""
        self._pieces: Mapping[int, tuple[Piece, ...]] = {}
        self._cells: dict[int, Cell] = {}

    def show_results(self, results: tuple[Result, ...]) -> None:
        """Only cells that changed are drawn again."""
        before, self.results = self.results, results
        for place, result in enumerate(results):
            if place >= len(before) or result != before[place]:
                self._cells.pop(place, None)
                index = self.index_of(place)
                self.dataChanged.emit(index, index)

    def show_pieces(self, base: int | None, pieces: Mapping[int, tuple[Piece, ...]]) -> None:
        """The answers against that of the place `base`."""
        if (base, pieces) != (self.base, self._pieces):
            self.base, self._pieces = base, pieces
            self._cells.clear()
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def place_of(self, index: Index) -> int:
        seconds = len(self._second.values) if self._second is not None else 1
        second, sample = divmod(index.row(), self.plan.samples)
        return (index.column() * seconds + second) * self.plan.samples + sample

    def index_of(self, place: int) -> QModelIndex:
        seconds = len(self._second.values) if self._second is not None else 1
        setting, sample = divmod(place, self.plan.samples)
        first, second = divmod(setting, seconds)
        return self.index(second * self.plan.samples + sample, first)

    def cell(self, place: int) -> Cell:
        if place not in self._cells:
            self._cells[place] = self._made(place)
        return self._cells[place]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        rows = len(self._second.values) if self._second is not None else 1
        return 0 if parent.isValid() else rows * self.plan.samples

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.plan.axes[0].values)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        place = self.place_of(index)
        if place >= len(self.results):
            return None
        if role == CELL:
            return self.cell(place)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.results[place].text[:SHOWN]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(place)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Horizontal:
            axis = self.plan.axes[0]
            return f"{axis.label} {value_words(axis.name, axis.values[section], self._names)}"
        second, sample = divmod(section, self.plan.samples)
        words = f"Sample {sample + 1}" if self.plan.samples > 1 or self._second is None else ""
        if self._second is None:
            return words
        value = value_words(self._second.name, self._second.values[second], self._names)
        if role == Qt.ItemDataRole.DisplayRole:
            value = shortened(value, LONGEST_HEAD)
        return f"{self._second.label}\n{value}" + (f"\n{words}" if words else "")

    def spoken(self, place: int) -> str:
        """A cell in words, for a screen reader."""
        result = self.results[place]
        words = [
            self.title(place),
            STATES[result.state],
            result.reason,
            self._line(place, _TOLD),
            result.text[:SHOWN],
        ]
        return ". ".join(part for part in words if part)

    def title(self, place: int) -> str:
        """ "Temperature 0.5, reasoning effort low, sample 2"."""
        words = setting_words(self.plan.axes, self.plan.setting(place), self._names)
        sample = f", sample {place % self.plan.samples + 1}" if self.plan.samples > 1 else ""
        return f"{words[:1].upper()}{words[1:]}{sample}"

    def _made(self, place: int) -> Cell:
        result = self.results[place]
        pieces = self._pieces.get(place) or (Piece("same", beginning(result.text)),)
        remark = result.reason if result.state == "done" else ""
        line = " · ".join(filter(None, (remark, self._line(place, _IN_CELL))))
        return Cell(result, pieces, line, place == self.base)

    def _line(self, place: int, metrics: Sequence[Metric]) -> str:
        result = self.results[place]
        if result.state in ASKED_AGAIN:
            return AGAIN
        figures = [metric_words(metric, metric.of(result), result.currency) for metric in metrics]
        return " · ".join(filter(None, ["reference", figures[0]] if place == self.base else figures))
