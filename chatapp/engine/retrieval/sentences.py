"""Where sentences begin and end in running text, including text that came out of a PDF.

A sentence is the unit that chunks are made of and that answers quote, so it must be verbatim: spans of the
text are given, never rewritten strings.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]

LONGEST_SENTENCE = 400
"""Code points. Anything longer (tables, code, text without stops) is cut at line ends or blanks."""

_BREAK = re.compile(
    r"""(?<![.!?…])(?P<stop>[.!?…]{1,3})["'”’)\]]*(?P<gap>\s+)
      | (?P<colon>:)[ \t]*\n\s*
      | (?P<wide>[。！？]+)\s*
      | (?P<blank>\n[ \t]*\n\s*)
      | (?P<item>\n)(?=[ \t]*(?:[-*•–|>]|\#{1,6}|\d{1,3}[.)])[ \t])
      | (?:(?<=\n)|\A)(?P<heading>\#{1,6}[ ][^\n]*\n)""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_ABBREVIATIONS = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "st", "inc", "ltd", "corp", "vs", "e.g", "i.e", "cf", "al",
        "approx", "dept", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
        "nov", "dec", "ed", "eds", "gen", "sen", "rep", "gov",
    )
)  # fmt: skip
_BEFORE_NUMBERS = frozenset(
    (
        "no", "nos", "fig", "figs", "vol", "sec", "secs", "pp", "p", "ch", "art", "para", "eq",
    )
)  # fmt: skip


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences of `text[start:end]` as spans without the blanks around them, in order."""
    stop = len(text) if end is None else end
    return [piece for span in _whole(text, start, stop) for piece in _cut(text, span)]


def _whole(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _BREAK.finditer(text, start, end):
        if _is_boundary(text, match, end):
            yield begin, match.end()
            begin = match.end()
    yield begin, end


def _is_boundary(text: str, match: re.Match[str], end: int) -> bool:
    gap = match["gap"]
    if gap is None or gap.count("\n") > 1 or match.end() >= end:
        return True
    following = text[match.end()]
    dotted_line = len(match["stop"]) > 1 and text[match.start() - 1 : match.start()].isspace()
    if following.islower() or dotted_line:
        return False
    return match["stop"] != "." or not _abbreviated(text, match.start(), following)


def _abbreviated(text: str, stop: int, following: str) -> bool:
    word = _LAST_WORD.search(text[max(0, stop - 16) : stop])
    if word is None:
        return False
    last = word[0].lower()
    initials = all(len(part) == 1 and part.isalpha() for part in last.split("."))
    return initials or last in _ABBREVIATIONS or (last in _BEFORE_NUMBERS and following.isdigit())


def _cut(text: str, span: Span) -> Iterator[Span]:
    begin, end = _trimmed(text, span)
    while end - begin > LONGEST_SENTENCE:
        limit = begin + LONGEST_SENTENCE
        cut = max(text.rfind("\n", begin + 1, limit), begin)
        if cut == begin:
            cut = text.rfind(" ", begin + 1, limit)
        if cut <= begin:
            cut = limit
        yield _trimmed(text, (begin, cut))
        begin, end = _trimmed(text, (cut, end))
    if end > begin:
        yield begin, end


def _trimmed(text: str, span: Span) -> Span:
    begin, end = span
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end
