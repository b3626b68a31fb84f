"""What a test of a server found out, row by row: a mark, a name, how it went in a word, and a sentence."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from chatapp.conversation.findings import PROBES, Finding, Outcome
from chatapp.desktop.theme import GAP_8, ICON
from chatapp.desktop.widgets import Icons, column, label, named, restyle, row

ASKING = "asking…"
WORDS: dict[Outcome, str] = {
    "passed": "passed",
    "failed": "failed",
    "not_offered": "not offered",
    "undecided": "not decided",
}
MARKS: dict[Outcome, tuple[str, str]] = {
    "passed": ("check", "success"),
    "failed": ("error", "danger"),
    "not_offered": ("minus", "secondary"),
    "undecided": ("info", "secondary"),
}
"""Drawing and role of the palette."""


class FindingRow(QWidget):
    """One probe: still to be made, being made, or with what it found."""

    def __init__(self, probe: str, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        named(self, PROBES[probe])
        self._mark = label()
        self._mark.setFixedWidth(ICON)
        self._word = label(kind="caption")
        self._text = label(kind="caption", wrap=True)
        lines = column(row(label(PROBES[probe]), 1, self._word), self._text, gap=0)
        line = row(self._mark, lines, gap=GAP_8)
        line.setAlignment(self._mark, Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        self.setLayout(line)

    def wait(self, asking: bool = False) -> None:
        """Nothing is known yet."""
        self._icons.mark(self._mark, None)
        self._say(ASKING if asking else "", "", "caption")

    def settle(self) -> None:
        """Nothing more comes."""
        if self._word.text() == ASKING:
            self.wait()

    def show_finding(self, finding: Finding) -> None:
        drawing, role = MARKS[finding.outcome]
        self._icons.mark(self._mark, drawing, role)
        self._say(WORDS[finding.outcome], finding.text, role if role != "secondary" else "caption")

    def _say(self, word: str, text: str, kind: str) -> None:
        restyle(self._word, kind=kind)
        self._word.setText(word)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleDescription(f"{word}. {text}".strip(". "))


class Findings(QWidget):
    """The ten rows, in the order of the probes."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._rows = {probe: FindingRow(probe, icons) for probe in PROBES}
        self.setLayout(column(*self._rows.values(), gap=GAP_8))

    def begin(self) -> None:
        """A test begins: its first probe is being made."""
        for line in self._rows.values():
            line.wait()
        next(iter(self._rows.values())).wait(asking=True)

    def show_finding(self, finding: Finding) -> None:
        """One more of a test that runs; the next is being made."""
        self._rows[finding.probe].show_finding(finding)
        names = list(PROBES)
        for name in names[names.index(finding.probe) + 1 :][:1]:
            self._rows[name].wait(asking=True)

    def settle(self) -> None:
        for line in self._rows.values():
            line.settle()
