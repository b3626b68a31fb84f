"""Citation markers that leak into an answer's text: cut out as the text arrives, remembered by where they stood.

Three forms are known: `【4:0†source】`, private-use characters around a reference (U+E200 cite U+E202 turn0search0
U+E201), and `<|id|>`. The last is also how special tokens and some operators look, so it is cut only where it names
a file that was found or is plainly a file's id. In code a marker may be what the code is about: there only the
private-use form is cut. Whatever the pieces the text comes in, the outcome is the same: what may still become a
marker, and the space that goes with it, is held back, at most to the end of its line.
"""

import re
from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp.conversation.results import Sources
from chatapp.protocol.json_types import JsonObject, index_of, text_of

_SUSPECT: Final = re.compile(r"[\ue200【]|<(?:\||\Z)")
_MARKER: Final = re.compile(
    r"\ue200(?P<private>[a-z][^\ue200\ue201\n]{0,400})\ue201"
    r"|【\d{1,6}(?::\d{1,6})?†(?P<source>[^【】<>\ue200\ue201\n]{0,200})】"
    r"|<\|(?P<id>[^<>|【】\ue200\ue201\n]{1,200})\|>"
)
_BEGUN: Final = re.compile(
    r" ?(?:\ue200(?:[a-z][^\ue200\ue201\n]{0,400})?"
    r"|【(?:\d{1,6}(?::\d{1,6})?†[^【】<>\ue200\ue201\n]{0,200}|(?:\d{1,6}(?::\d{0,6})?)?)"
    r"|<(?:\|(?:[^<>|【】\ue200\ue201\n]{1,200}\|?)?)?)\Z"
)
"""Every beginning of what `_MARKER` matches, at the end of the text so far, with the space before it."""
_LABEL: Final = re.compile(
    r'(?:url|link_title)\ue202(?P<label>[^\ue202]+)|entity\ue202\["[^"]*", ?"(?P<name>[^"\\]+)"'
)
"""Private-use forms around words that the reader is meant to see."""
_FILE_ID: Final = re.compile(r"file[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{16,}")
_ANY_FILE: Final = re.compile(r"source|turn\d+file\d+")
"""References that say no more than: a file that was searched."""
_TICKS: Final = re.compile("`+")
_FENCE: Final = re.compile(
    r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<run>`{3,}|~{3,})(?P<rest>.*)", re.DOTALL
)
PIECES: Final = 256
"""Pieces of text that may lie about unjoined: each weighs more than the few letters in it."""
_OFFSETS: Final = ("index", "start_index", "end_index")


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut: code points `start` to `end` of the text as it came, at `at` in what is left of it.

    `names` are the ids, filenames or words by which the marker refers to files.
    """

    start: int
    end: int
    at: int
    names: tuple[str, ...] = ()


class CleanText:
    """Text that grows and loses its markers on the way. `found` knows the names of files that a marker may use; with
    a `text`, that is all of it."""

    def __init__(self, found: Container[str] = (), text: str = "") -> None:
        self.cuts: list[Cut] = []
        self._found = found
        self._fresh: list[str] = []
        self._settled: list[str] = []
        self._length = 0
        self._removed = 0
        self._code = _Code()
        self._held = ""
        self._held_was_seen = False
        if text:
            self.feed(text)
            self.close()

    @property
    def text(self) -> str:
        """What came so far less its markers. What is held back counts as text until it is known to be a marker."""
        self._held_was_seen = bool(self._held)
        self._settle()
        if len(self._settled) > 1:
            self._settled = ["".join(self._settled)]
        return "".join((*self._settled, self._held))

    def feed(self, delta: str) -> str | None:
        """Takes more text. Returns what that appended, or None where it changed what had been seen before."""
        if self._held or _SUSPECT.search(delta) is not None:
            return self._sift(self._held + delta)
        self._fresh.append(delta)
        if len(self._fresh) >= PIECES:
            self._settle()
        return delta

    def close(self) -> None:
        """Nothing comes any more: what is held back is text."""
        self._settle(self._held)
        self._held = ""

    def _sift(self, text: str) -> str | None:
        begun = _BEGUN.search(text)
        end = begun.start() if begun else len(text)
        if self._held and not end:
            self._held = text
            return ""
        self._settle()
        known, changed, at = len(self._settled), self._held_was_seen, 0
        for marker in _MARKER.finditer(text, 0, end):
            self._settle(text[at : marker.start()])
            at = marker.start()
            if self._is_leak(marker):
                changed |= self._cut(marker) < known
                at = marker.end()
        self._settle(text[at:end])
        self._held, self._held_was_seen = text[end:], False
        return None if changed else "".join(self._settled[known:])

    def _settle(self, more: str = "") -> None:
        """Puts the fresh text, and `more`, where its code has been looked at."""
        if more:
            self._fresh.append(more)
        if self._fresh:
            piece = "".join(self._fresh)
            self._fresh.clear()
            self._settled.append(piece)
            self._length += len(piece)
            self._code.read(piece)

    def _is_leak(self, marker: re.Match[str]) -> bool:
        if marker["private"] is not None:
            return True
        name = marker["id"]
        named = name is None or name in self._found or _FILE_ID.fullmatch(name) is not None
        return named and not self._code.inside

    def _cut(self, marker: re.Match[str]) -> int:
        """Cuts a marker with the space before it, or all of it but its label. Returns how many settled pieces
        stayed whole."""
        whole = len(self._settled)
        label = _LABEL.match(marker["private"] or "")
        if label is None:
            space = self._drop_space()
            self._remove(space + len(marker[0]), _names(marker))
            return whole - space
        start, end = label.span("label" if label["label"] else "name")
        self._remove(1 + start)
        self._settle(label.string[start:end])
        self._remove(len(marker[0]) - 1 - end)
        return whole

    def _drop_space(self) -> bool:
        """Takes away a space that stood right before a marker."""
        touching = not self.cuts or self.cuts[-1].at < self._length
        if not (touching and self._settled and self._settled[-1].endswith(" ")):
            return False
        self._settled[-1] = self._settled[-1][:-1]
        self._length -= 1
        return True

    def _remove(self, size: int, names: tuple[str, ...] = ()) -> None:
        start = self._length + self._removed
        self.cuts.append(Cut(start, start + size, self._length, names))
        self._removed += size


def _names(marker: re.Match[str]) -> tuple[str, ...]:
    if marker["private"] is None:
        return (marker["id"] or marker["source"],)
    kind, *references = marker["private"].split("\ue202")
    return tuple(references) if kind == "filecite" else ()


class _Code:
    """Whether a growing text ends in code: in a fence, or behind an open backtick of its line."""

    def __init__(self) -> None:
        self._fence = ""
        self._line: list[str] = []
        self._open = 0
        self._run = ""

    def read(self, text: str) -> None:
        text = self._run + text
        whole = text.rstrip("`")
        self._run = text[len(whole) :]
        for number, piece in enumerate(whole.split("\n")):
            if number:
                self._end_line()
            self._line.append(piece)
            for run in _TICKS.findall(piece):
                self._open = _after(self._open, len(run))

    @property
    def inside(self) -> bool:
        return bool(self._fence) or bool(_after(self._open, len(self._run)))

    def _end_line(self) -> None:
        line = _FENCE.match("".join(self._line))
        self._line.clear()
        self._open = 0
        if line is None:
            return
        run, rest = line["run"], line["rest"]
        if not self._fence and not (run[0] == "`" and "`" in rest):
            self._fence = run
        elif self._fence and run.startswith(self._fence) and not rest.strip():
            self._fence = ""


def _after(ticks: int, run: int) -> int:
    """The length of the backtick run that is open once a run of `run` has been read."""
    if not run or (ticks and ticks != run):
        return ticks
    return 0 if ticks else run


def position(cuts: Sequence[Cut], index: int) -> int:
    """Where a code point of the text as it came stands in the cleaned text."""
    place = bisect_right(cuts, index, key=lambda cut: cut.start)
    if not place:
        return index
    cut = cuts[place - 1]
    return cut.at + max(0, index - cut.end)


def annotations(notes: Sequence[JsonObject], cuts: Sequence[Cut], sources: Sources) -> tuple[JsonObject, ...]:
    """The annotations of a cleaned text: those the server gave for the text as it came, with their offsets moved,
    and one for each marker that certainly names a file and has none."""
    moved = list(notes) if _fit_already(notes, cuts) else [_moved(note, cuts) for note in notes]
    for cut in cuts:
        file = _file_of(cut, sources)
        if file and not any(_cites(note, file[0], cut.at, sources) for note in moved):
            moved.append({"type": "file_citation", "file_id": file[0], "filename": file[1], "index": cut.at})
    return tuple(moved)


def _fit_already(notes: Sequence[JsonObject], cuts: Sequence[Cut]) -> bool:
    """Whether each stands exactly where its own marker was cut: then it was counted without the markers."""
    places = {(name, cut.at) for cut in cuts for name in cut.names}
    return all((text_of(note.get("file_id")), note.get("index")) in places for note in notes)


def _moved(note: JsonObject, cuts: Sequence[Cut]) -> JsonObject:
    offsets = {name: index_of(note.get(name)) for name in _OFFSETS}
    return note | {name: position(cuts, index) for name, index in offsets.items() if index is not None}


def _file_of(cut: Cut, sources: Sources) -> tuple[str, str] | None:
    """The file a marker means, where that is beyond doubt."""
    for name in cut.names:
        file = sources.find(name) or (sources.only() if _ANY_FILE.fullmatch(name) else None)
        if file:
            return file
    return None


def _cites(note: JsonObject, file_id: str, at: int, sources: Sources) -> bool:
    """Whether an annotation is of this file and stands at this place, or beside it."""
    named = text_of(note.get("file_id"))
    same = named == file_id or (sources.find(named) or ("", ""))[0] == file_id
    index = index_of(note.get("index"))
    return same and index is not None and abs(index - at) <= 1
