"""A passage taken apart into what may be quoted of it: sentences, rows of tables, items of lists, each with the words
that say what it is about. `excerpts` next door chooses among them."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from chatapp.engine.generation.lines import apart, is_cells, label_of
from chatapp.engine.retrieval.analysis import terms
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.sentences import LONGEST_HEADING, Span, is_row, sentences

MARKUP = re.compile(r"(?:[-*•>|]|#{1,6}|\d{1,3}[.)])[ \t]+")
"""What opens a list item, a heading or a quotation and is no word of the sentence."""
STOP = re.compile(r"(?<![,;])[.!?…؟۔।。！？][\"'”’)\]*_]*$")
ANNOUNCES = (":", "：")
"""What a sentence ends with that says what follows."""
_KNOWN_PASSAGES = 256
"""Passages that are kept taken apart (some 8 kB each): the questions of a conversation find the same ones again."""
_HEADING = re.compile(r"#{1,6}\s")
_NO_HEADING = re.compile(r"[\d:\n]")
_ITEM = re.compile(r"(?:[-*•–]|\d{1,3}[.)])[ \t]")
_ITEM_SENTENCES = 3
"""Of one item of a list, before the next one."""
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_RULE = re.compile(r"[|:\-+= \t]+")
"""The line between the head and the body of a table."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One of a passage, by its number there. `words` are its terms, with those of what says what it is about: the
    heading it stands right under, the first row of its table, the words before its list. `own` are those that a row
    or an item has itself: without a term of the question among them it is none of its answers. `label` are those of
    the first cell of a row. A fragment has no stop: a heading, a name."""

    at: int
    begin: int
    end: int
    words: Sequence[str]
    own: Set[str] | None = None
    label: Set[str] = frozenset()
    is_fragment: bool = False

    def text_in(self, passage: str) -> str:
        return passage[self.begin : self.end]


@dataclass(frozen=True, slots=True)
class Parts:
    """A passage taken apart: `spans` are all sentences, `quotable` those that are no heading."""

    spans: Sequence[Span]
    quotable: Sequence[Sentence]


def taken_apart(passage: Passage) -> Parts:
    """The sentences of a passage: what is slow about choosing, as long as the passage is not known."""
    return _taken_apart(passage.chunk.text, passage.chunk.language)


@lru_cache(_KNOWN_PASSAGES)
def _taken_apart(text: str, language: str | None) -> Parts:
    spans = apart(text, sentences(text))
    return Parts(spans, _Reader(text, language, spans).read())


class _Reader:
    """Goes through the sentences of a passage and remembers what the next one is about: the heading right over it,
    and the first words of the table or the list that it belongs to."""

    def __init__(self, text: str, language: str | None, spans: Sequence[Span]) -> None:
        self._text, self._language, self._spans = text, language, spans
        self._lines = [text[begin:end] for begin, end in spans]
        cells = [is_cells(line) and not STOP.search(line) for line in self._lines]
        # A row has another beside it: a title may end with a year.
        beside = zip([False, *cells], cells, [*cells[1:], False], strict=False)
        self._cells = [here and (before or after) for before, here, after in beside]
        self._heading: int | None = None
        self._header: Sequence[str] = ()
        self._label: Sequence[str] = ()
        self._list_end = 0

    def read(self) -> list[Sentence]:
        found = []
        for at, line in enumerate(self._lines):
            if _RULE.fullmatch(line):
                continue
            sentence = self._part(at, line) if self._is_part(at, line) else self._sentence(at, line)
            if sentence is not None:
                found.append(sentence)
        return found

    def _is_part(self, at: int, line: str) -> bool:
        """Whether it is a row of a table, or an item of a list whose first words end with a colon."""
        if line.startswith("|") or self._cells[at] or (self._header and _ITEM.match(line)):
            return True
        return is_row(line) and not STOP.search(line)

    def _part(self, at: int, line: str) -> Sentence:
        own = tuple(terms(line, self._language))
        label = "" if _ITEM.match(line) else label_of(line)
        part = Sentence(
            at,
            *self._spans[at],
            (*self._header, *self._label, *own),
            frozenset(own),
            frozenset(terms(label, self._language)),
        )
        self._header, self._heading = self._header or own, None
        self._list_end = at + _ITEM_SENTENCES
        return part

    def _sentence(self, at: int, line: str) -> Sentence | None:
        """None for a heading, which is not quoted."""
        begin, end = self._spans[at]
        start = begin if self._heading is None else self._heading
        words = tuple(terms(self._text[start:end], self._language))
        if line.endswith(":") or (self._is_over_cells(at, line) and not self._header):
            self._header, self._label = words, ()
        elif self._is_over_cells(at, line):
            self._label = words
        elif at >= self._list_end or _PARAGRAPH_END.match(self._text, end):
            self._header = self._label = ()
        if self._is_heading(at, line):
            self._heading = begin
            return None
        self._heading = None
        is_fragment = not (STOP.search(line) or line.endswith(ANNOUNCES))
        return Sentence(at, begin, end, words, is_fragment=is_fragment)

    def _is_over_cells(self, at: int, line: str) -> bool:
        """Whether it is the head of a table of numbers, or the label of some of its rows."""
        return at + 1 < len(self._cells) and self._cells[at + 1] and not STOP.search(line)

    def _is_heading(self, at: int, line: str) -> bool:
        """Marked as one, or a short line of plain words without a stop, over words with one."""
        if _HEADING.match(line):
            return True
        end = self._spans[at][1]
        if at + 1 == len(self._spans) or len(line) > LONGEST_HEADING or self._text[end : end + 1] != "\n":
            return False
        if STOP.search(line) or _NO_HEADING.search(line) or MARKUP.match(line):
            return False
        return bool(STOP.search(self._lines[at + 1]))
