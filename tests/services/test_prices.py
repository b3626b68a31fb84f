"""The price table of a profile: the user's changes lie over what is shipped, and everybody is told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import PricesChanged
from chatapp.conversation.prices import Price, table_json
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from chatapp.services.prices import places_of
from chatapp.services.use_case import UseCaseFailure

OPENAI = ("", "api.openai.com")


@pytest.fixture
async def app(profile: Path) -> AsyncIterator[Application]:
    async with open_profile(profile, Feed()) as application:
        yield application


def told(app: Application) -> PricesChanged:
    """The newest word of the prices."""
    return [change for change in app.feed.drain() if isinstance(change, PricesChanged)][-1]


async def test_what_the_user_changes_is_kept_and_told(app: Application, profile: Path) -> None:
    await app.prices.tell()
    shipped = told(app)
    assert not shipped.changed
    mine = Price("gpt-4o", "api.openai.com", input=1, output=2, dated="2026-12-01")
    await app.prices.put(mine)
    now = told(app)
    assert now.changed
    assert now.own == {mine.key}
    assert now.table.of("gpt-4o", OPENAI) == mine
    assert len(now.table.prices) == len(shipped.table.prices)
    async with open_profile(profile, Feed(), window=False) as again:
        assert await again.prices.table() == now.table
    await app.prices.remove(mine.key)
    assert told(app) == shipped
    await app.prices.remove(mine.key)
    assert told(app).table.of("gpt-4o", OPENAI) is None
    await app.prices.reset()
    assert told(app) == shipped


async def test_a_row_that_is_renamed_takes_its_old_name_along(app: Application) -> None:
    await app.prices.put(Price("gpt-4o-x", "api.openai.com", input=1, output=2), ("api.openai.com", "gpt-4o"))
    table = await app.prices.table()
    assert table.of("gpt-4o", OPENAI) is None
    assert table.of("gpt-4o-x", OPENAI) is not None
    await app.prices.put(Price("gpt-4o", "api.openai.com", input=9, output=9), ("api.openai.com", "gpt-4o-x"))
    table = await app.prices.table()
    assert table.of("gpt-4o-x", OPENAI) is None
    assert (found := table.of("gpt-4o", OPENAI)) is not None
    assert found.input == 9


async def test_a_table_is_taken_whole_or_not_at_all(app: Application) -> None:
    before = await app.prices.table()
    for text, words in [
        ("{", "not JSON"),
        ("[]", "no list of prices"),
        ('{"prices": [{"model": "a", "input": 1}, {"model": "b", "input": "x"}]}', "b: “input”"),
        ("[" * 100_000, "nothing here would write"),
    ]:
        with pytest.raises(UseCaseFailure) as refused:
            await app.prices.take_in(text)
        assert words in refused.value.failure.text
    assert await app.prices.table() == before
    rows = [Price("a", input=1, output=1), Price("gpt-4o", "api.openai.com", input=7, output=7)]
    await app.prices.remove(("api.openai.com", "gpt-4o"))
    assert await app.prices.take_in(json.dumps(table_json(rows))) == 2
    assert (await app.prices.table()).prices[:2] == tuple(rows)


async def test_a_setting_that_somebody_spoilt_harms_nothing(app: Application) -> None:
    settings = app.prices._settings
    await settings.set(
        "prices", {"own": [3, {"model": ""}, {"model": "m", "input": 1}], "removed": [3, ["a"]]}
    )
    table = await app.prices.table()
    assert table.of("m", ()) is not None
    assert table.of("gpt-4o", OPENAI) is not None


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("https://API.openai.com/v1", ("id", "api.openai.com")),
        ("http://user:key@127.0.0.1:8080/v1", ("id", "127.0.0.1:8080")),
        ("", ("id",)),
        ("http://[::1", ("id",)),
    ],
)
def test_the_names_of_a_server(address: str, places: tuple[str, ...]) -> None:
    assert places_of(Connection("id", "Mine", address)) == places
