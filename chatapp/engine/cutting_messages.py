"""What passes between `cutting` and its program: pieces of a document, many in one frame.

The header's `pieces` are rows of numbers: the bytes of a chunk's text and of its terms, which follow each other in the
body, then the chunk's offset, page and line. So the engine takes a frame apart by slices, and is never held up by one.
"""

from collections.abc import Iterable, Iterator, Sequence

from chatapp.documents.limited_process import ProcessDied
from chatapp.documents.messages import Frame, Header, answered
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.pieces import About, Piece

LOST: Frame = ({"lost": True}, b"")
"""The answer of a program that is to go on with a document it never opened: another began it, and ended."""


def from_about(what: About) -> Frame:
    return {"about": [what.title, what.language]}, b""


def to_about(header: Header, _: bytes) -> About:
    """Raises UnreadableDocument."""
    return About(*answered(header, "about"))


def from_pieces(pieces: Iterable[Piece]) -> Frame:
    rows, parts = [], []
    for piece in pieces:
        chunk, text, terms = piece.chunk, piece.chunk.text.encode(), piece.terms.encode()
        rows.append((len(text), len(terms), chunk.offset, chunk.page, chunk.line))
        parts += [text, terms]
    return {"pieces": rows}, b"".join(parts)


def to_pieces(header: Header, body: bytes) -> list[Piece]:
    """Raises UnreadableDocument."""
    if "lost" in header:
        raise ProcessDied("damaged", "The process that indexed this file was ended. Add the file again.")
    return list(_pieces(answered(header, "pieces"), body))


def _pieces(rows: Sequence[tuple[int, int, int, int | None, int | None]], body: bytes) -> Iterator[Piece]:
    at = 0
    for text_bytes, terms_bytes, offset, page, line in rows:
        middle, end = at + text_bytes, at + text_bytes + terms_bytes
        yield Piece(Chunk(body[at:middle].decode(), offset, page, line), body[middle:end].decode())
        at = end


def from_texts(texts: Sequence[str]) -> Frame:
    encoded = [text.encode() for text in texts]
    return {"texts": [len(text) for text in encoded]}, b"".join(encoded)


def to_texts(header: Header, body: bytes) -> list[str]:
    """Raises UnreadableDocument."""
    texts, at = [], 0
    for size in answered(header, "texts"):
        texts.append(body[at : at + size].decode())
        at += size
    return texts
