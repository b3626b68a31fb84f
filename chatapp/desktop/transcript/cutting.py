"""Messages cut into strips: blocks and items in, the values of `strips` out. No toolkit: widths are asked for.

Long text, long code and tables become many strips, so that only what is seen costs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Literal

from chatapp.desktop.transcript.folds import fold_details, result_details
from chatapp.desktop.transcript.messages import (
    Detail,
    Item,
    Question,
    RefusalItem,
    ResultItem,
    VerdictItem,
)
from chatapp.desktop.transcript.remote import is_on_the_web
from chatapp.desktop.transcript.runs import GLUE, Run, Style, runs
from chatapp.desktop.transcript.strips import (
    GAP,
    GAP_TIGHT,
    CodeLines,
    Equation,
    Files,
    Frame,
    Line,
    Prose,
    RemoteImage,
    Row,
    Shape,
    Strip,
)
from chatapp.rendering import inline
from chatapp.rendering.blocks import Block, Code, Heading, List, Note, Paragraph, Quote, Raw, Rule, Table
from chatapp.rendering.code import Colouring
from chatapp.rendering.grammar import parse
from chatapp.rendering.inline import Emph, Formula, Image, Inline, Link, Marker, Strike, Strong, Text
from chatapp.rendering.reading import bullet

CODE_STRIP: Final = 30  # lines of code in one strip
TEXT_STRIP: Final = 3_000  # characters of unbroken text in one strip
LINE_STRIP: Final = 1_500  # characters of one line of code in one strip
WIDEST_TABLE: Final = 60  # columns; a wider one is set as aligned text
SHAPING: Final = 100  # rows that decide how wide a table's columns are
GAP_HEADING: Final = 24
GAP_EQUATION: Final = 8  # between a formula on a line of its own and the words around it
ENDS_OF_SENTENCE: Final = ".,;:!?"
GAP_CODE: Final = 8  # above code in an open fold
GAP_CARD: Final = 24  # above a question's card that follows its results
LONGEST_THOUGHT: Final = 8_000  # characters that are read as Markdown at once

_STRUCTURE: Final = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}|\\(?:[dt]?frac|sqrt|left|right|big\w*|math\w+|text\w*|operatorname|hat|bar|vec|tilde|dot"
    r"|over\w+|under\w+)\b|\\[,;:!]"
)
_SYMBOL: Final = re.compile(r"\\(?:[A-Za-z]+|.)")
_NOT_DRAWN: Final = re.compile(r"[{}^_&\s]")

Measure = Callable[[str, bool], int]
"""The width in pixels of a text in the transcript's font, bold or not."""


@dataclass(slots=True)
class Cutter:
    """Cuts blocks into strips; counts the code blocks and tables of the message as it goes."""

    measure: Measure
    blocks: int = 0
    strips: list[Strip] = field(default_factory=list)

    def block(self, block: Block, frame: Frame, gap: int) -> None:
        """Append the strips of one block, `gap` above the first."""
        match block:
            case Paragraph(pieces):
                self._prose(pieces, frame, gap)
            case Heading(level, pieces):
                above = GAP_HEADING if gap and level < 3 else gap
                self.strips.append(Prose(tuple(runs(pieces, Style.BOLD)), frame, above, level))
            case Code():
                self._code(block, frame, gap)
            case Raw(text, numbers):
                marks = tuple(Run("\ufffc", Style.MARKER, "", number) for number in numbers)
                self.long(text, frame, gap, "raw", marks)
            case List():
                self.items(block, 0, len(block.items), frame, gap)
            case Quote(inside):
                first = len(self.strips)
                self._inside(inside, frame.deeper(bar=True), gap, GAP)
                self._begin_quote(first, frame.indent)
            case Note(label, inside):
                first = len(self.strips)
                self._inside(inside, frame, gap, GAP_TIGHT)
                self._begin_note(first, label, frame, gap)
            case Table():
                self._table(block, frame, gap)
            case Rule():
                self.strips.append(Line(frame, gap))

    def _begin_quote(self, first: int, level: int) -> None:
        """A quote's bar begins anew: it does not join that of a quote right before it."""
        if first < len(self.strips):
            strip = self.strips[first]
            self.strips[first] = replace(strip, frame=replace(strip.frame, begins=level))

    def _begin_note(self, first: int, label: str, frame: Frame, gap: int) -> None:
        """A footnote's label stands before its first words, or above what is no prose."""
        sign = (Run(label, Style.RAISED), Run(GLUE + "\u2002"))
        strip = self.strips[first] if first < len(self.strips) else None
        if isinstance(strip, Prose) and not strip.frame.label:
            self.strips[first] = replace(strip, parts=(*sign, *strip.parts))
        else:
            self.strips.insert(first, Prose(sign, frame, gap))

    def _prose(self, pieces: Sequence[Inline], frame: Frame, gap: int) -> None:
        match pieces:
            case [Text(text)] if len(text) > TEXT_STRIP:
                self.long(text, frame, gap, "text", ())
            case _ if any(image_of(piece) for piece in pieces):
                self._with_images(pieces, frame, gap)
            case _ if any(isinstance(piece, Formula) and piece.display for piece in pieces):
                self._with_equations(pieces, frame, gap)
            case _:
                self.strips.append(Prose(tuple(runs(pieces)), frame, gap))

    def _with_images(self, pieces: Sequence[Inline], frame: Frame, gap: int) -> None:
        """Prose that is cut at the pictures it points to."""
        for part in around_images(pieces):
            if isinstance(part, Image) and frame.label:
                self.strips.append(Prose((), frame, gap))
                frame, gap = Frame(frame.indent, frame.bars), GAP_TIGHT
            if isinstance(part, Image):
                self.strips.append(RemoteImage(part.src, part.alt, frame, gap))
            else:
                self._prose(part, frame, gap)
            frame, gap = Frame(frame.indent, frame.bars), GAP

    def _with_equations(self, pieces: Sequence[Inline], frame: Frame, gap: int) -> None:
        """Prose that is cut at the formulas which stand on lines of their own."""
        first = len(self.strips)
        for is_equation, part in equations(pieces):
            above = gap if len(self.strips) == first else GAP_EQUATION
            here = frame if len(self.strips) == first else Frame(frame.indent, frame.bars)
            if not is_equation:
                self.strips.append(Prose(tuple(runs(part)), here, above))
                continue
            if here.label:
                self.strips.append(Prose((), here, above))
                here, above = Frame(frame.indent, frame.bars), 0
            self.blocks += 1
            self.strips.append(Equation(tuple(runs(part)), self.blocks, here, above))

    def long(
        self,
        text: str,
        frame: Frame,
        gap: int,
        tone: Literal["text", "secondary", "raw", "question"],
        after: tuple[Run, ...],
    ) -> None:
        """Text without markup, in as many strips as it takes; `after` stands at its end."""
        pieces = list(portions(text, TEXT_STRIP))
        for at, piece in enumerate(pieces):
            parts = (Run(piece.replace("\n", "\u2028")), *(after if at == len(pieces) - 1 else ()))
            here = frame if at == 0 else Frame(frame.indent, frame.bars)
            self.strips.append(Prose(parts, here, 0 if at else gap, 0, tone, glued=at > 0))

    def details(self, details: Iterable[Detail]) -> None:
        """What an open fold shows, behind its rule."""
        frame = Frame(1, (0,))
        for detail in details:
            if detail.kind == "code":
                self._code(Code(detail.language, detail.text), frame, GAP_CODE)
            elif detail.kind == "markdown" and len(detail.text) <= LONGEST_THOUGHT:
                self._thought(detail.text, frame)
            else:
                tone: Literal["raw", "secondary"] = "raw" if detail.kind == "raw" else "secondary"
                self.long(detail.text, frame, GAP_TIGHT, tone, ())

    def _thought(self, text: str, frame: Frame) -> None:
        """Markdown as quiet as the words around it."""
        first = len(self.strips)
        for block in _read(text):
            self.block(block, frame, GAP_TIGHT)
        for at, strip in enumerate(self.strips[first:], first):
            if isinstance(strip, Prose) and strip.tone == "text":
                self.strips[at] = replace(strip, tone="secondary")

    def items(self, block: List, first: int, stop: int, frame: Frame, gap: int) -> None:
        """The items of a list from number `first` up to `stop`."""
        between = GAP_TIGHT if block.tight else GAP
        for at in range(first, stop):
            item = block.items[at]
            inner = Frame(frame.indent + 1, frame.bars, bullet(block.start, at, item.checked))
            self._inside(item.blocks or (Paragraph(()),), inner, between if at else gap, between)

    def _inside(self, blocks: Sequence[Block], frame: Frame, gap: int, between: int) -> None:
        for at, block in enumerate(blocks):
            here = frame if at == 0 else Frame(frame.indent, frame.bars)
            if at == 0 and frame.label and not isinstance(block, Paragraph | Heading | Raw):
                self.strips.append(Prose((), frame, gap))
                self.block(block, Frame(frame.indent, frame.bars), GAP_TIGHT)
            else:
                self.block(block, here, between if at else gap)

    def _code(self, block: Code, frame: Frame, gap: int) -> None:
        self.blocks += 1
        colours = Colouring(block.language, block.text)
        colours.finish()
        self.strips += code_strips(block, 0, self.blocks, colours, frame, gap)
        self.marks(block.markers, frame)

    def marks(self, numbers: Sequence[int], frame: Frame) -> None:
        """The citations that stood in code, under it."""
        if numbers:
            self.strips.append(Prose(tuple(runs([Marker(number) for number in numbers])), frame, GAP_TIGHT))

    def _table(self, block: Table, frame: Frame, gap: int) -> None:
        if len(block.alignments) > WIDEST_TABLE:
            self._code(Code("table", aligned(block)), frame, gap)
            return
        self.blocks += 1
        self.rows(block, self.shape(block), 0, len(block.rows), frame, gap)

    def rows(self, block: Table, shape: Shape, first: int, stop: int, frame: Frame, gap: int) -> None:
        """The rows of a table from number `first` up to `stop`, the header before the first."""
        heads = (block.header,) if first == 0 else ()
        for at, row in enumerate((*heads, *block.rows[first:stop])):
            head = at == 0 and first == 0
            last = stop == len(block.rows) and at == len(heads) + stop - first - 1
            cells = tuple(tuple(runs(cell, Style.BOLD if head else Style.PLAIN)) for cell in row)
            self.strips.append(
                Row(cells, block.alignments, shape, self.blocks, head, last, frame, gap if head else 0)
            )

    def shape(self, block: Table) -> Shape:
        """How wide its columns are, by its first rows: so it is settled early, and costs the same for any length."""
        columns = range(len(block.alignments))
        natural, least = [0] * len(columns), [0] * len(columns)
        for row in (block.header, *block.rows[:SHAPING]):
            for column in columns:
                text = seen(row[column])
                natural[column] = max(natural[column], self.measure(text, row is block.header))
                longest = max(text.split(), key=len, default="")
                least[column] = max(least[column], min(self.measure(longest, row is block.header), 240))
        return Shape(tuple(natural), tuple(least))


def seen(pieces: Sequence[Inline]) -> str:
    """About as many letters as a cell shows: of a formula those that are drawn, unbroken, not those of its TeX."""
    text = inline.plain(pieces)
    for piece in inline.walk(pieces):
        if isinstance(piece, Formula):
            drawn = _NOT_DRAWN.sub("", _SYMBOL.sub("m", _STRUCTURE.sub("", piece.tex)))
            text = text.replace(piece.source, drawn, 1)
    return text


def code_strips(
    block: Code, offset: int, number: int, colours: Colouring, frame: Frame, gap: int, columns: int = 0
) -> Iterator[CodeLines]:
    """The lines of a block from the character `offset` on, which begins a strip; `columns` is the longest above."""
    pieces = list(code_portions(block.text[offset:]))
    for at, (piece, glued) in enumerate(pieces):
        first, last = offset == 0, at == len(pieces) - 1
        columns = max(columns, *map(len, piece.split("\n")))
        here = gap if first and at == 0 else 0
        yield CodeLines(
            piece,
            offset,
            block.language,
            number,
            columns,
            first and at == 0,
            last,
            False,
            frame,
            here,
            glued,
            colours,
        )
        offset += len(piece) + (0 if not last and pieces[at + 1][1] else 1)


def image_of(piece: Inline) -> Image | None:
    """The picture that a piece is, alone or as all that a link or emphasis holds."""
    while isinstance(piece, Strong | Emph | Strike | Link) and len(piece.children) == 1:
        piece = piece.children[0]
    return piece if isinstance(piece, Image) and is_on_the_web(piece.src) else None


def around_images(pieces: Sequence[Inline]) -> Iterator[Image | tuple[Inline, ...]]:
    """Prose in parts: the pictures, and what stands between them. The link of a picture stands after it."""
    part: list[Inline] = []
    for piece in pieces:
        image = image_of(piece)
        if image is None:
            part += [Text(piece.text.lstrip())] if isinstance(piece, Text) and not part else [piece]
            continue
        if inline.plain(part).strip():
            yield tuple(part)
        yield image
        part = []
        if isinstance(piece, Link) and piece.href != image.src:
            part = [replace(piece, children=(Text(image.alt or piece.href),))]
    if inline.plain(part).strip():
        yield tuple(part)


def equations(pieces: Sequence[Inline]) -> Iterator[tuple[bool, tuple[Inline, ...]]]:
    """Prose in parts: (whether it is a formula on lines of its own, its pieces). What ends a sentence stays by it."""
    part: list[Inline] = []
    is_equation = False
    for piece in pieces:
        if isinstance(piece, Formula) and piece.display:
            yield from _worded(is_equation, part)
            is_equation, part = True, [piece]
            continue
        if is_equation and not isinstance(piece, Marker):
            mark, rest = _cut_off(piece)
            part += mark
            yield True, tuple(part)
            is_equation, part = False, [*rest]
            continue
        part.append(piece)
    yield from _worded(is_equation, part)


def _worded(is_equation: bool, part: list[Inline]) -> Iterator[tuple[bool, tuple[Inline, ...]]]:
    if is_equation or inline.plain(part).strip():
        yield is_equation, tuple(part)


def _cut_off(piece: Inline) -> tuple[list[Inline], list[Inline]]:
    """The punctuation that a text begins with, and what comes after it."""
    if not isinstance(piece, Text):
        return [], [piece]
    rest = piece.text.lstrip(ENDS_OF_SENTENCE)
    mark = piece.text[: len(piece.text) - len(rest)]
    rest = rest.lstrip()
    return [Text(mark)] if mark else [], [Text(rest)] if rest else []


def portions(text: str, limit: int) -> Iterator[str]:
    """`text` in portions of at most `limit` characters, cut after a line or a word where there is one."""
    at = 0
    while len(text) - at > limit:
        window = text[at : at + limit]
        stop = max(window.rfind("\n"), window.rfind(" ")) + 1 or limit
        yield text[at : at + stop]
        at += stop
    yield text[at:]


def code_portions(text: str) -> Iterator[tuple[str, bool]]:
    """Code in portions of whole lines; (portion, whether it continues the line before it)."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) > LINE_STRIP:
            if lines:
                yield "\n".join(lines), False
                lines = []
            for at in range(0, len(line), LINE_STRIP):
                yield line[at : at + LINE_STRIP], at > 0
            continue
        lines.append(line)
        if len(lines) == CODE_STRIP:
            yield "\n".join(lines), False
            lines = []
    if lines:
        yield "\n".join(lines), False


def aligned(table: Table) -> str:
    """A table as text with its columns padded."""
    rows = [[inline.plain(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.alignments))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def question_strips(question: Question, measure: Measure) -> list[Strip]:
    cutter = Cutter(measure)
    if question.text or not question.results:
        cutter.long(question.text, Frame(), GAP_CARD if question.results else 0, "question", ())
        opening = cutter.strips[0]
        if isinstance(opening, Prose) and question.time:
            cutter.strips[0] = replace(opening, aside=question.time)
    if question.attachments:
        cutter.strips.append(Files(question.attachments))
    return cutter.strips


def results_strips(results: Sequence[ResultItem], measure: Measure) -> list[Strip]:
    """What an open fold shows of the results that come with a question."""
    cutter = Cutter(measure)
    for result in results:
        cutter.details(result_details(result))
    return cutter.strips


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[Block, ...]:
    """A thought that is read stays as it is while the next one is written."""
    return parse(text)


def detail_strips(items: Sequence[Item], measure: Measure, blocks: int) -> list[Strip]:
    """`blocks`: how many code blocks and tables the message may have before these."""
    cutter = Cutter(measure, blocks)
    cutter.details(fold_details(items))
    return cutter.strips


def verdict_strip(item: VerdictItem) -> Strip:
    tone: Literal["secondary", "danger"] = "danger" if item.fits is False else "secondary"
    return Prose((Run(item.words or "Looking whether it matches the schema…"),), gap=GAP_TIGHT, tone=tone)


def refusal_strip(item: RefusalItem) -> Strip:
    return Prose((Run(item.text),), Frame(1, (0,)), GAP, 0, "danger")
