"""Background responses and replays: what goes on without a listener, and what a reader who comes late is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on, events, kinds, request, text_of

SLOW = "say one two three\nwait 0.4\nsay four five"


def begun(echo: RunningEngine, lines: str, **parameters: Any) -> Json:
    """A background response that is not awaited."""
    return echo.ask(lines, model="echo", background=True, **parameters)


def ended(echo: RunningEngine, identity: str) -> Json:
    """The response once it has ended, by polling as clients do."""
    deadline = time.monotonic() + PATIENCE_S
    while (response := echo.call("GET", f"/responses/{identity}"))["status"] in ("queued", "in_progress"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return response


@contextmanager
def replay(echo: RunningEngine, identity: str, **query: Any) -> Iterator[Iterator[Json]]:
    with echo.client.stream("GET", f"/responses/{identity}", params={"stream": True} | query) as response:
        assert response.status_code == 200, response.read()
        yield events(response.iter_lines())


def test_it_is_queued_then_in_progress_then_completed(echo: RunningEngine) -> None:
    queued = begun(echo, SLOW, metadata={"a": "b"})
    assert (queued["status"], queued["background"], queued["output"], queued["usage"]) == (
        "queued",
        True,
        [],
        None,
    )
    response = ended(echo, queued["id"])
    assert text_of(response) == "one two threefour five"
    assert response == queued | {
        name: response[name] for name in ("status", "output", "usage", "completed_at", "service_tier")
    }
    with replay(echo, queued["id"]) as told:
        found = list(told)
    assert kinds(found)[:3] == ["response.created", "response.queued", "response.in_progress"]
    assert [event["response"]["status"] for event in found[:3]] == ["queued", "queued", "in_progress"]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert found[-1]["response"] == response


def test_what_is_polled_grows(echo: RunningEngine) -> None:
    identity = begun(echo, SLOW)["id"]
    deadline = time.monotonic() + PATIENCE_S
    while not (response := echo.call("GET", f"/responses/{identity}"))["output"]:
        assert time.monotonic() < deadline
    if response["status"] == "in_progress":
        assert "one two three".startswith(text_of(response)) or text_of(response).startswith("one two three")
    assert ended(echo, identity)["status"] == "completed"


def test_a_reader_who_comes_late_is_told_the_rest_and_then_what_comes(echo: RunningEngine) -> None:
    with echo.client.stream(
        "POST", "/responses", json=request(SLOW, model="echo", background=True, stream=True)
    ) as response:
        told = events(response.iter_lines())
        heard = [next(told) for _ in range(5)]
    identity = heard[0]["response"]["id"]
    with replay(echo, identity, starting_after=heard[-1]["sequence_number"]) as told:
        heard += list(told)
    assert [event["sequence_number"] for event in heard] == list(range(len(heard)))
    assert heard[-1]["type"] == "response.completed"
    assert "".join(event.get("delta", "") for event in heard) == "one two threefour five"
    with replay(echo, identity, starting_after=1) as told:
        assert list(told) == heard[2:]
    with replay(echo, identity, starting_after=heard[-1]["sequence_number"]) as told:
        assert list(told) == []


def test_many_readers_are_told_the_same(echo: RunningEngine) -> None:
    identity = begun(echo, SLOW)["id"]
    found: list[list[Json]] = []

    def read() -> None:
        with replay(echo, identity) as told:
            found.append(list(told))

    readers = [threading.Thread(target=read) for _ in range(5)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(found) == 5
    assert all(one == found[0] and one[-1]["type"] == "response.completed" for one in found)


def test_a_streamed_answer_can_be_followed_and_replayed_too(echo: RunningEngine, guide: str) -> None:
    with echo.client.stream("POST", "/responses", json=request(SLOW, model="echo", stream=True)) as response:
        told = events(response.iter_lines())
        first = next(told)
        with replay(echo, first["response"]["id"]) as again:
            assert list(again) == [first, *told]


def test_cancelling_ends_it_once_and_for_all(echo: RunningEngine) -> None:
    queued = begun(echo, "say one two\nwait 60\nsay three")
    with replay(echo, queued["id"]) as told:
        for event in told:
            if event.get("delta") == " two":
                break
        cancelled = echo.call("POST", f"/responses/{queued['id']}/cancel")
        assert [event for event in told if event["type"] == "response.completed"] == []
    assert (cancelled["status"], text_of(cancelled)) == ("cancelled", "one two")
    assert cancelled["output"][-1]["status"] == "incomplete"
    assert echo.call("POST", f"/responses/{queued['id']}/cancel") == cancelled
    assert echo.call("GET", f"/responses/{queued['id']}") == cancelled
    done = ended(echo, begun(echo, "say x")["id"])
    assert echo.call("POST", f"/responses/{done['id']}/cancel") == done


def test_what_was_not_in_the_background_cannot_be_cancelled(echo: RunningEngine) -> None:
    identity = echo.ask("say x", model="echo")["id"]
    assert echo.refused("POST", f"/responses/{identity}/cancel", 400)["param"] == "response_id"
    assert echo.refused("POST", "/responses/resp_none/cancel", 404)


def test_deleting_ends_it_and_leaves_nothing(echo: RunningEngine) -> None:
    identity = begun(echo, "say one\nwait 60")["id"]
    assert echo.call("DELETE", f"/responses/{identity}")["deleted"] is True
    assert echo.refused("GET", f"/responses/{identity}", 404)


def test_it_cannot_be_followed_up_before_it_has_ended(echo: RunningEngine) -> None:
    identity = begun(echo, "wait 60")["id"]
    body = request("and?", model="echo", previous_response_id=identity)
    assert echo.refused("POST", "/responses", 400, json=body)["param"] == "previous_response_id"
    echo.call("POST", f"/responses/{identity}/cancel")


def test_a_number_of_them_work_and_the_others_wait(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", module="tests.engine.echo") as echo:
        ids = [begun(echo, "wait 60")["id"] for _ in range(10)]
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            statuses = [echo.call("GET", f"/responses/{identity}")["status"] for identity in ids]
            if statuses.count("in_progress") == 8:
                break
        assert statuses == ["in_progress"] * 8 + ["queued"] * 2
        assert echo.call("POST", f"/responses/{ids[-1]}/cancel")["status"] == "cancelled"
        echo.call("POST", f"/responses/{ids[0]}/cancel")
        while echo.call("GET", f"/responses/{ids[8]}")["status"] == "queued":
            assert time.monotonic() < deadline
        for _ in range(200):
            begun(echo, "wait 60")
        full = echo.client.post("/responses", json=request("x", model="echo", background=True))
        assert (full.status_code, full.json()["error"]["code"]) == (429, "rate_limit_exceeded")


@pytest.mark.parametrize("killed", [True, False])
def test_an_engine_that_ends_fails_what_went_on_and_keeps_its_text(tmp_path: Path, killed: bool) -> None:
    with engine_on(tmp_path / "data", module="tests.engine.echo") as echo:
        running = begun(echo, "say one two\nwait 60")["id"]
        with replay(echo, running) as told:
            next(event for event in told if event.get("delta") == " two")
        waiting = [begun(echo, "wait 60")["id"] for _ in range(8)][-1]
        if killed:
            echo.process.kill()
            echo.process.wait()
    with engine_on(tmp_path / "data", module="tests.engine.echo") as echo:
        for identity in (running, waiting):
            response = echo.call("GET", f"/responses/{identity}")
            assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
        assert text_of(echo.call("GET", f"/responses/{running}")) == "one two"
        with replay(echo, running) as told:
            found = list(told)
        assert kinds(found)[-2:] == ["error", "response.failed"]
        assert [event["sequence_number"] for event in found] == list(range(len(found)))


def test_a_replay_is_refused_where_it_cannot_be(echo: RunningEngine) -> None:
    identity = echo.ask("say x", model="echo")["id"]
    path = f"/responses/{identity}"
    for query, param in (
        ({"stream": "maybe"}, "stream"),
        ({"stream": True, "starting_after": "x"}, "starting_after"),
        ({"stream": True, "starting_after": -1}, "starting_after"),
        ({"starting_after": 1}, "starting_after"),
    ):
        assert echo.refused("GET", path, 400, params=query)["param"] == param
    assert echo.refused("GET", "/responses/resp_none", 404, params={"stream": True})
    unstored = echo.ask("say x", model="echo", store=False)["id"]
    assert echo.refused("GET", f"/responses/{unstored}", 404, params={"stream": True})
    body = request("x", model="echo", background=True, store=False)
    assert echo.refused("POST", "/responses", 400, json=body)["param"] == "store"


def test_done_is_the_last_word_unless_it_is_switched_off(tmp_path: Path) -> None:
    for options, last in (((), "data: [DONE]"), (("--no-done",), "")):
        with engine_on(tmp_path / "data", *options) as engine:
            body = engine.client.post("/responses", json=request("hello", stream=True)).text
            lines = body.removesuffix("\n\n").splitlines()
            assert (lines[-1] == "data: [DONE]") == bool(last)
            assert (
                json.loads(lines[-3 if last else -1].removeprefix("data: "))["type"] == "response.completed"
            )
