"""The list of conversations, one conversation, and what the user chose."""

import asyncio
from dataclasses import replace

import pytest

from chatapp.conversation.changes import ConversationPurged, Notice, ServerChanged
from chatapp.conversation.failures import Remedy
from chatapp.services.application import UseCaseFailure
from chatapp.services.ports import Connection
from tests.kit.gated_server import error_reply, json_reply
from tests.services.conftest import House, answer


async def test_pinned_ones_come_first_then_the_newest(house: House) -> None:
    conversations = house.app.conversations
    one, two, three = [await conversations.create() for _ in range(3)]
    await conversations.pin(one.id, True)
    assert [entry.id for entry in await conversations.list()] == [one.id, three.id, two.id]
    await conversations.pin(one.id, False)
    assert [entry.id for entry in await conversations.list()] == [three.id, two.id, one.id]


async def test_a_title_that_was_given_stays(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation()
    await house.app.conversations.rename(conversation.id, "  Harbour\n plans ")
    await house.ask(conversation, "Is it open?")
    head, _ = await house.app.conversations.open(conversation.id)
    assert (head.title, head.automatic_title) == ("Harbour plans", False)


async def test_deleted_ones_come_back_until_they_are_purged(house: House) -> None:
    conversations = house.app.conversations
    one = await conversations.create()
    await conversations.delete(one.id)
    assert await conversations.list() == []
    (notice,) = [change for change in house.listen() if isinstance(change, Notice)]
    assert notice.undo == f"conversations.restore:{one.id}"
    await conversations.purge_deleted(3600)
    assert [entry.id for entry in await conversations.deleted()] == [one.id]
    await conversations.restore(one.id)
    assert await conversations.deleted() == []
    assert [entry.id for entry in await conversations.list()] == [one.id]
    await conversations.delete(one.id)
    await conversations.purge_deleted(0)
    assert ConversationPurged(one.id) in house.listen()
    with pytest.raises(UseCaseFailure) as problem:
        await conversations.restore(one.id)
    assert problem.value.failure.kind == "conversation_gone"


async def test_titles_and_texts_are_searched(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("The lighthouse is tall."))
    conversation = await house.conversation()
    turn = await house.ask(conversation, "What is at the harbour?")
    (hit,) = await house.app.conversations.search("lighthouse")
    assert (hit.conversation_id, hit.turn_id) == (conversation.id, turn.id)
    assert await house.app.conversations.search("   ") == []
    assert await house.app.conversations.search("nowhere") == []


async def test_a_parameter_is_set_checked_and_unset(house: House) -> None:
    conversations = house.app.conversations
    conversation = await conversations.create()
    await conversations.set_parameter(conversation.id, "temperature", 0.5)
    with pytest.raises(UseCaseFailure) as problem:
        await conversations.set_parameter(conversation.id, "temperature", 9)
    assert "between 0 and 2" in problem.value.failure.title
    assert Remedy.CHANGE_PARAMETERS in problem.value.failure.remedies
    head, _ = await conversations.open(conversation.id)
    assert head.parameters == {"temperature": 0.5}
    await conversations.set_parameter(conversation.id, "temperature", None)
    head, _ = await conversations.open(conversation.id)
    assert head.parameters == {}


async def test_each_server_has_its_own_model_and_stores(house: House) -> None:
    conversations = house.app.conversations
    conversation = await conversations.create(
        "engine", {"vector_stores": ["vs_1"], "model": "m", "top_p": 0.5}
    )
    await conversations.set_server(conversation.id, "gated")
    head, _ = await conversations.open(conversation.id)
    assert (head.server, head.parameters) == ("gated", {"top_p": 0.5})
    await conversations.set_server(conversation.id, "engine")
    head, _ = await conversations.open(conversation.id)
    assert (head.server, head.parameters) == (
        "engine",
        {"vector_stores": ["vs_1"], "model": "m", "top_p": 0.5},
    )


async def test_two_edits_at_the_same_moment_both_count(house: House) -> None:
    conversations = house.app.conversations
    conversation = await conversations.create()
    await asyncio.gather(
        conversations.rename(conversation.id, "Name"),
        conversations.pin(conversation.id, True),
        conversations.set_parameter(conversation.id, "top_p", 0.5),
        conversations.set_draft(conversation.id, "draft"),
    )
    head, _ = await conversations.open(conversation.id)
    assert (head.title, head.pinned, head.parameters, head.draft) == ("Name", True, {"top_p": 0.5}, "draft")


async def test_preferences_are_kept_with_their_type(house: House) -> None:
    preferences = house.app.preferences
    assert await preferences.get("text_scale", 1.0) == 1.0
    await preferences.set("text_scale", 1.25)
    assert await preferences.get("text_scale", 1.0) == 1.25
    await preferences.set("text_scale", "large")
    assert await preferences.get("text_scale", 1.0) == 1.0
    assert await preferences.get("nothing", "a default") == "a default"


async def test_connections_are_added_changed_and_removed(house: House) -> None:
    preferences = house.app.preferences
    assert [entry.id for entry in await preferences.connections()] == ["engine", "gated"]
    await preferences.put_connection(replace(house.connection, name="Renamed"))
    await preferences.put_connection(Connection("other", "Other", "https://example.com/v1"))
    assert [entry.name for entry in await preferences.connections()] == [
        "Built-in engine",
        "Renamed",
        "Other",
    ]
    await preferences.remove_connection("gated")
    assert [entry.id for entry in await preferences.connections()] == ["engine", "other"]


async def test_a_check_says_in_a_sentence_what_came_of_it(house: House) -> None:
    house.server.script("GET", "/v1/models", json_reply({"data": [{"id": "a"}, {"id": "b"}]}))
    found = await house.app.preferences.check(house.connection)
    assert found == ServerChanged("gated", "ready", "Gated answers and offers 2 models.", ("a", "b"))
    assert await house.app.preferences.models("gated") == ["a", "b"]
    house.server.always("GET", "/v1/models", error_reply(401, "Bad key.", "invalid_api_key"))
    refused = await house.app.preferences.check(house.connection)
    assert refused.state == "unreachable"
    assert "key" in refused.text
    assert refused in house.listen()


async def test_a_key_without_a_place_to_keep_it_is_refused_plainly(house: House) -> None:
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.preferences.put_connection(
            replace(house.connection, key_source="environment"), "sk-1"
        )
    assert problem.value.failure.kind == "key_store"
    assert problem.value.failure.text


@pytest.mark.parametrize(
    "address",
    [
        "https://user:sk-1@example.com/v1",
        "https://sk-1@example.com/v1",
        "https://example.com/v1?key=sk-1",
        "https://example.com/v1?api-version=1&subscription-key=sk-1",
        "https://example.com/v1?X-Api_Key=",
        "example.com/v1",
        "ftp://example.com/v1",
        "https://example.com:port/v1",
        "",
    ],
)
async def test_an_address_that_holds_a_key_or_is_none_is_not_written(house: House, address: str) -> None:
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.preferences.put_connection(Connection("other", "Other", address))
    assert problem.value.failure.kind == "invalid_address"
    assert "sk-1" not in str(problem.value.failure)
    assert [entry.id for entry in await house.app.preferences.connections()] == ["engine", "gated"]


async def test_an_address_may_have_a_query_without_a_key(house: House) -> None:
    address = "https://example.com/openai/v1?api-version=preview"
    await house.app.preferences.put_connection(Connection("other", "Other", address))
    assert (await house.app.preferences.connections())[-1].base_url == address


async def test_two_servers_added_at_the_same_moment_are_both_there(house: House) -> None:
    added = [Connection(f"s{number}", f"S{number}", "https://example.com/v1") for number in range(5)]
    await asyncio.gather(*(house.app.preferences.put_connection(entry) for entry in added))
    assert {entry.id for entry in await house.app.preferences.connections()} >= {entry.id for entry in added}


async def test_a_key_does_not_stay_where_it_is_used_no_more(house: House) -> None:
    preferences = house.app.preferences
    secrets = preferences._secrets
    kept = replace(house.connection, key_source="session")
    elsewhere = replace(house.connection, key_source="environment", key_name="SOME_KEY")
    await preferences.put_connection(kept, "sk-1")
    assert await secrets.key(kept) == "sk-1"
    await preferences.put_connection(replace(kept, name="Renamed"))
    assert await secrets.key(kept) == "sk-1", "its place is the same"
    await preferences.put_connection(elsewhere)
    assert await secrets.key(kept) is None
    await preferences.put_connection(kept, "sk-2")
    await preferences.use_for_session(elsewhere)
    await preferences.remove_connection(kept.id)
    assert await secrets.key(kept) is None


async def test_the_preview_is_what_would_be_sent(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation(temperature=0.5)
    shown = await house.app.turns.preview(conversation, " Is it open? ")
    assert house.server.requests == []
    turn = await house.ask(conversation, " Is it open? ")
    assert turn.request == shown
