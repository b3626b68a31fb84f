"""The values of retrieval: a chunk as it is cut, a passage as it is found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Attribute = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document. `offset` and `length` count code points of the document's text.

    `page` is None for documents without pages, `line` (from 1) is None for those with pages. `language` is that of
    the document, where it is known.
    """

    text: str
    offset: int
    page: int | None
    line: int | None
    language: str | None = None

    @property
    def length(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found, with the file it stands in. `score` is 0–1; `telling` says what each term of the
    question tells among all that was searched. See `ranking`."""

    file_id: str
    filename: str
    chunk: Chunk
    score: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    telling: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)
