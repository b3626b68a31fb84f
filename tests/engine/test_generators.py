"""What a generator yields, as items and events: reasoning, calls, searches, refusals, usage, and every kind of end."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import Json, RunningEngine, end, kinds, launch, text_of

WEATHER: Json = {
    "type": "function",
    "name": "weather",
    "description": "The weather at a place",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
TIDE: Json = {"type": "function", "name": "tide", "parameters": {"type": "object"}}


def told(echo: RunningEngine, lines: str, **parameters: Any) -> list[Json]:
    """The events of an answer, whose numbers have no gaps and whose response is also what is kept."""
    found = echo.stream(lines, **({"model": "echo"} | parameters))
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    response = found[-1]["response"]
    kept = echo.call(
        "GET", f"/responses/{response['id']}", params={"include[]": parameters.get("include", [])}
    )
    assert kept == response
    return found


def output(found: list[Json]) -> list[Json]:
    items: list[Json] = found[-1]["response"]["output"]
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert done == items
    return items


def joined(found: list[Json], kind: str) -> str:
    return "".join(event["delta"] for event in found if event["type"] == kind)


def test_a_call_has_the_recorded_order(echo: RunningEngine) -> None:
    found = told(echo, 'call weather {"place": "Skerry"}', tools=[WEATHER])
    assert kinds(found)[2:4] == ["response.output_item.added", "response.function_call_arguments.delta"]
    assert kinds(found)[-3:] == [
        "response.function_call_arguments.done", "response.output_item.done", "response.completed",
    ]  # fmt: skip
    added = found[2]["item"]
    assert (added["arguments"], added["status"], added["name"]) == ("", "in_progress", "weather")
    (call,) = output(found)
    assert call == added | {"arguments": '{"place": "Skerry"}', "status": "completed"}
    assert joined(found, "response.function_call_arguments.delta") == call["arguments"]


def test_a_call_is_answered_and_the_answer_uses_its_output(echo: RunningEngine) -> None:
    first = echo.ask('call weather {"place": "Skerry"}', model="echo", tools=[WEATHER])
    given = [{"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "12 knots"}]
    again = echo.ask(given, model="echo", tools=[WEATHER], previous_response_id=first["id"])
    assert text_of(again) == "It gave: 12 knots"
    replayed = echo.ask(
        [{"role": "user", "content": "x"}, *first["output"], *given], model="echo", store=False
    )
    assert text_of(replayed) == "It gave: 12 knots"
    stray = {"model": "echo", "input": given}
    assert echo.refused("POST", "/responses", 400, json=stray)["param"] == "input[0].call_id"


def test_several_calls_stand_one_after_the_other_unless_only_one_is_wanted(echo: RunningEngine) -> None:
    lines = 'call weather {"place": "A"}\ncall tide {}'
    both = told(echo, lines, tools=[WEATHER, TIDE])
    assert [item["name"] for item in output(both)] == ["weather", "tide"]
    one = told(echo, lines, tools=[WEATHER, TIDE], parallel_tool_calls=False)
    assert [item["name"] for item in output(one)] == ["weather"]


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", []),
        ("required", ["weather"]),
        ({"type": "function", "name": "tide"}, ["tide"]),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "tide"}]}, []),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "tide"}]}, ["tide"]),
        ("none", []),
    ],
    ids=str,
)  # fmt: skip
def test_tool_choice_is_kept_to(echo: RunningEngine, choice: Any, called: list[str]) -> None:
    found = told(echo, "hello", tools=[WEATHER, TIDE], tool_choice=choice)
    assert [item["name"] for item in output(found) if item["type"] == "function_call"] == called
    assert found[0]["response"]["tool_choice"] == choice


@pytest.mark.parametrize(
    ("lines", "choice"),
    [("call tide {}", "none"), ("call dance {}", "auto"), ("say call weather", "required")],
)
def test_a_model_that_does_not_keep_to_the_choice_fails_the_answer(
    echo: RunningEngine, lines: str, choice: str
) -> None:
    found = told(echo, lines, tools=[WEATHER, TIDE], tool_choice=choice)
    assert kinds(found)[-2:] == ["error", "response.failed"]
    assert found[-1]["response"]["error"]["code"] == "server_error"


def test_reasoning_is_an_item_of_its_own(echo: RunningEngine) -> None:
    found = told(echo, "think first this\nthink then that\nsay So it is.")
    assert kinds(found)[2:5] == [
        "response.output_item.added", "response.content_part.added", "response.reasoning_text.delta",
    ]  # fmt: skip
    thought, message = output(found)
    assert thought["content"] == [{"type": "reasoning_text", "text": "first thisthen that"}]
    assert (thought["type"], thought["summary"], thought["status"]) == ("reasoning", [], "completed")
    assert "encrypted_content" not in thought
    assert message["content"][0]["text"] == "So it is."
    assert joined(found, "response.reasoning_text.delta") == "first thisthen that"
    assert found[-1]["response"]["usage"]["output_tokens_details"] == {"reasoning_tokens": 4}


def test_a_summary_has_its_parts_and_the_recorded_order(echo: RunningEngine) -> None:
    found = told(echo, "sum planning\nsum doing it\nsay done")
    summary = [kind for kind in kinds(found) if "summary" in kind]
    part = ["part.added", "text.delta", "text.done", "part.done"]
    twice = [*part[:2], *part[1:]]
    assert summary == [f"response.reasoning_summary_{name}" for name in (*part, *twice)]
    assert [item["type"] for item in output(found)] == ["reasoning", "message"]
    assert [one["text"] for one in output(found)[0]["summary"]] == ["planning", "doing it"]


def test_sealed_reasoning_comes_if_asked_for_and_can_be_given_back(echo: RunningEngine) -> None:
    asked = {"include": ["reasoning.encrypted_content"], "store": False, "model": "echo"}
    first = echo.ask("think of the sea\nsay yes", **asked)
    thought = first["output"][0]
    assert thought["encrypted_content"]
    del thought["content"]
    again = echo.ask([*first["output"], {"role": "user", "content": "and?"}], **asked)
    assert again["usage"]["input_tokens"] == len(["of", "the", "sea", "assistant", "yes", "user", "and?"])


def test_padding_comes_if_asked_for(echo: RunningEngine) -> None:
    for wanted in (True, False):
        found = told(echo, "say one", stream_options={"include_obfuscation": wanted})
        assert ["obfuscation" in event for event in found if "delta" in event] == [wanted]


def test_a_refusal_is_a_part_of_its_own(echo: RunningEngine) -> None:
    found = told(echo, "say Well.\nrefuse I will not")
    (message,) = output(found)
    assert [part["type"] for part in message["content"]] == ["output_text", "refusal"]
    assert message["content"][1] == {"type": "refusal", "refusal": "I will not"}
    places = {event["content_index"] for event in found if event["type"].startswith("response.refusal.")}
    assert places == {1}


def test_a_model_that_searches_is_asked_again_with_what_was_found(echo: RunningEngine) -> None:
    store = echo.store(("lighthouse.md", LIGHTHOUSE.encode()))
    tools = [{"type": "file_search", "vector_store_ids": [store]}]
    found = told(
        echo, "say Let me look.\nsearch lamp cellar|stair\nsay That is all.", tools=tools,
        include=["file_search_call.results"],
    )  # fmt: skip
    before, search, after = output(found)
    assert (search["type"], search["queries"]) == ("file_search_call", ["lamp cellar", "stair"])
    assert search["results"]
    assert before["content"][0]["text"] == "Let me look."
    text = after["content"][0]["text"]
    (citation,) = after["content"][0]["annotations"]
    assert text[: citation["index"]].startswith("Found: ")
    assert text[citation["index"] :] == "That is all."
    assert echo.ask("say nothing", model="echo", tools=tools)["output"][0]["type"] == "message"
    for choice in ("required", {"type": "file_search"}):
        met = told(echo, "search lamp\nsay Done.", tools=[*tools, WEATHER], tool_choice=choice)
        assert met[-1]["type"] == "response.completed"
        unmet = told(echo, "say I will not call weather", tools=[*tools, WEATHER], tool_choice=choice)
        assert unmet[-1]["type"] == "response.failed"
    beforehand = told(echo, "say Done.", model="plain", tools=[*tools, WEATHER], tool_choice="required")
    assert [item["type"] for item in output(beforehand)] == ["file_search_call", "message"]
    capped = told(echo, "search lamp\nsearch stair", tools=tools, max_tool_calls=1)
    assert capped[-1]["type"] == "response.failed"
    plain = echo.ask("Where is the lamp?", model="plain", tools=tools)
    assert [item["type"] for item in plain["output"]] == ["file_search_call", "message"]


@pytest.mark.parametrize("model", ["echo", "plain"])
def test_the_token_cap_cuts_text_and_calls(echo: RunningEngine, model: str) -> None:
    long = " ".join(["reckon"] * 100)
    for lines in (f"say {long}", f'call weather {{"place": "{long}"}}'):
        found = told(echo, lines, model=model, tools=[WEATHER], max_output_tokens=16)
        response = found[-1]["response"]
        assert (response["status"], response["incomplete_details"]) == (
            "incomplete", {"reason": "max_output_tokens"},
        )  # fmt: skip
        assert output(found)[-1]["status"] == "incomplete"
        assert 1 <= response["usage"]["output_tokens"] <= 16


def test_a_filter_cuts_with_its_reason(echo: RunningEngine) -> None:
    response = told(echo, "say one two\ncut content_filter\nsay three")[-1]["response"]
    assert response["incomplete_details"] == {"reason": "content_filter"}
    assert text_of(response) == "one two"


def test_a_failure_keeps_what_was_said(echo: RunningEngine) -> None:
    found = told(echo, "think hm\nsay one two\nfail The model is busy.")
    assert kinds(found)[-2:] == ["error", "response.failed"]
    assert found[-2]["error"] == {
        "message": "The model is busy.", "type": "too_many_requests", "param": None, "code": "rate_limit_exceeded",
    }  # fmt: skip
    response = found[-1]["response"]
    assert response["error"] == {"code": "rate_limit_exceeded", "message": "The model is busy."}
    assert (text_of(response), response["output"][-1]["status"]) == ("one two", "incomplete")


def test_a_fault_of_a_model_fails_the_answer_and_is_logged_without_its_words(tmp_path: Path) -> None:
    process = launch(tmp_path / "data", module="tests.engine.echo")
    assert process.stdout
    greeting = json.loads(process.stdout.readline())
    headers = {"authorization": f"Bearer {greeting['token']}"}
    with httpx.Client(base_url=greeting["base_url"], headers=headers) as client:
        body = {"model": "echo", "input": "say one\nbreak the secret"}
        response = client.post("/responses", json=body).json()
        kept = client.get(f"/responses/{response['id']}").json()
    assert (kept["status"], kept["error"]["code"], text_of(kept)) == ("failed", "server_error", "one")
    code, complaint = end(process)
    assert code == 0
    assert "ZeroDivisionError" in complaint
    assert "secret" not in complaint


def test_an_answer_without_a_word_is_an_empty_message(echo: RunningEngine) -> None:
    (message,) = output(told(echo, "say "))
    assert (message["content"][0]["text"], message["status"]) == ("", "completed")


def test_json_formats_are_asked_of_the_model_and_echoed(echo: RunningEngine) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    wanted = {"type": "json_schema", "name": "numbers", "schema": schema}
    response = echo.ask("give me a number", model="echo", text={"format": wanted})
    assert json.loads(text_of(response)) == {"n": 1}
    assert response["text"]["format"] == wanted | {"description": None, "strict": True}
    response = echo.ask("any JSON", model="echo", text={"format": {"type": "json_object"}})
    assert json.loads(text_of(response)) == {}


def test_items_can_be_referred_to(echo: RunningEngine) -> None:
    first = echo.ask("think of it\nsay The light is red.", model="echo")
    items: list[Json] = [{"type": "item_reference", "id": item["id"]} for item in first["output"]]
    again = echo.ask([*items, {"role": "user", "content": "Go on"}], model="echo")
    kept = echo.call("GET", f"/responses/{again['id']}/input_items", params={"order": "asc"})["data"]
    assert kept[:2] == first["output"]
    echo.call("DELETE", f"/responses/{again['id']}")
    echo.call("DELETE", f"/responses/{first['id']}")
    body = {"model": "echo", "input": items}
    assert echo.refused("POST", "/responses", 400, json=body)["code"] == "item_not_found"


def test_an_image_reaches_a_model_that_sees(echo: RunningEngine) -> None:
    pixel = b"\x89PNG\r\n\x1a\n"
    file_id = echo.upload("pixel.png", pixel, "vision")
    for part in ({"file_id": file_id}, {"image_url": "data:image/png;base64,iVBORw0KGgo="}):
        content = [{"type": "input_text", "text": "say I see"}, {"type": "input_image", **part}]
        assert text_of(echo.ask([{"role": "user", "content": content}], model="echo")) == "I see"
    for part, param, code in (
        ({"image_url": "https://example.org/x.png"}, "image_url", "invalid_image_url"),
        ({"file_id": echo.upload("notes.txt", b"x")}, "file_id", "invalid_image_format"),
        ({}, "image_url", "missing_required_parameter"),
    ):
        body = {"model": "echo", "input": [{"role": "user", "content": [{"type": "input_image", **part}]}]}
        error = echo.refused("POST", "/responses", 400, json=body)
        assert (error["param"], error["code"]) == (f"input[0].content[0].{param}", code)
