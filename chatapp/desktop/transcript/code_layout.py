"""Lays out the lines of blocks of code, and shows their colours as they become known."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QTextCharFormat, QTextCursor, QTextDocument, QTextLayout

from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.colours import Colours
from chatapp.desktop.transcript.laid import Button, Laid, Pane, indent_of
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.runs import Run, Spot, unit_positions, units
from chatapp.rendering.code import Role

CODE_HEADER: Final = 32
CODE_PAD: Final = 12
BUTTON: Final = 28


class CodeSetter:
    """`empty` makes a document in a font, whose lines are wrapped or not."""

    def __init__(self, look: Look, colours: Colours, empty: Callable[[QFont, bool], QTextDocument]) -> None:
        self._look = look
        self._colours = colours
        self._empty = empty
        self._formats: dict[Role | None, QTextCharFormat] = {}

    def height(self, strip: s.CodeLines, width: int) -> int:
        """Of lines that are wrapped about, of others exactly."""
        look = self._look
        rows = strip.text.count("\n") + 1
        if strip.wrapped:
            room = max(int((width - indent_of(strip.frame, look)) / look.mono_advance), 8)
            rows += len(strip.text) // room
        return rows * look.code_line + sum(self._edges(strip))

    def _edges(self, strip: s.CodeLines) -> tuple[int, int]:
        """What of a block stands above and below the lines of a strip."""
        look = self._look
        pad = look.px(CODE_PAD)
        return (look.px(CODE_HEADER) + pad if strip.first else 0), (pad if strip.last else 0)

    def lay(self, strip: s.CodeLines, width: int) -> Laid:
        look = self._look
        document = self._empty(look.mono, strip.wrapped)
        option = document.defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        document.setDefaultTextOption(option)
        cursor = QTextCursor(document)
        cursor.setBlockFormat(look.block(look.code_line))
        cursor.insertText(strip.text, look.char(Run(""), look.mono, "text"))
        left, pad = indent_of(strip.frame, look), look.px(CODE_PAD)
        above, below = self._edges(strip)
        room = width - left - 2 * pad
        inner = look.code_line * (strip.text.count("\n") + 1)
        if strip.wrapped:
            document.setTextWidth(max(room, look.px(80)))
            inner = round(document.size().height())
        pane = Pane(document, left + pad, above, room, inner, 0, units(strip.text))
        laid = Laid(strip, width, above + inner + below, [pane], self._buttons(strip, width))
        laid.content = self.content(strip)
        self._colours.want(strip.colours, strip.offset + len(strip.text))
        self.recolour(laid)
        return laid

    def content(self, strip: s.CodeLines) -> int:
        """The width its lines would like, in pixels."""
        return 0 if strip.wrapped else round(strip.columns * self._look.mono_advance) + 2

    def _buttons(self, strip: s.CodeLines, width: int) -> list[Button]:
        if not strip.first:
            return []
        copy = head_button(self._look, strip.spots[0], "copy", "Copy", width - self._look.px(4))
        word = "Unwrap" if strip.wrapped else "Wrap"
        return [copy, head_button(self._look, strip.spots[1], "wrap", word, copy.rect.left())]

    def recolour(self, laid: Laid) -> bool:
        """Show what is known of the colours of code by now; whether that is more than was shown."""
        strip = laid.strip
        assert isinstance(strip, s.CodeLines)
        known = min(strip.colours.known, strip.offset + len(strip.text))
        if known <= strip.offset or laid.coloured == (strip.colours.revision, known):
            return False
        laid.coloured = (strip.colours.revision, known)
        self._colour(laid.panes[0].document, strip)
        return True

    def _colour(self, document: QTextDocument, strip: s.CodeLines) -> None:
        """Colours as the layout's additional formats: they change no geometry and cost one call a line."""
        positions = unit_positions(strip.text)
        end = strip.offset + len(strip.text)
        lines: dict[int, list[QTextLayout.FormatRange]] = {}
        block = document.firstBlock()
        for start, length, role in strip.colours.runs(strip.offset, end):
            low, high = max(start - strip.offset, 0), min(start + length, end) - strip.offset
            first, last = (positions[low], positions[high]) if positions else (low, high)
            while block.position() + block.length() <= first:
                block = block.next()
            part = block
            while part.isValid() and part.position() < last:
                begin = max(first - part.position(), 0)
                span = QTextLayout.FormatRange()
                span.start, span.length = begin, min(last - part.position(), part.length() - 1) - begin
                span.format = self._format(role)
                lines.setdefault(part.blockNumber(), []).append(span)
                part = part.next()
        for number, spans in lines.items():
            block = document.findBlockByNumber(number)
            block.layout().setFormats(spans)
            document.markContentsDirty(block.position(), block.length())

    def _format(self, role: Role | None) -> QTextCharFormat:
        if role not in self._formats:
            made = QTextCharFormat()
            made.setForeground(self._look.code_colour(role or "operator"))
            self._formats[role] = made
        return self._formats[role]


def head_button(look: Look, spot: Spot, icon: str, word: str, right: int) -> Button:
    """A button in the head of a block, up to a right edge."""
    wide = QFontMetrics(look.caption).horizontalAdvance(word) + look.px(38)
    return Button(spot, QRect(right - wide, look.px(2), wide, look.px(BUTTON)), icon, word)
