"""Passages of a search beside those of another: each says whether it enters, leaves, moves or stays."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatapp.conversation.citations import Passage
from chatapp.conversation.searching import Compared, compared
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.passage_card import PassageCard
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import clear, column, holding, label, named

NOTHING = "Nothing is found with these settings."


class ComparedList(QWidget):
    """`chosen` carries the passage that is to be seen in its original. `words` sums it up, and stands where its owner
    puts it: beside the settings, so that what they do is seen while they are changed."""

    chosen = Signal(object)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._look = appearance
        self.words = named(label(wrap=True), "Found")
        self._list: QVBoxLayout = column(gap=GAP_8)
        self.setLayout(column(self._list))
        self.told: tuple[Compared, ...] = ()

    def say(self, words: str) -> None:
        """A sentence in the place of passages."""
        clear(self._list)
        self.told = ()
        self.words.setText(words)

    def show_passages(
        self, after: Sequence[Passage], before: Sequence[Passage] | None, threshold: float | None
    ) -> None:
        """What was found, each with its fate beside `before` if there is something to compare with."""
        clear(self._list)
        self.told = compared(before if before is not None else after, after)
        self.words.setText(summary(self.told) if before is not None else counted(len(after)))
        for one in self.told:
            card = PassageCard(one.passage, None, self._look, threshold)
            fate = fate_of(one) if before is not None else f"Rank {one.after}"
            fate += f", score {one.passage.score:.2f}" if one.passage.score is not None else ""
            card.setAccessibleName(f"{fate}. {card.accessibleName()}")
            card.chosen.connect(lambda passage=one.passage: self.chosen.emit(passage))
            above = label(
                fate, "strong" if before is not None and one.fate in ("entered", "left") else "caption"
            )
            self._list.addWidget(holding(column(above, card, gap=GAP_4)))


def counted(count: int) -> str:
    if not count:
        return NOTHING
    return "1 passage is found." if count == 1 else f"{count} passages are found."


def summary(told: Sequence[Compared]) -> str:
    """ "8 passages are found: 2 enter, 1 leaves, 3 move." """
    after = sum(one.after is not None for one in told)
    verbs = {"entered": ("enters", "enter"), "left": ("leaves", "leave"), "moved": ("moves", "move")}
    counts = {fate: sum(one.fate == fate for one in told) for fate in verbs}
    changes = [f"{count} {verbs[fate][count != 1]}" for fate, count in counts.items() if count]
    said = counted(after)
    return f"{said[:-1]}: {', '.join(changes)}." if changes else f"{said} Nothing changes."


def fate_of(one: Compared) -> str:
    """What happens to a passage, with a sign that can be told without colours."""
    match one.fate:
        case "entered":
            return f"+ Enters at {one.after}"
        case "left":
            return f"− Leaves, was {one.before}"
        case "moved":
            up = (one.after or 0) < (one.before or 0)
            return f"{'↑' if up else '↓'} Moves from {one.before} to {one.after}"
        case _:
            return f"= Stays at {one.after}"
