"""What a server is asked to count, and when it is not: over a real socket."""

import pytest

from chatapp.conversation.request_builder import user_message
from chatapp.conversation.sending import Asked
from chatapp.protocol.json_types import JsonObject
from chatapp.services.counting import MOST_REPLAYED, runs_here
from chatapp.services.ports import Connection
from tests.kit.gated_server import Reply, error_reply, json_reply
from tests.services.conftest import House, answer, keeps

COUNT = ("POST", "/v1/responses/input_tokens")
TWELVE = json_reply({"object": "response.input_tokens", "input_tokens": 12})


def asked(house: House, parameters: JsonObject | None = None) -> Asked:
    return Asked((), (user_message("Why?"),), parameters or {"model": "m"}, house.connection.id)


def counts(house: House) -> list[JsonObject]:
    return [request.json for request in house.server.requests if request.path == COUNT[1]]


async def test_what_is_counted_is_what_would_be_sent(house: House) -> None:
    house.server.always(*COUNT, TWELVE)
    parameters: JsonObject = {"model": "m", "instructions": "Be brief.", "temperature": 0.5, "store": False}
    assert await house.app.counting.count("c", asked(house, parameters)) == 12
    assert counts(house) == [
        {"model": "m", "instructions": "Be brief.", "input": [user_message("Why?")]},
    ]


async def test_secrets_and_other_servers_are_left_out_of_it(house: House) -> None:
    house.server.always(*COUNT, TWELVE)
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://x.example", "authorization": "secret"}
    assert await house.app.counting.count("c", asked(house, {"tools": [tool]})) is None
    assert not counts(house)


async def test_a_server_elsewhere_is_asked_only_where_that_is_wanted(house: House) -> None:
    house.server.always(*COUNT, TWELVE)
    await house.app.counting.want(house.connection.id, False)
    assert await house.app.counting.count("c", asked(house)) is None
    assert not counts(house)
    await house.app.counting.want(house.connection.id, True)
    assert await house.app.counting.count("c", asked(house)) == 12
    await house.app.preferences.put_connection(Connection("far", "Far", "https://far.example/v1"))
    assert await house.app.counting.wanted("far") is False
    assert await house.app.counting.wanted("engine") is True


@pytest.mark.parametrize(
    ("reply", "asks_again"),
    [
        (error_reply(404, "There is no such place."), False),
        (error_reply(405, "Not allowed."), False),
        (error_reply(400, "That is not right."), True),
        (error_reply(401, "Who are you?"), True),
        (json_reply({"object": "something else"}), True),
        (Reply(200, {"content-type": "text/html"}, [b"<html>"]), True),
    ],
)
async def test_a_server_that_does_not_count_leaves_the_estimate(
    house: House, reply: Reply, asks_again: bool
) -> None:
    house.server.always(*COUNT, reply)
    for _ in range(2):
        assert await house.app.counting.count("c", asked(house)) is None
    assert len(counts(house)) == (2 if asks_again else 1)
    assert (await house.app.counting.wanted(house.connection.id) is None) is not asks_again
    if not asks_again:
        moved = Connection("gated", "Gated", house.server.base_url + "/other")
        await house.app.preferences.put_connection(moved)
        assert await house.app.counting.wanted("gated") is True, "it may be another server by now"


@pytest.mark.parametrize(("alone", "counting"), [(TWELVE, True), (error_reply(404, "No such place."), None)])
async def test_a_missing_parent_is_told_from_a_missing_count(
    house: House, alone: Reply, counting: bool | None
) -> None:
    keeps(house.server)
    house.server.always("POST", "/v1/responses", answer("Because."))
    conversation = await house.conversation()
    turn = await house.ask(conversation)
    house.server.script(*COUNT, error_reply(404, "Not found."), alone)
    chained = Asked((turn,), (user_message("And?"),), {"model": "m"}, "gated")
    assert await house.app.counting.count(conversation.id, chained) is None
    assert [body.get("previous_response_id") for body in counts(house)] == [turn.response_id, None]
    assert await house.app.counting.wanted("gated") is counting


async def test_half_of_a_conversation_is_not_sent_only_to_be_counted(house: House) -> None:
    house.server.always(*COUNT, TWELVE)
    house.server.always("POST", "/v1/responses", answer("Because."))
    conversation = await house.app.conversations.create(house.connection.id)
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, "Why?"))
    await house.app.turns.settled()
    short = Asked((turn,), (user_message("And?"),), {"store": False, "model": "m"}, "gated")
    assert await house.app.counting.count("c", short) == 12
    await house.app.learnt.learn_keeping("gated", False)
    long = Asked((turn,) * (MOST_REPLAYED + 1), (user_message("And?"),), {"model": "m"}, "gated")
    assert await house.app.counting.count("c", long) is None
    assert len(counts(house)) == 1


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:1/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.1/v1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_which_servers_are_on_this_computer(address: str, here: bool) -> None:
    assert runs_here(Connection("id", "Mine", address)) is here
