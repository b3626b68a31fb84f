"""Streams: the recorded order, gapless numbers, events that add up to the response, and how streams end."""

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.engine.process import Json, RunningEngine, engine_on, events, kinds, quotes_of, request, text_of

QUESTION = "How high above the water does the tower stand?"


def recorded(shared: Path) -> list[Json]:
    path = shared / "recordings/openai/ResponsesToolTests/FileSearchCallStreaming.json"
    body: Any = json.loads(path.read_text())["Entries"][2]["ResponseBody"]
    text = body if isinstance(body, str) else "".join(body)
    return list(events(iter(text.splitlines())))


def shape(found: list[Json]) -> list[str]:
    """The order of event types, runs of deltas and annotations taken as one."""
    folded = [
        "text" if "output_text.delta" in kind or "annotation" in kind else kind for kind in kinds(found)
    ]
    return [kind for kind, _ in groupby(folded)]


def test_a_file_search_has_the_recorded_order_and_the_recorded_fields(
    engine: RunningEngine, guide: str, shared: Path
) -> None:
    ours, theirs = engine.stream(QUESTION, guide), recorded(shared)
    assert shape(ours) == shape(theirs)
    for kind in set(kinds(theirs)):
        one = next(event for event in ours if event["type"] == kind)
        other = next(event for event in theirs if event["type"] == kind)
        assert set(other) - {"obfuscation"} == set(one), kind
        for part in ("response", "item", "part", "annotation"):
            assert set(other.get(part) or {}) <= set(one.get(part) or {}), (kind, part)


def test_numbers_have_no_gaps_and_the_events_add_up_to_the_response(
    engine: RunningEngine, guide: str
) -> None:
    found = engine.stream(QUESTION, guide)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    deltas = [event for event in found if event["type"] == "response.output_text.delta"]
    response = found[-1]["response"]
    assert "".join(event["delta"] for event in deltas) == text_of(response)
    assert len(deltas) > 10
    assert response["status"] == "completed"
    assert engine.call("GET", f"/responses/{response['id']}") == response


def test_an_annotation_is_told_when_exactly_its_index_has_been_sent(
    engine: RunningEngine, guide: str
) -> None:
    sent = ""
    seen = 0
    for event in engine.stream(QUESTION, guide):
        sent += event.get("delta", "")
        if event["type"] == "response.output_text.annotation.added":
            assert event["annotation"]["index"] == len(sent)
            assert event["annotation_index"] == seen
            seen += 1
    assert seen


def test_what_was_told_early_is_not_changed_by_what_came_later(engine: RunningEngine, guide: str) -> None:
    found = engine.stream(QUESTION, guide)
    created = found[0]["response"]
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    added = [event["item"] for event in found if event["type"] == "response.output_item.added"]
    assert added[0] == {
        "id": added[0]["id"],
        "type": "file_search_call",
        "status": "in_progress",
        "queries": [],
        "results": None,
    }
    assert added[1]["content"] == []


def test_search_results_are_told_only_if_asked_for(engine: RunningEngine, guide: str) -> None:
    plain = engine.stream(QUESTION, guide)
    full = engine.stream(QUESTION, guide, include=["file_search_call.results"])
    for found, told in ((plain, False), (full, True)):
        items = [event["item"] for event in found if event["type"] == "response.output_item.done"]
        assert (items[0]["results"] is not None) == told
        assert (found[-1]["response"]["output"][0]["results"] is not None) == told
    identity = plain[-1]["response"]["id"]
    again = engine.call("GET", f"/responses/{identity}", params={"include[]": "file_search_call.results"})
    result = again["output"][0]["results"][0]
    assert set(result) == {
        "attributes", "file_id", "filename", "score", "text", "page", "offset", "length", "line",
    }  # fmt: skip
    assert (result["filename"], result["page"], result["line"]) == ("lighthouse.md", None, 1)
    assert 0 < result["score"] <= 1


def test_without_files_it_says_what_it_can_do(engine: RunningEngine) -> None:
    found = engine.stream("What is the capital of France?")
    assert kinds(found)[2:4] == ["response.output_item.added", "response.content_part.added"]
    assert "only quote passages" in text_of(found[-1]["response"])


def test_the_token_cap_ends_an_answer_as_incomplete(engine: RunningEngine, guide: str) -> None:
    found = engine.stream(QUESTION, guide, max_output_tokens=16)
    response = found[-1]["response"]
    assert found[-1]["type"] == "response.incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["output"][-1]["status"] == "incomplete"
    assert 12 <= response["usage"]["output_tokens"] <= 16
    assert (
        response["usage"]["total_tokens"]
        == response["usage"]["input_tokens"] + response["usage"]["output_tokens"]
    )
    assert kinds(found)[-4:-1] == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done",
    ]  # fmt: skip


def test_every_event_is_kept_and_goes_with_its_response(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine:
        told = engine.stream(QUESTION, include=["file_search_call.results"])
        unstored = engine.stream(QUESTION, store=False)[-1]["response"]["id"]
    with closing(sqlite3.connect(tmp_path / "data" / "engine.sqlite3")) as database:
        rows = database.execute(
            "SELECT response_id, event FROM response_event ORDER BY sequence_number"
        ).fetchall()
    assert [event for _, row in rows for event in json.loads(row)] == told
    assert {identity for identity, _ in rows} == {told[-1]["response"]["id"]}
    assert unstored not in {identity for identity, _ in rows}
    with engine_on(tmp_path / "data") as engine:
        engine.call("DELETE", f"/responses/{told[-1]['response']['id']}")
    with closing(sqlite3.connect(tmp_path / "data" / "engine.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM response_event").fetchone() == (0,)


def test_events_are_kept_for_a_while_only(tmp_path: Path) -> None:
    def kept(database: sqlite3.Connection) -> set[str]:
        return {identity for (identity,) in database.execute("SELECT response_id FROM response_event")}

    with engine_on(tmp_path / "data") as engine:
        old, new = engine.ask("old")["id"], engine.ask("new")["id"]
        with closing(sqlite3.connect(tmp_path / "data" / "engine.sqlite3")) as database:
            assert kept(database) == {old, new}
            sooner = "UPDATE response SET created_at = created_at - 900 WHERE id = ?"
            database.execute(sooner, (old,))
            database.commit()
    with (
        engine_on(tmp_path / "data") as engine,
        closing(sqlite3.connect(tmp_path / "data" / "engine.sqlite3")) as database,
    ):
        assert kept(database) == {new}
        assert text_of(engine.call("GET", f"/responses/{old}"))
        gone = engine.refused("GET", f"/responses/{old}", 400, params={"stream": True})
        assert gone["code"] == "stream_expired"


def test_a_deleted_response_leaves_no_trace(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine:
        other = engine.ask("Something else")["id"]
        identity = engine.ask("The xylophone is in the cellar. " * 500)["id"]
        assert traces(tmp_path / "data", b"xylophone")
        engine.call("DELETE", f"/responses/{identity}")
        assert traces(tmp_path / "data", b"xylophone") == []
        assert traces(tmp_path / "data", identity.encode()) == []
        assert traces(tmp_path / "data", other.encode())


def traces(folder: Path, mark: bytes) -> list[str]:
    """The files below a folder that hold the mark."""
    return [path.name for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]


def test_a_client_that_hangs_up_cancels_its_answer(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", environment={"CHATAPP_ENGINE_DELTA_DELAY_MS": "20"}) as engine:
        with engine.client.stream("POST", "/responses", json=request("hello", stream=True)) as response:
            sent = events(response.iter_lines())
            identity = next(sent)["response"]["id"]
            seen = ""
            while len(seen) < 20:
                seen += next(sent).get("delta", "")
            running = engine.call("GET", f"/responses/{identity}")
            assert (running["status"], running["output"][0]["status"]) == ("in_progress", "in_progress")
            assert text_of(running).startswith(seen)
        deadline = time.monotonic() + 5
        while (stored := engine.call("GET", f"/responses/{identity}"))["status"] == "in_progress":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert stored["status"] == "cancelled"
        assert stored["output"][-1]["status"] == "incomplete"
        assert text_of(stored)


def test_two_streams_go_on_at_the_same_time(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", environment={"CHATAPP_ENGINE_DELTA_DELAY_MS": "10"}) as engine:

        def one(number: int) -> tuple[float, float]:
            began = time.monotonic()
            assert engine.stream(f"question {number}")[-1]["type"] == "response.completed"
            return began, time.monotonic()

        with ThreadPoolExecutor(2) as pool:
            spans = list(pool.map(one, range(2)))
        alone = min(stop - start for start, stop in spans)
        whole = max(stop for _, stop in spans) - min(start for start, _ in spans)
        assert whole < 1.7 * alone


@pytest.mark.parametrize("store", [True, False])
def test_not_streamed_and_streamed_say_the_same(engine: RunningEngine, guide: str, store: bool) -> None:
    plain = engine.ask(QUESTION, guide, store=store)
    streamed = engine.stream(QUESTION, guide, store=store)[-1]["response"]
    assert text_of(plain) == text_of(streamed)
    assert quotes_of(plain) == quotes_of(streamed)
    assert set(plain) == set(streamed)
    assert engine.client.get(f"/responses/{plain['id']}").status_code == (200 if store else 404)
