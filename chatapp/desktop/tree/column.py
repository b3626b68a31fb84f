"""The column with the tree: how much there is, the switches of the picture, and the words of a row that has none."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.tabs import BAR_HEIGHT
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.tree.painting import SIZES
from chatapp.desktop.tree.view import TreeView
from chatapp.desktop.widgets import Icons, OneLine, button, column, frame, holding, label, named, row
from chatapp.protocol.json_types import shortened

NOTHING = (
    "The turns of this conversation will be drawn here. Regenerate an answer, edit a question or vary a setting: "
    "each makes a branch."
)
MOST_TOLD = 76
"""Characters of each line under a tree that is drawn without words."""
FOLD, UNFOLD = "Fold side branches", "Unfold all branches"


class TreeColumn(QWidget):
    """`close_asked` comes from its cross."""

    close_asked = Signal()

    def __init__(self, look: Appearance, icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.view = TreeView(look)
        self._icons = icons
        self.count = OneLine("", "caption")
        self.fold = self._tool("fold", FOLD, "", self._toggle_fold)
        self.smaller = self._tool("minus", "Smaller rows", "Smaller rows (−)", lambda: self.view.zoom(-1))
        self.larger = self._tool("plus", "Larger rows", "Larger rows (+)", lambda: self.view.zoom(1))
        self.fit = self._tool("fit", "Fit the tree", "Show as much of the tree as fits", self.view.fit)
        self.cross = self._tool("close", "Close the tree", "Close the tree (Ctrl+T)", self.close_asked.emit)
        line = row(self.count, self.fold, self.smaller, self.larger, self.fit, self.cross, gap=GAP_4)
        line.setStretch(0, 1)
        line.setContentsMargins(GAP_12, 0, GAP_8, 0)
        bar = frame("side-bar", line)
        bar.setFixedHeight(BAR_HEIGHT)
        self.told = named(label("", "caption", wrap=True), "Branch")
        self._foot = holding(column(self.told, edge=GAP_8))
        self._nothing = label(NOTHING, "secondary", wrap=True)
        self._nothing.setContentsMargins(GAP_12, GAP_12, GAP_12, GAP_12)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = column(bar, self._nothing, self.view, self._foot, gap=0)
        layout.setStretch(1, 1)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.view.cursor_moved.connect(self.follow)
        self.view.sized.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """The tree, its size or its cursor is another."""
        plan, view = self.view.plan, self.view
        has_rows = bool(plan.rows)
        view.setVisible(has_rows)
        self._nothing.setVisible(not has_rows)
        ends, turns = plan.ends, len(plan.tree)
        self.count.setText(_counted(ends, "branch", "branches"))
        self.count.setToolTip(f"{self.count.text()}, {_counted(turns, 'turn', 'turns')}")
        self.fold.setEnabled(ends > 1)
        self.fold.setToolTip(UNFOLD if plan.folded else FOLD)
        self.fold.setAccessibleName(self.fold.toolTip())
        self.smaller.setEnabled(has_rows and view.scale_step > 0)
        self.larger.setEnabled(has_rows and view.scale_step < len(SIZES) - 1)
        self.fit.setEnabled(has_rows)
        self._foot.setVisible(has_rows and view.scale_step == 0)
        if has_rows and view.scale_step == 0:
            words = plan.words(view.told_of)
            told = (shortened(each, MOST_TOLD) for each in (words.title, words.line) if each)
            self.told.setText("\n".join(told))

    def _toggle_fold(self) -> None:
        if self.view.plan.folded:
            self.view.unfold_all()
        else:
            self.view.fold_sides()

    def _tool(self, drawing: str, name: str, tip: str, act: Callable[[], object]) -> QPushButton:
        return self._icons.put(button("", act, "icon", name, tip or name), drawing)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
