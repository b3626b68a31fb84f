"""The pieces a line of prose is made of, and how the parser's inline tokens become them.

Addresses are checked in `sanitize`; a piece never holds one that may not be followed. Next door, `blocks`
holds the pieces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markdown_it.token import Token

from chatapp.rendering import markers
from chatapp.rendering.mathematics import CLOSING
from chatapp.rendering.sanitize import safe_href


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Emph:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Strike:
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class CodeSpan:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    title: str
    children: "tuple[Inline, ...]"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture the answer points to. It is shown as a chip with its address and never loaded by itself."""

    src: str
    alt: str
    title: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    pass


@dataclass(frozen=True, slots=True)
class Marker:
    """A numbered citation."""

    number: int


@dataclass(frozen=True, slots=True)
class NoteSign:
    """Where a footnote is referred to, by the label it was given."""

    label: str


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathematics in TeX, `source` with its delimiters. `display` is one that stands on a line of its own."""

    tex: str
    source: str
    display: bool = False


Inline = Text | Strong | Emph | Strike | CodeSpan | Link | Image | LineBreak | Marker | NoteSign | Formula
Span = Strong | Emph | Strike | Link

_SPANS: Final[dict[str, type[Strong] | type[Emph] | type[Strike]]] = {
    "strong_open": Strong,
    "em_open": Emph,
    "s_open": Strike,
}
_BREAK_TAGS: Final = ("<br>", "<br/>", "<br />")


def convert(tokens: Sequence[Token] | None, source: str) -> tuple[Inline, ...]:
    """The pieces of one inline token's children. Markers of `source` that no piece shows come at the end."""
    pieces = _children(iter(tokens or ()), None)
    wanted = markers.numbers_in(source)
    if wanted:
        shown = [piece.number for piece in walk(pieces) if isinstance(piece, Marker)]
        pieces += tuple(Marker(number) for number in _missing(wanted, shown))
    return pieces


def walk(pieces: Sequence[Inline]) -> Iterator[Inline]:
    """Every piece in reading order, spans before what they hold."""
    for piece in pieces:
        yield piece
        if isinstance(piece, Strong | Emph | Strike | Link):
            yield from walk(piece.children)


def plain(pieces: Sequence[Inline]) -> str:
    """What is read when the pieces are read aloud or copied as text; a marker reads [1]."""
    return "".join(_plain_one(piece) for piece in pieces)


def _plain_one(piece: Inline) -> str:
    match piece:
        case Text(text) | CodeSpan(text):
            return text
        case Formula(_, source):
            return source
        case Image(src, alt, _):
            return f"[{alt or src}]"
        case LineBreak():
            return "\n"
        case Marker(number):
            return f"[{number}]"
        case NoteSign(label):
            return f"[{label}]"
        case _:
            return plain(piece.children)


def _missing(wanted: Sequence[int], shown: list[int]) -> Iterator[int]:
    for number in wanted:
        if number in shown:
            shown.remove(number)
        else:
            yield number


def _children(tokens: Iterator[Token], closing: str | None) -> tuple[Inline, ...]:
    pieces: list[Inline] = []
    run: list[str] = []
    for token in tokens:
        if token.type in ("text", "text_special"):
            run.append(token.content)
            continue
        if token.type == "softbreak":
            run.append(" ")
            continue
        if run:
            pieces += _from_text("".join(run))
            run = []
        if token.type == closing:
            return tuple(pieces)
        pieces += _one(token, tokens)
    if run:
        pieces += _from_text("".join(run))
    return tuple(pieces)


def _one(token: Token, tokens: Iterator[Token]) -> Sequence[Inline]:
    if span := _SPANS.get(token.type):
        children = _children(tokens, token.type.replace("_open", "_close"))
        return (span(children),) if children else ()
    if token.type == "link_open":
        return _link(token, _children(tokens, "link_close"))
    if token.type == "code_inline":
        text = markers.strip(token.content)
        return (CodeSpan(text), *map(Marker, markers.numbers_in(token.content)))
    if token.type == "formula":
        return _formula(token)
    if token.type == "image":
        return _image(token)
    if token.type == "note_sign":
        return (NoteSign(token.content),)
    if token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower() in _BREAK_TAGS):
        return (LineBreak(),)
    return _from_text(token.content)


def _link(token: Token, children: tuple[Inline, ...]) -> Sequence[Inline]:
    """The link, then the markers that stood inside it: a marker is its own target."""
    href = safe_href(str(token.attrGet("href") or ""))
    inside = tuple(piece for piece in walk(children) if isinstance(piece, Marker))
    label = _without_markers(children) if inside else children
    if href is None:
        return (*label, *inside)
    title = markers.strip(str(token.attrGet("title") or ""))
    return (Link(href, title, label or (Text(href),)), *inside)


def _without_markers(pieces: Sequence[Inline]) -> tuple[Inline, ...]:
    kept: list[Inline] = []
    for piece in pieces:
        if isinstance(piece, Strong | Emph | Strike | Link):
            kept.append(replace(piece, children=_without_markers(piece.children)))
        elif not isinstance(piece, Marker):
            kept.append(piece)
    return tuple(kept)


def _formula(token: Token) -> Sequence[Inline]:
    """The formula, then the markers that stood inside it."""
    tex, closing = markers.strip(token.content), CLOSING[token.markup]
    display = token.markup in ("$$", "\\[")
    return (
        Formula(tex.strip(), f"{token.markup}{tex}{closing}", display),
        *map(Marker, markers.numbers_in(token.content)),
    )


def _image(token: Token) -> Sequence[Inline]:
    alt = plain(_children(iter(token.children or ()), None))
    src = safe_href(str(token.attrGet("src") or ""))
    if src is None:
        return (Text(markers.strip(alt)),)
    return (Image(src, markers.strip(alt), markers.strip(str(token.attrGet("title") or ""))),)


def _from_text(text: str) -> list[Inline]:
    """Text cut at its markers."""
    pieces: list[Inline] = []
    last = 0
    for found in markers.SENTINEL.finditer(text):
        if found.start() > last:
            pieces.append(Text(text[last : found.start()]))
        pieces.append(Marker(ord(found.group()) - markers.FIRST))
        last = found.end()
    return [*pieces, Text(text[last:])] if last < len(text) else pieces
