"""A generator that asks a model over /v1/chat/completions, wherever that is: another server, or a file run here."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

from chatapp.engine.generation.chat_answer import ChatAnswer
from chatapp.engine.generation.chat_request import ModelFacts, chat_request, search_name
from chatapp.engine.generation.citing import cited
from chatapp.engine.generation.constrained_calls import (
    as_call,
    asking_for_calls,
    begins_as_call,
    in_words,
    text_in,
)
from chatapp.engine.generation.port import Ability, Piece, Prompt, Search, TextPiece
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.tokens import estimate_prompt, estimate_tokens
from chatapp.protocol.json_types import JsonObject

_ALWAYS = frozenset(Ability) - {Ability.SEARCHES, Ability.REPEATS}

PASSAGES_SHARE = 4
UNKNOWN_ROOM = 3000
"""Tokens of passages for a model whose server does not tell its context: ollama's is 4096 as a rule, and what is too
much it leaves out without a word."""


class ChatLink(Protocol):
    """The way to a server that speaks chat completions."""

    def completion(self, body: JsonObject) -> AsyncGenerator[JsonObject, None]:
        """The chunks of a streamed completion. Closing it ends the work there. Raises GenerationFailed."""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """See the module. It searches by itself where its template knows calls; where it does not, its calls are held to
    their JSON. An image goes to a model that may see it; any other is told that there is one."""

    id: str
    owner: str
    facts: ModelFacts
    link: ChatLink

    @property
    def abilities(self) -> frozenset[Ability]:
        further = {Ability.SEARCHES: self.facts.calls, Ability.REPEATS: self.facts.repeats}
        return _ALWAYS | {ability for ability, is_there in further.items() if is_there}

    @property
    def context_tokens(self) -> int | None:
        return self.facts.context

    async def count_tokens(self, prompt: Prompt) -> int:
        return estimate_prompt(prompt)

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        prompt = self._affordable(prompt)
        passages = () if prompt.wishes.format else _given(prompt)
        async with aclosing(self._pieces(prompt)) as pieces, aclosing(cited(pieces, passages)) as all_pieces:
            async for piece in all_pieces:
                yield piece

    def _affordable(self, prompt: Prompt) -> Prompt:
        """The prompt with as many passages of each search as a model reads without losing what was asked: a quarter of
        its context. Where that is known, those found beforehand fit already."""
        context = self.facts.context
        most = UNKNOWN_ROOM if context is None else context // PASSAGES_SHARE
        turns = tuple(
            replace(turn, passages=_best(turn.passages, most)) if isinstance(turn, Search) else turn
            for turn in prompt.turns
        )
        passages = _best(prompt.passages, most) if context is None else prompt.passages
        return replace(prompt, turns=turns, passages=passages)

    def _pieces(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        wishes, facts = prompt.wishes, self.facts
        if facts.calls is False:
            prompt = replace(prompt, turns=in_words(prompt.turns))
        if wishes.must_call and (facts.calls is False or not facts.obeys):
            return self._must_call(prompt)
        if not wishes.functions or facts.calls is not False:
            return self._asked(prompt)
        if wishes.format is not None:
            # An answer in JSON and a call in JSON could not be told apart.
            return self._asked(replace(prompt, wishes=replace(wishes, functions=())))
        return self._may_call(prompt)

    async def _must_call(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        written: list[Piece] = []
        async with aclosing(self._asked(asking_for_calls(prompt))) as pieces:
            async for piece in pieces:
                written.append(piece)
        for piece in as_call(written):
            yield piece

    async def _may_call(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        held: list[Piece] = []
        is_call: bool | None = None
        async with aclosing(self._asked(asking_for_calls(prompt))) as pieces:
            async for piece in pieces:
                held.append(piece)
                is_call = begins_as_call(text_in(held)) if is_call is None else is_call
                if is_call:
                    break
                if is_call is False or not isinstance(piece, TextPiece):
                    for one in held:
                        yield one
                    held.clear()
        if not is_call:
            for one in held:
                yield one
        else:
            must = replace(prompt, wishes=replace(prompt.wishes, must_call=True))
            async with aclosing(self._must_call(must)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _asked(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        answer = ChatAnswer(search_name(prompt) if prompt.may_search else None)
        async with aclosing(self.link.completion(chat_request(prompt, self.facts))) as chunks:
            async for chunk in chunks:
                for piece in answer.pieces(chunk):
                    yield piece
        for piece in answer.rest():
            yield piece


def _given(prompt: Prompt) -> list[Passage]:
    """Every passage that the model was given."""
    found = [turn.passages for turn in prompt.turns if isinstance(turn, Search)]
    return [*prompt.passages, *(passage for passages in found for passage in passages)]


def _best(passages: tuple[Passage, ...], tokens: int) -> tuple[Passage, ...]:
    """The first passages that come to so many tokens, one at least."""
    lengths = accumulate(estimate_tokens(passage.chunk.text) for passage in passages)
    return passages[: max(1, sum(length <= tokens for length in lengths))]
