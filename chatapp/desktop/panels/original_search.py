"""Finding words in an original: the bar, and where the words stand in the text."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from chatapp.desktop.theme import GAP_4
from chatapp.desktop.transcript.find_bar import FindField
from chatapp.desktop.widgets import Icons, button, label, named, row

MOST_PLACES = 5_000


def places_of(words: str, text: str) -> list[tuple[int, int]]:
    """Start and end of each place of `words`, in any letter case, with any blanks between; MOST_PLACES at most."""
    sought = r"\s+".join(re.escape(word) for word in words.split())
    if not sought:
        return []
    found = []
    for match in re.finditer(sought, text, re.IGNORECASE):
        found.append(match.span())
        if len(found) == MOST_PLACES:
            break
    return found


class OriginalSearch(QWidget):
    """`asked` carries the words and the way to go: 1 forward, -1 back, 0 the first place from here."""

    asked = Signal(str, int)
    closed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.field = named(FindField(), "Find in the original")
        self.field.setPlaceholderText("Find in the original")
        self.field.textEdited.connect(lambda words: self.asked.emit(words, 0))
        self.field.stepped.connect(self._ask)
        self.field.left.connect(self.leave)
        self.said = label(kind="caption")
        before = icons.put(
            button("", lambda: self._ask(-1), "icon", "Previous place", "Previous place"), "chevron-up"
        )
        after = icons.put(
            button("", lambda: self._ask(1), "icon", "Next place", "Next place"), "chevron-down"
        )
        cross = icons.put(
            button("", self.leave, "icon", "Close the search", "Close the search (Esc)"), "close"
        )
        layout = row(self.field, self.said, before, after, cross, gap=GAP_4)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.hide()

    def enter(self) -> None:
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def leave(self) -> None:
        self.hide()
        self.closed.emit()

    def wait(self) -> None:
        self.said.setText("Reading…")

    def tell(self, at: int, count: int, words: str) -> None:
        """Which of how many places is marked, counted from 0."""
        if not words.strip():
            self.said.setText("")
        elif not count:
            self.said.setText("Not found")
        else:
            self.said.setText(f"{at + 1} of {count}{'+' if count == MOST_PLACES else ''}")

    def _ask(self, by: int) -> None:
        self.asked.emit(self.field.text(), by)


def next_place(found: Sequence[tuple[int, int]], here: int, by: int, is_at_one: bool) -> int:
    """The number of the place to go to from an offset, round the end: forward (1), back (-1), or the first from there
    on (0). `is_at_one` tells that the offset is that of a place, which a step leaves."""
    if by < 0:
        before = [at for at, (start, _) in enumerate(found) if start < here]
        return before[-1] if before else max(0, len(found) - 1)
    least = here + (by > 0 and is_at_one)
    return next((at for at, (start, _) in enumerate(found) if start >= least), 0)
