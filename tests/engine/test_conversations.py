"""Conversations: items come and go, answers read them and add theirs."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.process import Json, RunningEngine, engine_on, request, text_of
from tests.engine.test_stream import traces


def said(role: str, text: str) -> Json:
    return {"type": "message", "role": role, "content": text}


def begun(engine: RunningEngine, *items: Json, **fields: Any) -> str:
    return str(engine.call("POST", "/conversations", json={"items": items, **fields})["id"])


def words(engine: RunningEngine, identity: str, **query: Any) -> list[str]:
    page = engine.call("GET", f"/conversations/{identity}/items", params={"order": "asc"} | query)
    return [item["content"][0]["text"] for item in page["data"]]


def test_it_is_created_read_changed_and_deleted(engine: RunningEngine) -> None:
    made = engine.call("POST", "/conversations", json={"metadata": {"topic": "test"}})
    assert made == {
        "id": made["id"], "object": "conversation", "created_at": made["created_at"], "metadata": {"topic": "test"},
    }  # fmt: skip
    path = f"/conversations/{made['id']}"
    assert engine.call("GET", path) == made
    changed = engine.call("POST", path, json={"metadata": {"topic": "other"}})
    assert changed == made | {"metadata": {"topic": "other"}}
    assert engine.call("GET", path) == changed
    assert engine.call("DELETE", path) == {
        "id": made["id"],
        "object": "conversation.deleted",
        "deleted": True,
    }
    for method, tail, body in (
        ("GET", "", None), ("POST", "", {"metadata": {}}), ("DELETE", "", None), ("GET", "/items", None),
        ("POST", "/items", {"items": []}), ("GET", "/items/msg_1", None), ("DELETE", "/items/msg_1", None),
    ):  # fmt: skip
        assert "not found" in engine.refused(method, path + tail, 404, json=body)["message"]


def test_items_come_in_pages_and_go_one_by_one(engine: RunningEngine) -> None:
    identity = begun(engine, said("user", "one"))
    path = f"/conversations/{identity}/items"
    added = engine.call("POST", path, json={"items": [said("assistant", "two"), said("user", "three")]})
    assert [item["content"][0]["text"] for item in added["data"]] == ["two", "three"]
    assert added["data"][0]["content"][0] == {
        "type": "output_text", "text": "two", "annotations": [], "logprobs": [],
    }  # fmt: skip
    assert words(engine, identity) == ["one", "two", "three"]
    assert words(engine, identity, order="desc", limit=2) == ["three", "two"]
    assert words(engine, identity, after=added["first_id"]) == ["three"]
    second = added["data"][0]
    assert engine.call("GET", f"{path}/{second['id']}") == second
    assert engine.call("DELETE", f"{path}/{second['id']}")["object"] == "conversation"
    assert engine.refused("GET", f"{path}/{second['id']}", 404)
    assert words(engine, identity) == ["one", "three"]
    again = {"items": [added["data"][1]]}
    assert engine.refused("POST", path, 400, json=again)["param"] == "items"


@pytest.mark.parametrize("store", [True, False])
def test_an_answer_reads_it_and_adds_to_it(echo: RunningEngine, store: bool) -> None:
    identity = begun(echo, said("system", "Be kind to all."), said("user", "Hello"))
    response = echo.ask("say Good day.", model="echo", conversation=identity, store=store)
    assert response["conversation"] == {"id": identity}
    heard = "system Be kind to all. user Hello user say Good day."
    assert response["usage"]["input_tokens"] == len(heard.split(" "))
    assert words(echo, identity) == ["Be kind to all.", "Hello", "say Good day.", "Good day."]
    echo.stream("think so\nsay Bye.", model="echo", conversation={"id": identity}, store=store)
    page = echo.call("GET", f"/conversations/{identity}/items", params={"limit": 3})
    assert [item["type"] for item in page["data"]] == ["message", "reasoning", "message"]


def test_an_answer_that_failed_adds_nothing(echo: RunningEngine) -> None:
    identity = begun(echo)
    assert echo.ask("say one\nfail no", model="echo", conversation=identity)["status"] == "failed"
    assert words(echo, identity) == []


def test_search_results_come_if_asked_for(echo: RunningEngine) -> None:
    store, identity = echo.store(("a.txt", b"The otter sleeps.")), begun(echo)
    echo.ask("otter", store, conversation=identity)
    path = f"/conversations/{identity}/items"
    search = echo.call("GET", path)["data"][1]
    assert search["results"] is None
    include = {"include[]": "file_search_call.results"}
    assert echo.call("GET", path, params=include)["data"][1]["results"]
    assert echo.call("GET", f"{path}/{search['id']}", params=include)["results"]


def test_a_follow_up_in_it_is_searched_with_the_question_before(engine: RunningEngine, guide: str) -> None:
    identity = begun(engine)
    engine.ask("When are visitors admitted to the lighthouse?", guide, conversation=identity)
    followed = engine.ask("And what do children pay?", guide, conversation=identity)
    assert "children pay nothing" in text_of(followed)
    assert "When are visitors admitted to the lighthouse?" in followed["output"][0]["queries"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"items": "x"}, "items"),
        ({"items": [{"role": "user"}]}, "items[0].content"),
        ({"items": [said("user", "x")] * 21}, "items"),
        ({"metadata": {"k": 1}}, "metadata.k"),
        ({"title": "x"}, "title"),
        ({"items": [{"type": "item_reference", "id": "msg_none"}]}, "items[0].id"),
    ],
    ids=str,
)
def test_a_wrong_one_is_refused_by_name(engine: RunningEngine, body: Json, param: str) -> None:
    assert engine.refused("POST", "/conversations", 400, json=body)["param"] == param


def test_a_deleted_one_leaves_no_trace(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine:
        identity = begun(engine, said("user", "The xylophone is in the cellar. " * 500))
        assert traces(tmp_path / "data", b"xylophone")
        engine.call("DELETE", f"/conversations/{identity}")
        assert traces(tmp_path / "data", b"xylophone") == []
        body = request("x", conversation=identity)
        assert engine.refused("POST", "/responses", 404, json=body)["param"] == "conversation"
