"""How the grid of a sweep is shown: cards on a plain ground, walked by the arrow keys."""

from PySide6.QtCore import QItemSelectionModel, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.cell_painter import LEAST, CellPainter
from chatapp.desktop.experiments.grid import Grid
from chatapp.desktop.widgets import FollowsTextSize, named


class RowHeads(QHeaderView):
    """The words of a row stay in sight as long as there is room for them beside any of its cells."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        words = self.sectionSizeFromContents(logical_index).height()
        top = min(max(rect.top(), 0), max(rect.bottom() - words, rect.top()))
        super().paintSection(
            painter, QRect(rect.left(), top, rect.width(), rect.bottom() - top + 1), logical_index
        )


class GridView(QTableView):
    def __init__(self, grid: Grid, look: Appearance) -> None:
        super().__init__()
        self._grid, self._look = grid, look
        named(self, "Answers of the sweep")
        self.setProperty("kind", "cards")
        self.setModel(grid)
        self.setItemDelegate(CellPainter(look))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        columns = self.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setTextElideMode(Qt.TextElideMode.ElideRight)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setVerticalHeader(RowHeads())
        for head in (columns, self.verticalHeader()):
            head.setHighlightSections(False)
            head.setSectionsClickable(False)
        FollowsTextSize(self, self._fit_cells)

    @property
    def place(self) -> int | None:
        """The place of the current cell."""
        current = self.currentIndex()
        return self._grid.place_of(current) if current.isValid() else None

    def choose(self, place: int) -> None:
        index = self._grid.index_of(place)
        if index != self.currentIndex():
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, flag)

    def _fit_cells(self) -> None:
        width, height = (round(side * self._look.interface_scale) for side in LEAST)
        self.horizontalHeader().setMinimumSectionSize(width)
        self.verticalHeader().setDefaultSectionSize(height)
