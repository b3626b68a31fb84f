"""The price table and what answers cost by it."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer
from chatapp.conversation.costs import (
    Cost,
    calls_in,
    cost_json,
    cost_of,
    cost_of_answer,
    cost_words,
    money,
    read_cost,
    together,
)
from chatapp.conversation.prices import (
    Long,
    Price,
    PriceFault,
    PriceTable,
    overlaid,
    price_json,
    read_table,
    table_json,
)
from chatapp.protocol.json_types import JsonObject
from chatapp.resource_files import resource

SHIPPED = read_table(json.loads(resource("prices.json").read_text("utf-8")))
OPENAI = ("openai", "api.openai.com")
PRICE = Price(
    "m",
    input=2,
    cached=0.5,
    cache_write=2.5,
    output=8,
    dated="2026-01-01",
    long=Long(1000, 2, 1.5),
    tiers={"flex": 0.5, "priority": 2},
    calls={"file_search": 0.0025},
)


def usage(used: int, made: int, cached: int = 0, written: int = 0) -> JsonObject:
    details = {"cached_tokens": cached, "cache_write_tokens": written}
    return {"input_tokens": used, "input_tokens_details": details, "output_tokens": made}


@pytest.mark.parametrize(
    ("price", "used", "tier", "calls", "millionths"),
    [
        (PRICE, usage(100, 10), "default", {}, 100 * 2 + 10 * 8),
        (PRICE, usage(100, 10, cached=40, written=20), "default", {}, 40 * 2 + 40 * 0.5 + 20 * 2.5 + 80),
        (PRICE, usage(100, 10), "flex", {}, 140),
        (PRICE, usage(100, 10), "priority", {}, 560),
        (PRICE, usage(100, 10), "fast", {}, 560),
        (PRICE, usage(1000, 10), "default", {}, 2080),
        (PRICE, usage(1001, 10, cached=1), "default", {}, 1000 * 4 + 1 + 120),
        (PRICE, usage(100, 10), "flex", {"file_search": 2}, 140 + 5000),
        (replace(PRICE, cached=None, cache_write=None), usage(100, 0, 40, 20), "default", {}, 200),
        (PRICE, usage(100, 0, cached=300, written=5), "default", {}, 50),
        (PRICE, {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}, "default", {}, 280),
    ],
)
def test_what_an_answer_costs(
    price: Price, used: JsonObject, tier: str, calls: dict[str, int], millionths: float
) -> None:
    cost = cost_of(price, used, tier, calls)
    assert cost is not None
    assert math.isclose(cost.amount * 1_000_000, millionths)
    assert (cost.dated, cost.standard, cost.without, cost.free) == ("2026-01-01", False, (), False)


@pytest.mark.parametrize("tier", ["", "auto", "ultrafast"])
def test_a_tier_without_a_price_is_said_to_be_at_standard_price(tier: str) -> None:
    cost = cost_of(PRICE, usage(100, 10), tier)
    assert cost is not None
    assert cost.standard
    assert cost_words(cost) == "$0.00028 at standard price"


def test_where_no_tier_has_a_price_there_is_only_one() -> None:
    cost = cost_of(replace(PRICE, tiers={}), usage(100, 10), "")
    assert cost is not None
    assert not cost.standard


@pytest.mark.parametrize(
    ("price", "used"),
    [
        (None, usage(1, 1)),
        (PRICE, None),
        (PRICE, {}),
        (PRICE, {"input_tokens": 5}),
        (PRICE, {"input_tokens": 5, "output_tokens": None}),
        (PRICE, {"input_tokens": 5, "output_tokens": True}),
        (PRICE, {"input_tokens": -5, "output_tokens": 1}),
        (PRICE, {"input_tokens": 10**400, "output_tokens": 1}),
        (replace(PRICE, output=None), usage(1, 1)),
        (replace(PRICE, input=None), usage(1, 1)),
    ],
)
def test_what_is_not_known_stays_so(price: Price | None, used: JsonObject | None) -> None:
    assert cost_of(price, used, "default") is None


def test_calls_without_a_price_are_named() -> None:
    cost = cost_of(PRICE, usage(1, 1), "default", {"web_search": 1, "file_search": 1, "code_interpreter": 0})
    assert cost is not None
    assert cost.without == ("web_search",)


def test_the_calls_that_a_server_may_charge_for() -> None:
    output = [
        {"type": "file_search_call"},
        {"type": "web_search_call", "action": {"type": "search"}},
        {"type": "web_search_call", "action": {"type": "open_page"}},
        {"type": "web_search_call"},
        {"type": "function_call"},
    ]
    assert calls_in({"output": output}) == {"file_search": 1, "web_search": 2}
    told = {"output": output, "tool_usage": {"web_search": {"num_requests": 5}}}
    assert calls_in(told)["web_search"] == 5
    assert calls_in(None) == {}


def test_the_model_that_answered_counts_before_the_one_that_was_asked() -> None:
    table = PriceTable([replace(PRICE, model="asked"), replace(PRICE, model="answered", input=4)])
    answer = Answer(usage=usage(100, 0), model="answered", response={"service_tier": "default"})
    amounts = [
        cost_of_answer(table, each, "asked", ())
        for each in (answer, replace(answer, model="other"), replace(answer, model=None))
    ]
    assert [cost and round(cost.amount * 1_000_000) for cost in amounts] == [400, 200, 200]


def test_the_row_that_holds_for_a_model() -> None:
    rows = {
        "any": Price("gpt-x"),
        "host": Price("gpt-x", "a.example"),
        "day": Price("gpt-x-2025-01-01", "a.example"),
        "pattern": Price("gpt-*", "a.example"),
        "longer pattern": Price("gpt-x-m*", "a.example"),
        "own": Price("*", "engine"),
    }
    table = PriceTable(rows.values())
    for model, places, name in [
        ("gpt-x", ("id", "a.example"), "host"),
        ("gpt-x", ("id", "b.example"), "any"),
        ("gpt-x-2025-01-01", ("a.example",), "day"),
        ("gpt-x-2025-02-02", ("a.example",), "host"),
        ("gpt-x-mini", ("a.example",), "longer pattern"),
        ("gpt-y", ("a.example",), "pattern"),
        ("anything", ("engine",), "own"),
    ]:
        assert table.of(model, places) == rows[name], model
    assert table.of("gpt-y", ("b.example",)) is None
    assert table.of("", ("engine",)) == rows["own"]
    assert table.of("", ("a.example",)) is None


def test_the_users_rows_stand_in_the_place_of_those_that_are_shipped() -> None:
    shipped = PriceTable([Price("a", input=1), Price("b", input=1), Price("c", input=1)])
    table = overlaid(shipped, [Price("b", input=9), Price("d", input=9)], [("", "c")])
    assert [(row.model, row.input) for row in table.prices] == [("b", 9), ("d", 9), ("a", 1)]


PRICES = st.builds(
    Price,
    model=st.text(min_size=1).map(lambda text: text.replace("*", "").strip()).filter(bool),
    server=st.sampled_from(["", "engine", "api.openai.com"]),
    **{name: st.none() | st.floats(0, 1e6) for name in ("input", "cached", "cache_write", "output")},
    window=st.none() | st.integers(1, 10_000_000),
    long=st.none() | st.builds(Long, st.integers(1, 10**6), st.floats(0, 9), st.floats(0, 9)),
    tiers=st.dictionaries(st.sampled_from(["flex", "priority"]), st.floats(0, 9)),
    dated=st.sampled_from(["", "2026-11-25"]),
)


@given(st.lists(PRICES, max_size=5))
def test_a_table_comes_back_from_json(prices: list[Price]) -> None:
    table = PriceTable(prices)
    assert read_table(json.loads(json.dumps(table_json(table.prices)))) == table


@given(
    PRICES, st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**7), st.sampled_from(["", "flex"])
)
def test_no_cost_is_below_nothing(price: Price, used: int, made: int, cached: int, tier: str) -> None:
    cost = cost_of(price, usage(used, made, cached), tier)
    assert (cost is None) == (price.input is None or price.output is None)
    if cost is not None:
        assert 0 <= cost.amount < math.inf
        assert read_cost(json.loads(json.dumps(cost_json(cost)))) == cost


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "no list of prices"),
        ({"prices": [{"input": 1}]}, "no model"),
        ({"prices": [{"model": "m", "input": -1}]}, "m: “input”"),
        ({"prices": [{"model": "m", "input": 1e300}]}, "m: “input”"),
        ({"prices": [{"model": "a*a*a*a*b"}]}, "at most 3 stars"),
        ({"prices": [{"model": "m", "output": "1"}]}, "m: “output”"),
        ({"prices": [{"model": "m", "cached": math.nan}]}, "m: “cached”"),
        ({"prices": [{"model": "m", "window": 0}]}, "m: “window”"),
        ({"prices": [{"model": "m", "window": 1.5}]}, "m: “window”"),
        ({"prices": [{"model": "m", "window": 10**400}]}, "m: “window”"),
        ({"prices": [{"model": "m", "currency": "dollars and cents"}]}, "m: “currency”"),
        ({"prices": [{"model": "m" * 501}]}, "A row: “model”"),
        ({"prices": [{"model": "m", "tiers": {"flex": "half"}}]}, "m: “flex”"),
    ],
)
def test_a_row_that_is_not_right_is_named(value: object, words: str) -> None:
    with pytest.raises(PriceFault, match=words):
        read_table(value)


def test_the_shipped_table_is_whole() -> None:
    """Each row says of which day it is and where it is from, and costs something, but for what runs here."""
    assert len(SHIPPED.prices) > 40
    for price in SHIPPED.prices:
        assert price.dated, price.model
        assert price.source, price.model
        assert price.is_free == (price.server == "engine"), price.model
        assert price.input is not None
        assert price.output is not None
        assert price.cached is None or price.cached <= price.input
        assert price_json(price)["model"] == price.model
    known = SHIPPED.of("gpt-4o-mini-2024-07-18", OPENAI)
    assert known is not None
    assert (known.input, known.output, known.window) == (0.15, 0.6, 128_000)
    assert SHIPPED.of("gpt-4o-mini", ("mine", "127.0.0.1")) is None
    assert SHIPPED.of("any.gguf", ("engine",)) is not None


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "$0.00"), (1234.5, "$1,234.50"), (1, "$1.00"), (0.25, "$0.2500"), (0.0123, "$0.0123"),
     (0.00042, "$0.00042"), (0.0000004, "$0.00000040")],
)  # fmt: skip
def test_money(amount: float, words: str) -> None:
    assert money(amount) == words


def test_other_money_and_sums() -> None:
    assert money(2.5, "CHF") == "CHF 2.50"
    assert money(2.5, "EUR") == "€2.50"
    assert cost_words(Cost(0, free=True)) == "no charge"
    sums = together([Cost(1, dated="2026-02-01"), Cost(2, dated="2026-01-01", standard=True), Cost(5, "EUR")])
    assert sums == {"USD": Cost(3, dated="2026-01-01", standard=True), "EUR": Cost(5, "EUR")}
    assert read_cost({"amount": True}) is read_cost(None) is read_cost({"amount": math.inf}) is None
