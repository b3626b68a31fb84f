"""Markdown as models write it, put into the narrower dialect that python-markdown reads. `html` is next door.

Code blocks are taken out and given places; lists and tables get the empty line before them, and list levels the four
columns, that python-markdown insists on.
"""

import re
from dataclasses import dataclass, field

OPEN_PLACE, CLOSE_PLACE = "\ue000", "\ue001"
"""Around the number of what stands at a place. Private-use characters that no text can bring along: see `clean`."""

_MEANT_FOR_US = dict.fromkeys([2, 3, ord(OPEN_PLACE), ord(CLOSE_PLACE)])
_INDENT = 4
_FENCE = re.compile(r"^(?P<indent>[ ]*)(?P<fence>`{3,}|~{3,})[ ]*(?P<info>[^\n]*)$")
_ITEM = re.compile(r"^(?P<indent>[ ]*)(?P<mark>[-*+]|\d{1,9}[.)])(?P<gap>[ ]+)(?P<rest>\S.*)$")
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ ]*){3,}|(?:-[ ]*){3,}|(?:_[ ]*){3,})$")
_TABLE_RULE = re.compile(r"^[ ]*\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)*\|?[ ]*$")


@dataclass(frozen=True, slots=True)
class Code:
    """A code block: its lines as written, less the fence's own indent, and the word after the fence."""

    text: str
    language: str


@dataclass(slots=True)
class Normalised:
    """`text` for python-markdown; `codes[n]` stands at the place numbered n."""

    text: str = ""
    codes: list[Code] = field(default_factory=list)


def clean(text: str) -> str:
    """Without the characters that mean places here or inside python-markdown; line ends as \\n, tabs as columns."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(_INDENT)
    return lines.translate(_MEANT_FOR_US)


def _place(number: int) -> str:
    return f"{OPEN_PLACE}{number}{CLOSE_PLACE}"


def normalise(text: str) -> Normalised:
    """`text` is clean. An open fence reaches to the end of the text."""
    result = Normalised()
    writer = _Writer()
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence and not (fence["fence"][0] == "`" and "`" in fence["info"]):
            end = _fence_end(lines, at, fence["fence"])
            result.codes.append(_code(lines[at + 1 : end], fence))
            writer.block(len(fence["indent"]), _place(len(result.codes) - 1))
            at = end + 1
            continue
        following = lines[at + 1] if at + 1 < len(lines) else ""
        writer.line(lines[at], starts_table="|" in lines[at] and bool(_TABLE_RULE.match(following)))
        at += 1
    result.text = "\n".join(writer.lines)
    return result


class _Writer:
    """Writes lines one after the other and knows which list items they stand in.

    `_levels` holds the column at which the content of each open item begins, outermost first; `_in_paragraph` says
    that the last lines are a paragraph of their own, not the first words of an item.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._levels: list[int] = []
        self._in_paragraph = False

    def line(self, line: str, starts_table: bool) -> None:
        item = _ITEM.match(line)
        if not line.strip():
            self.lines.append("")
        elif item and not _RULE.match(line):
            self._item(item)
        else:
            self._text(line, starts_table)

    def block(self, indent: int, content: str) -> None:
        """A paragraph of its own, in the item that its indent puts it in."""
        self._leave(indent)
        self._separate()
        self.lines += [" " * _INDENT * len(self._levels) + content, ""]

    def _item(self, item: re.Match[str]) -> None:
        inside = bool(self._levels)
        self._leave(len(item["indent"]))
        if not inside or self._in_paragraph:
            self._separate()
        self._in_paragraph = False
        mark = item["mark"] if item["mark"] in "-*+" else item["mark"][:-1] + "."
        written = " " * _INDENT * len(self._levels) + mark
        self.lines.append(f"{written} {item['rest']}")
        self._levels.append(len(item["indent"]) + len(item["mark"]) + min(len(item["gap"]), _INDENT))

    def _text(self, line: str, starts_table: bool) -> None:
        indent = len(line) - len(line.lstrip())
        after_gap = not self.lines or not self.lines[-1]
        if after_gap:
            self._leave(indent)
            self._in_paragraph = True
        if starts_table and not after_gap:
            self.lines.append("")
        kept = max(0, indent - (self._levels[-1] if self._levels else 0))
        self.lines.append(" " * (_INDENT * len(self._levels) + kept) + line.lstrip())

    def _leave(self, indent: int) -> None:
        """Closes the items that a line with this indent no longer stands in."""
        while self._levels and indent < self._levels[-1]:
            self._levels.pop()

    def _separate(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def _fence_end(lines: list[str], start: int, fence: str) -> int:
    """The line that closes the fence opened in line `start`, or the number of lines."""
    for at in range(start + 1, len(lines)):
        line = lines[at].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            return at
    return len(lines)


def _code(lines: list[str], fence: re.Match[str]) -> Code:
    indent = len(fence["indent"])
    kept = [line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines]
    return Code("\n".join(kept), (fence["info"].split() or [""])[0])
