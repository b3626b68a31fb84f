"""One answer as an HTML page that needs nothing else: under it each of its sources in the original, a page of a PDF
as a picture with the passage boxed, of other files the lines around it. No scripts, nothing loaded from anywhere.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from chatapp.conversation.tree import Turn
from chatapp.documents.model import Box
from chatapp.exchange import html
from chatapp.exchange.sources import Source, author, moment, remarks, writable

_STYLE = """
figure { margin: 2rem 0; break-inside: avoid; }
figcaption { font-size: .9rem; margin-bottom: .5rem; }
.page { position: relative; border: 1px solid var(--line); line-height: 0; }
.page img { width: 100%; height: auto; }
.box { position: absolute; border: 1px solid #3350c8; background: #3350c826; border-radius: 2px; }
.number { position: absolute; right: 100%; bottom: 50%; margin-right: 1px; padding: 0 .4em; border-radius: .7em;
  background: #3350c8; color: #fff; font: 600 .75rem/1.4 system-ui, sans-serif; }
.excerpt { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 6px;
  padding: .8rem; }
mark { background: #c9d6ff; color: #1d1e21; }
@media print { .box, .number, mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page of a PDF with the boxes of every source that stands on it, by their numbers."""

    name: str
    page: int
    page_count: int
    width: int
    height: int
    png: bytes
    boxes: tuple[tuple[int, tuple[Box, ...]], ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(number for number, _ in self.boxes)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The quoted words in the text they stand in."""

    number: int
    before: str
    quote: str
    after: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.number,)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A source whose place is not shown, and why."""

    number: int
    reason: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.number,)


Exhibit = PagePicture | Excerpt | Unseen


def render(turn: Turn, found: Sequence[Source], exhibits: Sequence[Exhibit]) -> str:
    """The page: the question, the answer with its sources, and the exhibits in their order."""
    named = {source.number: source for source in found}
    parts = [
        f"<header><h1>{escape(turn.text) or 'An answer'}</h1>",
        f'<p class="when">{escape(author(turn))}, {moment(turn.created_at)}</p></header>',
        html.fragment(turn.answer, found),
        *(f'<p class="remark">{escape(remark)}</p>' for remark in remarks(turn)),
        *(figure for exhibit in exhibits for figure in _figure(exhibit, named)),
    ]
    title = turn.text.strip() or "An answer"
    return html.page(title, writable("\n".join(parts)), _STYLE, "; img-src data:")


def _figure(exhibit: Exhibit, named: dict[int, Source]) -> Iterator[str]:
    sources = [named[number] for number in exhibit.numbers if number in named]
    if not sources:
        return
    marks = " ".join(f'<a href="#source-1-{source.number}">{source.number}</a>' for source in sources)
    yield f"<figure><figcaption>{marks} {escape(_caption(exhibit, sources[0]))}</figcaption>"
    if isinstance(exhibit, PagePicture):
        yield from _picture(exhibit)
    elif isinstance(exhibit, Excerpt):
        before, quote, after = map(escape, (exhibit.before, exhibit.quote, exhibit.after))
        yield f'<div class="excerpt">{before}<mark>{quote}</mark>{after}</div>'
    else:
        yield f'<p class="remark">{escape(exhibit.reason)}</p>'
    yield "</figure>"


def _caption(exhibit: Exhibit, source: Source) -> str:
    if isinstance(exhibit, PagePicture):
        return f"{exhibit.name}, page {exhibit.page} of {exhibit.page_count}"
    return ", ".join(filter(None, (source.name, source.place)))


def _picture(picture: PagePicture) -> Iterator[str]:
    about = escape(f"Page {picture.page} of {picture.name}", quote=True)
    data = b64encode(picture.png).decode("ascii")
    size = f'width="{picture.width}" height="{picture.height}"'
    yield f'<div class="page"><img alt="{about}" {size} src="data:image/png;base64,{data}">'
    for number, boxes in picture.boxes:
        row = [box for box in boxes if box.top < boxes[0].bottom and box.bottom > boxes[0].top]
        numbered = min(row, key=lambda box: box.left, default=None)  # a line may run from right to left
        for box in boxes:
            mark = f'<span class="number">{number}</span>' if box is numbered else ""
            yield f'<div class="box" style="{_position(box)}">{mark}</div>'
    yield "</div>"


def _position(box: Box) -> str:
    sides = (
        ("left", box.left),
        ("top", box.top),
        ("width", box.right - box.left),
        ("height", box.bottom - box.top),
    )
    return "; ".join(f"{name}: {part:.3%}" for name, part in sides)
