"""A palette and a text size made into the fonts, formats and lengths the transcript is drawn with."""

from functools import cached_property
from typing import Final

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetrics,
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
)

from chatapp.desktop import theme
from chatapp.desktop.theme import Palette
from chatapp.desktop.transcript.runs import Run, Style

MARKER_OBJECT: Final = QTextFormat.ObjectTypes.UserObject.value + 1
MARKER_NUMBER: Final = QTextFormat.Property.UserProperty.value + 1
FORMULA_OBJECT: Final = QTextFormat.ObjectTypes.UserObject.value + 2
FORMULA_TEX: Final = QTextFormat.Property.UserProperty.value + 2
FORMULA_SOURCE: Final = QTextFormat.Property.UserProperty.value + 3
FORMULA_DISPLAY: Final = QTextFormat.Property.UserProperty.value + 4
FORMULA_SIZE: Final = QTextFormat.Property.UserProperty.value + 5

CODE_COLOURS: Final = {
    False: {
        "keyword": "#7A2E9E",
        "string": "#1B6B3A",
        "number": "#9A4A00",
        "comment": "#63676F",
        "name": "#2A4BB8",
        "builtin": "#0B6A77",
        "operator": "#4B4F57",
        "inserted": "#1B7048",
        "deleted": "#B3241A",
    },
    True: {
        "keyword": "#CFA6FF",
        "string": "#9AD9A4",
        "number": "#F0B98A",
        "comment": "#9AA0A9",
        "name": "#9DB8FF",
        "builtin": "#7FD3DE",
        "operator": "#BFC3CA",
        "inserted": "#62CC95",
        "deleted": "#FF8F80",
    },
}
_FOUND: Final = {False: ("#FFEDB8", "#FFCF5C"), True: ("#4A3F1D", "#755A12")}
"""Behind words that were found, and behind those that are shown of them, on light and on dark."""


class Look:
    """Lengths are logical pixels at `factor` (1.0 is 100 %)."""

    def __init__(self, palette: Palette, factor: float, family: QFont) -> None:
        self.palette = palette
        self.factor = factor
        self._family = QFont(family)
        self._formats: dict[tuple[Style, str, int], QTextCharFormat] = {}

    def px(self, length: float) -> int:
        """`length`, given for 100 %, at the present size."""
        return max(1, round(length * self.factor))

    def colour(self, role: str) -> QColor:
        return QColor(getattr(self.palette, role))

    def font(self, size: float, bold: bool = False) -> QFont:
        font = QFont(self._family)
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    @cached_property
    def body(self) -> QFont:
        return self.font(theme.TRANSCRIPT_TEXT)

    @cached_property
    def table_header(self) -> QFont:
        return self.font(theme.BASE_TEXT, bold=True)

    @cached_property
    def caption(self) -> QFont:
        return self.font(theme.CAPTION_TEXT)

    @cached_property
    def small(self) -> QFont:
        return self.font(theme.BASE_TEXT)

    @cached_property
    def mono(self) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self.px(theme.CODE_TEXT))
        font.setStyleHint(QFont.StyleHint.Monospace)
        return font

    @cached_property
    def mono_advance(self) -> float:
        return QFontMetricsF(self.mono).horizontalAdvance("0")

    @cached_property
    def average(self) -> float:
        """The width of a character of running prose."""
        return QFontMetricsF(self.body).horizontalAdvance("the quick brown fox jumps over it") / 33

    @cached_property
    def _measures(self) -> dict[tuple[str, bool], int]:
        return {}

    @cached_property
    def _metrics(self) -> tuple[QFontMetrics, QFontMetrics]:
        return QFontMetrics(self.body), QFontMetrics(self.table_header)

    def measure(self, text: str, bold: bool) -> int:
        """The width of `text` in a table's cell, at most that of a long line."""
        found = self._measures.get((text, bold))
        if found is None:
            found = self._metrics[bold].horizontalAdvance(text[:200]) + 2
            self._measures[text, bold] = found
        return found

    @cached_property
    def column(self) -> int:
        return max(theme.READING_COLUMN, self.px(theme.READING_COLUMN))

    @cached_property
    def line(self) -> int:
        return self.px(theme.TRANSCRIPT_LINE)

    @cached_property
    def code_line(self) -> int:
        return self.px(theme.CODE_LINE)

    def heading(self, level: int) -> QFont:
        return self.font(theme.HEADING_TEXT[min(level, 3) - 1], bold=True)

    def heading_line(self, level: int) -> int:
        return self.px((28, 26, 24)[min(level, 3) - 1])

    def block(self, line: int, grows: bool = False) -> QTextBlockFormat:
        """Lines of a height; those that hold something taller are taller if it `grows`."""
        kinds = QTextBlockFormat.LineHeightTypes
        block = QTextBlockFormat()
        block.setLineHeight(float(line), (kinds.MinimumHeight if grows else kinds.FixedHeight).value)
        return block

    def char(self, run: Run, base: QFont, role: str) -> QTextCharFormat:
        """The format of a run that stands in text of the font `base` and the palette's colour `role`."""
        key = (run.style, role, base.pixelSize() * 1000 + base.weight())
        if run.style & Style.MARKER:
            return self._marker(run.number, base)
        if run.style & Style.FORMULA:
            return self._formula(run, base, role)
        found = self._formats.get(key)
        if found is None:
            found = self._formats[key] = self._made(run.style, base, role)
        return found

    def _marker(self, number: int, base: QFont) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFont(base)
        made.setObjectType(MARKER_OBJECT)
        made.setProperty(MARKER_NUMBER, number)
        return made

    def _formula(self, run: Run, base: QFont, role: str) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFont(base)
        made.setForeground(self.colour("accent" if run.style & Style.LINK else role))
        made.setObjectType(FORMULA_OBJECT)
        made.setProperty(FORMULA_TEX, run.tex)
        made.setProperty(FORMULA_SOURCE, run.source)
        made.setProperty(FORMULA_DISPLAY, run.display)
        return made

    def _made(self, style: Style, base: QFont, role: str) -> QTextCharFormat:
        made = QTextCharFormat()
        font = QFont(base)
        if style & Style.MONO:
            font = QFont(self.mono)
            font.setPixelSize(round(base.pixelSize() * 0.9))
        if style & Style.BOLD:
            font.setWeight(QFont.Weight.DemiBold)
        if style & Style.RAISED:
            made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
        font.setItalic(bool(style & Style.ITALIC))
        font.setStrikeOut(bool(style & Style.STRIKE))
        font.setUnderline(bool(style & Style.LINK) and not style & Style.CHIP)
        made.setFont(font)
        made.setForeground(self.colour("accent" if style & (Style.LINK | Style.RAISED) else role))
        return made

    def code_colour(self, role: str) -> QColor:
        if self.palette.name == "high-contrast":
            return self.colour("text" if role != "comment" else "secondary")
        return QColor(CODE_COLOURS[self.palette.dark][role])

    def found(self, is_shown: bool) -> QColor:
        return QColor(_FOUND[self.palette.dark][is_shown])
