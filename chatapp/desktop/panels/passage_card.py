"""A card for a citation or a passage: number, file, page, score, and the passage with the quoted words strong."""

from html import escape

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from chatapp.conversation.citations import Citation, Passage, line_of
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.links import host
from chatapp.desktop.theme import CAPTION_TEXT, GAP_8, GAP_12
from chatapp.desktop.widgets import OneLine, column, label, named, restyle, row
from chatapp.documents.model import Place, page_name

CONTEXT = 90
"""Characters of the passage shown before and after the quoted words."""
LONGEST_QUOTE = 360
NAMELESS = "A file without a name"
THRESHOLD_LINE = 2
"""Pixels."""
CHOOSE_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class NumberMark(QWidget):
    """The small rounded number, as it stands in the text."""

    def __init__(self, number: int, appearance: Appearance) -> None:
        super().__init__()
        self._number, self._look = number, appearance
        self.setFixedSize(QSize(22, 18))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.marker))
        painter.drawRoundedRect(QRectF(self.rect()), 9, 9)
        painter.setPen(QColor(self._look.palette.marker_text))
        painter.setFont(self._look.font(CAPTION_TEXT - 1, QFont.Weight.DemiBold))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))


class ScoreBar(QWidget):
    """A score from 0 to 1 as a thin bar, with a line at the threshold if there is one; its words say the numbers."""

    def __init__(self, score: float, threshold: float | None, appearance: Appearance) -> None:
        super().__init__()
        self._score, self._look = min(1.0, max(0.0, score)), appearance
        self._threshold = threshold or None
        self.setFixedHeight(4 if self._threshold is None else 10)
        limit = "" if self._threshold is None else f", threshold {self._threshold:.2f}"
        self.setToolTip(f"Score {score:.2f}{limit}")
        self.setAccessibleName(self.toolTip())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(0, (self.height() - 4) / 2, self.width(), 4)
        palette = self._look.palette
        painter.setBrush(QColor(palette.border if palette.dark else palette.sunken))
        painter.drawRoundedRect(whole, 2, 2)
        painter.setBrush(QColor(self._look.palette.accent))
        painter.drawRoundedRect(whole.adjusted(0, 0, whole.width() * (self._score - 1), 0), 2, 2)
        if self._threshold is not None:
            painter.setBrush(QColor(palette.text))
            at = min(1.0, self._threshold) * (whole.width() - THRESHOLD_LINE)
            painter.drawRect(QRectF(at, 0, THRESHOLD_LINE, self.height()))


class PassageCard(QFrame):
    """Can be pressed and focused; `chosen` is a click, Enter or Space. `threshold` is the score below which nothing
    was found."""

    chosen = Signal()

    def __init__(
        self,
        passage: Passage | None,
        citation: Citation | None,
        appearance: Appearance,
        threshold: float | None = None,
    ) -> None:
        super().__init__()
        self._look = appearance
        self._threshold = threshold
        self._passage, self._citation = passage, citation
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        named(self, "Passage")
        self.setAccessibleName(self._spoken(self._place()))
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setWordWrap(True)
        self._build()
        self._recolour()
        appearance.changed.connect(self._recolour)

    def set_current(self, current: bool) -> None:
        restyle(self, current=current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in CHOOSE_KEYS:
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def _build(self) -> None:
        head = row(gap=GAP_8)
        if self._citation is not None:
            head.addWidget(NumberMark(self._citation.number, self._look))
        title = OneLine(self._filename(), "strong")
        title.setToolTip(self._filename())
        head.addWidget(title, 1)
        self._where = label(self._place(), "caption")
        head.addWidget(self._where)
        inside = column(head, gap=GAP_8)
        if self._passage is not None and self._passage.score is not None:
            inside.addWidget(ScoreBar(self._passage.score, self._threshold, self._look))
        inside.addWidget(self._words)
        inside.setContentsMargins(GAP_12, GAP_12, GAP_12, GAP_12)
        self.setLayout(inside)
        self._words.setHidden(not any(self._pieces()))

    def add(self, widget: QWidget) -> None:
        """Puts something below the words."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)

    def set_place(self, words: str) -> None:
        """Where the words were found, once that is known: "p. 5"."""
        self._where.setText(words)
        self.setAccessibleName(self._spoken(words))

    def _recolour(self) -> None:
        self._words.setText(self._markup())
        self.update()

    def _filename(self) -> str:
        if self._citation is not None:
            return self._citation.filename or self._citation.url or self._citation.file_id or NAMELESS
        return (self._passage.filename if self._passage is not None else "") or NAMELESS

    def _place(self) -> str:
        if self._citation is not None and self._citation.made:
            return "made for this answer"
        if self._citation is not None and self._citation.url:
            return host(self._citation.url)
        if self._passage is None:
            return ""
        if self._passage.page is not None:
            return said_page(self._passage.page, self._filename())
        if self._passage.line is not None:
            quote = self._citation.quote if self._citation is not None else ""
            return f"line {line_of(quote, self._passage.text, self._passage.line)}"
        return f"{self._passage.score:.2f}" if self._passage.score is not None else ""

    def _markup(self) -> str:
        before, quote, after = self._pieces()
        palette = self._look.palette
        style = f"color:{palette.text}; background:{palette.selection}; font-weight:600"
        strong = f'<span style="{style}">{escape(quote)}</span>'
        return (
            f'<div style="color:{palette.secondary}; line-height:120%">'
            f"“{escape(before)}{strong if quote else ''}{escape(after)}”</div>"
        )

    def _pieces(self) -> tuple[str, str, str]:
        quote = self._citation.quote if self._citation is not None else ""
        text = self._passage.text if self._passage is not None else quote
        return around(text, quote)

    def _spoken(self, place: str) -> str:
        number = f"Citation {self._citation.number}, " if self._citation is not None else "Passage, "
        before, quote, after = self._pieces()
        return f"{number}{self._filename()} {place}: {before}{quote}{after}"


def said_page(number: int, filename: str) -> str:
    """ "p. 5", or what a page is called in files of that kind: "slide 5"."""
    return f"{page_name(filename).replace('page', 'p.')} {number}"


def said_place(place: Place, filename: str) -> str:
    """Where words were found, in a word or two; "" where there are neither pages nor lines."""
    if place.page is not None:
        return said_page(place.page, filename)
    return f"line {place.line}" if place.line else ""


def around(text: str, quote: str) -> tuple[str, str, str]:
    """The quote with a little of the text on both sides, on one line; a long text is cut with "…"."""
    at = text.find(quote) if quote else -1
    if at < 0:
        return "", "", _flat(_cut(text, LONGEST_QUOTE))
    before, after = text[:at], text[at + len(quote) :]
    lead = before if len(before) <= CONTEXT else f"… {before[-CONTEXT:].partition(' ')[2]}"
    tail = after if len(after) <= CONTEXT else f"{after[:CONTEXT].rpartition(' ')[0]} …"
    return _flat(lead), _flat(_cut(quote, LONGEST_QUOTE)), _flat(tail)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit].rpartition(' ')[0]} …"


def _flat(text: str) -> str:
    """Line breaks of the original would break the card's own lines; a word cut by a hyphen is joined."""
    edge = " " if text[:1].isspace() else "", " " if text[-1:].isspace() else ""
    body = " ".join(text.split())
    return f"{edge[0]}{body}{edge[1]}" if body else " " if text else ""
