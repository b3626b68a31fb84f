"""The engine before another server: what it asks over /v1/chat/completions, and what becomes of the answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import Json, RunningEngine, end, engine_on, events, kinds, launch, text_of
from tests.engine.test_generators import TIDE, WEATHER
from tests.kit.gated_server import (
    GatedServer,
    HangUp,
    Reply,
    Stall,
    error_reply,
    json_reply,
    stream_reply,
)

USAGE = {
    "prompt_tokens": 20, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}  # fmt: skip
LISTED = {
    "object": "list",
    "data": [{"id": "team/big", "owned_by": "them"}, {"id": "team/embed-1", "owned_by": "them"}],
}


def chunk(finish: str | None = None, **delta: Any) -> bytes:
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(body)}\n\n".encode()


def call(index: int | None = None, id: str = "", name: str = "", arguments: Any = "") -> Json:
    function = {"name": name, "arguments": arguments}
    bit = {"id": id, "function": {key: value for key, value in function.items() if value != ""}}
    return bit | ({} if index is None else {"index": index})


def answer(*chunks: bytes, finish: str = "stop", usage: bool = True) -> Reply:
    counted = f"data: {json.dumps({'choices': [], 'usage': USAGE})}\n\n".encode() if usage else b""
    return stream_reply(*chunks, chunk(finish), counted, b"data: [DONE]\n\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningEngine, GatedServer]]:
    with GatedServer() as server:
        server.always("GET", "/v1/models", json_reply(LISTED))
        folder = tmp_path_factory.mktemp("upstream") / "data"
        environment = {"CHATAPP_ENGINE_UPSTREAM_KEY": "sesame"}
        with engine_on(folder, "--upstream", server.base_url, environment=environment) as engine:
            yield engine, server
        assert not server.errors


class Upstream:
    """The engine and the server behind it, for one answer after the other."""

    def __init__(self, engine: RunningEngine, server: GatedServer) -> None:
        self.engine = engine
        self.server = server

    def told(self, reply: Reply, question: Any = "Hello?", *stores: str, **parameters: Any) -> list[Json]:
        """The events of an answer for which the server says this."""
        self.server.script("POST", "/v1/chat/completions", reply)
        found = self.engine.stream(question, *stores, **({"model": "team/big"} | parameters))
        assert [event["sequence_number"] for event in found] == list(range(len(found)))
        return found

    def asked(self) -> Json:
        """The body of the last request."""
        body: Json = self.server.requests[-1].json
        return body


@pytest.fixture
def upstream(world: tuple[RunningEngine, GatedServer]) -> Upstream:
    return Upstream(*world)


def said(found: list[Json]) -> list[Any]:
    """What stands in the answer, item by item."""
    return [
        [part.get("text", part.get("refusal")) for part in item.get("content", [])]
        or (item["name"], item["arguments"])
        for item in found[-1]["response"]["output"]
    ]


def test_its_models_are_listed_but_for_those_that_do_not_chat(upstream: Upstream) -> None:
    listed = upstream.engine.call("GET", "/models")["data"]
    assert [one["id"] for one in listed] == ["extractive", "team/big"]
    assert upstream.engine.call("GET", "/models/team/big")["owned_by"] == "them"
    assert upstream.server.requests[0].headers["authorization"] == "Bearer sesame"


def test_text_is_streamed_and_counted(upstream: Upstream) -> None:
    found = upstream.told(
        answer(chunk(role="assistant", content=""), chunk(content="Good "), chunk(content="day."))
    )
    assert [event["delta"] for event in found if "delta" in event] == ["Good ", "day."]
    response = found[-1]["response"]
    assert (response["status"], text_of(response)) == ("completed", "Good day.")
    assert (response["usage"]["input_tokens"], response["usage"]["output_tokens"]) == (20, 7)
    assert response["usage"]["input_tokens_details"]["cached_tokens"] == 4
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 3


def test_only_what_the_request_says_is_passed_on(upstream: Upstream) -> None:
    upstream.told(answer(chunk(content="x")), "Hello?")
    assert upstream.asked() == {
        "model": "team/big", "messages": [{"role": "user", "content": "Hello?"}], "stream": True,
        "stream_options": {"include_usage": True},
    }  # fmt: skip
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    form = {"type": "json_schema", "name": "n", "schema": schema, "description": "d"}
    upstream.told(
        answer(chunk(content="{}")), "Hi", instructions="Be brief.", temperature=0.5, top_p=0.9,
        max_output_tokens=64, reasoning={"effort": "minimal"}, text={"format": form},
    )  # fmt: skip
    body = upstream.asked()
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["reasoning_effort"]) == (
        0.5,
        0.9,
        64,
        "low",
    )
    kept = {"name": "n", "schema": schema, "description": "d", "strict": True}
    assert body["response_format"] == {"type": "json_schema", "json_schema": kept}


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([chunk(reasoning_content="Hm."), chunk(content="Yes.")], [["Hm."], ["Yes."]]),
        ([chunk(reasoning="Hm."), chunk(content="Yes.")], [["Hm."], ["Yes."]]),
        (
            [chunk(content="\n<th"), chunk(content="ink>\nHm.</thi"), chunk(content="nk>\n\nYes.")],
            [["Hm."], ["Yes."]],
        ),
        ([chunk(content="<think>Hm.")], [["Hm."], [""]]),
        ([chunk(content="<thin"), chunk(content=" air")], [["<thin air"]]),
        ([chunk(content="a < b"), chunk(refusal="No.")], [["a < b", "No."]]),
    ],
)
def test_thoughts_are_told_from_the_text(
    upstream: Upstream, chunks: list[bytes], expected: list[Any]
) -> None:
    assert said(upstream.told(answer(*chunks))) == expected


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([[call(0, "a", "weather", '{"pl')], [call(0, arguments='ace": "A"}')]], [("weather", '{"place": "A"}')]),
        ([[call(0, "a", "tide")]], [("tide", "{}")]),
        ([[call(0, "a", "tide", "{}"), call(1, "b", "weather", '{"place": "B"}')]],
         [("tide", "{}"), ("weather", '{"place": "B"}')]),
        ([[call(0, "a", "tide", "{")], [call(1, "b", "tide", "{}")], [call(0, arguments="}")]],
         [("tide", "{}"), ("tide", "{}")]),
        ([[call(0, "a", "tide", "{}")], [call(0, "b", "tide", "{}")]], [("tide", "{}"), ("tide", "{}")]),
        ([[call(None, "", "weather", {"place": "A"})]], [("weather", '{"place": "A"}')]),
    ],
    ids=["bits", "no-arguments", "two-at-once", "woven", "one-number-for-all", "whole-object"],
)  # fmt: skip
def test_calls_in_the_ways_servers_write_them(
    upstream: Upstream, chunks: list[list[Json]], expected: list[Any]
) -> None:
    reply = answer(*(chunk(tool_calls=bits) for bits in chunks), finish="tool_calls")
    found = upstream.told(reply, tools=[WEATHER, TIDE])
    assert said(found) == expected
    calls = found[-1]["response"]["output"]
    assert len({item["call_id"] for item in calls}) == len(calls)
    assert upstream.asked()["tools"][0]["function"]["parameters"] == WEATHER["parameters"]
    assert upstream.asked()["tool_choice"] == "auto"


def test_calls_their_outputs_and_the_thoughts_before_them_go_back(upstream: Upstream) -> None:
    reply = answer(
        chunk(reasoning_content="I look."), chunk(content="Wait."),
        chunk(tool_calls=[call(0, "a", "weather", '{"place": "A"}')]), finish="tool_calls",
    )  # fmt: skip
    first = upstream.told(reply, tools=[WEATHER], tool_choice="required")[-1]["response"]
    assert upstream.asked()["tool_choice"] == "required"
    output = [{"type": "function_call_output", "call_id": "a", "output": "12 knots"}]
    second = upstream.told(
        answer(chunk(content="12.")), output, previous_response_id=first["id"], tools=[WEATHER]
    )
    function = {"name": "weather", "arguments": '{"place": "A"}'}
    assert upstream.asked()["messages"][1:] == [
        {"role": "assistant", "reasoning_content": "I look.", "content": "Wait.",
         "tool_calls": [{"id": "a", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "a", "content": "12 knots"},
    ]  # fmt: skip
    upstream.told(answer(chunk(content="!")), "And?", previous_response_id=second[-1]["response"]["id"])
    assert [one["role"] for one in upstream.asked()["messages"]] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert not any("reasoning_content" in one for one in upstream.asked()["messages"])


SHAPE = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("form", "text", "why"),
    [
        ({"type": "json_object"}, '{"n": "x"}', None),
        ({"type": "json_object"}, "[1]", "it is no object"),
        ({"type": "json_object"}, "Sure, here it is.", "it is not JSON"),
        ({"type": "json_schema", "name": "n", "schema": SHAPE}, '{"n": 1}', None),
        ({"type": "json_schema", "name": "n", "schema": SHAPE}, '{"n": "one"}', "$.n is not a whole number"),
        ({"type": "json_schema", "name": "n", "schema": SHAPE}, "", "it is not JSON"),
        ({"type": "json_schema", "name": "n", "schema": SHAPE, "strict": False}, '{"n": "one"}', None),
        ({"type": "json_schema", "name": "n", "schema": {"$ref": "http://x.example/"}}, "1", None),
    ],
)
def test_a_format_that_the_server_did_not_keep_to_is_a_failure(
    upstream: Upstream, form: Json, text: str, why: str | None
) -> None:
    last = upstream.told(answer(chunk(content=text)), text={"format": form})[-1]["response"]
    assert last["status"] == ("completed" if why is None else "failed")
    assert why is None or why in last["error"]["message"]
    assert not text or text_of(last) == text


def test_a_format_is_not_asked_of_what_is_no_answer(upstream: Upstream) -> None:
    form = {"format": {"type": "json_object"}}
    cut = upstream.told(answer(chunk(content='{"n"'), finish="length"), text=form)
    assert cut[-1]["response"]["status"] == "incomplete"
    assert upstream.told(answer(chunk(refusal="No.")), text=form)[-1]["response"]["status"] == "completed"
    called = answer(chunk(tool_calls=[call(0, "a", "tide", "{}")]), finish="tool_calls")
    assert upstream.told(called, text=form, tools=[TIDE])[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "objekt"}}}},
            "text.format.schema",
            "invalid_json_schema",
        ),
        (
            {"tools": [{"type": "function", "name": "f", "parameters": {"properties": []}}]},
            "tools[0].parameters",
            "invalid_function_parameters",
        ),
    ],
)
def test_what_is_no_schema_is_refused_before_the_server_is_asked(
    upstream: Upstream, changes: Json, param: str, code: str
) -> None:
    body = {"model": "team/big", "input": "Hi", **changes}
    error = upstream.engine.refused("POST", "/responses", 400, json=body)
    assert (error["param"], error["code"]) == (param, code)


def test_an_image_goes_along(upstream: Upstream) -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    content = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": url}]
    upstream.told(answer(chunk(content="A cat.")), [{"role": "user", "content": content}])
    assert upstream.asked()["messages"][0]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": url, "detail": "auto"}},
    ]


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_cut_says_why(upstream: Upstream, finish: str, reason: str) -> None:
    response = upstream.told(answer(chunk(content="One two"), finish=finish))[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert response["output"][0]["status"] == "incomplete"


@pytest.mark.parametrize("arguments", ["", '{"pl'])
def test_a_call_that_was_cut_says_so(upstream: Upstream, arguments: str) -> None:
    reply = answer(chunk(tool_calls=[call(0, "a", "weather", arguments)]), finish="length")
    (item,) = upstream.told(reply, tools=[WEATHER])[-1]["response"]["output"]
    assert (item["status"], item["arguments"]) == ("incomplete", arguments)


BUSY = b'data: {"error": {"message": "Out of memory."}}\n\n'


@pytest.mark.parametrize(
    ("reply", "code", "words", "kept"),
    [
        (error_reply(429, "Slow down."), "rate_limit_exceeded", "refused: Slow down.", None),
        (error_reply(400, "No such thing."), "invalid_prompt", "refused: No such thing.", None),
        (error_reply(401, "Who?"), "server_error", "refused: Who? Its key is missing or wrong.", None),
        (error_reply(404, "No model."), "server_error", "It may no longer have this model", None),
        (Reply(502, {"content-type": "text/html"}, [b"<html>"]), "server_error", "HTTP 502", None),
        (stream_reply(chunk(content="One"), HangUp()), "server_error", "broke off", "One"),
        (stream_reply(chunk(content="One")), "server_error", "before it was complete", "One"),
        (stream_reply(chunk(content="One"), BUSY), "server_error", "Out of memory.", "One"),
        (stream_reply(b"data: {\n\n"), "server_error", "before it was complete", None),
    ],
    ids=["busy", "refused", "stranger", "no model", "proxy", "cut", "no-end", "fault", "no-json"],
)
def test_failures_are_told_and_what_was_said_is_kept(
    upstream: Upstream, reply: Reply, code: str, words: str, kept: str | None
) -> None:
    found = upstream.told(reply)
    assert kinds(found)[-2:] == ["error", "response.failed"]
    response = found[-1]["response"]
    assert response["error"]["code"] == code
    assert words in response["error"]["message"]
    assert (text_of(response) if response["output"] else None) == kept


def test_a_server_that_asks_to_wait_is_understood(upstream: Upstream) -> None:
    busy = error_reply(429, "Slow down.", retry_after="7")
    told = upstream.told(busy)[-2]["error"]
    assert (told["code"], told["headers"]) == ("rate_limit_exceeded", {"retry-after": "7"})
    upstream.server.script("POST", "/v1/chat/completions", busy)
    body = {"model": "team/big", "input": "Hello?"}
    response = upstream.engine.client.post("/responses/compact", json=body)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


def test_a_connection_that_was_closed_meanwhile_is_made_anew(upstream: Upstream) -> None:
    upstream.told(replace(answer(chunk(content="One.")), after="slam"))
    found = upstream.told(answer(chunk(content="Two.")))
    assert text_of(found[-1]["response"]) == "Two."


def test_who_leaves_ends_the_work_there(upstream: Upstream) -> None:
    upstream.server.departures.clear()
    upstream.server.script("POST", "/v1/chat/completions", stream_reply(chunk(content="One"), Stall()))
    body = {"model": "team/big", "input": "Go on", "stream": True}
    with upstream.engine.client.stream("POST", "/responses", json=body) as response:
        assert any("delta" in event for event in events(response.iter_lines()) if event)
    upstream.server.wait_departure()


def test_what_the_files_say_goes_before_the_question_and_is_cited(upstream: Upstream) -> None:
    store = upstream.engine.store(("lighthouse.md", LIGHTHOUSE.encode()))
    text = "The tower was built by Agnes Harrow in 1871. I like it. It was painted in 1902 by Agnes Harrow."
    bits = [chunk(content=text[at : at + 7]) for at in range(0, len(text), 7)]
    found = upstream.told(answer(*bits), "Who built the tower?", store)
    (message,) = upstream.asked()["messages"]
    assert "[lighthouse.md, line 1]" in message["content"]
    assert "built in 1871 by Agnes Harrow" in message["content"]
    assert message["content"].endswith("\n\nWho built the tower?")
    part = found[-1]["response"]["output"][-1]["content"][0]
    assert part["text"] == text
    assert [one["index"] for one in part["annotations"]] == [text.index(" I like")]
    assert part["annotations"][0]["filename"] == "lighthouse.md"


def test_a_model_of_unknown_context_is_given_a_few_passages_only(upstream: Upstream) -> None:
    files = [
        (f"log-{number}.txt", f"Buoy {number}. {'The buoy was seen at sea. ' * 80}".encode())
        for number in range(12)
    ]
    store = upstream.engine.store(*files)
    found = upstream.told(
        answer(chunk(content="Yes.")),
        "Was the buoy seen at sea?",
        store,
        include=["file_search_call.results"],
    )
    assert len(found[-1]["response"]["output"][0]["results"]) == 12
    (message,) = upstream.asked()["messages"]
    assert 3 <= message["content"].count("[log-") < 8


def test_a_server_that_is_not_there_has_no_models_and_the_log_says_so(tmp_path: Path, dead_port: int) -> None:
    process = launch(tmp_path / "data", "--upstream", f"http://127.0.0.1:{dead_port}/v1")
    assert process.stdout is not None
    hello = json.loads(process.stdout.readline())
    listed = httpx.get(f"{hello['base_url']}/models", headers={"authorization": f"Bearer {hello['token']}"})
    assert [one["id"] for one in listed.json()["data"]] == ["extractive"]
    code, complaints = end(process)
    assert code == 0
    assert "could not be reached" in complaints


@pytest.mark.parametrize(
    ("url", "words"),
    [("ftp://x/", "reads http://"), ("http://:1/", "reads http://"), ("http://example.org/v1", "plain http")],
)
def test_an_address_that_will_not_do_is_refused_at_the_start(tmp_path: Path, url: str, words: str) -> None:
    environment = {"CHATAPP_ENGINE_UPSTREAM_KEY": "sesame"}
    process = launch(tmp_path / "data", "--upstream", url, environment=environment)
    process.wait(20)
    code, complaints = end(process)
    assert code == 2
    assert words in complaints


def props(*, calls: bool) -> Json:
    """What a llama-server says of a model that sees no images."""
    return {
        "default_generation_settings": {"n_ctx": 2048},
        "modalities": {"vision": False},
        "chat_template_caps": {"supports_tools": calls},
    }


@pytest.fixture
def searching(tmp_path: Path) -> Iterator[Upstream]:
    """Before a llama-server whose model's template knows tools."""
    with before_llama_server(tmp_path / "data", calls=True) as upstream:
        yield upstream


@contextmanager
def before_llama_server(folder: Path, *, calls: bool) -> Iterator[Upstream]:
    with GatedServer() as server:
        server.always("GET", "/v1/models", json_reply({"data": [{"id": "team/big", "owned_by": "llamacpp"}]}))
        server.always("GET", "/props", json_reply(props(calls=calls)))
        with engine_on(folder, "--upstream", server.base_url) as engine:
            yield Upstream(engine, server)
        assert not server.errors


def test_a_model_that_can_asks_for_searches_itself(searching: Upstream) -> None:
    store = searching.engine.store(("lighthouse.md", LIGHTHOUSE.encode()))
    asks = [
        chunk(content="I look."),
        chunk(tool_calls=[call(0, "s", "file_search", '{"queries": ["tower height"]}')]),
    ]
    text = "It stands 38 metres above the high water mark."
    searching.server.script("POST", "/v1/chat/completions", answer(*asks, finish="tool_calls"))
    found = searching.told(answer(chunk(content=text)), "How high is it?", store)
    before, search, message = found[-1]["response"]["output"]
    assert (before["content"][0]["text"], search["queries"]) == ("I look.", ["tower height"])
    assert [one["index"] for one in message["content"][0]["annotations"]] == [len(text)]
    first, second = (request.json for request in searching.server.requests[-2:])
    assert [tool["function"]["name"] for tool in first["tools"]] == ["file_search"]
    question, asked, result = second["messages"]
    assert question == first["messages"][0] == {"role": "user", "content": "How high is it?"}
    assert asked["tool_calls"][0]["id"] == result["tool_call_id"]
    assert "[lighthouse.md, line 1]" in result["content"]
    assert found[-1]["response"]["usage"]["input_tokens"] == 40


def test_a_search_gives_way_to_calls_that_the_client_answers(searching: Upstream) -> None:
    store = searching.engine.store(("lighthouse.md", LIGHTHOUSE.encode()))
    tools = [TIDE, {"type": "file_search", "vector_store_ids": [store]}]
    bits = [call(0, "a", "file_search", '{"queries": ["x"]}'), call(1, "b", "tide", "{}")]
    found = searching.told(answer(chunk(tool_calls=bits), finish="tool_calls"), "Tide?", tools=tools)
    assert said(found) == [("tide", "{}")]


def test_a_function_of_the_client_may_be_called_as_the_search_is(searching: Upstream) -> None:
    store = searching.engine.store(("lighthouse.md", LIGHTHOUSE.encode()))
    own = {"type": "function", "name": "file_search", "parameters": {"type": "object", "properties": {}}}
    tools = [own, {"type": "file_search", "vector_store_ids": [store]}]
    asks = answer(
        chunk(tool_calls=[call(0, "s", "file_search_2", '{"queries": ["x"]}')]), finish="tool_calls"
    )
    searching.server.script("POST", "/v1/chat/completions", asks)
    calls = answer(chunk(tool_calls=[call(0, "c", "file_search", '{"a": 1}')]), finish="tool_calls")
    output = searching.told(calls, "How high?", tools=tools)[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["file_search_call", "function_call"]
    assert (output[1]["name"], output[1]["arguments"]) == ("file_search", '{"a": 1}')
    told = searching.asked()
    assert [tool["function"]["name"] for tool in told["tools"]] == ["file_search", "file_search_2"]
    assert told["messages"][1]["tool_calls"][0]["function"]["name"] == "file_search_2"


def test_what_the_server_says_of_its_model_is_kept_to(searching: Upstream) -> None:
    content = [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]
    searching.told(answer(chunk(content="I see none.")), [{"role": "user", "content": content}])
    assert searching.asked()["messages"] == [{"role": "user", "content": "[An image, which you cannot see.]"}]
    body = {"model": "team/big", "input": "word " * 9000}
    assert searching.engine.refused("POST", "/responses", 400, json=body)["code"] == "context_length_exceeded"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """Before a llama-server whose model's template knows no tools."""
    with before_llama_server(tmp_path_factory.mktemp("plain") / "data", calls=False) as upstream:
        yield upstream


HELD_CALL = '{ "name": "weather", "arguments": {"place": "A"} }'


def test_a_required_call_is_held_to_its_json(plain: Upstream) -> None:
    bits = [chunk(content=HELD_CALL[:9]), chunk(content=HELD_CALL[9:])]
    found = plain.told(answer(*bits), tools=[WEATHER, TIDE], tool_choice="required")
    assert said(found) == [("weather", '{"place": "A"}')]
    body = plain.asked()
    assert "tools" not in body
    calls = body["response_format"]["json_schema"]["schema"]["anyOf"]
    assert [one["properties"]["name"]["const"] for one in calls] == ["weather", "tide"]
    assert calls[0]["properties"]["arguments"] == WEATHER["parameters"]
    assert "weather" in body["messages"][0]["content"]
    assert found[-1]["response"]["usage"]["output_tokens"] == 7


def test_ollama_takes_no_notice_of_a_required_call_so_that_its_json_does(tmp_path: Path) -> None:
    with GatedServer() as server:
        server.always("GET", "/v1/models", json_reply({"data": [{"id": "team/big", "owned_by": "library"}]}))
        server.always("POST", "/api/show", json_reply({"capabilities": ["completion", "tools"]}))
        with engine_on(tmp_path / "data", "--upstream", server.base_url) as engine:
            ollama = Upstream(engine, server)
            reply = answer(chunk(content=HELD_CALL))
            assert said(ollama.told(reply, tools=[WEATHER], tool_choice="required")) == [
                ("weather", '{"place": "A"}')
            ]
            assert "tools" not in ollama.asked()
            ollama.told(answer(chunk(content="Hello.")), tools=[WEATHER])
            assert "tools" in ollama.asked()


def test_shared_definitions_of_a_schema_stay_in_reach(plain: Upstream) -> None:
    place = {
        "type": "object",
        "properties": {"place": {"$ref": "#/$defs/place"}},
        "$defs": {"place": {"type": "string"}},
    }
    tool = WEATHER | {"parameters": place}
    plain.told(answer(chunk(content=HELD_CALL)), tools=[tool], tool_choice="required")
    assert plain.asked()["response_format"]["json_schema"]["schema"]["$defs"] == place["$defs"]


def test_a_template_without_calls_is_told_of_earlier_ones_in_words(plain: Upstream) -> None:
    bits = [chunk(reasoning_content="Hm."), chunk(content=HELD_CALL)]
    first = plain.told(answer(*bits), tools=[WEATHER], tool_choice="required")[-1]["response"]
    assert [item["type"] for item in first["output"]] == ["reasoning", "function_call"]
    given = [{"type": "function_call_output", "call_id": first["output"][1]["call_id"], "output": "12 knots"}]
    plain.told(answer(chunk(content="12.")), given, previous_response_id=first["id"])
    assert plain.asked()["messages"][1:] == [
        {"role": "assistant", "content": '{"name": "weather", "arguments": {"place": "A"}}'},
        {"role": "user", "content": "The function gave:\n12 knots"},
    ]


def test_an_answer_that_begins_as_a_call_is_made_one(plain: Upstream) -> None:
    plain.server.script(
        "POST", "/v1/chat/completions", stream_reply(chunk(content='{"na'), chunk(content='me": "w'), Stall())
    )
    found = plain.told(answer(chunk(content=HELD_CALL)), tools=[WEATHER])
    assert said(found) == [("weather", '{"place": "A"}')]
    first, second = (request.json for request in plain.server.requests[-2:])
    assert "response_format" not in first
    assert "response_format" in second


@pytest.mark.parametrize("text", ["Hello.", '{"colour": "red"}', "{", '{"name"', ""])
def test_any_other_answer_is_text(plain: Upstream, text: str) -> None:
    found = plain.told(answer(*(chunk(content=letter) for letter in text)), tools=[WEATHER])
    assert said(found) == [[text]]


def test_a_call_that_was_cut_is_none(plain: Upstream) -> None:
    reply = answer(chunk(content='{"name": "weather", "argu'), finish="length")
    found = plain.told(reply, tools=[WEATHER], tool_choice="required", max_output_tokens=16)
    response = found[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )
