"""What answers cost, by the table of `prices`, and how that is said. Pure.

An answer whose price or whose tokens are not known has no cost, which is another thing than none.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatapp.conversation.answer import Answer
from chatapp.conversation.prices import DOLLARS, Price, PriceTable
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, objects_of, text_of

MILLION: Final = 1_000_000
STANDARD_TIERS: Final = ("default", "standard")
SAME_TIER: Final[Mapping[str, str]] = {"fast": "priority"}
"""Other names of a tier, as requests and responses have them."""
MONEY: Final[Mapping[str, str]] = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_CHARGED: Final = ("file_search", "code_interpreter", "image_generation")


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer cost by a row of the day `dated`. `standard` says that the tier that served it is not known, or
    has no price, so that this is the standard price; `without` names what was used and has no price here."""

    amount: float
    currency: str = DOLLARS
    dated: str = ""
    free: bool = False
    standard: bool = False
    without: tuple[str, ...] = ()


def cost_of_answer(table: PriceTable, answer: Answer, asked: str, places: Sequence[str]) -> Cost | None:
    """`asked` is the model that was asked for: where the one that answered has no price, that of its name counts.
    `places` are the names of the server, see PriceTable."""
    price = table.of(answer.model or "", places) or table.of(asked, places)
    tier = text_of(object_of(answer.response).get("service_tier"))
    return cost_of(price, answer.usage, tier, calls_in(answer.response))


def cost_of(
    price: Price | None, usage: JsonObject | None, tier: str = "", calls: Mapping[str, int] | None = None
) -> Cost | None:
    """What an answer cost, None where its price or its tokens are not known. Reasoning is part of the output tokens,
    cached tokens and those written to the cache are part of the input tokens. `tier` is the one that the server says
    has served it; `calls` count the calls of tools that may cost something."""
    counts = object_of(usage)
    used, made = index_of(counts.get("input_tokens")), index_of(counts.get("output_tokens"))
    if price is None or price.input is None or price.output is None or used is None or made is None:
        return None
    if price.is_free:
        return Cost(0.0, price.currency, price.dated, free=True)
    factor = _factor(price, tier)
    tokens = _of_tokens(price, object_of(counts.get("input_tokens_details")), used, made)
    used_tools = {name: count for name, count in (calls or {}).items() if count}
    of_calls = sum(price.calls[name] * count for name, count in used_tools.items() if name in price.calls)
    return Cost(
        tokens * (1.0 if factor is None else factor) + of_calls,
        price.currency,
        price.dated,
        standard=factor is None,
        without=tuple(name for name in used_tools if name not in price.calls),
    )


def _factor(price: Price, tier: str) -> float | None:
    """How many times the standard price a tier costs; None where that is not known. Where no tier has a price and none
    was named, there is only one."""
    if tier in STANDARD_TIERS or (not tier and not price.tiers):
        return 1.0
    return price.tiers.get(SAME_TIER.get(tier, tier))


def _of_tokens(price: Price, details: JsonObject, used: int, made: int) -> float:
    """In money, at the standard tier. Of details that say more than all counts no more than all."""
    assert price.input is not None and price.output is not None
    is_long = price.long is not None and used > price.long.above
    more_in, more_out = (price.long.input, price.long.output) if price.long and is_long else (1.0, 1.0)
    cached = min(index_of(details.get("cached_tokens")) or 0, used)
    written = min(index_of(details.get("cache_write_tokens")) or 0, used - cached)
    of_cached = price.input if price.cached is None else price.cached
    of_written = price.input if price.cache_write is None else price.cache_write
    fresh = used - cached - written
    of_input = fresh * price.input + cached * of_cached + written * of_written
    return (of_input * more_in + made * price.output * more_out) / MILLION


def cost_json(cost: Cost) -> JsonObject:
    return {
        "amount": cost.amount,
        "currency": cost.currency,
        "dated": cost.dated,
        "free": cost.free,
        "standard": cost.standard,
        "without": list(cost.without),
    }


def read_cost(value: Json) -> Cost | None:
    """A cost that was kept; None for what is none."""
    row = object_of(value)
    amount = row.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not math.isfinite(amount):
        return None
    without = row.get("without")
    return Cost(
        float(amount),
        text_of(row.get("currency")) or DOLLARS,
        text_of(row.get("dated")),
        row.get("free") is True,
        row.get("standard") is True,
        tuple(map(text_of, without)) if isinstance(without, list) else (),
    )


def together(costs: Iterable[Cost]) -> dict[str, Cost]:
    """Costs added up, by currency; each total is of the oldest day among them."""
    totals: dict[str, Cost] = {}
    for cost in costs:
        total = totals.get(cost.currency)
        totals[cost.currency] = cost if total is None else _added(total, cost)
    return totals


def _added(one: Cost, other: Cost) -> Cost:
    return replace(
        one,
        amount=one.amount + other.amount,
        dated=min(filter(None, (one.dated, other.dated)), default=""),
        free=one.free and other.free,
        standard=one.standard or other.standard,
        without=tuple(dict.fromkeys((*one.without, *other.without))),
    )


def money(amount: float, currency: str = DOLLARS) -> str:
    """ "$1.23", "$0.0123", "$0.00042": cents, or the first two figures of what is less."""
    places = 2 if amount >= 1 or amount == 0 else min(8, max(4, 1 - math.floor(math.log10(amount))))
    sign = MONEY.get(currency)
    figures = f"{amount:,.{places}f}"
    return f"{sign}{figures}" if sign else f"{currency} {figures}".strip()


def cost_words(cost: Cost) -> str:
    """ "$0.0123", "$0.0123 at standard price", "no charge"."""
    if cost.free:
        return "no charge"
    return money(cost.amount, cost.currency) + (" at standard price" if cost.standard else "")


def calls_in(response: JsonObject | None) -> dict[str, int]:
    """The calls in an answer that a server may charge for, by the tool's name. Of web searches those count that the
    server counted, else those that searched: opening a page of what was found is no search."""
    items = objects_of(object_of(response).get("output"))
    counts = {name: sum(item.get("type") == f"{name}_call" for item in items) for name in _CHARGED}
    counted = object_of(object_of(object_of(response).get("tool_usage")).get("web_search"))
    told = index_of(counted.get("num_requests"))
    counts["web_search"] = sum(map(_searches, items)) if told is None else told
    return {name: count for name, count in counts.items() if count}


def _searches(item: JsonObject) -> bool:
    kind = text_of(object_of(item.get("action")).get("type"))
    return item.get("type") == "web_search_call" and kind in ("", "search")
