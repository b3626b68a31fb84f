"""The chain that a server holds: looked at, left, deleted there, and rebuilt where it is lost, with a word about it."""

from collections.abc import Sequence

import pytest

from chatapp.conversation.changes import ChainMarked, KeepingChanged, Notice
from chatapp.conversation.failures import Remedy
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.application import UseCaseFailure
from tests.kit.gated_server import Reply, json_reply
from tests.services.conftest import House, answer, keeps, posted, refused, said

DELETED = json_reply({"id": "x", "object": "response.deleted", "deleted": True})


async def talk(house: House, *questions: str, **parameters: object) -> tuple[Conversation, list[Turn]]:
    """Questions one after another, each answered by resp_0, resp_1, …"""
    conversation = await house.conversation(**parameters)
    turns = []
    for number, words in enumerate(questions):
        house.server.script("POST", "/v1/responses", answer("Yes.", response_id=f"resp_{number}"))
        turns.append(await house.ask(conversation, words))
    house.forget()
    return conversation, turns


async def next_one(house: House, conversation: Conversation, words: str = "Next?") -> Turn:
    house.server.script("POST", "/v1/responses", answer("Yes.", response_id="resp_next"))
    return await house.ask(conversation, words)


def offers(house: House) -> list[str]:
    changes = [change for change in house.listen() if isinstance(change, Notice)]
    return [change.offer.use_case for change in changes if change.offer is not None]


def states(house: House) -> dict[str, str]:
    told = [change for change in house.listen() if isinstance(change, ChainMarked)]
    return {response: mark.state for response, mark in told[-1].marks.items()}


def deletions(house: House) -> list[str]:
    return [request.path for request in house.server.requests if request.method == "DELETE"]


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (json_reply({"id": "resp_0"}), "stored", "still has this answer"),
        (refused(404, "Response with id 'resp_0' not found."), "gone", "does not have this answer any more"),
        (refused(405, "Method not allowed"), None, "so it cannot say"),
    ],
)
async def test_a_look_at_the_server_is_kept_and_told(
    house: House, reply: Reply, state: str | None, words: str
) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?")
    house.server.always("GET", "/v1/responses/*", reply)
    await house.app.chains.check(turns[0].id)
    assert words in house.notices()[-1]
    await house.app.chains.tell(turns[0].conversation_id)
    assert states(house) == ({"resp_0": state} if state else {})


async def test_a_server_that_keeps_nothing_has_lost_nothing(house: House) -> None:
    _, turns = await talk(house, "One?")
    await house.app.chains.check(turns[0].id)
    assert "keeps no answers" in house.notices()[-1]
    await house.app.chains.tell(turns[0].conversation_id)
    assert states(house) == {}


async def test_what_was_lost_below_what_was_left_is_not_said_to_be_left(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?")
    await house.app.chains.leave(turns[0].id)
    second = await next_one(house, conversation)
    house.server.always("GET", "/v1/responses/*", refused(404, "Response not found."))
    await house.app.chains.check(second.id)
    third = await next_one(house, conversation)
    assert third.note == (
        "The server does not hold the whole conversation, so the last 2 turns were sent along again."
    )


async def test_a_server_that_cannot_be_asked_says_nothing_of_the_answer(house: House) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?")
    house.server.always("GET", "/v1/responses/*", refused(500, "Broken."))
    with pytest.raises(UseCaseFailure):
        await house.app.chains.check(turns[0].id)


async def test_what_is_left_is_sent_along_with_a_word_and_linked_again_after_undo(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?", "Two?")
    await house.app.chains.check(turns[1].id)
    house.forget()
    await house.app.chains.leave(turns[1].id)
    await house.app.chains.check(turns[1].id)
    assert states(house) == {"resp_0": "left", "resp_1": "left"}, "a look does not take it back"
    notice = next(change for change in house.listen() if isinstance(change, Notice))
    assert notice.undo == f"chains.follow:{turns[1].id}"
    whole = await next_one(house, conversation)
    assert said(whole) == ["One?", "Yes.", "Two?", "Yes.", "Next?"]
    assert "previous_response_id" not in whole.request
    assert whole.note == (
        "What the server holds of the conversation was left, as you asked, so the last 2 turns were sent along again."
    )
    assert (await next_one(house, conversation)).request["previous_response_id"] == "resp_next"
    await house.app.chains.follow(turns[1].id)
    await house.app.conversations.select(conversation.id, turns[1].id)
    below = await house.app.turns.wait(
        await house.app.turns.send(conversation.id, "Else?", parent=turns[1].id)
    )
    assert below.request["previous_response_id"] == "resp_1"


async def test_leaving_lets_go_of_a_conversation_object_until_undone(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?", conversation="conv_1")
    await house.app.chains.leave(turns[0].id)
    whole = await next_one(house, conversation)
    assert said(whole) == ["One?", "Yes.", "Next?"]
    assert "conversation" not in whole.request
    await house.app.chains.follow(turns[0].id)
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.parameters == {"conversation": "conv_1"}


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ({"conversation": "conv_1"}, "Conversation with id 'conv_1' not found."),
        ({"previous_response_id": "resp_x"}, "Previous response with id 'resp_x' not found."),
    ],
)
async def test_what_was_named_and_is_lost_is_asked_with_the_turns_along(
    house: House, named: dict[str, str], error: str
) -> None:
    keeps(house.server)
    conversation, _ = await talk(house, "One?")
    for name, value in named.items():
        await house.app.conversations.set_parameter(conversation.id, name, value)
    house.server.script("POST", "/v1/responses", refused(404, error))
    failed = await house.ask(conversation, "Two?")
    assert failed.answer.failure is not None
    assert failed.answer.failure.remedies[0] is Remedy.ASK_WHOLE
    house.server.script("POST", "/v1/responses", answer("Yes.", response_id="resp_again"))
    again = await house.app.turns.wait(await house.app.chains.ask_whole(failed.id))
    assert said(again) == ["One?", "Yes.", "Two?"]
    assert not named.keys() & again.request.keys()
    assert "was left, as you asked" in (again.note or "")


async def test_another_server_gets_the_turns_along_and_its_own_chain_is_found_again(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?")
    await house.app.conversations.set_server(conversation.id, "engine")
    there = await house.ask(conversation, "Two?")
    assert "previous_response_id" not in there.request
    assert questions_in(there.request["input"]) == ["One?", "Two?"]
    assert "does not hold the whole conversation" in (there.note or "")
    await house.app.conversations.set_server(conversation.id, "gated")
    back = await next_one(house, conversation)
    assert back.request["previous_response_id"] == turns[0].response_id
    assert questions_in(back.request["input"]) == ["Two?", "Next?"]


async def test_what_was_never_stored_goes_along(house: House) -> None:
    keeps(house.server)
    conversation, _ = await talk(house, "One?")
    await house.app.conversations.set_parameter(conversation.id, "store", False)
    assert (await next_one(house, conversation, "Two?")).request["previous_response_id"] == "resp_0"
    await house.app.conversations.set_parameter(conversation.id, "store", None)
    on = await next_one(house, conversation)
    assert on.request["previous_response_id"] == "resp_0"
    assert said(on) == ["Two?", "Yes.", "Next?"]
    assert "the last turn was sent along again" in (on.note or "")


async def test_answers_are_deleted_there_from_the_leaves_and_asked_on_by_their_words(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?", "Two?", "Three?")
    house.server.always("DELETE", "/v1/responses/*", DELETED)
    await house.app.chains.ask_to_delete(turns[1].id)
    assert offers(house) == [f"chains.delete:{turns[1].id}"]
    assert deletions(house) == []
    await house.app.chains.delete(turns[1].id)
    assert deletions(house) == ["/v1/responses/resp_2", "/v1/responses/resp_1"]
    assert states(house) == {"resp_1": "deleted", "resp_2": "deleted"}
    assert house.notices()[-1] == "2 answers were deleted on Gated."
    assert len(await house.turns(conversation)) == 3
    on = await next_one(house, conversation)
    assert on.request["previous_response_id"] == "resp_0"
    assert said(on) == ["Two?", "Yes.", "Three?", "Yes.", "Next?"]
    assert "does not hold the whole conversation" in (on.note or "")


async def test_a_failure_on_the_way_is_told_and_tried_again(house: House) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?", "Two?")
    house.server.script("DELETE", "/v1/responses/*", DELETED, refused(500, "Out of order."))
    await house.app.chains.delete(turns[0].id)
    assert house.notices()[-1].startswith("1 of 2 answers were deleted on Gated.")
    assert offers(house) == [f"chains.delete:{turns[0].id}"]
    house.server.script("DELETE", "/v1/responses/*", DELETED)
    await house.app.chains.delete(turns[0].id)
    assert house.notices()[-1] == "1 answer was deleted on Gated."


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_deleting_says_so_and_is_not_asked_again(house: House, status: int) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?")
    house.server.always("DELETE", "/v1/responses/*", refused(status, "Not Found"))
    await house.app.chains.delete(turns[0].id)
    assert "Gated cannot delete answers" in house.notices()[-1]
    await house.app.chains.delete(turns[0].id)
    assert len(deletions(house)) == 1
    house.forget()
    await house.app.chains.tell_of_deletion(await house.app.branches.delete(turns[0].id))
    assert offers(house) == []
    assert conversation.id


async def test_an_answer_that_was_gone_already_counts_as_deleted(house: House) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?")
    house.server.always("GET", "/v1/responses/*", refused(404, "Not there."))
    house.server.always("DELETE", "/v1/responses/*", refused(404, "Not there."))
    await house.app.chains.delete(turns[0].id)
    assert house.notices()[-1] == "1 answer was deleted on Gated."


async def test_a_deletion_here_tells_what_the_server_still_holds_and_deletes_it_there(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?", "Two?")
    deletion = await house.app.branches.delete(turns[1].id)
    await house.app.chains.tell_of_deletion(deletion)
    assert "Gated still holds its answer." in house.notices()[-1]
    assert offers(house) == [f"chains.delete_deleted:{deletion.id}"]
    house.server.always("DELETE", "/v1/responses/*", DELETED)
    await house.app.chains.delete_deleted(deletion.id)
    assert deletions(house) == ["/v1/responses/resp_1"]
    await house.app.branches.restore(deletion.id)
    on = await next_one(house, conversation)
    assert (on.request["previous_response_id"], len(on.request["input"])) == ("resp_0", 3)


async def test_an_edit_tells_once_what_the_server_still_holds(house: House) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?", "Two?")
    for _ in range(2):
        await house.app.chains.tell_of_edit(turns[0].id)
    assert house.notices() == ["Gated still holds the earlier question and 2 answers."]
    assert offers(house) == [f"chains.delete:{turns[0].id}"]


async def test_an_edit_inside_a_conversation_object_offers_to_go_on_without_it(house: House) -> None:
    keeps(house.server)
    _, turns = await talk(house, "One?", "Two?", conversation="conv_1")
    await house.app.chains.tell_of_edit(turns[1].id)
    assert "the model sees it" in house.notices()[-1]
    assert offers(house) == [f"chains.leave:{turns[0].id}"]


@pytest.mark.parametrize("parameters", [{"store": False}, {}])
async def test_nothing_is_told_where_no_server_holds_anything(
    house: House, parameters: dict[str, object]
) -> None:
    """Not stored by wish, or by a server that keeps nothing."""
    _, turns = await talk(house, "One?", **parameters)
    await house.app.chains.tell_of_edit(turns[0].id)
    await house.app.chains.tell_of_deletion(await house.app.branches.delete(turns[0].id))
    assert offers(house) == []


async def test_a_parent_that_the_server_lost_is_known_from_then_on(house: House) -> None:
    keeps(house.server)
    conversation, turns = await talk(house, "One?")
    house.server.always("GET", "/v1/responses/*", refused(404, "Not there."))
    lost = refused(400, "Previous response with id 'resp_0' not found.", "previous_response_not_found")
    house.server.script("POST", "/v1/responses", lost)
    rebuilt = await next_one(house, conversation)
    assert "no longer had the earlier answers" in (rebuilt.note or "")
    assert states(house) == {"resp_0": "gone"}
    await house.app.conversations.select(conversation.id, turns[0].id)
    house.server.script("POST", "/v1/responses", answer("Yes."))
    await house.app.turns.wait(await house.app.turns.send(conversation.id, "Else?", parent=turns[0].id))
    assert "previous_response_id" not in posted(house)[-1]


async def asked_of_engine(house: House, *questions: str) -> tuple[Conversation, list[Turn]]:
    conversation = await house.app.conversations.create("engine")
    turns = []
    for words in questions:
        turns.append(await house.app.turns.wait(await house.app.turns.send(conversation.id, words)))
    return conversation, turns


async def test_the_engine_deletes_and_the_chain_is_rebuilt_around_the_hole(house: House) -> None:
    conversation, turns = await asked_of_engine(house, "One?", "Two?")
    await house.app.chains.delete(turns[1].id)
    await house.app.chains.check(turns[0].id)
    assert states(house) == {turns[1].response_id: "deleted", turns[0].response_id: "stored"}
    on = await house.app.turns.wait(await house.app.turns.send(conversation.id, "Three?"))
    assert on.request["previous_response_id"] == turns[0].response_id
    assert len(on.request["input"]) > 1
    assert on.answer.text


async def test_a_hole_that_another_program_made_on_the_engine_is_met_and_mended(house: House) -> None:
    conversation, turns = await asked_of_engine(house, "One?", "Two?", "Three?")
    await house.app.servers.responses(ENGINE).delete(turns[1].response_id or "")
    on = await house.app.turns.wait(await house.app.turns.send(conversation.id, "Four?"))
    await house.app.turns.settled()
    assert "no longer had the earlier answers" in (on.note or "")
    assert "previous_response_id" not in on.request
    assert questions_in(on.request["input"]) == ["One?", "Two?", "Three?", "Four?"]
    assert on.answer.text
    assert KeepingChanged("engine", False) not in house.listen()


def questions_in(items: Sequence[dict[str, object]]) -> list[object]:
    return [
        part["text"]
        for item in items
        if item.get("role") == "user"
        for part in item["content"]  # type: ignore[attr-defined]
    ]
