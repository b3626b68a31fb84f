"""Prompts that fit a model's context: turns are dropped from the beginning or refused, passages from the end."""

from collections.abc import Sequence
from dataclasses import replace

from chatapp.engine.errors import invalid
from chatapp.engine.generation.port import Call, CallOutput, Generator, Message, Prompt, Turn
from chatapp.engine.tokens import estimate_turn

ANSWER_SHARE = 4
"""One in so many tokens of the context is left for the answer, if it may be as long."""
SHORTEST_ANSWER = 16
TOO_LONG = (
    "Your input exceeds the context window of this model ({tokens} tokens, and it takes {most})."
    " Please adjust your input and try again{hint}."
)


async def fitted_turns(generator: Generator, prompt: Prompt, *, drop: bool) -> tuple[Turn, ...]:
    """The prompt's turns, without the oldest where they do not fit and may be dropped. Raises ApiError 400.

    What was said as system or developer stays, and so does everything from the last question on.
    """
    context = generator.context_tokens
    if context is None:
        return prompt.turns
    tokens = await generator.count_tokens(prompt)
    most = context - (room_for_answer(context, prompt.wishes.max_tokens) if drop else SHORTEST_ANSWER)
    while tokens > most and drop:
        turns = _without_oldest(prompt.turns, tokens - most)
        if turns == prompt.turns:
            break
        prompt = replace(prompt, turns=turns)
        tokens = await generator.count_tokens(prompt)
    if tokens > most:
        hint = "" if drop else ", or let old turns be dropped with 'truncation' set to 'auto'"
        message = TOO_LONG.format(tokens=tokens, most=max(0, most), hint=hint)
        raise invalid(message, "input", "context_length_exceeded")
    return prompt.turns


async def with_passages_that_fit(generator: Generator, prompt: Prompt) -> Prompt:
    """The prompt with as many of its best passages as leave room for the answer."""
    context = generator.context_tokens
    if context is None:
        return prompt
    most = context - room_for_answer(context, prompt.wishes.max_tokens)
    while prompt.passages and await generator.count_tokens(prompt) > most:
        prompt = replace(prompt, passages=prompt.passages[: len(prompt.passages) * 3 // 4])
    return prompt


def room_for_answer(context: int, max_tokens: int | None) -> int:
    """Tokens of the context that are kept for the answer."""
    share = max(SHORTEST_ANSWER, context // ANSWER_SHARE)
    return share if max_tokens is None else min(share, max_tokens)


def _without_oldest(turns: Sequence[Turn], tokens: int) -> tuple[Turn, ...]:
    """The turns without the first ones that make up so many tokens, or all before the last question."""
    last = max((at for at, turn in enumerate(turns) if _is_by(turn, "user")), default=len(turns))
    kept: list[Turn] = []
    for turn in turns[:last]:
        if tokens <= 0 or _is_by(turn, "system", "developer"):
            kept.append(turn)
        else:
            tokens -= max(1, estimate_turn(turn))
    calls = {turn.call_id for turn in (*kept, *turns[last:]) if isinstance(turn, Call)}
    return (
        *(turn for turn in kept if not isinstance(turn, CallOutput) or turn.call_id in calls),
        *turns[last:],
    )


def _is_by(turn: Turn, *roles: str) -> bool:
    return isinstance(turn, Message) and turn.role in roles
