"""Blocks as plain text: for copying, for screen readers, for a title."""

from collections.abc import Sequence

from chatapp.rendering import inline
from chatapp.rendering.blocks import (
    Block,
    Cell,
    Code,
    Heading,
    List,
    Note,
    Paragraph,
    Quote,
    Raw,
    Rule,
    Table,
)


def plain_block(block: Block) -> str:
    """The text of one block, its inner blocks on lines of their own."""
    match block:
        case Paragraph(pieces) | Heading(_, pieces):
            return inline.plain(pieces)
        case Code(_, text, numbers) | Raw(text, numbers):
            return text + "".join(f" [{number}]" for number in numbers)
        case List(start, _, items):
            return "\n".join(
                f"{bullet(start, at, item.checked)} {plain_blocks(item.blocks)}"
                for at, item in enumerate(items)
            )
        case Quote(inside):
            return plain_blocks(inside)
        case Note(label, inside):
            return f"[{label}] {plain_blocks(inside)}"
        case Table(_, header, rows):
            return "\n".join(plain_row(row) for row in (header, *rows))
        case Rule():
            return "———"


def plain_blocks(blocks: Sequence[Block]) -> str:
    return "\n".join(map(plain_block, blocks))


def plain_row(cells: Sequence[Cell]) -> str:
    """A table's row with tabs between its cells."""
    return "\t".join(inline.plain(cell) for cell in cells)


def bullet(start: int | None, at: int, checked: bool | None) -> str:
    """What stands before the item number `at` (from 0) of a list."""
    if checked is not None:
        return "☑" if checked else "☐"
    return "•" if start is None else f"{start + at}."
