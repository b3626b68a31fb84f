"""Parameters through the use cases: kept over restarts, sent as they are, refused before anything leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.parameters import ONCE, PARAMETERS, search_field, value_at
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.conversation.test_parameters import BAD, BROKEN, GOOD, NEEDED
from tests.services.conftest import House, answer, posted, said

NAMES = [row.name for row in PARAMETERS]


async def test_every_value_is_there_after_a_restart(profile: Path) -> None:
    async with open_profile(profile, Feed()) as app:
        conversation = await app.conversations.create()
        for name in NAMES:
            await app.conversations.set_parameter(conversation.id, name, GOOD[name][-1])
    async with open_profile(profile, Feed()) as app:
        head, _ = await app.conversations.open(conversation.id)
    assert head.parameters == {name: GOOD[name][-1] for name in NAMES}


async def test_every_parameter_is_sent_as_it_was_set(house: House) -> None:
    for name in NAMES:
        value = GOOD[name][0]
        house.server.script("POST", "/v1/responses", answer("Yes."))
        conversation = await house.conversation(**NEEDED.get(name, {}))
        await house.app.conversations.set_parameter(conversation.id, name, value)
        turn = await house.ask(conversation)
        assert turn.answer.text == "Yes.", name
        body = posted(house)[-1]
        field = search_field(name)
        assert (value_at(body["tools"][0], field) if field else value_at(body, name)) == value
        assert turn.request == body
        head, _ = await house.app.conversations.open(conversation.id)
        assert (name in head.parameters) is (name not in ONCE), "what is for one turn is gone after it"


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_wrong_is_not_kept(house: House, name: str) -> None:
    conversation = await house.conversation()
    value, below = BAD[name][-1]
    with pytest.raises(UseCaseFailure, match=f"{name}{below}".replace("[", r"\[")) as refusal:
        await house.app.conversations.set_parameter(conversation.id, name, value)
    assert refusal.value.failure.kind == "invalid_parameter"
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.parameters == {}


@pytest.mark.parametrize(("parameters", "path"), BROKEN)
async def test_what_cannot_go_together_leaves_no_turn(house: House, parameters: Any, path: str) -> None:
    conversation = await house.conversation(**parameters)
    with pytest.raises(UseCaseFailure) as refusal:
        await house.app.turns.send(conversation.id, "Well?")
    failure = refusal.value.failure
    assert failure.title.startswith(f"{path} ")
    assert "your text is kept" in failure.text
    assert await house.turns(conversation) == []
    assert posted(house) == []


async def test_a_conversation_on_the_server_gets_only_what_is_new(house: House) -> None:
    conversation = await house.conversation()
    house.server.script("POST", "/v1/responses", *(answer("A.", response_id=f"r{n}") for n in range(4)))
    await house.ask(conversation, "before")
    await house.app.conversations.set_parameter(conversation.id, "conversation", "conv_1")
    first = await house.ask(conversation, "first")
    second = await house.ask(conversation, "second")
    assert said(first) == ["before", "A.", "first"], "what the server's conversation has not seen"
    assert said(second) == ["second"]
    assert [body.get("conversation") for body in posted(house)] == [None, "conv_1", "conv_1"]
    assert all("previous_response_id" not in body for body in posted(house))
    await house.app.conversations.set_parameter(conversation.id, "conversation", None)
    assert said(await house.ask(conversation, "after"))[0] == "before"


async def test_what_names_things_of_a_server_stays_with_it(house: House) -> None:
    of_one = {"model": "m", "vector_stores": ["vs"], "prompt": {"id": "p"}, "conversation": "conv_1"}
    conversation = await house.conversation(**of_one, temperature=0.5, tools=[{"type": "web_search"}])
    await house.app.preferences.put_connection(Connection("other", "Other", house.server.base_url))
    await house.app.conversations.set_server(conversation.id, "other")
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.parameters == {"temperature": 0.5, "tools": [{"type": "web_search"}]}
    await house.app.conversations.set_server(conversation.id, house.connection.id)
    head, _ = await house.app.conversations.open(conversation.id)
    assert {name: head.parameters[name] for name in of_one} == of_one


async def test_a_prompt_template_has_its_own_model(house: House) -> None:
    house.server.script("POST", "/v1/responses", answer("Yes."))
    await house.ask(await house.conversation(prompt={"id": "pmpt_1"}))
    assert "model" not in posted(house)[0]


async def test_an_imported_conversation_leaves_out_what_cannot_be_sent(house: House) -> None:
    conversation = await house.conversation(temperature=0.5)
    await house.app.conversations.withhold_parameter(conversation.id, "top_p")
    value = json.loads(await house.app.exchanging.export(conversation.id, "json"))
    value["conversation"]["parameters"] |= {"tools": 5, "vector_stores": [1], "heat": 1}
    copy = await house.app.exchanging.bring_in(json.dumps(value))
    assert copy.parameters == {"temperature": 0.5, "top_p": None}
    assert house.notices()[-1].endswith("that cannot be sent: tools, vector_stores, heat.")
