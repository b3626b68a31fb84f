"""What a question will take, before it is sent: tokens by part, whether they fit the model, what they may cost. Pure.

Nothing is read again that a server has counted: the turns above are what the newest of them used. All of it is "about",
but for a total that the server told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from chatapp.conversation.costs import Cost, cost_of
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.prices import Price
from chatapp.conversation.token_estimate import A_MESSAGE, A_REQUEST, input_tokens, standing_tokens, tokens_of
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, text_of

LOOKED_AT: Final = 12
"""Turns without usage whose words are looked at; those above are told from their lengths, as these turned out."""
RECENT: Final = 5
"""Answers whose median says how long the next may be."""
LOW_DETAIL: Final = 85
"""Tokens of an image that is looked at roughly, with models that count them so."""
PARTS: Final = ("instructions", "history", "files", "question", "tools")
Above = Callable[[Turn], Turn | None]
"""The turn above another, None where it is the first."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Tokens by part. `uncounted` files go along whose tokens nobody knows before; `told` is the server's own count of
    all. `likely` and `most` are how long the answer may be: as recent ones were, and at most; None where not known."""

    instructions: int = 0
    history: int = 0
    files: int = 0
    question: int = 0
    tools: int = 0
    uncounted: int = 0
    told: int | None = None
    likely: int | None = None
    most: int | None = None

    @property
    def about(self) -> int:
        """All parts together, as they are estimated."""
        return self.instructions + self.history + self.files + self.question + self.tools

    @property
    def total(self) -> int:
        return self.about if self.told is None else self.told


@dataclass(frozen=True, slots=True)
class Fit:
    """`limit` are the tokens that the model takes, `share` what the question takes of them, `fits` whether there is
    room for it and for the longest answer it may have, or one as the recent ones where that is not known."""

    limit: int
    share: float
    fits: bool


def forecast(
    parameters: JsonObject,
    text: str,
    enclosures: Sequence[Enclosure],
    last: Turn | None,
    above: Above,
    history: int,
) -> Forecast:
    """`parameters` are all that hold for the question, `last` is the turn it follows, `history` what `history_tokens`
    says of that one."""
    tools = [*(parameters.get("tools") or ()), *_search_tool(parameters)]
    asked = {"instructions": parameters.get("instructions"), "tools": tools, "text": _form(parameters)}
    instructions, standing = standing_tokens(asked)
    own = parameters.get("input")
    inside = [entry for entry in enclosures if entry.how != "search"]
    roughly = [entry for entry in inside if entry.detail == "low"]
    cap = index_of(parameters.get("max_output_tokens"))
    usual = likely_output(last, above)
    return Forecast(
        instructions=instructions,
        history=history,
        files=LOW_DETAIL * len(roughly),
        question=_question(own, text.strip(), first=not history),
        tools=standing,
        uncounted=len(inside) - len(roughly),
        likely=usual if usual is None or not cap else min(usual, cap),
        most=cap or None,
    )


def history_tokens(last: Turn | None, above: Above) -> int:
    """The turns up to `last`, as a question after it brings them along: what that one used and what it said, without
    what it thought and without what stands over every question."""
    unknown: list[Turn] = []
    turn, known = last, 0
    while turn is not None:
        counted = _counted(turn)
        if counted is not None:
            known = counted
            break
        unknown.append(turn)
        turn = above(turn)
    return known + _estimated(unknown)


def likely_output(last: Turn | None, above: Above) -> int | None:
    """The median of the newest answers' tokens."""
    found: list[int] = []
    turn, seen = last, 0
    while turn is not None and seen < RECENT:
        made = index_of(object_of(turn.answer.usage).get("output_tokens"))
        found += [made] if made else []
        turn, seen = above(turn), seen + 1
    return round(median(found)) if found else None


def fit_of(price: Price | None, expected: Forecast) -> Fit | None:
    """None where nobody knows how much the model takes."""
    if price is None or price.window is None:
        return None
    most_input = price.most_input or price.window
    together = expected.total + (expected.most or expected.likely or 0)
    fits = expected.total <= most_input and together <= price.window
    return Fit(most_input, expected.total / most_input, fits)


def costs_of(price: Price | None, expected: Forecast, tier: str) -> tuple[Cost, Cost | None] | None:
    """What the question may cost: at least, and at most where the longest answer is known. The least is with an answer
    as the recent ones, or with none. None where there is no price."""
    least = cost_of(price, _usage(expected, expected.likely or 0), tier)
    if least is None:
        return None
    return least, cost_of(price, _usage(expected, expected.most), tier) if expected.most is not None else None


def _question(own: Json, words: str, first: bool) -> int:
    """`own` is the user's own input, which goes in the place of the words. The first brings what stands around all."""
    if not own and not words:
        return 0
    return (input_tokens(own) if own else tokens_of(words) + A_MESSAGE) + (A_REQUEST if first else 0)


def _usage(expected: Forecast, made: int) -> JsonObject:
    return {"input_tokens": expected.total, "output_tokens": made}


def _counted(turn: Turn) -> int | None:
    usage = object_of(turn.answer.usage)
    used, made = index_of(usage.get("input_tokens")), index_of(usage.get("output_tokens"))
    if not used:
        return None
    thought = index_of(object_of(usage.get("output_tokens_details")).get("reasoning_tokens")) or 0
    said = max(0, (made or 0) - thought)
    return max(0, used - sum(standing_tokens(turn.request))) + said


def _estimated(turns: Sequence[Turn]) -> int:
    near = turns[:LOOKED_AT]
    tokens = sum(tokens_of(words) + A_MESSAGE for turn in near for words in (turn.text, turn.answer.text))
    if len(turns) == len(near):
        return tokens
    share = tokens / max(1, sum(map(_length, near)))
    return tokens + round(share * sum(map(_length, turns[LOOKED_AT:])))


def _length(turn: Turn) -> int:
    return len(turn.text) + len(turn.answer.text)


def _form(parameters: JsonObject) -> Json:
    whole, form = object_of(parameters.get("text")), parameters.get("text.format")
    return {**whole, "format": form} if form else whole


def _search_tool(parameters: JsonObject) -> list[JsonObject]:
    stores = parameters.get("vector_stores")
    return [{"type": "file_search", "vector_store_ids": stores}] if stores else []


def tier_of(parameters: JsonObject) -> str:
    """The tier that is asked for, the standard one where none is."""
    return text_of(parameters.get("service_tier")) or "default"
