"""Servers as they are written down and read again, whatever an older or damaged profile holds."""

import asyncio
import json
from dataclasses import replace

import pytest

from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.ports import Connection

PLAIN = Connection("one", "One", "https://one.example/v1")
FULL = replace(
    PLAIN,
    key_source="environment",
    key_name="ONE_KEY",
    default_model="m",
    preset="azure",
    auth="api-key",
    headers=(("X-Team", "seven"), ("X-Empty", "")),
    proxy="http://proxy.example:3128",
    ca_file="/etc/ssl/own.pem",
    connect_s=2.5,
    silence_s=30,
)


class WrittenSettings:
    """Preferences that go through JSON as they do on the disk."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def get(self, name: str) -> object:
        return json.loads(self.texts.get(name, "null"))

    async def set(self, name: str, value: object) -> None:
        self.texts[name] = json.dumps(value)

    async def forget(self, prefix: str) -> None:
        self.texts = {name: text for name, text in self.texts.items() if not name.startswith(prefix)}


@pytest.mark.parametrize("connection", [PLAIN, FULL])
def test_a_server_is_read_as_it_was_written(connection: Connection) -> None:
    async def there_and_back() -> list[Connection]:
        settings = WrittenSettings()
        await AddressBook(settings).put(connection)
        return await AddressBook(settings).all()

    assert asyncio.run(there_and_back()) == [ENGINE, connection]


@pytest.mark.parametrize(
    "damaged",
    [
        {"auth": "digest", "headers": "none", "connect_s": "5", "silence_s": -1},
        {"auth": None, "headers": [["one"], 3, {}], "connect_s": True, "silence_s": 1e9},
        {"auth": [], "headers": {"a": "b"}, "connect_s": None, "silence_s": [], "proxy": 3, "ca_file": {}},
        {"key_source": "file", "preset": 1, "headers": [["X-Title", "a\r\nX-Evil: 1"]]},
        {"headers": [["Authorization", "Bearer x"]]},
    ],
)
def test_what_is_damaged_is_as_if_never_set(damaged: dict[str, object]) -> None:
    async def read() -> list[Connection]:
        settings = WrittenSettings()
        row = {"id": PLAIN.id, "name": PLAIN.name, "base_url": PLAIN.base_url, **damaged}
        await settings.set("connections", [row, {"name": "no id"}, 3])
        return await AddressBook(settings).all()

    assert asyncio.run(read()) == [ENGINE, PLAIN]
