"""The official SDK, unchanged and strict, on everything under /v1/responses and /v1/models."""

import json
import time
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseInputParam
from pydantic import BaseModel

from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import PATIENCE_S, RunningEngine

MODELS = ("extractive", "echo", "plain")
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "The weather at a place",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
        "additionalProperties": False,
    },
}


class Tower(BaseModel):
    """What the model is to fill in."""

    name: str
    metres: int


@pytest.fixture(scope="module")
def searching(echo: RunningEngine) -> Any:
    """A file_search over one small document."""
    return [{"type": "file_search", "vector_store_ids": [echo.store(("lighthouse.md", LIGHTHOUSE.encode()))]}]


def ended(sdk: OpenAI, response: Response) -> Response:
    deadline = time.monotonic() + PATIENCE_S
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
        response = sdk.responses.retrieve(response.id)
    return response


def test_models(sdk: OpenAI) -> None:
    assert {model.id for model in sdk.models.list()} >= set(MODELS)
    assert sdk.models.retrieve("extractive").owned_by == "chatapp"
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("none")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("model", MODELS)
def test_create(sdk: OpenAI, model: str, searching: Any) -> None:
    response = sdk.responses.create(
        model=model,
        input="How high does the tower stand?",
        instructions="Be brief.",
        tools=searching,
        include=["file_search_call.results"],
        metadata={"a": "b"},
        temperature=0.2,
        top_p=0.9,
        max_output_tokens=400,
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low"},
        truncation="auto",
        service_tier="auto",
        safety_identifier="someone",
        prompt_cache_key="key",
    )
    assert response.status == "completed"
    assert response.output_text
    assert response.metadata == {"a": "b"}
    assert response.usage
    assert response.usage.total_tokens > response.usage.output_tokens > 0


@pytest.mark.parametrize("model", MODELS)
def test_create_streamed(sdk: OpenAI, model: str, searching: Any) -> None:
    events = list(sdk.responses.create(model=model, input="How high is it?", tools=searching, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    spoken = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(spoken) == last.response.output_text


def test_the_stream_helper(sdk: OpenAI, searching: Any) -> None:
    lines = "think hm\nsum in short\nsay So.\nsearch lamp\nsay There.\nrefuse No."
    with sdk.responses.stream(model="echo", input=lines, tools=searching) as stream:
        kinds = {event.type for event in stream}
        response = stream.get_final_response()
    assert kinds >= {
        "response.refusal.done",
        "response.reasoning_text.done",
        "response.file_search_call.completed",
    }
    assert [item.type for item in response.output] == ["reasoning", "message", "file_search_call", "message"]


def test_the_stream_helper_calls_a_function(sdk: OpenAI) -> None:
    lines = 'call weather {"place": "Skerry"}'
    with sdk.responses.stream(model="echo", input=lines, tools=[WEATHER]) as stream:
        deltas = [event for event in stream if event.type == "response.function_call_arguments.delta"]
        response = stream.get_final_response()
    assert deltas[-1].snapshot == '{"place": "Skerry"}'
    call = response.output[0]
    assert call.type == "function_call"
    given: ResponseInputParam = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "12 knots"}
    ]
    answer = sdk.responses.create(
        model="echo", input=given, previous_response_id=response.id, tools=[WEATHER]
    )
    assert answer.output_text == "It gave: 12 knots"


def test_parse(sdk: OpenAI) -> None:
    response = sdk.responses.parse(model="echo", input="Describe it", text_format=Tower)
    assert response.output_parsed == Tower(name="x", metres=1)


def test_retrieve_and_delete(sdk: OpenAI) -> None:
    made = sdk.responses.create(model="echo", input="think so\nsay yes")
    assert sdk.responses.retrieve(made.id) == made
    sdk.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(made.id)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.delete(made.id)


def test_retrieve_streamed(sdk: OpenAI) -> None:
    made = sdk.responses.create(model="echo", input="say one two\nwait 0.2\nsay three", background=True)
    events = list(sdk.responses.retrieve(made.id, stream=True))
    assert events[-1].type == "response.completed"
    rest = list(sdk.responses.retrieve(made.id, stream=True, starting_after=3))
    assert rest == events[4:]


def test_the_stream_helper_takes_up_a_background_response(sdk: OpenAI) -> None:
    made = sdk.responses.create(model="echo", input="say one two\nwait 0.2\nsay three", background=True)
    with sdk.responses.stream(response_id=made.id, starting_after=5) as stream:
        numbers = [event.sequence_number for event in stream]
        response = stream.get_final_response()
    assert numbers == list(range(6, numbers[-1] + 1))
    assert response.output_text == "one twothree"


def test_background_and_cancel(sdk: OpenAI) -> None:
    made = sdk.responses.create(model="echo", input="say x", background=True)
    assert made.status == "queued"
    assert ended(sdk, made).output_text == "x"
    running = sdk.responses.create(model="echo", input="wait 60", background=True)
    assert sdk.responses.cancel(running.id).status == "cancelled"
    streamed = list(sdk.responses.create(model="echo", input="say y", background=True, stream=True))
    assert [event.type for event in streamed[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]


def test_input_items(sdk: OpenAI) -> None:
    items: Any = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"},
        {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "status": "completed"},
        {"role": "user", "content": [{"type": "input_text", "text": "say on"},
                                     {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]},
    ]  # fmt: skip
    made = sdk.responses.create(model="echo", input=items)
    listed = list(sdk.responses.input_items.list(made.id, order="asc", limit=3))
    assert [item.type for item in listed] == [
        "message", "message", "reasoning", "function_call", "function_call_output", "file_search_call", "message",
    ]  # fmt: skip
    assert next(iter(sdk.responses.input_items.list(made.id))).id == listed[-1].id


def test_input_tokens(sdk: OpenAI) -> None:
    assert sdk.responses.input_tokens.count(model="echo", input="one two three").input_tokens == 4


def test_compact(sdk: OpenAI) -> None:
    made = sdk.responses.create(model="echo", input="say It leaves at nine.")
    # Its type for the output has no user messages, which api.openai.com sends like us (recorded): read as JSON.
    raw = sdk.responses.with_raw_response.compact(model="echo", previous_response_id=made.id)
    compacted: Any = json.loads(raw.text)["output"]
    assert [item["type"] for item in compacted] == ["message", "compaction"]
    following: Any = [*compacted, {"role": "user", "content": "say on"}]
    assert sdk.responses.create(model="echo", input=following).output_text == "on"


def test_incomplete_and_failed(sdk: OpenAI) -> None:
    cut = sdk.responses.create(model="echo", input=f"say {'word ' * 50}", max_output_tokens=16)
    assert cut.status == "incomplete"
    assert cut.incomplete_details
    assert cut.incomplete_details.reason == "max_output_tokens"
    failed = sdk.responses.create(model="echo", input="say one\nfail The model is busy.")
    assert failed.error
    assert (failed.status, failed.error.code) == ("failed", "rate_limit_exceeded")


def test_refusals_are_the_errors_it_knows(sdk: OpenAI) -> None:
    for options, param in (
        ({"model": "extractive", "input": "x", "tools": [WEATHER]}, "tools"),
        ({"model": "extractive", "input": "x", "text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"model": "echo", "input": "x", "previous_response_id": "resp_none"}, "previous_response_id"),
        ({"model": "echo", "input": "x", "extra_body": {"magic": 1}}, "magic"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            sdk.responses.create(**options)
        assert caught.value.param == param
    with pytest.raises(openai.AuthenticationError):
        sdk.with_options(api_key="wrong").models.list()
