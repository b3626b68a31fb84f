"""What each server holds of a chain of answers, and what it says a question will take, as the reader is told it."""

from typing import Final

from chatapp.conversation.repairs import REBUILT
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.sending import Asked
from tests.servers.conftest import RealHouse
from tests.servers.test_walks import begin, completed, words

QUESTIONS: Final = ("My name is Ada. history", "What is my name? history", "And now? history")
COUNTS: Final = {"llama-server", "litellm", "litellm-llama", "litellm-ogx"}
"""Those that have /responses/input_tokens; the others answer 404 or 405, once."""
EXACT: Final = {"llama-server"}
"""LiteLLM reckons with a tokenizer of its own."""


async def test_the_chain_is_looked_at_deleted_and_rebuilt(house: RealHouse) -> None:
    """A server that keeps nothing says so, and has nothing to delete."""
    conversation = await begin(house)
    first, second, third = [await completed(house, conversation, asked) for asked in QUESTIONS]
    chains = house.app.chains
    house.forget()
    await chains.check(second.id)
    await chains.delete(second.id)
    await chains.check(third.id)
    if not house.server.keeps:
        told = f"{house.server.name} keeps no answers: every question sends the turns above it along."
        assert house.notices() == [told, "There was nothing left to delete there.", told]
        return
    has, deleted, lost = house.notices()
    assert has.endswith("still has this answer.")
    assert deleted == f"2 answers were deleted on {house.server.name}."
    assert "does not have this answer any more" in lost
    on = await completed(house, conversation, "And then? history")
    assert on.request["previous_response_id"] == first.response_id
    assert words(on) == [
        QUESTIONS[1],
        second.answer.text,
        QUESTIONS[2],
        third.answer.text,
        "And then? history",
    ]
    await chains.leave(on.id)
    whole = await completed(house, conversation, "And without it? history")
    assert "was left, as you asked" in (whole.note or "")
    await house.app.servers.responses(house.connection).delete(str(whole.response_id))
    again = await completed(house, conversation, "What is my name now? history")
    assert REBUILT in (again.note or "")
    assert again.answer.text.startswith("I see 6 user messages; first was: My name is Ada.")


async def test_a_branch_is_replayed_beside_itself(house: RealHouse) -> None:
    conversation = await begin(house)
    before = [await completed(house, conversation, asked) for asked in QUESTIONS[:2]]
    assert await house.app.replaying.replay(before[0].id) == 2
    await house.app.replaying.settled()
    turns = (await house.turns(conversation))[2:]
    assert [turn.text for turn in turns] == list(QUESTIONS[:2])
    assert turns[1].parent_id == turns[0].id
    linked = turns[0].response_id if house.server.keeps else None
    assert turns[1].request.get("previous_response_id") == linked


async def test_tokens_are_counted_where_the_server_counts_and_asked_for_once_where_not(
    house: RealHouse,
) -> None:
    conversation = await begin(house)
    turn = await completed(house, conversation, "Name three colours.")
    asked = Asked((), (user_message("Name three colours."),), conversation.parameters, house.connection.id)
    told = await house.app.counting.count(conversation.id, asked)
    offered = house.server.name in COUNTS
    assert (told is not None, await house.app.counting.wanted(house.connection.id)) == (
        offered,
        True if offered else None,
    )
    if house.server.name in EXACT:
        assert turn.answer.usage is not None
        assert told == turn.answer.usage["input_tokens"]


async def test_two_runs_are_compared_byte_by_byte(house: RealHouse) -> None:
    """At temperature 0 even those agree that promise nothing; what llmock says is chance."""
    turn = await completed(house, await begin(house, temperature=0), "Name three colours.")
    house.forget()
    await house.app.replaying.repeat(turn.id)
    await house.app.replaying.settled()
    (said,) = house.notices()
    assert "This server does not promise to repeat itself" in said
    if house.server.name != "llmock":
        assert said.startswith("Both runs gave the same")
