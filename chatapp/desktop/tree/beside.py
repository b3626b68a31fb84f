"""The tree beside the conversation; where there is no room for both, in its place until a branch is chosen."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

LEAST_TREE, USUAL = 220, 260
LEAST_READING = 360


class Beside(QSplitter):
    """`tree_width` is what the user gave it, in pixels."""

    def __init__(self, tree: QWidget, conversation: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._tree, self._conversation = tree, conversation
        self.is_open = False
        self.tree_width = USUAL
        tree.setMinimumWidth(LEAST_TREE)
        tree.hide()
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for place, part in enumerate((tree, conversation)):
            self.addWidget(part)
            self.setStretchFactor(place, place)
        self.splitterMoved.connect(self._moved)

    @property
    def covers(self) -> bool:
        """Whether the tree stands in the place of the conversation."""
        return self.is_open and self.width() < LEAST_TREE + LEAST_READING

    def show_tree(self, is_open: bool) -> None:
        self.is_open = is_open
        self.arrange()

    def arrange(self) -> None:
        covers = self.covers
        self._tree.setVisible(self.is_open)
        self._conversation.setVisible(not covers)
        if self.is_open and not covers:
            width = max(LEAST_TREE, min(self.tree_width, self.width() - LEAST_READING))
            self.setSizes([width, self.width() - width])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def _moved(self) -> None:
        if self.is_open and not self.covers:
            self.tree_width = self._tree.width()
