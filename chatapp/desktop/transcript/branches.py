"""JSON as a tree in the transcript: a strip a line, objects and lists fold. Long ones are cut into stretches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from chatapp.conversation.json_text import Steps, read_json
from chatapp.desktop.transcript.cutting import TEXT_STRIP, portions
from chatapp.desktop.transcript.messages import StructuredItem
from chatapp.desktop.transcript.runs import BREAK, Run, Style
from chatapp.desktop.transcript.strips import GAP, Branch
from chatapp.protocol.json_types import Json

OPEN_DEPTH: Final = 2
"""Levels that stand open at first."""
OPEN_MEMBERS: Final = 20
"""An object or list of more is folded at first, below the first level."""
STRETCH: Final = 100
"""Members that follow each other in one fold."""
FOLDS_OF_AN_ITEM: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class _Node:
    """A value under its name, at a depth, or a `stretch` of the members of one. `steps` lead to it and to no other."""

    name: str
    value: Json
    steps: Steps
    depth: int
    stretch: bool = False

    @property
    def members(self) -> list["_Node"]:
        """What is in it; many members in stretches."""
        value = self.value
        pairs = list(
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        if len(pairs) <= STRETCH:
            return [_Node(str(name), inner, (*self.steps, name), self.depth + 1) for name, inner in pairs]
        return [
            _Node(f"{at} – {at + len(some) - 1}", dict(some), (*self.steps, at, ""), self.depth + 1, True)
            for at in range(0, len(pairs), STRETCH)
            if (some := pairs[at : at + STRETCH])
        ]

    @property
    def is_open_at_first(self) -> bool:
        few = self.depth == 0 or len(self.value) <= OPEN_MEMBERS
        return self.depth < OPEN_DEPTH and few and (not self.stretch or self.steps[-2] == 0)


def branches(
    item: StructuredItem, at: int, is_open: Callable[[int, bool], bool]
) -> list[tuple[Branch, tuple[int, ...]]]:
    """The tree of the item number `at`: its lines, each with the folds around it. `is_open` says of a fold whether it
    is open, given its number and whether it is at first."""
    root = _Node("", read_json(item.text), (), -1)
    lines = list(_lines(root, at, is_open))
    last = len(lines) - 1
    return [
        (
            Branch(
                line.parts,
                line.depth,
                line.fold,
                line.open,
                at,
                item.title,
                first=number == 0,
                last=number == last,
                gap=GAP if number == 0 else 0,
                glued=line.glued,
            ),
            line.above,
        )
        for number, line in enumerate(lines)
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    """`fold` is 0 where nothing is in it; `above` are the folds it stands in; `glued` goes on with the one before."""

    parts: tuple[Run, ...]
    depth: int
    above: tuple[int, ...]
    fold: int = 0
    open: bool = False
    glued: bool = False


def _lines(
    node: _Node, at: int, is_open: Callable[[int, bool], bool], above: tuple[int, ...] = ()
) -> Iterator[_Line]:
    members = node.members
    if not members:
        yield from _leaf(node, above)
        return
    inside, shown = above, True
    if node.depth >= 0:
        fold = FOLDS_OF_AN_ITEM * (at + 1) + crc32(repr(node.steps).encode())
        shown, inside = is_open(fold, node.is_open_at_first), (*above, fold)
        yield _Line((*_named(node), Run(_size(node))), node.depth, above, fold, shown)
    for member in members if shown else ():
        yield from _lines(member, at, is_open, inside)


def _leaf(node: _Node, above: tuple[int, ...]) -> Iterator[_Line]:
    depth = max(node.depth, 0)
    for number, piece in enumerate(portions(written(node.value), TEXT_STRIP)):
        words = Run(piece.replace("\n", BREAK))
        yield _Line((*_named(node), words) if number == 0 else (words,), depth, above, glued=number > 0)


def _named(node: _Node) -> tuple[Run, ...]:
    return (Run(node.name, Style.BOLD), Run("  ")) if node.depth >= 0 else ()


def _size(node: _Node) -> str:
    value = node.value
    if node.stretch:
        return f"{len(value)} of them"
    word = "field" if isinstance(value, dict) else "entry"
    plural = "fields" if isinstance(value, dict) else "entries"
    return f"{len(value)} {word if len(value) == 1 else plural}"


def written(value: Json) -> str:
    """A value without members in a line: text in quotes, its own line breaks kept."""
    if isinstance(value, str):
        return f'"{value}"'
    names = {True: "true", False: "false", None: "null"}
    if isinstance(value, dict | list):
        return "no fields" if isinstance(value, dict) else "no entries"
    return names[value] if value is None or isinstance(value, bool) else str(value)
