"""What the picture of the tree shows: its rows, which of them are folded away, and what each of them says. Pure.

A row says what tells its branch from the others of its fork, and under that how long it is and what it ends with. The
words are made when they are asked for: of a large tree few rows are ever seen.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal

from chatapp.conversation.answer import Status
from chatapp.conversation.branch_words import UNNAMED, Names, differences
from chatapp.conversation.chain import Health, Standing
from chatapp.conversation.outline import Outline, Stretch, outline
from chatapp.conversation.tree import Tree, Turn
from chatapp.desktop.health import standing_words
from chatapp.desktop.transcript_model import title_of
from chatapp.protocol.json_types import shortened

MOST_OPEN: Final = 100
"""Rows of a tree that are all shown at first; of a larger one the side branches are folded."""
LONGEST: Final = 160
"""Characters of a question or an answer that a row has room for at most."""
BEGINNING: Final = "Start"
_PLAIN: Final = str.maketrans("", "", "*#`")

StandingOf = Callable[[Turn], Standing | None]
LOST: Final = (Health.EXPIRED, Health.DELETED)
"""Of an answer that its server had. That it was never stored, or is another server's, is usual and no sign."""

Sign = Literal["done", "running", "incomplete", "broken", "failed"]
SIGNS: Final[dict[Status, Sign]] = {
    Status.QUEUED: "running",
    Status.IN_PROGRESS: "running",
    Status.COMPLETED: "done",
    Status.INCOMPLETE: "incomplete",
    Status.FAILED: "failed",
    Status.ERROR: "failed",
    Status.CUT: "broken",
    Status.STOPPED: "broken",
}
SIGN_WORDS: Final[dict[Sign, str]] = {
    "done": "",
    "running": "Is being written",
    "incomplete": "Incomplete",
    "broken": "Broken off",
    "failed": "Failed",
}


@dataclass(frozen=True, slots=True)
class Words:
    """`title` tells the branch from its siblings, or is its question; `line` says how it goes on. `standing` says how
    it stands with its last turn on the server, `lost` that the server has it no more."""

    title: str
    line: str
    sign: Sign
    standing: str = ""
    lost: bool = False


class Plan:
    """One state of the tree. `way` are the rows of the branch on screen, `shown` those that are not folded away."""

    def __init__(
        self, tree: Tree, names: Names = UNNAMED, standing_of: StandingOf = lambda turn: None
    ) -> None:
        self.tree, self.names, self._standing_of = tree, names, standing_of
        self.outline: Outline = outline((turn.id, turn.parent_id) for turn in tree.turns())
        self.way: tuple[int, ...] = ()
        self.on_way: frozenset[int] = frozenset()
        self.leaf: str | None = None
        self.folded: frozenset[str] = frozenset()
        self.shown: tuple[int, ...] = ()
        self.place_of: dict[int, int] = {}
        """Where a row is among those that are shown."""
        self._words: dict[int, Words] = {}
        self._titles: dict[int, str] = {}
        self.fold(())

    @property
    def rows(self) -> tuple[Stretch, ...]:
        return self.outline.rows

    @property
    def ends(self) -> int:
        """How many branches there are."""
        return sum(not row.branches for row in self.rows)

    def follow(self, leaf: str | None) -> None:
        """The branch that is on screen is another; nothing of it stays folded away."""
        self.leaf = leaf
        self.way = self.outline.way(self.outline.row_of(leaf))
        self.on_way = frozenset(self.way)
        hiding = {self.rows[row].last for row in self.way[:-1]} & self.folded
        if hiding:
            self.fold(self.folded - hiding)

    def fold(self, forks: Collection[str]) -> None:
        """Folds the forks at these turns and no others."""
        known = {row.last for row in self.rows if row.branches}
        self.folded = frozenset(forks) & known
        self.shown = self.outline.shown(self.folded)
        self.place_of = {row: place for place, row in enumerate(self.shown)}
        self._words.clear()

    def fold_at_first(self) -> None:
        """Folds the side branches of a tree that is too large to be seen at once."""
        if len(self.rows) > MOST_OPEN:
            self.fold_sides()

    def fold_sides(self) -> None:
        self.fold(self.outline.side_forks(self.on_way))

    def toggle(self, row: int) -> bool:
        """Folds or unfolds a fork; False where there is none."""
        stretch = self.rows[row]
        if not stretch.branches:
            return False
        self.fold(self.folded ^ {stretch.last})
        return True

    def is_folded(self, row: int) -> bool:
        return bool(self.rows[row].branches) and self.rows[row].last in self.folded

    def seen(self, row: int) -> int:
        """The row itself, or the fork that it is folded away under."""
        while row not in self.place_of:
            row = self.rows[row].fork
        return row

    def turn(self, row: int) -> Turn | None:
        """The turn at the row's fork or end."""
        return self.tree.get(self.rows[row].last)

    def reword(self) -> None:
        """What is known of the servers changed."""
        self._words.clear()

    def changed(self, turn_id: str) -> int:
        """An answer is another: the row that is to be drawn again, -1 where it says nothing of it."""
        row = self.outline.row_of(turn_id)
        if row < 0 or self.rows[row].last != turn_id:
            return -1
        self._words.pop(row, None)
        return row

    def words(self, row: int) -> Words:
        if row not in self._words:
            self._words[row] = self._made(row)
        return self._words[row]

    def difference(self, row: int) -> str:
        """What tells the row from those beside it; "" where there are none."""
        if row not in self._titles:
            siblings = self.outline.siblings(row)
            turns = [
                self.tree[self.rows[sibling].turns[0]] for sibling in siblings if self.rows[sibling].turns
            ]
            self._titles.update(zip(siblings, differences(turns, self.names), strict=False))
        return self._titles.get(row, "")

    def _made(self, row: int) -> Words:
        stretch, last = self.rows[row], self.turn(row)
        if last is None:
            return Words(BEGINNING, f"{len(stretch.branches)} first questions", "done")
        sign = SIGNS[last.answer.status]
        first = self.tree[stretch.turns[0]]
        title = self.difference(row) or title_of(self.tree, first)
        count = f"{len(stretch.turns):,} turns" if len(stretch.turns) > 1 else ""
        ends = title_of(self.tree, last) if count else _beginning(last)
        hidden = f"{stretch.below:,} folded" if self.is_folded(row) else ""
        facts = (SIGN_WORDS[sign], hidden, count, shortened(ends, LONGEST))
        found = self._standing_of(last)
        standing = standing_words(found) if found is not None else ""
        lost = found is not None and found.health in LOST
        return Words(shortened(title, LONGEST), " · ".join(filter(None, facts)), sign, standing, lost)

    def spoken(self, row: int) -> str:
        """The row in words, for a screen reader."""
        words, stretch = self.words(row), self.rows[row]
        facts = (
            words.title,
            words.line,
            f"{len(stretch.branches)} branches" if stretch.branches else "End of a branch",
            words.standing if words.lost else "",
            "On screen" if row == self.outline.row_of(self.leaf) else "",
        )
        return ". ".join(filter(None, facts))


def _beginning(turn: Turn) -> str:
    """The first words of an answer, without the signs of Markdown before them."""
    text = turn.answer.text[: 2 * LONGEST] or turn.answer.refusal[: 2 * LONGEST]
    return " ".join(text.translate(_PLAIN).split()).lstrip("->_ ")
