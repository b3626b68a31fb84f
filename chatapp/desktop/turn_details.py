"""What is known of an answer besides its words, in lines: when, how long, how many tokens, what it cost. Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from chatapp.conversation.costs import Cost, cost_words
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import JsonObject, index_of, object_of


def details(turn: Turn, cost: Cost | None = None, on_server: str = "") -> str:
    """`cost` is None where no price is known, `on_server` says how it stands with the turn there. Nothing is said of
    what is not known."""
    return "\n".join(filter(None, (*_lines(turn, cost), on_server)))


def cost_line(cost: Cost) -> str:
    """ "Cost $0.0123, by prices of 25 November 2026, without web search"."""
    if cost.free:
        return "No charge"
    tools = ", ".join(name.replace("_", " ") for name in cost.without)
    day = day_words(cost.dated)
    facts = (f"by prices of {day}" if day else "", f"without the price of {tools}" if tools else "")
    return ", ".join(filter(None, (f"Cost {cost_words(cost)}", *facts)))


def day_words(day: str) -> str:
    """ "25 November 2026" for 2026-11-25; what is no day as it is."""
    try:
        return f"{date.fromisoformat(day):%d %B %Y}".lstrip("0")
    except ValueError:
        return day


def _lines(turn: Turn, cost: Cost | None) -> Iterator[str]:
    yield f"Asked on {datetime.fromtimestamp(turn.created_at):%d %B %Y at %H:%M:%S}"
    if turn.first_token_at is not None:
        yield f"First words after {turn.first_token_at - turn.created_at:.1f} s"
    if turn.finished_at is not None:
        yield f"Finished after {turn.finished_at - turn.created_at:.1f} s"
    yield from _tokens(object_of(turn.answer.usage))
    if cost is not None:
        yield cost_line(cost)


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
