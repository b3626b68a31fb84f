"""Two answers beside each other: their words, side by side or inline, and the facts about both. Where they stand on two
branches, one goes on turn by turn. Everything is read from the desk; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from itertools import zip_longest
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from chatapp.conversation.answer_comparison import Fact, aligned, facts, groups
from chatapp.conversation.branch_words import differences
from chatapp.conversation.comparison import Piece, likeness, side_by_side
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.long_text import LongText
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.transcript_model import title_of
from chatapp.desktop.widgets import (
    CalmChoice,
    button,
    column,
    frame,
    label,
    named,
    row,
    spoken,
    while_there,
)

BESIDE, INLINE, FACTS = PAGES = ("Side by side", "Inline", "Facts")
LONGEST_TEXT = 200_000
"""Characters of each answer that are compared."""
MOST_CHOICES = 400
NAME_WIDTH = 220
SIZE = (920, 660)
AT_ONCE = 30
"""Lines that are put on screen in one go."""
EMPTY = "(no words)"
NOBODY = "(this branch ends before)"
Styles = dict[str, str]
T = TypeVar("T")


class ComparisonDialog(QDialog):
    """Begins with `turn` as the second, and as the first with `other`, or else the answer beside it in the tree."""

    def __init__(
        self,
        parent: QWidget,
        desk: Desk,
        errands: Errands,
        look: Appearance,
        turn: Turn,
        other: Turn | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, "Compare two answers")
        self.setWindowTitle("Compare two answers")
        self._desk, self._errands, self._look = desk, errands, look
        self._pieces: tuple[Piece, ...] = ()
        self._pairs: tuple[tuple[Turn | None, Turn | None], ...] = ()
        self._at = 0
        self._choices = _choices(desk, turn)
        siblings = desk.tree.siblings(turn.id)
        self._apart = dict(zip((each.id for each in siblings), differences(siblings), strict=True))
        """What tells the answers in the same place from each other."""
        self.first, self.second = (self._choice(name) for name in ("First answer", "Second answer"))
        self._words = label(kind="caption", wrap=True)
        self._place = label(kind="caption")
        self._steps = (
            button("Previous turn", lambda: self.step(-1), "link"),
            button("Next turn", lambda: self.step(1), "link"),
        )
        self.beside, self.inline = (
            named(LongText(), "Both answers"),
            named(LongText(), "Changes inline"),
        )
        self.table = _table()
        self.only_different = named(QCheckBox("Only what differs"), "Only what differs")
        self.only_different.toggled.connect(self._show_facts)
        facts_page = QWidget()
        facts_page.setLayout(column(self.only_different, self.table, gap=GAP_8))
        self._pages = QStackedWidget()
        for page in (self.beside, self.inline, facts_page):
            self._pages.addWidget(page)
        self._tabs = QButtonGroup(self)
        segments = named(
            frame("segments", row(*map(self._segment, PAGES), gap=0, edge=1)), "How they are compared"
        )
        self._lay(segments)
        look.changed.connect(self._paint)
        self._choose(self.first, other or _beside(desk, turn) or turn)
        self._choose(self.second, turn)
        for choice in (self.first, self.second):
            choice.currentIndexChanged.connect(self._chosen)
        self._chosen()

    def show_page(self, name: str) -> None:
        """One of `PAGES`."""
        self._pages.setCurrentIndex(PAGES.index(name))
        self._tabs.button(PAGES.index(name)).setChecked(True)

    @property
    def shown(self) -> str:
        """The page on screen, one of `PAGES`."""
        return PAGES[self._pages.currentIndex()]

    def step(self, by: int) -> None:
        """To the pair of turns after this one, or before it."""
        self._at = max(0, min(len(self._pairs) - 1, self._at + by))
        self._show_pair()

    def _lay(self, segments: QWidget) -> None:
        heads = row(
            column(label("First", "strong"), self.first, spoken(self.first, "First answer"), gap=GAP_8),
            column(label("Second", "strong"), self.second, spoken(self.second, "Second answer"), gap=GAP_8),
            gap=GAP_16,
        )
        heads.setStretch(0, 1)
        heads.setStretch(1, 1)
        swap = button("Swap", self._swap, "link")
        whole = column(
            heads,
            row(segments, swap, 1, self._place, *self._steps, gap=GAP_8),
            self._words,
            self._pages,
            row(1, button("Close", self.accept)),
            gap=GAP_12,
            edge=GAP_16,
        )
        whole.setStretch(3, 1)
        self.setLayout(whole)
        self.resize(*SIZE)
        self.setMinimumSize(480, 360)

    def _choice(self, name: str) -> CalmChoice:
        choice = CalmChoice(name)
        choice.setMinimumContentsLength(12)
        for turn in self._choices:
            choice.addItem(_title(self._desk, turn, self._apart.get(turn.id, "")), turn.id)
        return choice

    def _choose(self, choice: CalmChoice, turn: Turn) -> None:
        choice.setCurrentIndex(max(0, choice.findData(turn.id)))

    def _segment(self, name: str) -> QPushButton:
        segment = button(name, lambda: self.show_page(name), "segment", f"Show {name.lower()}")
        segment.setCheckable(True)
        segment.setChecked(name == BESIDE)
        segment.setMinimumWidth(96)
        self._tabs.addButton(segment, PAGES.index(name))
        return segment

    def _swap(self) -> None:
        one, two = self.first.currentIndex(), self.second.currentIndex()
        self.first.setCurrentIndex(two)
        self.second.setCurrentIndex(one)

    def _chosen(self) -> None:
        one, two = str(self.first.currentData()), str(self.second.currentData())
        if one in self._desk.tree and two in self._desk.tree:
            self._pairs = aligned(self._desk.tree, one, two)
            self._at = next(
                (at for at, pair in enumerate(self._pairs) if one in [turn.id for turn in pair if turn]), 0
            )
            self._show_pair()

    def _show_pair(self) -> None:
        many = len(self._pairs)
        self._place.setText(f"Turn {self._at + 1} of {many}" if many > 1 else "")
        for step, is_there in zip(self._steps, (self._at > 0, self._at < many - 1), strict=True):
            step.setVisible(many > 1)
            step.setEnabled(is_there)
        pair = self._pairs[self._at]
        texts = [_text(turn) for turn in pair]
        self._words.setText("Comparing…")
        self._errands.run(
            lambda app: app.records.words(*texts),
            then=while_there(self, lambda pieces: self._show_words(pair, pieces)),
        )
        self._show_facts()

    def _show_words(self, pair: tuple[Turn | None, Turn | None], pieces: tuple[Piece, ...]) -> None:
        if pair == self._pairs[self._at]:
            self._pieces = pieces
            self._words.setText(_said_of(pair, pieces))
            self._paint()

    def _paint(self) -> None:
        palette = self._look.palette
        styles = {
            "same": f"color:{palette.text}",
            "removed": f"color:{palette.danger};text-decoration:line-through",
            "added": f"color:{palette.success};text-decoration:underline",
        }
        self.inline.show_portions(map(partial(_inline, styles), _portions(_lines(self._pieces))), EMPTY)
        self.beside.show_portions(map(partial(_table_of, styles), _portions(_rows(self._pieces))), EMPTY)

    def _show_facts(self) -> None:
        self.table.clear()
        one, two = self._pairs[self._at]
        if one is None or two is None:
            self.table.addTopLevelItem(QTreeWidgetItem(["One branch ends before this turn."]))
            return
        known = facts(one, two, self._desk.cost_of, self._desk.server_name)
        for name, found in groups(known).items():
            shown = [fact for fact in found if fact.differs or not self.only_different.isChecked()]
            if shown:
                group = QTreeWidgetItem(self.table, [name])
                group.setFirstColumnSpanned(True)
                group.addChildren([_line(fact) for fact in shown])
                group.setExpanded(True)


def compare(
    parent: QWidget, desk: Desk, errands: Errands, look: Appearance, turn: Turn, other: Turn | None = None
) -> None:
    """Opens the comparison of an answer with another, or with the one beside it."""
    dialog = ComparisonDialog(parent, desk, errands, look, turn, other)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _choices(desk: Desk, first: Turn) -> list[Turn]:
    """All that was asked in the same place first, then the newest of the others."""
    siblings = desk.tree.siblings(first.id)
    known = {turn.id for turn in siblings}
    others = [turn for turn in desk.tree.turns() if turn.id not in known]
    return [*siblings, *others[::-1][:MOST_CHOICES]]


def _beside(desk: Desk, first: Turn) -> Turn | None:
    """The answer before it in the same place, else the one after it, else the one above."""
    siblings = desk.tree.siblings(first.id)
    at = [turn.id for turn in siblings].index(first.id)
    return siblings[at - 1] if len(siblings) > 1 else desk.tree.get(first.parent_id)


def _title(desk: Desk, turn: Turn, apart: str) -> str:
    siblings = desk.tree.siblings(turn.id)
    at = [sibling.id for sibling in siblings].index(turn.id) + 1
    which = f"{at} of {len(siblings)} · " if len(siblings) > 1 else ""
    return f"{which}{apart or title_of(desk.tree, turn)[:60]}"


def _text(turn: Turn | None) -> str:
    return "" if turn is None else (turn.answer.text or turn.answer.refusal)[:LONGEST_TEXT]


def _said_of(pair: tuple[Turn | None, Turn | None], pieces: Sequence[Piece]) -> str:
    if None in pair:
        return NOBODY
    cut = any(turn is not None and len(turn.answer.text) > LONGEST_TEXT for turn in pair)
    kinds = [piece.kind for piece in pieces]
    gone, new = kinds.count("removed"), kinds.count("added")
    places = "place" if gone == 1 else "places"
    changes = f"{gone:,} {places} only in the first (struck out), {new:,} only in the second (underlined)"
    alike = (
        "The words are the same."
        if set(kinds) <= {"same"}
        else f"{100 * likeness(pieces):.0f} % alike. {changes}."
    )
    return f"{alike} Only the first {LONGEST_TEXT:,} characters are compared." if cut else alike


def _spans(pieces: Sequence[Piece], styles: Styles) -> str:
    return "".join(f'<span style="{styles[piece.kind]}">{escape(piece.text)}</span>' for piece in pieces)


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces, line by line."""
    lines: list[list[Piece]] = [[]] if pieces else []
    for piece in pieces:
        first, *others = piece.text.split("\n")
        lines[-1].append(Piece(piece.kind, first))
        lines += [[Piece(piece.kind, line)] for line in others]
    return lines


def _rows(pieces: Sequence[Piece]) -> list[list[list[Piece]]]:
    """A line of each answer beside the other's: where both end a line alike, they begin alike."""
    rows: list[list[list[Piece]]] = []
    nothing: list[Piece] = []
    for one, two in side_by_side(pieces):
        rows += [list(pair) for pair in zip_longest(_lines(one), _lines(two), fillvalue=nothing)]
    return rows


def _portions(lines: Sequence[T]) -> Iterator[Sequence[T]]:
    return (lines[at : at + AT_ONCE] for at in range(0, len(lines), AT_ONCE))


def _inline(styles: Styles, lines: Sequence[Sequence[Piece]]) -> str:
    html = "<br>".join(_spans(line, styles) for line in lines)
    return f'<div style="white-space:pre-wrap">{html}</div>'


def _table_of(styles: Styles, rows: Sequence[Sequence[Sequence[Piece]]]) -> str:
    lines = "".join(f"<tr>{''.join(_cell(_spans(side, styles)) for side in sides)}</tr>" for sides in rows)
    return f'<table width="100%" cellpadding="4">{lines}</table>'


def _cell(html: str) -> str:
    return f'<td width="50%" style="white-space:pre-wrap">{html or "&nbsp;"}</td>'


def _table() -> QTreeWidget:
    table = named(QTreeWidget(), "Facts about both answers")
    table.setColumnCount(3)
    table.setHeaderLabels(["", "First", "Second"])
    table.header().setAccessibleName("Facts about both answers columns")
    table.setColumnWidth(0, NAME_WIDTH)
    table.header().setStretchLastSection(False)
    for column_at in (1, 2):
        table.header().setSectionResizeMode(column_at, QHeaderView.ResizeMode.Stretch)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    return table


def _line(fact: Fact) -> QTreeWidgetItem:
    """What differs has a sign before its name."""
    item = QTreeWidgetItem(
        [f"≠ {fact.name}" if fact.differs else f"   {fact.name}", fact.first or "–", fact.second or "–"]
    )
    for place, words in enumerate((fact.name, fact.first, fact.second)):
        item.setToolTip(place, words)
    return item
