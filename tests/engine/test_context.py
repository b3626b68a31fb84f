"""How long a request is, what happens to one that is too long, and a conversation that is made short."""

from typing import Any

import pytest

from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import Json, RunningEngine, quotes_of, request, text_of

FILLER = " ".join(["word"] * 15)


def said(role: str, text: str) -> Json:
    return {"role": role, "content": text}


def items(engine: RunningEngine, response: Json) -> list[Json]:
    found: list[Json] = engine.call(
        "GET", f"/responses/{response['id']}/input_items", params={"order": "asc"}
    )["data"]
    return found


@pytest.mark.parametrize("model", ["echo", "extractive"])
def test_tokens_are_counted_as_the_answer_counts_them(echo: RunningEngine, model: str) -> None:
    body: Json = {"model": model, "input": "say how long is this", "instructions": "Be brief."}
    counted = echo.call("POST", "/responses/input_tokens", json=body)
    response = echo.call("POST", "/responses", json=body)
    assert counted == {
        "object": "response.input_tokens", "input_tokens": response["usage"]["input_tokens"],
    }  # fmt: skip
    following = {"model": model, "input": "and?", "previous_response_id": response["id"]}
    more = echo.call("POST", "/responses/input_tokens", json=following)
    assert more["input_tokens"] == echo.call("POST", "/responses", json=following)["usage"]["input_tokens"]


def test_what_does_not_count_is_refused(echo: RunningEngine) -> None:
    for body, param in (
        ({"input": "x"}, "model"),
        ({"model": "echo", "input": "x", "stream": True}, "stream"),
        ({"model": "echo", "input": "x", "personality": "friendly"}, "personality"),
    ):
        assert echo.refused("POST", "/responses/input_tokens", 400, json=body)["param"] == param
    long = {"model": "small", "input": FILLER * 20}
    assert echo.call("POST", "/responses/input_tokens", json=long)["input_tokens"] > 60


def test_too_long_an_input_fails_unless_old_turns_may_go(echo: RunningEngine) -> None:
    turns = [said("system", "say nothing"), said("user", "the oldest"), said("assistant", FILLER)]
    turns += [said("user", FILLER), said("assistant", FILLER), said("user", "say it fits")]
    error = echo.refused("POST", "/responses", 400, json=request(turns, model="small"))
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    response = echo.ask(turns, model="small", truncation="auto")
    assert text_of(response) == "it fits"
    heard = response["usage"]["input_tokens"]
    kept = ["system say nothing", f"user {FILLER}", f"assistant {FILLER}", "user say it fits"]
    assert heard == len(" ".join(kept).split())
    assert len(items(echo, response)) == 6
    one = request([said("user", FILLER * 10)], model="small", truncation="auto")
    assert echo.refused("POST", "/responses", 400, json=one)["code"] == "context_length_exceeded"


def test_an_output_goes_with_its_call(echo: RunningEngine) -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": FILLER}
    output = {"type": "function_call_output", "call_id": "c1", "output": "seen " + FILLER}
    turns = [said("user", FILLER), call, output, said("assistant", FILLER), said("user", "say yes")]
    response = echo.ask(turns, model="small", truncation="auto")
    assert response["usage"]["input_tokens"] == len(f"assistant {FILLER} user say yes".split())


def test_passages_leave_room_for_the_answer(echo: RunningEngine) -> None:
    store = echo.store(("a.md", LIGHTHOUSE.encode()), ("b.md", LIGHTHOUSE.encode()))
    assert echo.ask("say yes to the lamp", store, model="small")["status"] == "completed"


@pytest.mark.parametrize("model", ["echo", "extractive"])
def test_a_conversation_is_made_short_and_goes_on(echo: RunningEngine, model: str) -> None:
    turns = [said("user", "When does the boat leave?"), said("assistant", "It leaves at nine.")]
    made = echo.call("POST", "/responses/compact", json={"model": model, "input": turns})
    assert (made["object"], made["id"][:5]) == ("response.compaction", "resp_")
    question, compaction = made["output"]
    assert question["content"] == [{"type": "input_text", "text": "When does the boat leave?"}]
    assert set(compaction) == {"id", "type", "encrypted_content"}
    assert made["usage"]["total_tokens"] == made["usage"]["input_tokens"] + made["usage"]["output_tokens"]
    assert made["usage"]["output_tokens"] > 0
    response = echo.ask([*made["output"], said("user", "say on")], model="echo")
    assert text_of(response) == "on"
    remembered = (
        "It leaves at nine." if model == "extractive" else "You said: Summarize our conversation so far"
    )
    counted = {"model": "echo", "input": [*made["output"]]}
    bare = {"model": "echo", "input": [question]}
    lengths = [
        echo.call("POST", "/responses/input_tokens", json=one)["input_tokens"] for one in (counted, bare)
    ]
    assert lengths[0] - lengths[1] > len(remembered.split())
    again = echo.call(
        "POST", "/responses/compact", json={"model": model, "previous_response_id": response["id"]}
    )
    assert [item["type"] for item in again["output"]] == ["message", "message", "compaction"]


def test_a_compacted_conversation_is_still_searched_for_its_questions(
    engine: RunningEngine, guide: str
) -> None:
    turns = [said("user", "When are visitors admitted to the lighthouse?"), said("assistant", "From April.")]
    made = engine.call("POST", "/responses/compact", json={"model": "extractive", "input": turns})
    response = engine.ask([*made["output"], said("user", "And what do children pay for it?")], guide)
    assert "children pay nothing" in " ".join(quotes_of(response))


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": "extractive"}, "input"),
        ({"model": "extractive", "input": "x", "store": True}, "store"),
        ({"model": "extractive", "previous_response_id": "resp_none"}, "previous_response_id"),
        ({"model": "extractive", "input": [{"type": "compaction", "encrypted_content": "gAAA"}]},
         "input[0].encrypted_content"),
        ({"model": "extractive", "input": [{"type": "compaction"}]}, "input[0].encrypted_content"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_compaction_is_refused_by_name(
    engine: RunningEngine, body: dict[str, Any], param: str
) -> None:
    assert engine.refused("POST", "/responses/compact", 400, json=body)["param"] == param
