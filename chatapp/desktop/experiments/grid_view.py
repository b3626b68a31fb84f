"""How the grid of a sweep is shown: cards on a plain ground, walked by the arrow keys."""

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.cell_painter import LEAST, CellPainter
from chatapp.desktop.experiments.grid import Grid
from chatapp.desktop.widgets import FollowsTextSize, named


class GridView(QTableView):
    def __init__(self, grid: Grid, look: Appearance) -> None:
        super().__init__()
        self._grid, self._look = grid, look
        named(self, "Answers of the sweep")
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
        columns.setMinimumSectionSize(LEAST[0])
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for head in (columns, self.verticalHeader()):
            head.setHighlightSections(False)
            head.setSectionsClickable(False)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        FollowsTextSize(self, self._fit_rows)

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

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(round(LEAST[1] * self._look.interface_scale))
