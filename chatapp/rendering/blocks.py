"""The blocks an answer is made of, and how the parser's tokens become them.

Values only: `grammar` reads the text, `stream` keeps the blocks of an answer that is still being written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from markdown_it.token import Token

from chatapp.rendering import inline, markers
from chatapp.rendering.inline import Inline, Marker, Text

Alignment = Literal["left", "center", "right"] | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    pieces: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    pieces: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced or indented block. `markers` are the numbers of citations that stood inside it."""

    language: str
    text: str
    markers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ListItem:
    """`checked` is None unless the item is a task."""

    blocks: "tuple[Block, ...]"
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class List:
    """`start` is None for bullets, else the first number. `tight` only changes the spacing."""

    start: int | None
    tight: bool
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: "tuple[Block, ...]"


Cell = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` do not hold the header; every row is as long as `alignments`."""

    alignments: tuple[Alignment, ...]
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


@dataclass(frozen=True, slots=True)
class Raw:
    """Shown as it stands: HTML, or markup nested deeper than anyone reads."""

    text: str
    markers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote, where it was written. One that nothing refers to is shown all the same."""

    label: str
    blocks: "tuple[Block, ...]"


Block = Paragraph | Heading | Code | List | Quote | Table | Rule | Raw | Note

_TASKS: Final = {"[ ] ": False, "[x] ": True, "[X] ": True}


class Reader:
    """Walks the block tokens of one text; the inline tokens are already parsed."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def blocks(self, closing: str | None = None) -> tuple[Block, ...]:
        """The blocks up to the token that closes the container, or to the end."""
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._next()
            if token.type == closing:
                break
            found.append(self._block(token))
        return tuple(found)

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _block(self, token: Token) -> Block:
        match token.type:
            case "paragraph_open":
                return Paragraph(self._pieces("paragraph_close"))
            case "heading_open":
                return Heading(int(token.tag[1]), self._pieces("heading_close"))
            case "fence" | "code_block":
                return code(token.info, token.content)
            case "bullet_list_open":
                return self._list(None, "bullet_list_close")
            case "ordered_list_open":
                return self._list(
                    int(token.attrGet("start") or 0) if token.attrs else 1, "ordered_list_close"
                )
            case "blockquote_open":
                return Quote(self.blocks("blockquote_close"))
            case "note_open":
                return Note(token.content, self.blocks("note_close"))
            case "table_open":
                return self._table()
            case "hr":
                return Rule()
            case _:
                return raw(token.content)

    def _pieces(self, closing: str) -> tuple[Inline, ...]:
        pieces: tuple[Inline, ...] = ()
        while (token := self._next()).type != closing:
            pieces += inline.convert(token.children, token.content)
        return pieces

    def _list(self, start: int | None, closing: str) -> List:
        items: list[ListItem] = []
        tight = True
        while (token := self._next()).type != closing:
            first = self._at
            blocks = self.blocks("list_item_close")
            tight = tight and not self._loose(first, token.level + 1)
            items.append(_item(blocks))
        return List(start, tight, tuple(items))

    def _loose(self, first: int, level: int) -> bool:
        return any(
            token.type == "paragraph_open" and token.level == level and not token.hidden
            for token in self._tokens[first : self._at]
        )

    def _table(self) -> Table:
        rows: list[tuple[Cell, ...]] = []
        alignments: list[Alignment] = []
        cells: list[Cell] = []
        while (token := self._next()).type != "table_close":
            if token.type == "th_open":
                alignments.append(_alignment(token))
            elif token.type == "inline":
                cells.append(inline.convert(token.children, token.content))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        return Table(tuple(alignments), rows[0], tuple(rows[1:]))


def code(info: str, text: str) -> Code:
    """A code block from its info string and content; the language is the info string's first word."""
    words = markers.strip(info).split()
    return Code(
        words[0] if words else "",
        markers.strip(text).removesuffix("\n"),
        markers.numbers_in(info) + markers.numbers_in(text),
    )


def raw(text: str) -> Raw:
    """`text` as it stands, its markers kept."""
    return Raw(markers.strip(text).strip("\n"), markers.numbers_in(text))


def count_markers(block: Block) -> int:
    """How many citations stand in a block, at any depth."""
    match block:
        case Paragraph(pieces) | Heading(_, pieces):
            return _count(pieces)
        case Code(_, _, numbers) | Raw(_, numbers):
            return len(numbers)
        case List(_, _, items):
            return sum(count_markers(inner) for item in items for inner in item.blocks)
        case Quote(inside) | Note(_, inside):
            return sum(map(count_markers, inside))
        case Table(_, header, rows):
            return sum(_count(cell) for row in (header, *rows) for cell in row)
        case Rule():
            return 0


def _count(pieces: Sequence[Inline]) -> int:
    return sum(isinstance(piece, Marker) for piece in inline.walk(pieces))


def with_markers(block: Block, numbers: tuple[int, ...]) -> Block:
    """The block with more citations at its very end."""
    more = tuple(map(Marker, numbers))
    match block:
        case Paragraph(pieces) | Heading(_, pieces):
            return replace(block, pieces=pieces + more)
        case Code(_, _, present) | Raw(_, present):
            return replace(block, markers=present + numbers)
        case List(start, tight, (*items, ListItem(inside, checked))):
            return List(start, tight, (*items, ListItem(_last_marked(inside, numbers), checked)))
        case Quote(inside) | Note(_, inside):
            return replace(block, blocks=_last_marked(inside, numbers))
        case Table(alignments, header, rows):
            *before, (*cells, cell) = (header, *rows)
            every = (*before, (*cells, cell + more))
            return Table(alignments, every[0], every[1:])
        case _:
            return Paragraph(more)


def _last_marked(blocks: tuple[Block, ...], numbers: tuple[int, ...]) -> tuple[Block, ...]:
    last = blocks[-1] if blocks else Paragraph(())
    return (*blocks[:-1], with_markers(last, numbers))


def _item(blocks: tuple[Block, ...]) -> ListItem:
    match blocks:
        case (Paragraph((Text(text), *rest)), *others) if text[:4] in _TASKS:
            pieces: tuple[Inline, ...] = (Text(text[4:]), *rest) if text[4:] else tuple(rest)
            return ListItem((Paragraph(pieces), *others), _TASKS[text[:4]])
        case _:
            return ListItem(blocks)


def _alignment(token: Token) -> Alignment:
    style = str(token.attrGet("style") or "")
    name = style.removeprefix("text-align:")
    return name if name in ("left", "center", "right") else None  # type: ignore[return-value]
