"""The characters of a page: which one is nearest to a point, and the rectangles around a run of them. Pure."""

from collections.abc import Iterator, Sequence

from chatapp.documents.model import Box, PageText

SAME_LINE = 0.5
"""The share of the lower box's height that two neighbours on one line have in common."""
WIDEST_GAP = 0.03
"""Of the page's width: from there on two boxes on one line belong to different columns."""
NEAR = 0.02
"""Of the page: a point this near to a character points at it."""


def nearest(page: PageText, x: float, y: float) -> int | None:
    """The place in the text between two characters that is nearest to a point; None for a page without text."""
    best: tuple[float, int] | None = None
    for at, box in enumerate(page.boxes):
        if box.right > box.left:
            distance = _away(box, x, y)
            if best is None or distance < best[0]:
                best = distance, at + (x > (box.left + box.right) / 2)
    return best[1] if best is not None else None


def is_text_at(page: PageText, x: float, y: float) -> bool:
    return any(_away(box, x, y) <= NEAR * NEAR for box in page.boxes if box.right > box.left)


def word_at(page: PageText, at: int) -> tuple[int, int]:
    """The span of the word that holds or touches a place in the text."""
    start = end = at
    while start > 0 and page.text[start - 1].isalnum():
        start -= 1
    while end < len(page.text) and page.text[end].isalnum():
        end += 1
    return start, end


def runs(boxes: Sequence[Box]) -> Iterator[Box]:
    """The boxes of characters in reading order, joined into one box a line and column."""
    run: Box | None = None
    for box in boxes:
        if box.right <= box.left or box.bottom <= box.top:
            continue
        if run is not None and _joins(run, box):
            run = Box(
                min(run.left, box.left),
                min(run.top, box.top),
                max(run.right, box.right),
                max(run.bottom, box.bottom),
            )
            continue
        if run is not None:
            yield run
        run = box
    if run is not None:
        yield run


def _joins(run: Box, box: Box) -> bool:
    shared = min(run.bottom, box.bottom) - max(run.top, box.top)
    lower = min(run.bottom - run.top, box.bottom - box.top)
    gap = max(box.left - run.right, run.left - box.right)
    return shared >= SAME_LINE * lower and gap <= WIDEST_GAP


def _away(box: Box, x: float, y: float) -> float:
    """The squared distance of a point from a box; a line above or below is further than a word beside."""
    across = max(box.left - x, 0.0, x - box.right)
    down = 2 * max(box.top - y, 0.0, y - box.bottom)
    return across * across + down * down
