"""Pieces of prose as runs of one style each, and their positions as Qt counts them: in UTF-16 units.

A marker is one object character in the laid-out text and reads [1] when copied. It stays on the line of the word
before it. A formula is one as well, and is copied and read aloud as its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag, auto
from typing import Final, Literal

from chatapp.rendering.inline import (
    CodeSpan,
    Emph,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    Marker,
    NoteSign,
    Strike,
    Strong,
    Text,
)

OBJECT: Final = "\ufffc"
BREAK: Final = "\u2028"
GLUE: Final = "\u2060"
"""Word joiner: no line ends here."""


class Style(IntFlag):
    PLAIN = 0
    BOLD = auto()
    ITALIC = auto()
    STRIKE = auto()
    MONO = auto()
    LINK = auto()
    CHIP = auto()
    MARKER = auto()
    RAISED = auto()
    """The label of a footnote; with an address where it is referred to."""
    FORMULA = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """`source` is that of a formula, in TeX with its delimiters; `tex` is what stands between them."""

    text: str
    style: Style = Style.PLAIN
    href: str = ""
    number: int = 0
    tex: str = ""
    source: str = ""
    display: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Something that can be activated: where it stands in the text, if it does, and what it leads to.

    `target` is an address, a citation's number or the id of an action.
    """

    kind: Literal[
        "link",
        "marker",
        "note",
        "action",
        "copy_code",
        "wrap",
        "copy_json",
        "picture",
        "image",
        "file",
        "fold",
        "about",
    ]
    target: str
    label: str
    start: int = -1
    end: int = -1


def runs(pieces: Sequence[Inline], style: Style = Style.PLAIN, href: str = "") -> list[Run]:
    """The pieces flattened, in reading order."""
    found: list[Run] = []
    for piece in pieces:
        match piece:
            case Text(text):
                found.append(Run(text.replace("\n", BREAK), style, href))
            case Strong(children):
                found += runs(children, style | Style.BOLD, href)
            case Emph(children):
                found += runs(children, style | Style.ITALIC, href)
            case Strike(children):
                found += runs(children, style | Style.STRIKE, href)
            case CodeSpan(text):
                found.append(Run(text.replace("\n", " "), style | Style.MONO, href))
            case Link(address, _, children):
                found += runs(children, style | Style.LINK, address)
            case Image(src, alt, _):
                found.append(Run(f"▣ {alt or 'Image'} — {src}", style | Style.CHIP | Style.LINK, src))
            case Formula(tex, source, display):
                found.append(Run(OBJECT, style | Style.FORMULA, href, 0, tex, source, display))
            case LineBreak():
                found.append(Run(BREAK, style))
            case NoteSign(label):
                found.append(Run(label, style | Style.RAISED, label))
            case Marker(number):
                if found and not _ends_apart(found[-1]):
                    found.append(Run(GLUE, style))
                found.append(Run(OBJECT, Style.MARKER, "", number))
    return found


def _ends_apart(part: Run) -> bool:
    """Whether what follows may begin a line of its own accord."""
    return part.text[-1:] in (BREAK, " ") or bool(part.style & Style.MARKER)


def shown(parts: Sequence[Run]) -> str:
    """The text as it is laid out."""
    return "".join(part.text for part in parts)


def spots(parts: Sequence[Run], base: int = 0) -> list[Spot]:
    """Links and markers with their positions, neighbouring runs of one link as one."""
    found: list[Spot] = []
    at = base
    for part in parts:
        end = at + units(part.text)
        if part.style & Style.MARKER:
            found.append(Spot("marker", str(part.number), f"Citation {part.number}", at, end))
        elif part.href and part.style & Style.RAISED:
            found.append(Spot("note", part.text, f"Footnote {part.text}", at, end))
        elif part.href and found and (found[-1].target, found[-1].end) == (part.href, at):
            last = found.pop()
            found.append(Spot("link", part.href, last.label + part.text, last.start, end))
        elif part.href:
            found.append(Spot("link", part.href, part.text, at, end))
        at = end
    return found


def copied(parts: Sequence[Run], start: int, end: int) -> str:
    """The text between two positions as it goes to the clipboard."""
    taken: list[str] = []
    at = 0
    for part in parts:
        length = units(part.text)
        low, high = max(start - at, 0), min(end - at, length)
        if low < high and part.text != GLUE:
            taken.append(_copied_one(part, low, high))
        at += length
    return "".join(taken).replace(BREAK, "\n")


def _copied_one(part: Run, low: int, high: int) -> str:
    if part.style & Style.MARKER:
        return f"[{part.number}]"
    if part.style & Style.FORMULA:
        return part.source
    text = cut(part.text, low, high)
    return f"[{text}]" if part.style & Style.RAISED else text


def units(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, start: int, end: int) -> str:
    """`text` between two UTF-16 positions."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end].decode("utf-16-le", "replace")


def unit_positions(text: str) -> list[int] | None:
    """The UTF-16 position of every code point and of the end; None where they are the same."""
    if max(text, default="") <= "\uffff":
        return None
    found, at = [0], 0
    for character in text:
        at += 2 if character > "\uffff" else 1
        found.append(at)
    return found
