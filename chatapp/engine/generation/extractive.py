"""The generator that needs no model: it quotes the passages closest to the question, and says so.

Nothing in its answers is worded by a machine: a line that says what follows, then quotes, each word for word
from the document (line breaks folded), followed by where it stands. It cannot tell a question that the
documents do not answer, which is why it never says "answer".

An answer reads `> QUOTE` (the citation's index is right after QUOTE), a line `>`, and `> — FILE, page N`, or
what a page is called in files of that kind.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from chatapp.documents.model import page_name
from chatapp.engine.generation.excerpts import Excerpt, excerpts
from chatapp.engine.generation.parts import Parts, taken_apart
from chatapp.engine.generation.port import Ability, CitationPiece, Piece, Prompt, TextPiece
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.tokens import estimate_prompt

MOST_QUOTES = 3
TURN_S = 0.002
"""How long passages are taken apart at a stretch."""

HEADING = "Closest passages to your question:"
NOTHING_FOUND = (
    "Closest passages: none. No passage of the files searched shares a word with your question."
    " Try other words, or add the file that should hold it."
)
NOT_YET = "Closest passages: none yet. {files} still being indexed; ask again in a moment."
NOTHING_TO_SEARCH = (
    "There is nothing to search yet. No model is connected, so I can only quote passages from files:"
    " attach a file to your message, or add files to a library (vector store) and choose it for this"
    " conversation, then ask again. For written answers, choose a server with a model."
)


class Extractive:
    """See the module. It has no abilities beyond text, and leaves nothing to chance."""

    id: ClassVar[str] = "extractive"
    owner: ClassVar[str] = "chatapp"
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.REPEATS})
    context_tokens: ClassVar[int | None] = None

    async def count_tokens(self, prompt: Prompt) -> int:
        return estimate_prompt(prompt)

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        if not prompt.searched:
            yield TextPiece(NOTHING_TO_SEARCH)
            return
        quotes = excerpts(prompt.query, await _taken_apart(prompt.passages), MOST_QUOTES)
        if not quotes:
            yield TextPiece(_none_found(prompt.unread))
            return
        yield TextPiece(HEADING)
        for quote in quotes:
            yield TextPiece(f"\n\n> {quote.text}")
            yield CitationPiece(quote.passage.file_id, quote.passage.filename)
            name = " ".join(quote.passage.filename.splitlines())
            yield TextPiece(f"\n>\n> — {name}{_place(quote)}")


async def _taken_apart(passages: Sequence[Passage]) -> list[tuple[Passage, Parts]]:
    """In turns with all else that goes on, and in no thread: two that compute would hold each other up."""
    taken = []
    began = time.perf_counter()
    for passage in passages:
        taken.append((passage, taken_apart(passage)))
        if time.perf_counter() - began > TURN_S:
            await asyncio.sleep(0)
            began = time.perf_counter()
    return taken


def _none_found(unread: int) -> str:
    if not unread:
        return NOTHING_FOUND
    return NOT_YET.format(files="1 file is" if unread == 1 else f"{unread} files are")


def _place(quote: Excerpt) -> str:
    chunk = quote.passage.chunk
    if chunk.page is not None:
        return f", {page_name(quote.passage.filename)} {chunk.page}"
    if chunk.line is None:
        return ""
    line = chunk.line + chunk.text.count("\n", 0, quote.offset - chunk.offset)
    return f", line {line}"
