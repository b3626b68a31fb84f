"""From a document to what the index takes: what it is called, and its chunks, each with its terms."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.documents.model import Document
from chatapp.engine.retrieval.analysis import language_of, terms
from chatapp.engine.retrieval.chunking import Chunking, chunks_of
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.titles import title_of

TITLE_WEIGHT = 2
"""How often a term of the title stands for itself (measured best of 1, 2, 3 on Cranfield). One field for both, as
BM25F has it: two fields that are scored apart are worth .015 of nDCG@10 less."""


@dataclass(frozen=True, slots=True)
class About:
    """What all chunks of a document share: a title that is searched with each, a language."""

    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk, and the terms by which it is found, with blanks between them."""

    chunk: Chunk
    terms: str


def about(filename: str, document: Document) -> About:
    """What a document is called, and what it is written in."""
    return About(title_of(filename, document), language_of(document.text))


def pieces_of(document: Document, what: About, chunking: Chunking) -> Iterator[Piece]:
    """The document's chunks in reading order."""
    for chunk in chunks_of(document, chunking):
        yield Piece(chunk, indexed_terms(what, chunk.text))


def indexed_terms(what: About, text: str) -> str:
    """The terms by which a chunk with this text is found."""
    title = TITLE_WEIGHT * terms(what.title, what.language)
    return " ".join([*title, *terms(text, what.language)])
