"""What a generator is: given a question, its history and the passages found, it yields text and citations.

`run` turns the pieces into events and counts tokens; a generator knows neither the wire nor the disk.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query


class Ability(Enum):
    """What a request may ask of a generator beyond text; a request that needs more is refused."""

    FUNCTIONS = auto()
    JSON = auto()
    IMAGES = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """A message: `role` is user, assistant, system or developer."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """All a generator gets. `turns` ends with the question; `passages` are best first.

    `searched` tells an empty result from a request that gave nothing to search; `unread` counts the files that
    should have been searched but are still being indexed.
    """

    instructions: str | None
    turns: tuple[Turn, ...]
    query: Query
    passages: tuple[Passage, ...]
    searched: bool
    unread: int = 0


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More text."""

    text: str


@dataclass(frozen=True, slots=True)
class CitationPiece:
    """What stands before this point of the text is from this file."""

    file_id: str
    filename: str


Piece = TextPiece | CitationPiece


class Generator(Protocol):
    """One way of wording answers."""

    @property
    def id(self) -> str:
        """The name under which it stands in the list of models."""

    @property
    def abilities(self) -> frozenset[Ability]: ...

    def generate(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece. Closing the iterator early stops the work."""
