"""What is said of one place of a sweep: its whole answer, what differs from the chosen one, how its setting agrees."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QButtonGroup, QPushButton, QTextEdit, QWidget

from chatapp.conversation.agreement import Agreement, spread_of
from chatapp.conversation.comparison import Piece
from chatapp.conversation.repeating import digest
from chatapp.conversation.sweep_figures import METRICS, Metric, Result, metric_words, number_words
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.cell_painter import formats
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16, Palette
from chatapp.desktop.widgets import OneLine, button, column, frame, label, named, row

ANSWER, DIFFERENCES, AGREEMENT = "Answer", "Differences", "Agreement"
VIEWS = (ANSWER, DIFFERENCES, AGREEMENT)
NOTHING = "Choose a cell to read its answer."
NO_BASE = "Choose the answer to compare with: select its cell and press Compare with this."
LEAST_TEXT = 56
UNITS = {"s": " (seconds)"}
LONGEST = 200_000
"""Characters of an answer that are shown here; the conversation shows all of it."""


Written = tuple[Palette, tuple[Piece, ...]]


class Details(QWidget):
    """The signals are wishes about the place that is shown. `view_changed` tells that another view is asked for."""

    used = Signal(int)
    retried = Signal(int)
    based = Signal(int)
    put_beside = Signal(int)
    view_changed = Signal()

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self.place: int | None = None
        self._written: Written | None = None
        self._is_base = self._has_base = self._is_narrow = False
        self.title = OneLine(NOTHING, "strong")
        self.line = label(kind="caption", wrap=True)
        self.text = named(QTextEdit(), "Chosen answer")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self._views = QButtonGroup(self)
        self.views = {name: self._view(name) for name in VIEWS}
        self.views[ANSWER].setChecked(True)
        self.retry = button("Ask again", lambda: self._wish(self.retried))
        self.base = button(
            "Compare with this", lambda: self._wish(self.based), tip="Marks what differs from this answer"
        )
        self.beside = button(
            "Side by side…",
            lambda: self._wish(self.put_beside),
            tip="Compares words and facts with the answer that the others are compared with",
        )
        self.use = button("Continue from this answer", lambda: self._wish(self.used), "primary")
        views = frame("segments", row(*self.views.values(), gap=0, edge=1))
        head = row(views, self.line, gap=GAP_12)
        head.setStretch(1, 1)
        self.text.setMinimumHeight(LEAST_TEXT)
        foot = row(1, self.retry, self.beside, self.base, self.use, gap=GAP_8)
        layout = column(self.title, head, self.text, foot, gap=GAP_8)
        layout.setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_12)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._enable(None)

    @property
    def view(self) -> str:
        return next(name for name, switch in self.views.items() if switch.isChecked())

    def show_result(self, title: str, result: Result, base: int | None) -> None:
        self.place = result.place
        self.title.setText(title)
        figures = [_labelled(metric, result) for metric in METRICS]
        self.line.setText(" · ".join(filter(None, [result.reason, *figures])))
        self._has_base, self._is_base = base is not None, base == result.place
        self._word_buttons()
        self._enable(result)

    def squeeze(self, narrow: bool) -> None:
        """Short of room the buttons say less, and the figures are left to the grid."""
        self._is_narrow = narrow
        self.line.setVisible(not narrow)
        self._word_buttons()

    def show_answer(self, text: str) -> None:
        self._write([Piece("same", text[:LONGEST])])

    def show_pieces(self, pieces: tuple[Piece, ...] | None) -> None:
        self._write(pieces if pieces is not None else [Piece("same", NO_BASE)])

    def show_agreement(self, agreement: Agreement, results: list[Result]) -> None:
        """`results` are those of the setting that have an answer."""
        self._write([Piece("same", agreement_words(agreement, results))])

    def _word_buttons(self) -> None:
        compare = "Compare with none" if self._is_base else "Compare with this"
        self.base.setText(compare.split()[0] if self._is_narrow else compare)
        self.base.setAccessibleName(compare)
        self.use.setText("Continue" if self._is_narrow else "Continue from this answer")
        self.beside.setVisible(self._has_base and not self._is_base and not self._is_narrow)

    def _write(self, pieces: list[Piece] | tuple[Piece, ...]) -> None:
        """Plain text with marks, never read as markup. What stands there already stays, with the reader's place; an
        answer that is being written only grows."""
        written = (self._look.palette, tuple(pieces))
        if written == self._written:
            return
        grown = _growth(self._written, written)
        self._written = written
        looks = formats(self._look.palette)
        if grown is None:
            self.text.clear()
        cursor = QTextCursor(self.text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for piece in pieces if grown is None else [Piece("same", grown)]:
            cursor.insertText(piece.text, looks.get(piece.kind, QTextCharFormat()))
        cursor.endEditBlock()
        if grown is None:
            self.text.setTextCursor(QTextCursor(self.text.document()))

    def _view(self, name: str) -> QPushButton:
        switch = button(f"  {name}  ", None, "segment", name)
        switch.setCheckable(True)
        switch.clicked.connect(lambda: self.view_changed.emit())
        self._views.addButton(switch)
        return switch

    def _enable(self, result: Result | None) -> None:
        state = result.state if result is not None else None
        self.retry.setEnabled(state in ("done", "failed", "deleted"))
        for comparing in (self.base, self.beside):
            comparing.setEnabled(bool(result is not None and result.text))
        self.use.setEnabled(state in ("done", "failed", "running"))

    def _wish(self, signal: object) -> None:
        if self.place is not None:
            signal.emit(self.place)  # type: ignore[attr-defined]


def _growth(before: Written | None, now: Written) -> str | None:
    """What was added at the end of a text without marks; None where it is another text."""
    if before is None or before[0] != now[0] or len(before[1]) != 1 or len(now[1]) != 1:
        return None
    (one,), (two,) = before[1], now[1]
    is_longer = one.kind == two.kind == "same" and one.text and two.text.startswith(one.text)
    return two.text[len(one.text) :] if is_longer else None


def agreement_words(agreement: Agreement, results: list[Result]) -> str:
    """How the samples of one setting agree and spread, and their sentences: first those that recur."""
    if len(results) < 2:
        return "Two answers of one setting are needed to say where they agree."
    share = f"{(agreement.share or 0) * 100:.0f} %"
    lines = [f"{len(results)} answers. A sentence of one is in {share} of the others, on average."]
    if len({result.text for result in results}) == 1:
        lines = [f"{len(results)} answers, the same byte by byte: SHA-256 {digest(results[0].text)}."]
    spreads = (_spread(metric, results) for metric in METRICS if metric.name != "agreement")
    lines += filter(None, spreads)
    many = [f"{len(found.answers)} of {len(results)}   {found.text}" for found in agreement.common]
    lines += ["", "Sentences that recur", *(many or ["None."])]
    alone = [f"Sample {results[found.answers[0]].sample + 1}   {found.text}" for found in agreement.single]
    lines += ["", "Sentences of one answer alone", *(alone or ["None."])]
    return "\n".join(lines)


def _spread(metric: Metric, results: list[Result]) -> str:
    spread = spread_of(metric.of(result) for result in results)
    if spread is None:
        return ""
    low, mean, high = (number_words(metric, value) for value in (spread.low, spread.mean, spread.high))
    return f"{metric.label}: {low} to {high}, {mean} on average{UNITS.get(metric.unit, '')}."


def _labelled(metric: Metric, result: Result) -> str:
    """A figure with its name, where its unit does not say what it is."""
    words = metric_words(metric, metric.of(result), result.currency)
    return f"{metric.label.lower()} {words}" if words and metric.unit in ("%", "s", "") else words
