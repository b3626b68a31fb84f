"""Strips: the pieces of a message that a transcript lays out, paints and forgets one at a time.

Values only, no toolkit. A strip that equals the one laid out before is not laid out again, so growth touches
the last strip alone. `cutting` makes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from chatapp.desktop.transcript.messages import (
    ANSWER_ACTIONS,
    QUESTION_ACTIONS,
    File,
    Notice,
    PictureItem,
)
from chatapp.desktop.transcript.remote import NOT_LOADED, Standing, host_of
from chatapp.desktop.transcript.runs import Run, Spot, Style, copied, shown, spots, units
from chatapp.rendering.blocks import Alignment
from chatapp.rendering.code import Colouring

GAP_TIGHT: Final = 4
GAP: Final = 12
END: Final = 1 << 30  # a position beyond that of any strip


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a strip stands: its indent in levels, the levels at which a quote's bar runs, its bullet.

    `begins` is the outermost level at which a quote begins here, -1 for none: its bar joins none above.
    """

    indent: int = 0
    bars: tuple[int, ...] = ()
    label: str = ""
    begins: int = -1

    def deeper(self, bar: bool = False) -> "Frame":
        return Frame(self.indent + 1, (*self.bars, self.indent) if bar else self.bars)


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text. `level` is 0, or 1 to 6 for a heading; `glued` text continues the strip before it.

    `aside` is the quiet word beside a question: when it was asked.
    """

    parts: tuple[Run, ...]
    frame: Frame = Frame()
    gap: int = GAP
    level: int = 0
    tone: Literal["text", "secondary", "danger", "question", "raw"] = "text"
    glued: bool = False
    aside: str = ""

    @property
    def text(self) -> str:
        return shown(self.parts)

    @property
    def note(self) -> str:
        """The label of the footnote that begins here, if one does."""
        first = self.parts[0] if self.parts else Run("")
        return first.text if first.style == Style.RAISED and not first.href else ""

    @property
    def in_card(self) -> bool:
        """Whether it stands in the card of a question."""
        return self.tone == "question"

    @property
    def spots(self) -> tuple[Spot, ...]:
        if self.tone == "question" and not self.glued:
            return tuple(Spot("action", name, label) for name, label in QUESTION_ACTIONS.items())
        return tuple(spots(self.parts))

    def copied(self, start: int, end: int) -> str:
        label = self.frame.label + " " if self.frame.label and start == 0 and end > 0 else ""
        return label + copied(self.parts, start, end)


@dataclass(frozen=True, slots=True)
class Equation:
    """A formula on lines of its own, and what follows it there: a full stop, a citation. `block` names it within
    its message."""

    parts: tuple[Run, ...]
    block: int
    frame: Frame = Frame()
    gap: int = GAP
    glued: bool = False
    last: bool = True

    @property
    def text(self) -> str:
        return shown(self.parts)

    @property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(spots(self.parts))

    def copied(self, start: int, end: int) -> str:
        return copied(self.parts, start, end)


@dataclass(frozen=True, slots=True)
class CodeLines:
    """Some lines of a code block. `block` names the block within its message.

    `offset` is where the lines begin in the text of the block, which its `colours` have read as far as it has come;
    `columns` is the length of the block's longest line down to here, in characters.
    """

    text: str
    offset: int
    language: str
    block: int
    columns: int
    first: bool
    last: bool
    wrapped: bool = False
    frame: Frame = Frame()
    gap: int = 0
    glued: bool = False
    colours: Colouring = field(default_factory=lambda: Colouring(""), compare=False, repr=False)

    @property
    def spots(self) -> tuple[Spot, ...]:
        if not self.first:
            return ()
        name = f"Copy code{' in ' + self.language if self.language else ''}"
        wrap = "Do not wrap long lines" if self.wrapped else "Wrap long lines"
        return (Spot("copy_code", str(self.block), name), Spot("wrap", str(self.block), wrap))

    def copied(self, start: int, end: int) -> str:
        return copied((Run(self.text),), start, end)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table's columns, in pixels at the present size: what each would like, and the least it can bear."""

    natural: tuple[int, ...]
    least: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; positions count through its cells with one separator between two of them."""

    cells: tuple[tuple[Run, ...], ...]
    alignments: tuple[Alignment, ...]
    shape: Shape
    block: int
    header: bool
    last: bool = False
    frame: Frame = Frame()
    gap: int = 0
    glued: bool = False

    @property
    def text(self) -> str:
        return "\t".join(map(shown, self.cells))

    @property
    def spots(self) -> tuple[Spot, ...]:
        found: list[Spot] = []
        at = 0
        for cell in self.cells:
            found += spots(cell, at)
            at += units(shown(cell)) + 1
        return tuple(found)

    def copied(self, start: int, end: int) -> str:
        taken, at = [], 0
        for cell in self.cells:
            length = units(shown(cell))
            if at <= end and start <= at + length:
                taken.append(copied(cell, start - at, end - at))
            at += length + 1
        return "\t".join(taken)


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal rule."""

    frame: Frame = Frame()
    gap: int = GAP
    text: str = ""
    spots: tuple[Spot, ...] = ()
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """The quiet line over an answer; `details` say more, for who points at it."""

    text: str
    details: str = ""
    gap: int = 0
    frame: Frame = Frame()
    glued: bool = False

    @property
    def spots(self) -> tuple[Spot, ...]:
        return (Spot("about", "inspect", self.details),) if self.details else ()


@dataclass(frozen=True, slots=True)
class Fold:
    """What the model did besides writing, in one line that opens: thinking, searching, tools, unknown items."""

    text: str
    item: int
    open: bool
    gap: int = GAP_TIGHT
    frame: Frame = Frame()
    glued: bool = False

    @property
    def spots(self) -> tuple[Spot, ...]:
        return (Spot("fold", str(self.item), f"{'Fold' if self.open else 'Unfold'}: {self.text}"),)


PICTURE_SPOTS: Final = (Spot("picture", "copy", "Copy image"), Spot("picture", "save", "Save image"))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its buttons under it."""

    picture: PictureItem
    gap: int = GAP
    frame: Frame = Frame()
    glued: bool = False

    @property
    def text(self) -> str:
        return self.picture.alt

    @property
    def spots(self) -> tuple[Spot, ...]:
        return PICTURE_SPOTS


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """A picture that the answer points to: what it is called, its whole address, and a button that loads it; once it
    is loaded, the picture in the place of all that."""

    src: str
    alt: str
    frame: Frame = Frame()
    gap: int = GAP
    standing: Standing = NOT_LOADED
    glued: bool = False

    @property
    def picture(self) -> PictureItem | None:
        return PictureItem(self.standing.data, self.name) if self.standing.data else None

    @property
    def name(self) -> str:
        return self.alt or "Image"

    @property
    def told(self) -> str:
        """What came of loading it."""
        match self.standing.stage:
            case "loading":
                return f"Loading from {host_of(self.src)}…"
            case "failed":
                return f"Not loaded. {self.standing.words}"
            case "elsewhere":
                return f"Not loaded. {host_of(self.src)} sends on to {self.standing.leads_to}"
            case _:
                return ""

    @property
    def text(self) -> str:
        return f"{self.name}\n{self.src}"

    @property
    def spots(self) -> tuple[Spot, ...]:
        match self.standing.stage:
            case "shown":
                return PICTURE_SPOTS
            case "loading":
                return (Spot("image", "", "Stop loading"),)
            case "failed":
                return (Spot("image", self.src, "Try again"),)
            case "elsewhere":
                leads_to = self.standing.leads_to
                return (Spot("image", leads_to, f"Load image from {host_of(leads_to)}"),)
            case _:
                return (Spot("image", self.src, f"Load image from {host_of(self.src)}"),)

    def copied(self, start: int, end: int) -> str:
        return copied((Run(self.text),), start, end)


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of a tree of JSON. `fold` is the number of its fold, 0 where nothing is in it; `item` that of its item;
    the first line has the `title` above it."""

    parts: tuple[Run, ...]
    depth: int
    fold: int
    open: bool
    item: int
    title: str
    first: bool
    last: bool
    gap: int = 0
    glued: bool = False
    frame: Frame = Frame()

    @property
    def text(self) -> str:
        return shown(self.parts)

    @property
    def spots(self) -> tuple[Spot, ...]:
        copy = (Spot("copy_json", str(self.item), "Copy JSON"),) if self.first else ()
        label = f"{'Fold' if self.open else 'Unfold'}: {self.text}"
        return (*copy, Spot("fold", str(self.fold), label)) if self.fold else copy

    def copied(self, start: int, end: int) -> str:
        return ("  " * self.depth if start == 0 else "") + copied(self.parts, start, end)


@dataclass(frozen=True, slots=True)
class Card:
    """A notice with its buttons."""

    notice: Notice
    open: bool
    gap: int = GAP
    frame: Frame = Frame()
    glued: bool = False

    @property
    def parts(self) -> tuple[Run, ...]:
        found = [Run(self.notice.title, Style.BOLD)]
        if self.notice.text:
            found.append(Run("\n" + self.notice.text))
        if self.open and self.notice.details:
            found.append(Run("\n" + self.notice.details, Style.MONO))
        return tuple(found)

    @property
    def text(self) -> str:
        return shown(self.parts)

    @property
    def spots(self) -> tuple[Spot, ...]:
        found = [Spot("action", name, label) for name, label in self.notice.actions]
        if self.notice.details:
            found.append(Spot("fold", "-1", "Hide details" if self.open else "Details"))
        return tuple(found)

    def copied(self, start: int, end: int) -> str:
        return copied(self.parts, start, end)


@dataclass(frozen=True, slots=True)
class Files:
    """What went along with a question; each opens."""

    files: tuple[File, ...]
    gap: int = 20
    frame: Frame = Frame()
    glued: bool = False

    @property
    def text(self) -> str:
        return "Attached: " + ", ".join(file.name for file in self.files)

    @property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(
            Spot("file", str(at), ", ".join(word for word in (f"Open {file.name}", file.about) if word))
            for at, file in enumerate(self.files)
        )


@dataclass(frozen=True, slots=True)
class Actions:
    """The row under an answer. Its height is there from the start, so that nothing moves when it fills."""

    siblings: tuple[int, int]
    footer: str
    streaming: bool
    gap: int = 8
    frame: Frame = Frame()
    text: str = ""
    glued: bool = False

    @property
    def spots(self) -> tuple[Spot, ...]:
        if self.streaming:
            return ()
        found = [Spot("action", name, label) for name, label in ANSWER_ACTIONS.items()]
        index, count = self.siblings
        if count > 1:
            found.append(Spot("action", "previous_sibling", f"Previous answer, this is {index} of {count}"))
            found.append(Spot("action", "next_sibling", f"Next answer, this is {index} of {count}"))
        return tuple(found)


Strip = (
    Prose
    | Equation
    | CodeLines
    | Row
    | Line
    | Caption
    | Fold
    | Branch
    | Picture
    | RemoteImage
    | Card
    | Files
    | Actions
)
Selectable = Prose | Equation | CodeLines | Row | Branch | RemoteImage | Card


def read_aloud(strip: Strip) -> str:
    """The text of a strip for who hears it: citations and formulas in words."""
    if isinstance(strip, RemoteImage):
        return f"{strip.text}\n{strip.told}".strip()
    return strip.copied(0, END) if isinstance(strip, Prose | Equation | Row) else strip.text


def formulas_of(strip: Strip) -> Iterator[tuple[int, int, Run]]:
    """(where it begins, where it ends, the run) for every formula in a strip."""
    cells = (
        strip.cells
        if isinstance(strip, Row)
        else (strip.parts,)
        if isinstance(strip, Prose | Equation)
        else ()
    )
    at = 0
    for cell in cells:
        for part in cell:
            end = at + units(part.text)
            if part.style & Style.FORMULA:
                yield at, end, part
            at = end
        at += 1
