"""Which server `chatapp ask` asks, and with whose key."""

import pytest

from chatapp.ask.arguments import WrongUsage
from chatapp.ask.servers import chosen
from chatapp.services.address_book import ENGINE
from chatapp.services.ports import Connection
from chatapp.services.use_case import UseCaseFailure

MINE = Connection("mine-1", "My Ollama", "http://127.0.0.1:11434/v1", default_model="m")
KNOWN = [ENGINE, MINE]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (None, ENGINE),
        ("mine-1", MINE),
        (" my ollama ", MINE),
        ("http://127.0.0.1:11434/v1/", MINE),
        ("ollama", MINE),
    ],
)
def test_a_server_of_the_profile_is_taken_as_it_is_set_up(server: str | None, expected: Connection) -> None:
    assert chosen(server, None, KNOWN) == expected


@pytest.mark.parametrize(
    ("server", "url", "kind", "auth"),
    [
        ("openai", "https://api.openai.com/v1", "openai", "bearer"),
        ("LM Studio", "http://127.0.0.1:1234/v1", "lm-studio", "bearer"),
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1", "openrouter", "bearer"),
        ("https://t.openai.azure.com/openai/v1", "https://t.openai.azure.com/openai/v1", "azure", "api-key"),
        ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1", "", "bearer"),
    ],
)
def test_a_known_kind_is_set_up_by_its_name_or_its_address(
    server: str, url: str, kind: str, auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    found = chosen(server, None, [ENGINE])
    assert (found.base_url, found.preset, found.auth, found.key_source) == (url, kind, auth, "none")
    assert found.id == f"url:{url}"
    with_key = chosen(server, "MY_KEY", [ENGINE])
    assert (with_key.key_source, with_key.key_name) == ("environment", "MY_KEY")


@pytest.mark.parametrize(
    ("server", "variable"),
    [
        ("https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("openrouter", ""),
        ("https://api.openai.com.evil.example/v1", ""),
        ("http://127.0.0.1:9/v1", ""),
    ],
)
def test_the_usual_variable_is_read_for_its_own_server_only(
    server: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    found = chosen(server, None, KNOWN)
    assert found.key_name == variable
    assert "sk-test" not in repr(found)


@pytest.mark.parametrize(
    ("server", "words"),
    [("nobody", "Known: Built-in engine"), ("azure", "RESOURCE"), ("", "no server called")],
)
def test_a_name_nobody_has_is_wrong_usage(server: str, words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        chosen(server, None, KNOWN)


@pytest.mark.parametrize("server", ["ftp://x", "http://", "https://me:pw@x/v1", "https://x/v1?api_key=1"])
def test_an_address_that_cannot_be_used_is_refused(server: str) -> None:
    with pytest.raises(UseCaseFailure):
        chosen(server, None, KNOWN)
