"""WebSocket mode: requests and events as frames, lanes, and what a connection remembers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on, kinds, text_of

client = pytest.importorskip("websockets.sync.client")


class Socket:
    """One connection, and the few things tests do with it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def send(self, lines: Any, **parameters: Any) -> None:
        self.send_frame({"type": "response.create", "model": "echo", "input": lines} | parameters)

    def send_frame(self, frame: Any) -> None:
        self._connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def next(self) -> Json:
        frame: Json = json.loads(self._connection.recv(PATIENCE_S))
        return frame

    def ask(self, lines: Any, **parameters: Any) -> list[Json]:
        """All events of one answer, or the one error."""
        self.send(lines, **parameters)
        return self.answer()

    def answer(self) -> list[Json]:
        found = [self.next()]
        while not _is_last(found[-1]):
            found.append(self.next())
        return found


def _is_last(event: Json) -> bool:
    """Whether nothing more comes of a request: its answer ended, or it was refused."""
    return (
        event["type"] in ("response.completed", "response.failed", "response.incomplete") or "status" in event
    )


@contextmanager
def connected(engine: RunningEngine) -> Iterator[Socket]:
    address = engine.base_url.replace("http://", "ws://") + "/responses"
    headers = {"authorization": f"Bearer {engine.token}"}
    with client.connect(address, additional_headers=headers, proxy=None) as connection:
        yield Socket(connection)


@pytest.fixture
def socket(echo: RunningEngine) -> Iterator[Socket]:
    with connected(echo) as one:
        yield one


def test_the_events_are_those_of_http(echo: RunningEngine, socket: Socket) -> None:
    lines = "think hm\nsay one two"
    found, over_http = socket.ask(lines), echo.stream(lines, model="echo")
    assert kinds(found) == kinds(over_http)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert text_of(found[-1]["response"]) == "one two"
    assert echo.call("GET", f"/responses/{found[-1]['response']['id']}") == found[-1]["response"]


def test_what_is_not_stored_can_be_followed_up_here_and_nowhere_else(
    echo: RunningEngine, socket: Socket
) -> None:
    first = socket.ask("say one", store=False)[-1]["response"]
    second = socket.ask("say two", store=False, previous_response_id=first["id"])[-1]["response"]
    third = socket.ask("say three", store=False, previous_response_id=second["id"])[-1]["response"]
    heard = "user say one assistant one user say two assistant two user say three"
    assert third["usage"]["input_tokens"] == len(heard.split())
    fork = socket.ask("say other", store=False, previous_response_id=first["id"], stream_id="b")[-1]
    forked = "user say one assistant one user say other"
    assert fork["response"]["usage"]["input_tokens"] == len(forked.split(" "))
    assert echo.refused("GET", f"/responses/{first['id']}", 404)
    with connected(echo) as other:
        (error,) = other.ask("say more", store=False, previous_response_id=third["id"])
        assert (error["status"], error["error"]["code"]) == (400, "previous_response_not_found")
        assert error["error"]["param"] == "previous_response_id"
        assert other.ask("say recovered")[-1]["type"] == "response.completed"


def test_a_request_that_fails_makes_what_it_followed_be_forgotten(socket: Socket) -> None:
    stray = [{"type": "function_call_output", "call_id": "call_none", "output": "x"}]
    for failing in (stray, "fail The model is busy."):
        first = socket.ask("say one", store=False)[-1]["response"]
        failed = socket.ask(failing, store=False, previous_response_id=first["id"])[-1]
        assert failed["type"] in ("error", "response.failed")
        (error,) = socket.ask("say two", store=False, previous_response_id=first["id"])
        assert error["error"]["code"] == "previous_response_not_found"


def test_lanes_go_side_by_side_and_each_in_order(socket: Socket) -> None:
    socket.send("wait 0.5\nsay slow", stream_id="a")
    socket.send("say after", stream_id="a")
    socket.send("say quick", stream_id="b")
    ended: list[tuple[str, str]] = []
    while len(ended) < 3:
        event = socket.next()
        if event["type"] == "response.completed":
            ended.append((event["stream_id"], text_of(event["response"])))
    assert ended == [("b", "quick"), ("a", "slow"), ("a", "after")]


def test_requests_without_a_lane_go_one_after_the_other(socket: Socket) -> None:
    socket.send("wait 0.2\nsay first")
    socket.send("say second")
    answers = [socket.answer(), socket.answer()]
    assert [text_of(found[-1]["response"]) for found in answers] == ["first", "second"]
    assert all("stream_id" not in event for found in answers for event in found)


def test_without_generating_a_response_is_there_to_be_followed(socket: Socket) -> None:
    found = socket.ask("say nothing yet", store=False, generate=False)
    assert kinds(found) == ["response.created", "response.in_progress", "response.completed"]
    warm = found[-1]["response"]
    assert (warm["output"], warm["status"]) == ([], "completed")
    answer = socket.ask("say now", store=False, previous_response_id=warm["id"])[-1]["response"]
    assert answer["usage"]["input_tokens"] == len(["user", "say", "nothing", "yet", "user", "say", "now"])


@pytest.mark.parametrize(
    ("frame", "status", "param", "code"),
    [
        ("{", 400, None, "invalid_json"),
        (b"{}", 400, None, "invalid_json"),
        ("[]", 400, None, "invalid_json"),
        ({"model": "echo", "input": "x"}, 400, "type", "invalid_value"),
        ({"type": "session.update"}, 400, "type", "invalid_value"),
        ({"type": "response.create", "input": "x"}, 400, "model", "missing_required_parameter"),
        ({"type": "response.create", "model": "none", "input": "x"}, 404, "model", "model_not_found"),
        ({"type": "response.create", "model": "echo", "input": "x", "magic": 1}, 400, "magic", "unknown_parameter"),
        ({"type": "response.create", "model": "echo", "input": "x", "background": True}, 400, "background",
         "unsupported_parameter"),
        ({"type": "response.create", "model": "echo", "input": "x", "generate": 1}, 400, "generate", "invalid_type"),
        ({"type": "response.create", "model": "echo", "input": "x", "stream_id": 7}, 400, "stream_id", "invalid_type"),
        ({"type": "response.create", "model": "echo", "input": "x", "conversation": "c"}, 404, "conversation",
         "invalid_request_error"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_frame_is_refused_and_the_connection_goes_on(
    socket: Socket, frame: Any, status: int, param: str | None, code: str
) -> None:
    socket.send_frame(frame)
    error = socket.next()
    assert (error["type"], error["status"]) == ("error", status)
    assert (error["error"]["param"], error["error"]["code"]) == (param, code)
    assert text_of(socket.ask("say on")[-1]["response"]) == "on"


def test_steering_is_refused_with_its_input(socket: Socket) -> None:
    socket.send_frame(
        {"type": "response.steer", "previous_response_id": "resp_1", "input": "left", "stream_id": "a"}
    )
    event = socket.next()
    assert (event["type"], event["stream_id"]) == ("response.steer.failed", "a")
    assert event["error"]["code"] == "steering_not_supported"
    assert event["steer"] == {"previous_response_id": "resp_1", "input": "left"}


def test_too_many_waiting_are_refused(socket: Socket) -> None:
    for _ in range(65):
        socket.send("wait 60")
    refused = socket.next()
    while refused["type"] != "error":
        refused = socket.next()
    assert (refused["status"], refused["error"]["code"]) == (429, "rate_limit_exceeded")


def test_what_runs_ends_with_its_connection(echo: RunningEngine) -> None:
    with connected(echo) as socket:
        socket.send("say one\nwait 60")
        socket.send("say never")
        identity = socket.next()["response"]["id"]
        while socket.next().get("delta") != "one":
            pass
    with connected(echo) as other:
        other.ask("say x")
    while (response := echo.call("GET", f"/responses/{identity}"))["status"] == "in_progress":
        pass
    assert (response["status"], text_of(response)) == ("cancelled", "one")


def test_an_engine_that_ends_closes_its_connections(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", module="tests.engine.echo") as echo, connected(echo) as socket:
        socket.send("say one\nwait 60")
        identity = socket.next()["response"]["id"]
        echo.process.terminate()
        assert echo.process.wait(PATIENCE_S) == 0
    with engine_on(tmp_path / "data", module="tests.engine.echo") as echo:
        assert echo.call("GET", f"/responses/{identity}")["status"] == "cancelled"


@pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager:DeprecationWarning")
def test_the_official_sdk_connects(sdk: OpenAI) -> None:
    with sdk.responses.connect() as connection:
        connection.response.create(model="echo", input="say one", store=False, stream_id="a")
        found = []
        for event in connection:
            found.append(event)
            if event.type == "response.completed":
                break
    assert found[-1].type == "response.completed"
    assert found[-1].response.output_text == "one"
