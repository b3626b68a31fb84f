"""Strips written as Markdown again, whole or in part: what comes of it reads as what was seen.

A part of a table is its rows under their header, a part of a list the items that are touched, a part of code a fence.
No toolkit.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatapp.desktop.transcript.runs import BREAK, GLUE, OBJECT, Run, Style, copied, cut, units
from chatapp.desktop.transcript.strips import GAP, CodeLines, Frame, Prose, RemoteImage, Row, Selectable

BULLETS: Final = {"•": "-", "☐": "- [ ]", "☑": "- [x]"}
HARD_BREAK: Final = "\\\n"
_SIGNS: Final = re.compile(r"([\\`*_\[\]<>~|$])")
_OPENS_A_BLOCK: Final = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+=]|\d{1,9}(?=[.)]))", re.MULTILINE)
_EDGES: Final = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)
_AROUND: Final = ((Style.STRIKE, "~~"), (Style.BOLD, "**"), (Style.ITALIC, "*"))


@dataclass(frozen=True, slots=True)
class Part:
    """A strip from one UTF-16 position to another. `header` is the first row of the table it belongs to."""

    strip: Selectable
    start: int
    end: int
    header: Row | None = None


class Writer:
    """Takes parts in order. A part that continues the block of the one before is written into it."""

    def __init__(self, fences: Mapping[int, str]) -> None:
        """`fences` are those of the blocks of code, by their numbers."""
        self._fences = fences
        self._lines: list[str] = []
        self._before: Part | None = None
        self._widths: dict[int, int] = {}
        """How wide the bullets are that stand open, by their level."""

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def write(self, part: Part) -> None:
        strip, before = part.strip, self._before
        if before is not None and not self._continues(before.strip, strip):
            self._lines += self._between(before.strip, strip)
        self._enter(strip.frame)
        first, rest = self._prefixes(strip.frame)
        lines = self._of(part, before)
        if strip.glued and before is not None:
            self._lines[-1] += lines[0]
        elif lines:
            self._lines.append(f"{first}{lines[0]}".rstrip())
        self._lines += [f"{rest}{line}".rstrip() for line in lines[1:]]
        self._before = part

    def close(self) -> None:
        """Nothing follows the last part."""
        self._lines += self._end_of_code()

    def _end_of_code(self) -> list[str]:
        strip = self._before.strip if self._before is not None else None
        if not isinstance(strip, CodeLines):
            return []
        return [f"{self._prefixes(replace(strip.frame, label=''))[1]}{self._fences[strip.block]}"]

    def _continues(self, before: Selectable, strip: Selectable) -> bool:
        if isinstance(strip, CodeLines | Row) and isinstance(before, CodeLines | Row):
            return strip.block == before.block
        return isinstance(strip, Prose) and strip.glued

    def _between(self, before: Selectable, strip: Selectable) -> list[str]:
        """What stands between two blocks: the end of a fence, and an empty line unless an item follows closely."""
        lines, frame = self._end_of_code(), strip.frame
        is_close = frame.label and strip.gap < GAP and self._widths
        if is_close or (before.frame.label and not before.text):
            return lines
        shared = [
            level for level in before.frame.bars if level in frame.bars and not 0 <= frame.begins <= level
        ]
        inside = Frame(shared[-1] + 1 if shared else 0, tuple(shared))
        return [*lines, self._prefixes(inside)[1].rstrip()]

    def _enter(self, frame: Frame) -> None:
        """Bullets further in than this are behind us; its own stands open."""
        inner = frame.indent - 1 if frame.label else frame.indent
        self._widths = {level: width for level, width in self._widths.items() if level < inner}
        if frame.label:
            bullet = _bullet(frame)
            self._widths[inner] = 2 if bullet.startswith("-") else len(bullet) + 1

    def _prefixes(self, frame: Frame) -> tuple[str, str]:
        """What stands before the first line of a block, and before the others."""
        rest = "".join(self._level(frame, level) for level in range(frame.indent))
        if not frame.label:
            return rest, rest
        return f"{rest[: len(rest) - self._widths[frame.indent - 1]]}{_bullet(frame)} ", rest

    def _level(self, frame: Frame, level: int) -> str:
        return "> " if level in frame.bars else " " * self._widths.get(level, 0)

    def _of(self, part: Part, before: Part | None) -> list[str]:
        strip = part.strip
        goes_on = before is not None and self._continues(before.strip, strip)
        if isinstance(strip, CodeLines):
            lines = strip.copied(part.start, part.end).split("\n")
            return lines if goes_on else [f"{self._fences[strip.block]}{strip.language}", *lines]
        if isinstance(strip, Row):
            opening = [] if goes_on else _header(part.header or strip)
            return opening if strip.header and not goes_on else [*opening, _row(strip)]
        if isinstance(strip, Prose) and strip.tone == "raw":
            return strip.copied(part.start, part.end).split("\n")
        if isinstance(strip, RemoteImage):
            return [f"![{_escaped(strip.alt)}]({_address(strip.src)})"]
        if isinstance(strip, Prose):
            words = inline(strip.parts, part.start, part.end, bold=not strip.level)
            heading = f"{'#' * strip.level} " if strip.level else ""
            return f"{heading}{words}".split("\n")
        return strip.copied(part.start, part.end).split("\n")


def written(parts: Sequence[Part]) -> str:
    code: dict[int, str] = {}
    for part in parts:
        if isinstance(part.strip, CodeLines):
            code[part.strip.block] = code.get(part.strip.block, "") + part.strip.text
    writer = Writer({block: _fence(text) for block, text in code.items()})
    for part in parts:
        writer.write(part)
    writer.close()
    return writer.text


def inline(parts: Sequence[Run], start: int, end: int, bold: bool = True) -> str:
    """Runs between two positions as Markdown; without `bold` where that goes without saying."""
    taken: list[Run] = []
    at = 0
    for part in parts:
        length = units(part.text)
        low, high = max(start - at, 0), min(end - at, length)
        if low < high and part.text != GLUE:
            style = part.style if bold else part.style & ~Style.BOLD
            taken.append(replace(part, text=cut(part.text, low, high), style=style))
        at += length
    return _OPENS_A_BLOCK.sub(_not_opening, "".join(_grouped(taken)))


def _not_opening(found: re.Match[str]) -> str:
    """A sign at the beginning of a line that would make a block of it: a number's is the one after it."""
    before, sign = found.groups()
    return f"{before}{sign}\\" if sign.isdigit() else f"{before}\\{sign}"


def _grouped(taken: Sequence[Run]) -> list[str]:
    """Neighbouring runs of one link are one link."""
    found: list[str] = []
    at = 0
    while at < len(taken):
        stop = at + 1
        is_link = bool(taken[at].href) and not taken[at].style & Style.RAISED
        while is_link and stop < len(taken) and taken[stop].href == taken[at].href:
            stop += 1
        words = "".join(_run(run) for run in taken[at:stop])
        found.append(_linked(words, taken[at]) if is_link else words)
        at = stop
    return found


def _linked(words: str, run: Run) -> str:
    return f"[{words}]({_address(run.href)})"


def _address(href: str) -> str:
    return f"<{href}>" if any(sign in href for sign in " ()") else href


def _run(run: Run) -> str:
    if run.text == OBJECT:
        return copied((run,), 0, 1)
    if run.style & Style.RAISED:
        return f"[^{run.text}]"
    if run.style & Style.MONO:
        return _code(run.text)
    before, text, after = _EDGES.match(run.text).groups()  # type: ignore[union-attr]
    if not text:
        return run.text.replace(BREAK, HARD_BREAK)
    text = _escaped(text)
    for style, sign in _AROUND:
        if run.style & style:
            text = f"{sign}{text}{sign}"
    return f"{before}{text}{after}".replace(BREAK, HARD_BREAK)


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def _code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _bullet(frame: Frame) -> str:
    return BULLETS.get(frame.label, frame.label)


def _fence(code: str) -> str:
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))


def _header(row: Row) -> list[str]:
    rules = {"left": ":---", "right": "---:", "center": ":---:", None: "---"}
    return [_row(row, bold=False), f"| {' | '.join(rules[alignment] for alignment in row.alignments)} |"]


def _row(row: Row, bold: bool = True) -> str:
    cells = (inline(cell, 0, sum(units(part.text) for part in cell), bold) for cell in row.cells)
    return f"| {' | '.join(cell.replace(chr(10), ' ') for cell in cells)} |"
