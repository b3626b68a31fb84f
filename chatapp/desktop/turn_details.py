"""What is known of an answer besides its words, in lines: when, how long, how many tokens, what it cost. Pure."""

from collections.abc import Iterator
from datetime import datetime

from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import JsonObject, index_of, object_of


def details(turn: Turn, cost: float | None = None) -> str:
    """`cost` is in US dollars, None where no price is known. Nothing is said of what is not known."""
    return "\n".join(_lines(turn, cost))


def _lines(turn: Turn, cost: float | None) -> Iterator[str]:
    yield f"Asked on {datetime.fromtimestamp(turn.created_at):%d %B %Y at %H:%M:%S}"
    if turn.first_token_at is not None:
        yield f"First words after {turn.first_token_at - turn.created_at:.1f} s"
    if turn.finished_at is not None:
        yield f"Finished after {turn.finished_at - turn.created_at:.1f} s"
    yield from _tokens(object_of(turn.answer.usage))
    if cost is not None:
        yield f"Cost ${cost:.4f}"


def _tokens(usage: JsonObject) -> Iterator[str]:
    for name, words, part, of_these in (
        ("input_tokens", "tokens in", "cached_tokens", "cached"),
        ("output_tokens", "tokens out", "reasoning_tokens", "for reasoning"),
    ):
        count = index_of(usage.get(name))
        if count is None:
            continue
        inside = index_of(object_of(usage.get(f"{name}_details")).get(part))
        yield f"{count:,} {words}" + (f", {inside:,} of them {of_these}" if inside else "")
