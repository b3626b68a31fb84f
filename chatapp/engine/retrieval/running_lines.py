"""Lines that a PDF has on page after page, at the top or the foot: running heads and page numbers. They are left out of
the chunks: they would be quoted with the sentence that follows, or in the middle of one that goes on over the page.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set

from chatapp.documents.model import Document, Page
from chatapp.engine.retrieval.sentences import Span

Line = tuple[str, str]
"""An edge of a page, and the words of a line there without a page number."""
PAGED = "application/pdf"
"""Slides, sheets and chapters begin with what they are about, however often that is the same."""
LEAST_PAGES = 3
"""Pages that have such a line at the same edge."""
_APART = 2
"""Pages: a left one and a right one often differ."""
_MOST_LINES = {"top": 4, "foot": 2}
_MOST_NUMBERS = 1
"""Lines of an edge with nothing but a number: more are a column of a table."""
_LONGEST = 200
"""Characters of such a line. What is longer is text, and would take long to be looked through for a number."""
_NUMBER = r"(?:\d+(?:\s*(?:/|\bof\b|\bvon\b|\bsur\b|\bde\b|\bdi\b)\s*\d+)?|[ivxlc]+)"
_PAGE_NUMBER = re.compile(rf"^\W*(?:page )?\W*{_NUMBER}\b\W*|\W*\b{_NUMBER}\W*$")


def bodies(document: Document) -> Iterator[tuple[Page, Span]]:
    """Every page, and the span of its text without such lines; all of it where there is nothing else."""
    if document.media_type != PAGED:
        yield from ((page, (page.offset, page.offset + page.length)) for page in document.pages)
        return
    edges = [
        {edge: list(_lines(document.text, page, edge)) for edge in _MOST_LINES} for page in document.pages
    ]
    running = _running([{(edge, words) for edge in lines for _, words in lines[edge]} for lines in edges])
    for page, lines in zip(document.pages, edges, strict=True):
        begin, end = whole = page.offset, page.offset + page.length
        for at, (span, words) in enumerate(lines["top"]):
            if ("top", words) in running:
                begin = span[1]
            elif at or not _is_over_number(lines["top"]):
                break
        for span, words in lines["foot"]:
            if ("foot", words) not in running:
                break
            end = span[0]
        is_empty = not document.text[begin:end].strip()
        yield page, whole if is_empty else (begin, end)


def _is_over_number(lines: Sequence[tuple[Span, str]]) -> bool:
    """Whether the first line stands over the number of the page, as the name of a chapter does."""
    return len(lines) > 2 and not lines[1][1]


def _running(pages: Sequence[Set[Line]]) -> set[Line]:
    """What enough pages have, one of them not far from another: a head stands over a chapter, a sentence that happens
    to be the last one of a page does not come again soon."""
    counts = Counter(line for lines in pages for line in lines)
    near = {
        line
        for at, lines in enumerate(pages)
        for line in lines
        if any(line in other for other in pages[at + 1 : at + 1 + _APART])
    }
    return {line for line in near if counts[line] >= LEAST_PAGES}


def _lines(text: str, page: Page, edge: str) -> Iterator[tuple[Span, str]]:
    """The outermost lines of an edge, from the edge on: where each stands, and its words without a page number."""
    begin, end = page.offset, page.offset + page.length
    numbers = 0
    for _ in range(_MOST_LINES[edge]):
        while begin < end and text[begin].isspace():
            begin += 1
        while end > begin and text[end - 1].isspace():
            end -= 1
        if begin == end:
            return
        if edge == "top":
            cut = text.find("\n", begin, end)
            span = (begin, cut if cut >= 0 else end)
            begin = span[1]
        else:
            span = (max(begin, text.rfind("\n", begin, end) + 1), end)
            end = span[0]
        if span[1] - span[0] > _LONGEST:
            return
        words = _PAGE_NUMBER.sub("", text[slice(*span)].casefold())
        numbers += not words
        if numbers > _MOST_NUMBERS:
            return
        yield span, words
