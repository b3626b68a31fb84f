"""How much of an answer is supported in wording, in a line of the Citations panel, and the sentences that are not."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QWidget

from chatapp.conversation.support import Claim, Support, Verdict, passage_of
from chatapp.conversation.tree import Turn
from chatapp.desktop.doubts import Doubts
from chatapp.desktop.panels.folded import Folded
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, clear, column, holding, label, named, row

ABOUT: Final[dict[str, str]] = {
    "wording": "Compares the wording of each sentence with the passages. It does not tell whether a sentence is true.",
    "meaning": (
        "Compares wording and meaning of each sentence with the passages, on this computer. It does not tell whether a"
        " sentence is true."
    ),
}
MEASURE: Final[dict[str, str]] = {"wording": "in wording", "meaning": "in wording or meaning"}
WORDS: Final[dict[Verdict, str]] = {
    "supported": "Found",
    "weak": "Partly found",
    "unsupported": "Not found",
}


class SupportLine(QWidget):
    """Hidden where there is nothing to say."""

    def __init__(self, doubts: Doubts, icons: Icons) -> None:
        super().__init__()
        self._doubts, self._icons = doubts, icons
        self._turn: Turn | None = None
        self._fold: Folded | None = None
        self.words = named(label(wrap=True), "Support")
        self.marks = named(QCheckBox("Mark support"), "Mark support")
        self.marks.setToolTip(ABOUT["wording"])
        self.marks.setChecked(doubts.marks)
        self.marks.clicked.connect(doubts.switch)
        doubts.switched.connect(self.marks.setChecked)
        doubts.measured.connect(self._measured)
        self._list = column(gap=GAP_8)
        head = row(self.words, self.marks, gap=GAP_8)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._list, gap=GAP_4))
        self.hide()

    def show_turn(self, turn: Turn | None) -> None:
        """The sentences of a turn that is shown already stay open, and keep the focus, where it is measured anew."""
        is_same = turn is not None and self._turn is not None and turn.id == self._turn.id
        fold = self._fold if is_same else None
        was_open, had_focus = (fold.is_open, fold.head.hasFocus()) if fold is not None else (False, False)
        self._turn, self._fold = turn, None
        support = self._doubts.of(turn) if turn is not None else None
        self.setVisible(support is not None and bool(support.claims or support.reason))
        clear(self._list)
        if turn is None or support is None:
            return
        self.words.setText(summary(support))
        about = ABOUT[support.compared]
        for told in (self.words, self.marks):
            told.setToolTip(about)
        self.words.setAccessibleName(f"{summary(support)}. {about}")
        self.marks.setVisible(bool(support.claims))
        doubted = [claim for claim in support.claims if claim.judged.verdict != "supported"]
        if doubted:
            inside = column(*(_sentence(claim, turn) for claim in doubted), gap=GAP_8)
            self._fold = Folded(f"Sentences to check ({len(doubted)})", holding(inside), self._icons)
            self._list.addWidget(self._fold)
            if was_open:
                self._fold.toggle()
            if had_focus:
                self._fold.head.setFocus(Qt.FocusReason.OtherFocusReason)

    def _measured(self, turn_id: str) -> None:
        if self._turn is not None and self._turn.id == turn_id:
            self.show_turn(self._turn)


def summary(support: Support) -> str:
    """ "9 of 12 sentences supported in wording", or why that cannot be said."""
    total = len(support.claims)
    if not total:
        return support.reason
    noun = "sentence" if total == 1 else "sentences"
    return f"{support.count('supported')} of {total} {noun} supported {MEASURE[support.compared]}"


def _sentence(claim: Claim, turn: Turn) -> QWidget:
    """A sentence, what of it was found and where; reached by Tab, so that it can be read out."""
    judged = claim.judged
    near = "" if judged.nearness is None else f", nearness in meaning {judged.nearness:.2f}"
    about = f"{WORDS[judged.verdict]} ({judged.score:.0%} of the wording{near})"
    nearest = passage_of(turn.answer, judged)
    if nearest is not None:
        about += f"; nearest: {nearest.filename or nearest.file_id}, rank {nearest.rank}"
    card = QFrame()
    card.setProperty("kind", "card")
    card.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    card.setAccessibleName(f"{about}: {claim.text}")
    words: QLabel = label(" ".join(claim.text.split()), wrap=True)
    inside = column(label(about, "caption", wrap=True), words, gap=GAP_4)
    inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
    card.setLayout(inside)
    return card
