"""Linking by response id, replaying, and parameters: what stands in the request."""

from dataclasses import replace
from typing import Any

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.conversation.tree import Turn


def turn(number: int, status: Status = Status.COMPLETED, text: str = "answer", **changes: Any) -> Turn:
    item = OutputItem(
        "message", f"msg_{number}", (Part("output_text", f"{text} {number}"),), stage="completed"
    )
    answer = Answer(status=status, response_id=f"resp_{number}", items=(item,) if text else ())
    made = Turn(
        id=f"turn_{number}",
        conversation_id="c",
        parent_id=f"turn_{number - 1}" if number else None,
        created_at=float(number),
        server="one",
        text=f"question {number}",
        input=(user_message(f"question {number}"),),
        request={},
        answer=answer,
    )
    return replace(made, **changes)


def build(path: list[Turn], server: str = "one", holds: bool = True, **parameters: Any) -> dict[str, Any]:
    return build_request(path, [user_message("now")], parameters, server, holds, "m").request


def said(request: dict[str, Any]) -> list[str]:
    return [item["content"][0]["text"] for item in request["input"]]


def test_a_first_turn_has_only_its_question() -> None:
    assert build([]) == {"model": "m", "input": [user_message("now")], "stream": True}


def test_a_held_parent_is_linked_and_nothing_is_replayed() -> None:
    request = build([turn(0), turn(1)])
    assert request["previous_response_id"] == "resp_1"
    assert said(request) == ["now"]


def test_a_server_that_keeps_nothing_gets_the_whole_path_without_ids() -> None:
    request = build([turn(0), turn(1)], holds=False)
    assert "previous_response_id" not in request
    assert said(request) == ["question 0", "answer 0", "question 1", "answer 1", "now"]
    assert all("id" not in item for item in request["input"])
    assert request["input"][1]["content"][0]["annotations"] == []


def test_another_server_gets_the_whole_path() -> None:
    assert "previous_response_id" not in build([turn(0)], server="two")


def test_an_answer_that_was_not_stored_is_not_a_parent() -> None:
    request = build([turn(0), turn(1, request={"store": False})])
    assert request["previous_response_id"] == "resp_0"
    assert said(request) == ["question 1", "answer 1", "now"]


def test_after_a_stop_the_last_completed_answer_is_the_parent() -> None:
    request = build([turn(0), turn(1, Status.STOPPED, "half"), turn(2, Status.FAILED, "")])
    assert request["previous_response_id"] == "resp_0"
    assert said(request) == ["question 1", "half 1", "question 2", "now"]


def test_reasoning_and_searches_are_not_replayed_and_calls_are() -> None:
    call = {
        "type": "function_call",
        "id": "fc",
        "call_id": "c1",
        "name": "f",
        "arguments": "{}",
        "status": "completed",
    }
    items = (
        OutputItem("reasoning", "rs", (Part("summary_text", "hm"),), stage="completed"),
        OutputItem("file_search_call", "fs", stage="completed"),
        OutputItem("function_call", "fc", arguments="{}", stage="completed", raw=call),
    )
    output = {"type": "function_call_output", "call_id": "c1", "output": "1"}
    path = [turn(0, answer=Answer(Status.COMPLETED, items=items)), turn(1, input=(output,), text="")]
    assert build(path, holds=False)["input"][1:-1] == [
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        output,
    ]


def test_only_what_was_set_is_sent_and_dots_nest() -> None:
    parameters = {"reasoning.effort": "low", "reasoning.summary": "auto", "temperature": 0.2, "model": "x"}
    request = build_request([], [user_message("now")], parameters, "one", True, "m").request
    assert request["reasoning"] == {"effort": "low", "summary": "auto"}
    assert request["temperature"] == 0.2
    assert request["model"] == "x"
    assert not {"tools", "include", "text", "store", "top_p"} & request.keys()


def test_vector_stores_become_a_file_search_that_returns_its_results() -> None:
    request = build([], vector_stores=["vs_1"], max_num_results=4)
    assert request["tools"] == [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 4}]
    assert request["include"] == ["file_search_call.results"]


def test_stores_join_a_file_search_of_the_users_own() -> None:
    own = {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 2}
    request = build([], tools=[{"type": "shell"}, own], vector_stores=["vs_1", "vs_2"], max_num_results=4)
    merged = {"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"], "max_num_results": 4}
    assert request["tools"] == [{"type": "shell"}, merged]
    ranked: dict[str, Any] = {"tools": [own], "file_search.ranking_options": {"ranker": "auto"}}
    alone = build([], **ranked)
    assert alone["tools"] == [{**own, "ranking_options": {"ranker": "auto"}}]


def test_no_stores_no_search() -> None:
    assert "tools" not in build([], vector_stores=[], max_num_results=4)


def test_the_users_own_tools_and_includes_stay() -> None:
    own = {"type": "function", "name": "f"}
    request = build([], tools=[own], include=["x"], vector_stores=["vs_1"])
    assert request["tools"][0] == own
    assert request["include"] == ["x", "file_search_call.results"]


def test_building_leaves_the_parameters_alone() -> None:
    parameters = {"text": {"format": {"type": "text"}}, "text.verbosity": "low"}
    built = build_request([], [], parameters, "one", True)
    assert built.request["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert parameters["text"] == {"format": {"type": "text"}}


def test_calls_go_again_with_their_results_and_never_without() -> None:
    calls = tuple(
        OutputItem(
            "function_call",
            f"fc_{name}",
            stage="completed",
            raw={
                "type": "function_call",
                "call_id": name,
                "name": "f",
                "arguments": "{}",
                "status": "completed",
            },
        )
        for name in ("a", "b")
    )
    asking = turn(0, text="")
    asking = replace(asking, answer=replace(asking.answer, items=calls))
    output = {"type": "function_call_output", "call_id": "a", "output": "1"}
    replayed = build_request([asking], [output], {}, "one", holds_parent=False).request
    assert [(item["type"], item.get("call_id")) for item in replayed["input"][1:]] == [
        ("function_call", "a"),
        ("function_call_output", "a"),
    ]
    linked = build_request([asking], [output], {}, "one", holds_parent=True).request
    assert (linked["previous_response_id"], linked["input"]) == ("resp_0", [output])
