"""The table of servers: each row can be used, and an address leads to its row and to no other."""

import pytest

from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.connection_rules import check_connection
from chatapp.services.known_servers import (
    KNOWN_SERVERS,
    OTHER,
    KnownServer,
    detected,
    kind_of,
    known_server,
    named,
)
from chatapp.services.ports import Connection
from tests.services.test_address_book import WrittenSettings


@pytest.mark.parametrize("row", KNOWN_SERVERS, ids=lambda row: row.id)
def test_every_row_makes_a_server(row: KnownServer) -> None:
    check_connection(Connection(row.id, row.name, row.base_url, preset=row.id, auth=row.auth))
    assert known_server(row.id) is named(row.name) is named(row.id.upper()) is row
    assert row.about.endswith(".")
    assert (row.key == "needed") <= bool(row.key_variable)
    assert row.is_complete == (row.id != "azure")


def test_every_server_the_product_names_has_a_row() -> None:
    names = "openai azure openrouter ollama lm-studio vllm llama-server ogx litellm"
    assert [row.id for row in KNOWN_SERVERS] == names.split()


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com/v1/", "openai"),
        ("https://team.openai.azure.com/openai/v1", "azure"),
        ("https://team.services.ai.azure.com/openai/v1?api-version=preview", "azure"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://[::1]:1234/v1", "lm-studio"),
        ("http://127.0.0.1:8321/v1", "ogx"),
        ("http://127.0.0.1:8000/v1", ""),
        ("http://box.lan:11434/v1", ""),
        ("https://api.openai.com.evil.example/v1", ""),
        ("https://notopenrouter.ai/v1", ""),
        ("http://127.0.0.1:nine/v1", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_an_address_is_known_by_its_host_or_its_port_here(address: str, known: str) -> None:
    assert detected(address).id == known


def test_what_the_user_chose_counts_for_more_than_the_address() -> None:
    assert kind_of(Connection("a", "A", "http://127.0.0.1:11434/v1", preset="vllm")).id == "vllm"
    assert kind_of(Connection("a", "A", "http://127.0.0.1:11434/v1")).id == "ollama"
    assert kind_of(Connection("a", "A", "https://a.example/v1", preset="gone")) is OTHER


async def test_what_a_server_has_shown_counts_for_more_than_its_row() -> None:
    book = AddressBook(WrittenSettings())
    ollama = Connection("one", "One", "http://127.0.0.1:11434/v1")
    await book.put(ollama)
    assert await book.keeps_responses("one") is False
    await book.learn_keeping("one", True)
    assert await book.keeps_responses("one") is True
    await book.put(Connection("one", "Renamed", ollama.base_url, default_model="m", silence_s=5))
    assert await book.keeps_responses("one") is True
    await book.put(Connection("one", "Renamed", "https://a.example/v1"))
    assert await book.keeps_responses("one") is None
    assert await book.keeps_responses("removed") is None
    assert await book.keeps_responses(ENGINE.id) is True
