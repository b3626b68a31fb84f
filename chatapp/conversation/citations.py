"""Citations: where annotations and search results meet, whatever the server. See `cite`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A search result. `score` is 0–1 or None; `rank` counts from 1; `page` and `line` where the server says."""

    file_id: str
    filename: str
    text: str
    score: float | None
    rank: int
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered marker in an answer.

    `item` and `part` say in which text it stands, `index` the code point it stands before. `quote` is the span of
    the passage (or, without one, of the answer) that the citation is about: what is looked for in the original.
    Two annotations of the same file and quote share a number.
    """

    number: int
    item: int
    part: int
    index: int
    file_id: str
    filename: str
    quote: str
    passage: Passage | None = None
    url: str | None = None
