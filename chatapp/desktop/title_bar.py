"""The bar over the transcript: the conversation's title, its branches, and the switches of the side columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from chatapp.desktop.desk import Desk
from chatapp.desktop.panels.tabs import BAR_HEIGHT
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import Icons, OneLine, button, row

if TYPE_CHECKING:
    from chatapp.conversation.tree import Tree, Turn


class TitleBar(QFrame):
    left_asked = Signal()
    right_asked = Signal()
    commands_asked = Signal()
    branch_chosen = Signal(str)
    sweeps_asked = Signal()
    tree_asked = Signal()

    def __init__(self, desk: Desk, icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self._desk = desk
        self.left = icons.put(
            button("", self.left_asked.emit, "icon", "Show conversations", "Conversations (Ctrl+Shift+B)"),
            "panel-left",
        )
        self.title = OneLine("chatapp", "title")
        self.title.setObjectName("conversationHeading")
        self.branches = icons.put(button("", self._menu, "chip", "Branches"), "fork", size=14)
        self.branches.hide()
        tree = button("", self.tree_asked.emit, "icon", "Tree", "Show or hide the conversation tree (Ctrl+T)")
        self.tree = icons.put(tree, "tree")
        self.tree.hide()
        self.sweeps = button("", self.sweeps_asked.emit, "chip", "Sweeps", "Show the sweep (Ctrl+Shift+Y)")
        self.sweeps.hide()
        commands = button(
            "Commands", self.commands_asked.emit, "quiet", "Commands", "Command palette (Ctrl+K)"
        )
        self.commands = icons.put(commands, "palette")
        panels = button(
            "Panels", self.right_asked.emit, "quiet", "Panels", "Show or hide the panels (Ctrl+B)"
        )
        self.right = icons.put(panels, "panel-right")
        line = row(
            self.left, self.title, self.sweeps, self.branches, self.tree, self.commands, self.right, gap=GAP_8
        )
        line.setStretch(1, 1)
        line.setContentsMargins(GAP_16, 0, GAP_12, 0)
        self.setLayout(line)
        self.setFixedHeight(BAR_HEIGHT)
        for changed in (desk.opened, desk.head_changed, desk.path_changed, desk.beside_changed):
            changed.connect(self._show)

    def squeeze(self, narrow: bool) -> None:
        """Short of room the switches keep their drawings only."""
        self.commands.setText("" if narrow else "Commands")
        self.right.setText("" if narrow else "Panels")

    def show_sweeps(self, words: str) -> None:
        """How many sweeps the conversation has; "" for none."""
        self.sweeps.setText(words)
        self.sweeps.setAccessibleName(f"Sweeps: {words}")
        self.sweeps.setVisible(bool(words))

    def _show(self) -> None:
        head = self._desk.head
        self.title.setText(" ".join(head.title.split()) if head is not None else "chatapp")
        self.title.setToolTip(head.title if head is not None else "")
        count = self._desk.tree.ends
        self.branches.setVisible(count > 1)
        self.tree.setVisible(count > 0)
        self.branches.setText(f"{count} branches")
        self.branches.setAccessibleName(f"Branches: {count}")

    def _menu(self) -> None:
        from PySide6.QtWidgets import QMenu

        from chatapp.desktop import branch_menu

        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        branch_menu.fill(menu, self._desk, leaves(self._desk.tree), self.branch_chosen.emit)
        menu.popup(self.branches.mapToGlobal(self.branches.rect().bottomLeft()))


def leaves(tree: Tree) -> list[Turn]:
    """The ends of all branches, in the order in which the branches were made."""
    found: list[Turn] = []
    waiting = list(reversed(tree.children(None)))
    while waiting:
        turn = waiting.pop()
        below = tree.children(turn.id)
        if below:
            waiting.extend(reversed(below))
        else:
            found.append(turn)
    return found
