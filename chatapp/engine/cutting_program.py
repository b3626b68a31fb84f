"""The program that reads a file, cuts it and makes the terms of its chunks, for `cutting`: one file after another.

`python -m chatapp.engine.cutting_program`. What a hostile file can make long or large happens here, and within limits.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from chatapp.documents.limited_program import answer_requests
from chatapp.documents.messages import Frame, Header
from chatapp.documents.reading import read
from chatapp.engine.cutting_messages import LOST, from_about, from_pieces, from_texts, to_texts
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.pieces import About, Piece, about, indexed_terms, pieces_of

BATCH = 400
"""Pieces in one answer: a megabyte or two."""


class _Table:
    """The document that is being cut."""

    def __init__(self) -> None:
        self._pieces: Iterator[Piece] | None = None

    def clear(self) -> None:
        self._pieces = None

    def open(self, request: Header, _: bytes) -> Frame:
        self.clear()
        filename = request["filename"]
        document = read(Path(request["path"]), filename)
        what = about(filename, document)
        self._pieces = pieces_of(document, what, Chunking(*request["chunking"]))
        return from_about(what)

    def more(self, _: Header, __: bytes) -> Frame:
        return LOST if self._pieces is None else from_pieces(islice(self._pieces, BATCH))


def _terms(request: Header, body: bytes) -> Frame:
    texts = zip(request["abouts"], to_texts(request, body), strict=True)
    return from_texts([indexed_terms(About(*what), text) for what, text in texts])


def main() -> None:
    """Answers until stdin closes, or until memory ran out."""
    table = _Table()
    answers = {"open": table.open, "more": table.more, "terms": _terms}
    answer_requests(answers, "Indexing", table.clear)


if __name__ == "__main__":
    main()
