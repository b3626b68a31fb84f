"""The sweep as a table, one row a request: sorted by any column, filtered by words and by state."""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView, QWidget

from chatapp.conversation.experiments import Plan, setting_words, value_words
from chatapp.conversation.sweep_figures import METRICS, Result, metric_words
from chatapp.desktop.experiments.grid import STATES
from chatapp.desktop.theme import GAP_8, GAP_16, ROW_HEIGHT
from chatapp.desktop.widgets import CalmChoice, FollowsTextSize, column, label, named, row

Index = QModelIndex | QPersistentModelIndex
SORTED_BY: Final = Qt.ItemDataRole.UserRole
ALL: Final = "All"
LONGEST: Final = 160
UNKNOWN: Final = float("-inf")
"""Sorts before every figure."""


class Rows(QAbstractTableModel):
    def __init__(self, plan: Plan, store_names: Mapping[str, str]) -> None:
        super().__init__()
        self._plan, self._names = plan, store_names
        self.results: tuple[Result, ...] = ()
        self._heads = [*(axis.label for axis in plan.axes), "Sample", "State"]
        self._heads += [metric.label for metric in METRICS]
        self._heads.append("Answer")

    def show_results(self, results: tuple[Result, ...]) -> None:
        if len(results) != len(self.results):
            self.beginResetModel()
            self.results = results
            self.endResetModel()
        elif results != self.results:
            self.results = results
            self.dataChanged.emit(self.index(0, 0), self.index(len(results) - 1, len(self._heads) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.results)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self._heads[section] if shown else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, SORTED_BY):
            return None
        words, sorted_by = self._cell(self.results[index.row()], index.column())
        return words if role == Qt.ItemDataRole.DisplayRole else sorted_by

    def setting_words(self, result: Result) -> str:
        return setting_words(self._plan.axes, result.setting, self._names)

    def _cell(self, result: Result, at: int) -> tuple[str, Any]:
        """What stands in a column, and what it is sorted by."""
        axes = self._plan.axes
        if at < len(axes):
            value = result.setting[at]
            values = axes[at].values
            number = value if axes[at].is_numeric else values.index(value)
            return value_words(axes[at].name, value, self._names), number
        at -= len(axes)
        if at == 0:
            return str(result.sample + 1), result.sample
        if at == 1:
            words = result.reason or STATES[result.state]
            return words, words
        if at - 2 < len(METRICS):
            metric = METRICS[at - 2]
            figure = metric.of(result)
            return metric_words(metric, figure, result.currency), UNKNOWN if figure is None else figure
        text = " ".join(result.text[: 2 * LONGEST].split())[:LONGEST]
        return text, text


class Filtered(QSortFilterProxyModel):
    """`words` must all be in a row; `state` is one of the states, or ALL."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows
        self.words, self.state = "", ALL
        self.setSourceModel(rows)
        self.setSortRole(SORTED_BY)

    def show_only(self, words: str, state: str) -> None:
        self.beginFilterChange()
        self.words, self.state = words.casefold(), state
        self.endFilterChange()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        result = self._rows.results[source_row]
        if self.state not in (ALL, result.state):
            return False
        text = f"{result.text} {result.reason} {self._rows.setting_words(result)}".casefold()
        return all(word in text for word in self.words.split())


WIDEST = 480
"""Pixels of a column; an answer has more to say than a row can show."""


class SweepTable(QWidget):
    """`chosen` carries the place of the row that is current."""

    chosen = Signal(int)

    def __init__(self, plan: Plan, store_names: Mapping[str, str]) -> None:
        super().__init__()
        self.rows = Rows(plan, store_names)
        self.filtered = Filtered(self.rows)
        self._was_coming = False
        self.words = named(QLineEdit(), "Filter the answers")
        self.words.setPlaceholderText("Filter by words")
        self.words.setClearButtonEnabled(True)
        self.state = CalmChoice("Show only")
        self.state.addItems([ALL])
        self.state.setMinimumContentsLength(10)
        for state in STATES:
            self.state.addItem(state.capitalize(), state)
        self.view = named(QTableView(), "Requests of the sweep")
        self.view.setProperty("kind", "plain")
        self.view.setModel(self.filtered)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setTabKeyNavigation(False)
        self.view.setWordWrap(False)
        self.view.setShowGrid(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        head = self.view.horizontalHeader()
        head.setStretchLastSection(True)
        head.setResizeContentsPrecision(-1)
        head.setMaximumSectionSize(WIDEST)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.view.setColumnHidden(len(plan.axes) + 2 + len(METRICS) - 1, True)
        self.count = label(kind="caption")
        line = row(self.words, self.state, self.count, gap=GAP_8)
        line.setStretch(0, 1)
        self.setLayout(column(line, self.view, gap=GAP_8))
        self.layout().setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_8)  # type: ignore[union-attr]
        FollowsTextSize(self.view, self.view.resizeColumnsToContents)
        self.words.textChanged.connect(self._filter)
        self.state.currentIndexChanged.connect(self._filter)
        self.view.selectionModel().currentChanged.connect(self._choose)

    def show_results(self, results: tuple[Result, ...]) -> None:
        coming = any(result.state in ("waiting", "running") for result in results)
        is_news = not self.rows.results or (self._was_coming and not coming)
        self._was_coming = coming
        self.rows.show_results(results)
        if is_news and results:
            self.view.resizeColumnsToContents()
        costs = any(result.cost is not None for result in results)
        self.view.setColumnHidden(self.rows.columnCount() - 2, not costs)
        self._count()

    def _filter(self) -> None:
        self.filtered.show_only(self.words.text(), str(self.state.currentData() or ALL))
        self._count()

    def _count(self) -> None:
        self.count.setText(f"{self.filtered.rowCount()} of {self.rows.rowCount()}")

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.filtered.mapToSource(current).row())
