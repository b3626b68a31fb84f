"""What models cost: a table of list prices that the user can edit. Pure.

A model without a row has no price: nothing is guessed. resources/prices.json is the table as it is shipped; it says
where its prices are from and of which day they are. `costs` reckons with it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, text_of

ANY_SERVER: Final = ""
DOLLARS: Final = "USD"
DEAREST: Final = 1_000_000_000
LONGEST_CURRENCY: Final = 8
LONGEST_TEXT: Final = 500
"""Characters of a model's name, a server's, a day, and a source."""
MOST_STARS: Final = 3
"""Of a pattern: more could take for ever to be compared."""
_SNAPSHOT: Final = re.compile(r"-\d{4}-\d\d-\d\d$")
_PLAIN: Final = (
    "server", "model", "input", "cached", "cache_write", "output", "currency", "window", "most_input",
    "dated", "source",
)  # fmt: skip


class PriceFault(ValueError):
    """What is wrong with a row, and of which model it is, as a sentence."""


@dataclass(frozen=True, slots=True)
class Long:
    """A request of more than `above` input tokens costs `input` and `output` times as much, all of it."""

    above: int
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Price:
    """One row. `server` is a host name or a connection's id, ANY_SERVER for all; `model` a name, which stands for its
    dated snapshots too, or a pattern with *.

    Prices are for a million tokens; None where there is none of its own: cached input and cache writes cost as much as
    other input then, and without both `input` and `output` nothing can be reckoned. `window` are the tokens of input
    and output together that the model takes, `most_input` those of its input where that is less. `tiers` say how many
    times as much a service tier costs, `calls` what one call of a tool costs. `dated` is a day, YYYY-MM-DD.
    """

    model: str
    server: str = ANY_SERVER
    input: float | None = None
    cached: float | None = None
    cache_write: float | None = None
    output: float | None = None
    currency: str = DOLLARS
    window: int | None = None
    most_input: int | None = None
    long: Long | None = None
    tiers: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[str, float] = field(default_factory=dict)
    dated: str = ""
    source: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells rows apart: the server and the model."""
        return self.server, self.model

    @property
    def is_free(self) -> bool:
        return self.input == 0 and self.output == 0 and not any(self.calls.values())


class PriceTable:
    """Rows in order; `of` finds the one that holds for a model."""

    def __init__(self, prices: Iterable[Price] = ()) -> None:
        self._named = {price.key: price for price in prices}
        patterns = [price for price in self._named.values() if "*" in price.model]
        patterns.sort(key=lambda price: -len(price.model))
        self._patterns = [(price, _matcher(price.model)) for price in patterns]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PriceTable) and self.prices == other.prices

    @property
    def prices(self) -> tuple[Price, ...]:
        return tuple(self._named.values())

    def of(self, model: str, places: Sequence[str]) -> Price | None:
        """The row for a model of a server that is known by the names `places`, the closest first. A row of the server
        goes before one of any, a whole name before one without its day, and that before a pattern. Where no model is
        named, a row for all of them holds."""
        for place in (*places, ANY_SERVER):
            for name in (model, _SNAPSHOT.sub("", model)):
                found = self._named.get((place, name))
                if found is not None:
                    return found
            for price, fits in self._patterns:
                if price.server == place and fits.fullmatch(model):
                    return price
        return None


def overlaid(shipped: PriceTable, own: Iterable[Price], removed: Iterable[Sequence[str]] = ()) -> PriceTable:
    """The shipped table as the user changed it: their rows in the place of those with the same key, before the rest."""
    mine = {price.key: price for price in own}
    gone = {tuple(key) for key in removed}
    return PriceTable(
        (*mine.values(), *(row for row in shipped.prices if row.key not in mine and row.key not in gone))
    )


def read_table(value: Json) -> PriceTable:
    """A table from JSON: {"prices": [row, …]}, where what all rows have in common may stand beside them. Raises
    PriceFault for what is no table, and for the first row that is not right."""
    document = object_of(value)
    rows = document.get("prices")
    if not isinstance(rows, list):
        raise PriceFault("This is no price table: it has no list of prices.")
    common = {name: each for name, each in document.items() if name != "prices"}
    return PriceTable(read_price({**common, **object_of(row)}) for row in rows)


def table_json(prices: Iterable[Price]) -> JsonObject:
    """As `read_table` reads it, every row whole."""
    return {"prices": [price_json(price) for price in prices]}


def read_price(row: JsonObject) -> Price:
    """Raises PriceFault, which names the model and the field."""
    model = _words(row, "model", "A row")
    if not model:
        raise PriceFault("A row has no model.")
    if model.count("*") > MOST_STARS:
        raise PriceFault(f"{model}: a pattern has at most {MOST_STARS} stars.")
    return Price(
        model=model,
        server=_words(row, "server", model),
        input=_number(row, "input", model),
        cached=_number(row, "cached", model),
        cache_write=_number(row, "cache_write", model),
        output=_number(row, "output", model),
        currency=_words(row, "currency", model, LONGEST_CURRENCY) or DOLLARS,
        window=_count(row, "window", model),
        most_input=_count(row, "most_input", model),
        long=_long(row, model),
        tiers=_numbers(row, "tiers", model),
        calls=_numbers(row, "calls", model),
        dated=_words(row, "dated", model),
        source=_words(row, "source", model),
    )


def price_json(price: Price) -> JsonObject:
    """A row without what it does not say."""
    row: JsonObject = {
        name: getattr(price, name) for name in _PLAIN if getattr(price, name) not in (None, "")
    }
    if price.long is not None:
        row["long"] = {"above": price.long.above, "input": price.long.input, "output": price.long.output}
    return row | {name: dict(value) for name in ("tiers", "calls") if (value := getattr(price, name))}


def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))


def _number(row: JsonObject, name: str, model: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= DEAREST:
        raise PriceFault(f"{model}: “{name}” must be a number from 0 to {DEAREST:,}.")
    return float(value)


def _words(row: JsonObject, name: str, model: str, longest: int = LONGEST_TEXT) -> str:
    words = text_of(row.get(name)).strip()
    if len(words) > longest:
        raise PriceFault(f"{model}: “{name}” has at most {longest} characters.")
    return words


def _count(row: JsonObject, name: str, model: str) -> int | None:
    value = row.get(name)
    if value is not None and not index_of(value):
        raise PriceFault(f"{model}: “{name}” must be a whole number of at least 1.")
    return index_of(value)


def _numbers(row: JsonObject, name: str, model: str) -> dict[str, float]:
    factors = {key: _number(object_of(row.get(name)), key, model) for key in object_of(row.get(name))}
    return {key: value for key, value in factors.items() if value is not None}


def _long(row: JsonObject, model: str) -> Long | None:
    value = object_of(row.get("long"))
    above = _count(value, "above", model)
    if above is None:
        return None
    more_in, more_out = _number(value, "input", model), _number(value, "output", model)
    return Long(above, 1.0 if more_in is None else more_in, 1.0 if more_out is None else more_out)
