"""Where sentences begin and end in running text, including text that came out of a PDF.

A sentence is the unit that chunks are made of and that answers quote, so it must be verbatim: spans of the
text are given, never rewritten strings.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]

LONGEST_SENTENCE = 700
"""Code points. Anything longer (tables, code, text without stops) is cut at line ends or blanks."""
LONGEST_HEADING = 60
"""Code points of a line that is taken for a heading."""
_HEADING_SHARE = 0.75
"""How long a heading is at most, in proportion to the line after it."""

_BREAK = re.compile(
    r"""[.!?…؟۔।:。！？\n\#](?:
        (?<=[.!?…؟۔।])(?<![.!?…].)(?P<more>[.!?…]{0,2})["'”’)\]]*(?P<gap>\s+)
      | (?<=\n)(?:
            (?P<blank>[ \t]*\n\s*)
          | (?P<item>)(?=[ \t]*(?:[-*•–|>]|\#{1,6}|\d{1,3}[.)])[ \t])
          | (?P<numbers>(?:\d{1,4}[ \t]*\n){3,})
          | (?P<row>)(?=[^\n\t,;]*(?:\t|[,;]\S))
          | (?P<line>)(?=[^\sa-z\d])
        )
      | (?<=:)(?P<colon>[ \t]*\n\s*)
      | (?<=[。！？])(?P<wide>[。！？]*\s*)
      | (?:(?<=\n\#)|(?<=\A\#))(?P<heading>\#{0,5}[ ][^\n]*\n)
    )""",
    re.VERBOSE,
)
"""Begins with the few characters that may end a sentence, so that all others are passed over quickly. `more` are the
stops after the first, `numbers` those of lines, read as a column of their own."""
_SEPARATORS = re.compile(r"(?:(?<!\d)[,;]|[,;](?!\d{3}\b))(?=\S)")
"""Between the cells of a row; not within 1,234."""
_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_ABBREVIATIONS = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "st", "inc", "ltd", "corp", "vs", "e.g", "i.e", "cf", "al",
        "approx", "dept", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
        "nov", "dec", "ed", "eds", "gen", "sen", "rep", "gov", "z.b", "bzw", "ca", "vgl", "str",
    )
)  # fmt: skip
_BEFORE_NUMBERS = frozenset(
    (
        "no", "nos", "nr", "núm", "fig", "figs", "abb", "tab", "vol", "bd", "sec", "secs", "pp", "p", "ch", "art",
        "para", "abs", "eq",
    )
)  # fmt: skip
_LONGER = 1 + max(map(len, _ABBREVIATIONS | _BEFORE_NUMBERS))
"""So many letters are no abbreviation."""


def sentences(
    text: str, start: int = 0, end: int | None = None, longest: int = LONGEST_SENTENCE
) -> list[Span]:
    """The sentences of `text[start:end]` as spans without the blanks around them, in order.

    None is longer than `longest` code points.
    """
    stop = len(text) if end is None else end
    return [piece for span in _whole(text, start, stop) for piece in _cut(text, span, longest)]


def _whole(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _BREAK.finditer(text, start, end):
        if match["row"] is not None and not _are_rows(text, begin, match.end(), end):
            continue
        if match["line"] is not None and not _is_heading(text, begin, match.end()):
            continue
        if _is_boundary(text, match, end):
            yield begin, match.end()
            begin = match.end()
    yield begin, end


def _is_boundary(text: str, match: re.Match[str], end: int) -> bool:
    gap, following = match["gap"], match.end()
    if gap is None or gap.count("\n") > 1 or following >= end:
        return True
    stop = match.start()
    dotted_line = (match["more"] or text[stop] == ".") and text[stop - 1 : stop].isspace()
    if text[following].islower() or dotted_line:
        return False
    return match["more"] != "" or text[stop] != "." or not _abbreviated(text, stop, following)


def is_row(line: str) -> bool:
    """Whether a line is a row of a table: with tabs between its cells, or two commas or semicolons with no blank after
    them."""
    return "\t" in line.strip() or len(_SEPARATORS.findall(line)) > 1


def _are_rows(text: str, begin: int, following: int, stop: int) -> bool:
    """Whether the lines on both sides of a line end are rows of one table."""
    above = text[
        max(begin, text.rfind("\n", begin, following - 1) + 1, following - LONGEST_SENTENCE) : following - 1
    ]
    end = text.find("\n", following, stop)
    below = text[following : min(end if end >= 0 else stop, following + LONGEST_SENTENCE)]
    if "\t" in above.strip() and "\t" in below.strip():
        return True
    cells = len(_SEPARATORS.findall(above))
    return cells > 1 and cells == len(_SEPARATORS.findall(below))


def _is_heading(text: str, begin: int, following: int) -> bool:
    """Whether what ends without a stop is a heading: a line of its own, short, in capitals, before a longer line."""
    length = following - 1 - begin
    if not 0 < length <= LONGEST_HEADING or not text[following].isupper():
        return False
    if text[text.rfind("\n", 0, begin) + 1 : begin].strip():
        return False
    line = text[begin : following - 1]
    if "\n" in line or not line[0].isupper():
        return False
    end = text.find("\n", following, following + 2 * LONGEST_HEADING)
    next_length = (end if end >= 0 else following + 2 * LONGEST_HEADING) - following
    words = [word for word in line.split() if len(word) > 3]
    return (
        bool(words) and length < _HEADING_SHARE * next_length and not any(word[0].islower() for word in words)
    )


def _abbreviated(text: str, stop: int, following: int) -> bool:
    if text[max(0, stop - _LONGER) : stop].isalpha() and stop >= _LONGER:
        return False
    word = _LAST_WORD.search(text[max(0, stop - 16) : stop])
    if word is None:
        return False
    last = word[0].lower()
    if last in _ABBREVIATIONS or all(len(part) == 1 and part.isalpha() for part in last.split(".")):
        return True
    return last in _BEFORE_NUMBERS and any(map(str.isdigit, text[following : following + 16].split()[0]))


def _cut(text: str, span: Span, longest: int) -> Iterator[Span]:
    begin, end = _trimmed(text, span)
    while end - begin > longest:
        limit = begin + longest
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
