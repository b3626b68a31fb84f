"""The sentences of an answer, in any language: spans of its Markdown, without marks of lists and quotes.

Code, headings and tables hold no sentences, and an item of a list only where it ends like one. Where a script puts no
stops (Thai), a paragraph is one. The signs that stand for citations in a text on screen belong to the sentence before.
"""

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_FENCE: Final = re.compile(r"[ \t>]*(`{3,}|~{3,}|\$\$(?!.*\$\$))")
_NOTHING: Final = re.compile(r"[ \t>]*(?:#{1,6}[ \t].*|(?:[-*_=][ \t]*){3,}|\|.*|\$\$.*|)$")
"""A heading, a rule, a row of a table, a formula, or nothing."""
_ITEM: Final = re.compile(r"[ \t>]*(?:[-+*•–]|\d{1,9}[.)])[ \t]")
_LEAD: Final = re.compile(r"(?:[\s>|]|[-+*•–][ \t]|\d{1,9}[.)][ \t]|\[[ xX]\][ \t])*")
_STOP: Final = re.compile(
    r"""(?:(?<![.!?…])[.!?…]++|(?<![؟۔।॥])[؟۔।॥]++)(?:["'”’»)\]*_\u2060\ufffc]|\[\^?\w{1,3}\])*(?=\s|$)
      | [。！？｡]+[」』”）*_]*""",
    re.VERBOSE,
)
_ENDED: Final = re.compile(r"[.!?…؟۔।॥。！？｡:：](?:[\"'”’»」』）)\]*_\u2060\ufffc]|\[\^?\w{1,3}\])*$")
_LAST_WORD: Final = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]+$")
_ABBREVIATIONS: Final = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "st", "inc", "ltd", "corp", "vs", "cf", "al", "approx", "dept", "jan", "feb",
        "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "gen", "sen", "rep", "gov", "no", "nos",
        "fig", "figs", "vol", "sec", "pp", "art", "para", "ca", "bzw", "usw", "nr", "abs", "mio", "str", "vgl", "esq",
        "etc", "env", "av", "sr", "sra", "pág", "núm", "ud", "sig", "dott", "pag", "cal",
    )
)  # fmt: skip


def sentences(text: str) -> list[Span]:
    """(start, end) in code points, in order."""
    found = (span for start, end in _paragraphs(text) for span in _whole(text, start, end))
    return [(start, end) for start, end in found if any(map(str.isalnum, text[start:end]))]


def _paragraphs(text: str) -> Iterator[Span]:
    begin, end, fence = -1, 0, ""
    at = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        mark = _FENCE.match(line)
        inside = fence
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        if inside or mark or _NOTHING.match(line.rstrip()):
            if begin >= 0:
                yield begin, end
            begin = -1
            continue
        if begin >= 0 and _ITEM.match(line):
            yield begin, end
            begin = start
        begin, end = begin if begin >= 0 else start, at
    if begin >= 0:
        yield begin, end


def _whole(text: str, start: int, end: int) -> Iterator[Span]:
    """Without the end of an item that is no sentence."""
    is_item = _ITEM.match(text, start, end) is not None
    for span in _split(text, start, end):
        if not is_item or _ENDED.search(text, *span):
            yield span


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start = _trimmed(text, start, end)[0]
    for stop in _STOP.finditer(text, start, end):
        if not _goes_on(text, stop, end):
            yield _trimmed(text, begin, stop.end())
            begin = stop.end()
    yield _trimmed(text, begin, end)


def _goes_on(text: str, stop: re.Match[str], end: int) -> bool:
    """Whether the stop is that of an abbreviation, or small letters follow it."""
    following = text[stop.end() : min(end, stop.end() + 24)].lstrip("> \t\r\n")
    if following[:1].islower():
        return True
    if not stop[0].startswith(".") or stop[0].startswith(".."):
        return False
    word = _LAST_WORD.search(text, max(0, stop.start() - 16), stop.start())
    if word is None or not following:
        return False
    last = word[0].casefold()
    initials = all(len(part) == 1 for part in last.split("."))
    return last in _ABBREVIATIONS or (initials and last.isascii())


def _trimmed(text: str, start: int, end: int) -> Span:
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    while end > start and (text[end - 1].isspace() or text[end - 1] == "|"):
        end -= 1
    return start, end
