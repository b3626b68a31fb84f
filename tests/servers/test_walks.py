"""Each walk with each server, through the use cases that the window has.

Where a server does not do what was asked, the walk says what it does instead and what the reader is told.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.calls import Result, pending_calls
from chatapp.conversation.citations import passages
from chatapp.conversation.failures import Remedy
from chatapp.conversation.findings import PROBES
from chatapp.conversation.repairs import LEFT_OUT, NOT_STREAMED, REBUILT
from chatapp.conversation.searching import compared, searches
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from chatapp.services.turn_run import FILLED
from tests.documents.files import Sheet, line, pdf
from tests.kit.pictures import png
from tests.servers.conftest import RealHouse

ANSWER_S = 60.0
SHORT, WHOLE = 16, 60
"""Tokens of an answer of SmolLM, which goes on for ever where nobody stops it, and of one by the script."""
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather for a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
MANNERS: dict[str, Any] = {
    "metadata": {"room": "4"},
    "temperature": 0.3,
    "top_p": 0.8,
    "instructions": "Be kind",
    "user": "u1",
    "safety_identifier": "u1",
    "prompt_cache_key": "k",
    "truncation": "auto",
    "parallel_tool_calls": False,
    "max_tool_calls": 3,
    "reasoning.effort": "low",
    "text.verbosity": "low",
    "service_tier": "auto",
    "top_logprobs": 2,
    "stream_options.include_obfuscation": False,
}
FACTS = """\
Marmalade Station opened in 1937. It has four platforms.

The station master of Marmalade is Odile Brandt.
"""


async def begin(house: RealHouse, **parameters: object) -> Conversation:
    cap = WHOLE if house.server.scripted else SHORT
    return await house.conversation(**{"max_output_tokens": cap, **parameters})


def words(turn: Turn) -> list[str]:
    """The texts of all messages that were sent."""
    return [part["text"] for item in turn.request["input"] for part in item["content"]]


async def completed(house: RealHouse, conversation: Conversation, text: str) -> Turn:
    """Asks, and expects a whole answer that is on the disk as it is on the screen."""
    house.forget()
    turn = await house.ask(conversation, text)
    assert (turn.answer.status, turn.answer.failure) == (Status.COMPLETED, None)
    assert turn.answer.response is not None
    assert (await house.turns(conversation))[-1] == turn
    return turn


async def test_plain(house: RealHouse) -> None:
    conversation = await begin(house)
    turn = await completed(house, conversation, "Say hello in five words.")
    assert turn.answer.text.strip()
    assert house.shown() == turn.answer.text
    assert house.connection.default_model in await house.app.preferences.models(house.connection.id)
    assert turn.answer.usage is not None
    assert turn.note in (None, FILLED)


async def test_in_the_background(house: RealHouse) -> None:
    """ogx runs it, without a stream; the others take no notice of the wish."""
    turn = await completed(house, await begin(house, background=True), "Say hello in five words.")
    assert turn.answer.text.strip()
    assert (NOT_STREAMED in (turn.note or "")) is (house.server.name in ("ogx", "litellm-ogx"))


async def test_two_turns(house: RealHouse) -> None:
    conversation = await begin(house)
    first = await completed(house, conversation, "My name is Ada. history")
    second = await completed(house, conversation, "What is my name? history")
    if house.server.keeps:
        assert second.request["previous_response_id"] == first.response_id
        assert words(second) == ["What is my name? history"]
    else:
        assert "previous_response_id" not in second.request
        assert words(second) == ["My name is Ada. history", first.answer.text, "What is my name? history"]
    if house.server.scripted:
        assert second.answer.text.startswith("I see 2 user messages; first was: My name is Ada.")
    assert second.answer.usage is not None
    assert first.answer.usage is not None
    assert second.answer.usage["input_tokens"] > first.answer.usage["input_tokens"]


async def test_thoughts(house: RealHouse) -> None:
    """They stand before what is said, and the next turn does without them where nobody can open them."""
    if not house.server.scripted:
        pytest.skip("its model does not think")
    conversation = await begin(house, **{"reasoning.effort": "low"})
    for number in (1, 2):
        turn = await completed(house, conversation, f"Please think, {number}.")
        assert [item.type for item in turn.answer.items] == ["reasoning", "message"]
        thoughts = "".join(part.text for part in turn.answer.items[0].parts)
        assert thoughts.strip() == "First I consider the question. Then I weigh two options."
        assert turn.answer.text.startswith(f"You said: Please think, {number}.")


async def test_unicode(house: RealHouse) -> None:
    text = "naïve 日本語 🙂🇳🇴 👩‍👩‍👧 e\u0301 \u202eright\u202c\u200b \U0001f9ff"
    conversation = await begin(house)
    turn = await completed(house, conversation, text)
    assert (turn.text, words(turn)) == (text, [text])
    assert house.shown() == turn.answer.text
    if house.server.scripted:
        assert turn.answer.text.startswith(f"You said: {text}. ")
        assert "Ünïcödé 日本語 🙂" in turn.answer.text


CAPPED = {
    "llama-server": Status.COMPLETED,
    "litellm-llama": Status.COMPLETED,
    "ogx": Status.INCOMPLETE,
    "litellm": Status.INCOMPLETE,
    "litellm-ogx": Status.INCOMPLETE,
}
"""llama-server calls a capped answer completed, which is noticed; llmock knows no cap at all."""


async def test_token_cap(house: RealHouse) -> None:
    turn = await house.ask(await begin(house, max_output_tokens=16, temperature=0), "Write a slow story.")
    assert turn.answer.status is CAPPED.get(house.server.name, Status.COMPLETED)
    if turn.answer.status is Status.INCOMPLETE:
        assert turn.answer.failure is not None
        assert turn.answer.failure.title == "The answer reached its cap"
        assert turn.answer.failure.remedies[0] is Remedy.CONTINUE
        assert len(turn.answer.text.split()) == 16
    elif house.server.name != "llmock":
        assert turn.note == FILLED
    assert turn.answer.text


async def test_bad_model(house: RealHouse) -> None:
    """llama-server and llmock answer under any name."""
    turn = await house.ask(await begin(house, model="no-such-model"), "Hello?")
    if house.server.name in ("llama-server", "llmock"):
        assert turn.answer.status is Status.COMPLETED
        return
    assert turn.answer.status is Status.ERROR
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "unknown_model"
    assert "no-such-model" in turn.answer.failure.details
    assert turn.answer.failure.remedies[0] is Remedy.CHOOSE_MODEL


async def test_stale_parent(house: RealHouse) -> None:
    """What the server forgot is sent again. Servers that keep nothing are never asked to remember.

    LiteLLM over ogx says only that something failed in the stream, so the parent is looked for."""
    conversation = await begin(house)
    first = await completed(house, conversation, "My name is Ada. history")
    if house.server.keeps:
        await house.app.servers.responses(house.connection).delete(str(first.response_id))
    second = await completed(house, conversation, "What is my name? history")
    assert words(second) == ["My name is Ada. history", first.answer.text, "What is my name? history"]
    assert "previous_response_id" not in second.request
    assert (REBUILT in (second.note or "")) is house.server.keeps
    if house.server.scripted:
        assert second.answer.text.startswith("I see 2 user messages; first was: My name is Ada.")


NAMED: dict[str, tuple[Status, str]] = {
    "llama-server": (Status.ERROR, "bad_request"),
    "litellm-llama": (Status.ERROR, "bad_request"),
    "ogx": (Status.ERROR, "stale_parent"),
    "litellm-ogx": (Status.FAILED, "server_error"),
}
"""llmock and LiteLLM's own bridge take any parent, echo its id, and know nothing of it: that cannot be told."""


async def test_a_parent_of_another_server(house: RealHouse) -> None:
    """Named by the user: nothing can stand in for it."""
    turn = await house.ask(await begin(house, previous_response_id="resp_elsewhere"), "history")
    if house.server.name not in NAMED:
        assert turn.answer.status is Status.COMPLETED
        return
    assert turn.answer.failure is not None
    assert (turn.answer.status, turn.answer.failure.kind) == NAMED[house.server.name]
    assert turn.answer.failure.remedies


async def test_every_manner_of_answering(house: RealHouse) -> None:
    """What a server does not take is left out and said; most say nothing and ignore it."""
    turn = await house.ask(await begin(house, **MANNERS), "history")
    assert turn.answer.status is Status.COMPLETED
    if house.server.program == "llama-server" or house.server.name == "litellm-llama":
        assert "Top logprobs was not sent" in (turn.note or "")
    elif house.server.scripted:
        assert turn.note is None
        assert turn.answer.text.endswith("System: Be kind")


async def test_a_backend_that_fails(house: RealHouse) -> None:
    if not house.server.scripted:
        pytest.skip("its backend does not fail on command")
    conversation = await begin(house)
    failed = await house.ask(conversation, "boom")
    assert failed.answer.status in (Status.FAILED, Status.ERROR)
    assert failed.answer.failure is not None
    assert (failed.answer.failure.kind, failed.answer.failure.remedies[0]) == ("server_error", Remedy.RETRY)
    assert "stub exploded" in failed.answer.failure.details
    half = await completed(house, conversation, "midfail please")
    assert half.answer.text == "You said: midfail ", "ogx and LiteLLM call it completed, and nobody can tell"


LACKS: dict[str, set[str]] = {
    "llama-server": {"keeps", "continues", "stores"},
    "llmock": {"keeps", "continues", "stores"},
    "ogx": set(),
}


async def test_a_test_of_the_server(house: RealHouse) -> None:
    if house.server.name not in LACKS:
        pytest.skip("LiteLLM passes files on to api.openai.com, which is not asked in a test")
    report = await house.app.probing.test(house.connection)
    passed = {finding.probe for finding in report.findings if finding.outcome == "passed"}
    assert set(PROBES) - passed == LACKS[house.server.name]
    assert report.left == ""


async def test_stop(house: RealHouse) -> None:
    """The text stays, and the next turn does not stand on an answer that never ended."""
    conversation = await begin(house)
    first = await completed(house, conversation, "history")
    await house.app.conversations.set_parameter(conversation.id, "max_output_tokens", 400)
    house.forget()
    turn_id = await house.app.turns.send(conversation.id, "A slow story, please, and a very long one")
    await house.until(lambda: len(house.shown()) > 10, ANSWER_S)
    await house.app.turns.stop(turn_id)
    stopped = await house.app.turns.wait(turn_id)
    assert stopped.answer.status is Status.STOPPED
    assert stopped.answer.text == house.shown() != ""
    assert stopped.finished_at is not None
    await house.app.conversations.set_parameter(conversation.id, "max_output_tokens", WHOLE)
    third = await completed(house, conversation, "And what was that? history")
    assert stopped.answer.text in words(third)
    assert third.request.get("previous_response_id") == (first.response_id if house.server.keeps else None)
    if house.server.scripted:
        assert third.answer.text.startswith("I see 3 user messages; first was: history.")


async def test_function_call(house: RealHouse) -> None:
    """A call waits, and its result is a turn that the model answers.

    A model of 135 million parameters calls no function, whatever it is asked; llama-server lets it."""
    conversation = await begin(house, tools=[WEATHER], max_output_tokens=60)
    turn = await completed(house, conversation, "What is the weather in Paris?")
    if house.server.name in ("llama-server", "litellm-llama"):
        assert [item.type for item in turn.answer.items] == ["message"]
        return
    (call,) = pending_calls(turn.answer)
    assert (call.name, call.kind) == ("get_weather", "function")
    assert call.call_id
    assert call.arguments != ""
    answered = await house.app.turns.wait(
        await house.app.turns.answer_calls(turn.id, [Result("18 °C and sunny")])
    )
    await house.app.turns.settled()
    assert (answered.answer.status, answered.answer.failure) == (Status.COMPLETED, None)
    linked = turn.response_id if house.server.keeps else None
    assert answered.request.get("previous_response_id") == linked
    kinds = ["message", "function_call", "function_call_output"]
    assert [item["type"] for item in answered.request["input"]] == (kinds[2:] if linked else kinds)
    if house.server.scripted:
        assert answered.answer.text == "The tool said: 18 °C and sunny"


@pytest.mark.parametrize(("name", "kind"), [("photo.png", "no_images"), ("notes.txt", "no_files")])
async def test_an_image_and_a_file_inside_the_question(
    house: RealHouse, tmp_path: Path, name: str, kind: str
) -> None:
    """Taken, or refused in words that are understood; the conversation goes on either way."""
    (tmp_path / "photo.png").write_bytes(png(40, 30))
    (tmp_path / "notes.txt").write_text(FACTS)
    conversation = await begin(house, max_output_tokens=16)
    enclosure = enclosed(tmp_path / name, "data")
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, "What is it?", [enclosure]))
    failure = turn.answer.failure
    if turn.answer.status is Status.ERROR:
        assert failure is not None
        assert failure.kind == kind
    following = await house.ask(conversation, "And now?")
    assert following.answer.status in (Status.COMPLETED, Status.INCOMPLETE)
    assert (LEFT_OUT["input_image" if kind == "no_images" else "input_file"] in (following.note or "")) == (
        turn.answer.status is Status.ERROR
    )


async def test_file_search(house: RealHouse, tmp_path: Path) -> None:
    if house.server.program == "litellm":
        pytest.skip("LiteLLM passes files on to api.openai.com, which is not asked in a test")
    path = tmp_path / "marmalade.txt"
    path.write_text(FACTS)
    conversation = await begin(house, max_output_tokens=60)
    question = "When did Marmalade Station open?"
    if house.server.name != "ogx":
        with pytest.raises(UseCaseFailure) as problem:
            await house.app.turns.send(conversation.id, question, [enclosed(path, "search")])
        assert problem.value.failure.title == "This server cannot search in files"
        assert "your text is kept" in problem.value.failure.text
        head, turns = await house.app.conversations.open(conversation.id)
        assert (head.draft, list(turns)) == (question, [])
        return
    turn = await house.app.turns.wait(
        await house.app.turns.send(conversation.id, question, [enclosed(path, "search")])
    )
    assert turn.answer.status is Status.COMPLETED
    assert [item.type for item in turn.answer.items] == ["file_search_call", "message"]
    assert turn.answer.text == "Marmalade Station opened in 1937. It has four platforms."
    quotes = []
    for citation in await house.app.sources.passages(turn):
        assert citation.filename == "marmalade.txt"
        found = await house.app.sources.locate(turn.server, citation)
        assert found.original is not None
        assert found.original.path.read_text() == FACTS
        assert found.place is not None
        quotes.append(found.place.quote)
    assert quotes == ["Marmalade Station opened in 1937.", "It has four platforms."]
    (search,) = searches(turn)
    again = await house.app.searching.find(turn.server, search.stores, search.queries, search.settings)
    assert [one.fate for one in compared(passages(turn.answer), again)] == ["kept"]
    stricter = replace(search.settings, score_threshold=0.99)
    assert await house.app.searching.find(turn.server, search.stores, search.queries, stricter) == ()


async def test_a_cited_pdf_opens_on_its_page(house: RealHouse, tmp_path: Path) -> None:
    if house.server.name != "ogx":
        pytest.skip("only ogx has vector stores of its own")
    facts = FACTS.split("\n")[0]
    pdf(tmp_path / "marmalade.pdf", [Sheet(line("A cover.", 50, 700)), Sheet(line(facts, 50, 700))])
    conversation = await begin(house, max_output_tokens=60)
    question = "When did Marmalade Station open?"
    enclosure = enclosed(tmp_path / "marmalade.pdf", "search")
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, question, [enclosure]))
    assert turn.answer.status is Status.COMPLETED
    first = (await house.app.sources.passages(turn))[0]
    found = await house.app.sources.locate(turn.server, first)
    assert found.original is not None
    assert found.place is not None
    assert (found.original.filename, found.place.page) == ("marmalade.pdf", 2)
    assert found.place.boxes
    assert (await house.app.sources.page_image(found.original.sha256, 2, 300)).page_count == 2
    assert "marmalade.pdf, page 2" in (await house.app.answers.footnoted(turn)).markdown
    assert (await house.app.answers.page(turn)).count("<img ") == 1
