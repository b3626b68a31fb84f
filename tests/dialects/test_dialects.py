"""The ways of six servers that cannot be installed here, through the use cases: once set up by their preset, once as
any server whose ways have to be found out. What a server does not do is said in plain words."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.calls import Result, pending_calls
from chatapp.conversation.changes import ItemChanged
from chatapp.conversation.failures import Remedy
from chatapp.conversation.findings import PROBES
from chatapp.conversation.repairs import REBUILT
from chatapp.conversation.tree import Turn
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.dialects.azure import KEY, Azure
from tests.dialects.lm_studio import LmStudio
from tests.dialects.ollama import Ollama
from tests.dialects.openrouter import OpenRouter
from tests.dialects.responses_js import ResponsesJs
from tests.dialects.speaking import MODEL, Dialect
from tests.dialects.vllm import Vllm
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer
from tests.kit.house import House

__all__ = ["gated_server"]

WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}


@dataclass(frozen=True, slots=True)
class Kind:
    """A dialect, the preset a user would choose for it, and whether it wants a key."""

    name: str
    make: Callable[[], Dialect]
    preset: str = ""
    key: str = ""


KINDS = (
    Kind("ollama", Ollama, "ollama"),
    Kind("lm-studio", LmStudio, "lm-studio"),
    Kind("vllm", Vllm, "vllm"),
    Kind("openrouter", OpenRouter, "openrouter", "sk-or"),
    Kind("azure", Azure, "azure", KEY),
    Kind("responses.js", ResponsesJs, "", "hf_x"),
)
WAYS = [kind for kind in KINDS if kind.preset] + [replace(kind, preset="") for kind in KINDS]


@dataclass(kw_only=True)
class DialectHouse(House):
    """An open profile whose conversations talk to a scripted dialect."""

    kind: Kind
    dialect: Dialect
    server: GatedServer

    async def ask_new(self, text: str, **parameters: object) -> Turn:
        return await self.ask(await self.conversation(**parameters), text)


@pytest.fixture(params=WAYS, ids=lambda kind: f"{kind.name}{' by preset' if kind.preset else ''}")
async def house(
    request: pytest.FixtureRequest, profile: Path, gated_server: GatedServer
) -> AsyncIterator[DialectHouse]:
    async with opened(profile, gated_server, request.param) as house:
        yield house


@asynccontextmanager
async def opened(profile: Path, gated_server: GatedServer, kind: Kind) -> AsyncIterator[DialectHouse]:
    async with open_profile(profile, Feed()) as app:
        dialect = kind.make()
        dialect.serve(gated_server)
        connection = await _set_up(app.preferences.put_connection, kind, gated_server.base_url)
        yield DialectHouse(
            app=app,
            profile=profile,
            connection=connection,
            kind=kind,
            dialect=dialect,
            server=gated_server,
        )


async def _set_up(put: Callable[..., object], kind: Kind, address: str) -> Connection:
    connection = Connection(
        kind.name,
        kind.name,
        address,
        "session" if kind.key else "none",
        default_model=MODEL,
        preset=kind.preset,
        auth="api-key" if kind.key == KEY else "bearer",
    )
    await put(connection, kind.key or None)  # type: ignore[misc]
    return connection


def count(number: int, first: str) -> str:
    """What the model says to its n-th question."""
    return f"I see {number} questions, the first was: {first} 日本語🙂"


async def test_plain(house: DialectHouse) -> None:
    turn = await house.ask_new("Naïve 日本語 🙂?")
    assert (turn.answer.status, turn.answer.failure, turn.note) == (Status.COMPLETED, None, None)
    assert turn.answer.text == house.shown() == count(1, "Naïve 日本語 🙂?")


async def test_thoughts_stand_before_the_answer_and_do_not_come_again(house: DialectHouse) -> None:
    conversation = await house.conversation()
    for number in (1, 2, 3):
        turn = await house.ask(conversation, f"Please think, {number}.")
        assert turn.answer.status is Status.COMPLETED
        assert [item.type for item in turn.answer.items] == ["reasoning", "message"]
        thoughts = "".join(part.text for part in turn.answer.items[0].parts).strip()
        assert thoughts == "First this. Then that."
        assert turn.answer.text == count(number, "Please think, 1.")


async def test_what_was_streamed_is_what_is_kept(house: DialectHouse) -> None:
    """The items on screen, before the final response puts them right, are the same as those after it."""
    await house.ask_new("Please think.")
    streamed = [change.value for change in house.listen() if isinstance(change, ItemChanged)]
    assert {item.type for item in streamed} == {"reasoning", "message"}
    assert house.shown() == count(1, "Please think.")


async def test_every_turn_knows_those_before_it(house: DialectHouse) -> None:
    conversation = await house.conversation()
    for number in range(1, 5):
        turn = await house.ask(conversation, f"Question {number}?")
        assert turn.answer.text == count(number, "Question 1?"), turn.request
        assert turn.answer.status is Status.COMPLETED
        assert turn.note is None


async def test_a_function_is_called_and_its_result_is_used(house: DialectHouse) -> None:
    conversation = await house.conversation(tools=[WEATHER])
    await house.ask(conversation, "Hello?")
    asking = await house.ask(conversation, "How is the weather?")
    (call,) = pending_calls(asking.answer)
    assert (call.name, call.arguments) == ("get_weather", '{"city": "Paris"}')
    told = await house.app.turns.wait(await house.app.turns.answer_calls(asking.id, [Result("18 °C")]))
    assert (told.answer.status, told.answer.text) == (Status.COMPLETED, "The tool said: 18 °C.")
    after = await house.ask(conversation, "And how many were these?")
    assert after.answer.text == count(3, "Hello?")


async def test_an_unknown_model(house: DialectHouse) -> None:
    turn = await house.ask_new("Hello?", model="no-such-model")
    failure = turn.answer.failure
    assert failure is not None
    assert turn.answer.status in (Status.ERROR, Status.FAILED)
    assert failure.kind == "unknown_model"
    assert failure.remedies[0] is Remedy.CHOOSE_MODEL


async def test_files_are_not_taken_and_nothing_is_lost(house: DialectHouse, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Notes.")
    conversation = await house.conversation()
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What do they say?", [enclosed(path, "search")])
    assert problem.value.failure.title == "This server cannot search in files"
    head, turns = await house.app.conversations.open(conversation.id)
    assert (head.draft, list(turns)) == ("What do they say?", [])


async def test_a_parent_that_is_gone_is_made_good(house: DialectHouse) -> None:
    """Where the server remembers at all."""
    conversation = await house.conversation()
    await house.ask(conversation, "Question 1?")
    house.dialect.kept.clear()
    second = await house.ask(conversation, "Question 2?")
    assert second.answer.text == count(2, "Question 1?")
    assert second.note == (REBUILT if house.kind.name == "azure" else None)


async def test_a_parent_that_the_user_names(house: DialectHouse) -> None:
    """By `previous_response_id`, which most of these servers do not know: said, or refused in plain words."""
    turn = await house.ask_new("Hello?", previous_response_id="resp_elsewhere")
    if turn.answer.status is Status.COMPLETED:
        assert turn.answer.text == count(1, "Hello?")
        assert turn.note is not None
        return
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind in ("stale_parent", "bad_parameter", "bad_request", "not_found")
    assert turn.answer.failure.remedies


async def test_another_server_takes_the_conversation_over(
    house: DialectHouse, gated_server: GatedServer
) -> None:
    """Whatever the first one said comes along in a form that the other takes."""
    conversation = await house.conversation(tools=[WEATHER])
    await house.ask(conversation, "Please think.")
    asking = await house.ask(conversation, "How is the weather?")
    await house.app.turns.wait(await house.app.turns.answer_calls(asking.id, [Result("18 °C")]))
    for number, kind in enumerate(KINDS, 3):
        kind.make().serve(gated_server, f"/{kind.name}/v1")
        other = await _set_up(
            house.app.preferences.put_connection, replace(kind, name=f"other {kind.name}"),
            f"{gated_server.origin}/{kind.name}/v1",
        )  # fmt: skip
        await house.app.conversations.set_server(conversation.id, other.id)
        turn = await house.ask(conversation, f"Question {number}?")
        assert turn.answer.text == count(number, "Please think."), kind.name


REFUSED: dict[str, dict[str, object]] = {
    "ollama": {"reasoning.effort": "minimal"},
    "lm-studio": {"text.verbosity": "low"},
    "azure": {"temperature": 0.2},
    "responses.js": {"reasoning.effort": "xhigh"},
    "openrouter": {"store": True},
}


async def test_what_it_refuses_is_left_out_and_said(house: DialectHouse) -> None:
    if house.kind.name not in REFUSED:
        pytest.skip("vLLM refuses no parameter")
    ((name, value),) = REFUSED[house.kind.name].items()
    turn = await house.ask_new("Hello?", **{name: value})
    assert turn.answer.text == count(1, "Hello?")
    assert turn.note is not None
    assert "was not sent" in turn.note


@pytest.mark.parametrize(("question", "status", "title"), [
    ("A forbidden thing", Status.ERROR, "The server's filter stopped this"),
    ("Say a slur", Status.INCOMPLETE, "The server's filter cut the answer off"),
])  # fmt: skip
async def test_filters_of_azure(
    profile: Path, gated_server: GatedServer, question: str, status: Status, title: str
) -> None:
    async with opened(profile, gated_server, next(kind for kind in KINDS if kind.name == "azure")) as house:
        turn = await house.ask_new(question)
        assert turn.answer.failure is not None
        assert (turn.answer.status, turn.answer.failure.title) == (status, title)
        assert turn.answer.failure.remedies


LACKS = {
    "ollama": {"keeps", "continues", "stores"},
    "lm-studio": {"keeps", "stores"},
    "vllm": {"keeps", "continues", "stores"},
    "openrouter": {"keeps", "continues", "stores"},
    "azure": {"stores"},
    "responses.js": {"models", "usage", "keeps", "continues", "stores"},
}
"""What each does not offer, or only seems to."""


async def test_a_test_of_the_server_tells_what_it_does(house: DialectHouse) -> None:
    report = await house.app.probing.test(house.connection)
    passed = {finding.probe for finding in report.findings if finding.outcome == "passed"}
    assert set(PROBES) - passed == LACKS[house.kind.name]
