"""What a file search was asked for, and how two searches differ."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.citations import Passage, ranked
from chatapp.conversation.parameters import validate
from chatapp.conversation.searching import (
    Search,
    SearchSettings,
    compared,
    merged,
    search_of,
    searches,
    settings_of,
)
from chatapp.conversation.tree import Turn
from chatapp.conversation.turn import answer_from_response

TOOL = {"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"], "max_num_results": 4}
ECHO = {**TOOL, "filters": None, "ranking_options": {"ranker": "auto", "score_threshold": 0.25}}


def turn(calls: Sequence[dict[str, Any]], echo: dict[str, Any] | None = None) -> Turn:
    output = [{"type": "file_search_call", "id": f"fs_{at}", **call} for at, call in enumerate(calls)]
    response = {"id": "r", "status": "completed", "output": output, "tools": [echo] if echo else []}
    return Turn("t", "c", None, 0, "s", "q", (), {"tools": [TOOL]}, answer_from_response(response))


def result(text: str, score: float = 0.5, file_id: str = "f") -> dict[str, Any]:
    return {"file_id": file_id, "filename": f"{file_id}.txt", "score": score, "text": text}


def found(*texts: str) -> tuple[Passage, ...]:
    return ranked([result(text) for text in texts])


def test_each_search_of_an_answer_knows_its_words_its_bounds_and_the_ranks_of_its_passages() -> None:
    calls: list[dict[str, Any]] = [
        {"queries": ["one", "uno"], "results": [result("a"), result("b")]},
        {"queries": [], "results": None},
        {"queries": ["two"], "results": [result("c")]},
    ]
    asked = turn(calls, ECHO)
    settings = SearchSettings(4, 0.25, "auto")
    stores = ("vs_1", "vs_2")
    assert searches(asked) == (
        Search(("one", "uno"), stores, settings, 1, 2),
        Search((), stores, settings, 3, 2, told=False),
        Search(("two",), stores, settings, 3, 3),
    )
    assert [getattr(search_of(asked, rank), "queries", None) for rank in (1, 2, 3, 4)] == [
        ("one", "uno"), ("one", "uno"), ("two",), None,
    ]  # fmt: skip


def test_what_the_server_does_not_echo_is_as_it_was_asked_for() -> None:
    (search,) = searches(turn([{"queries": ["q"], "results": []}]))
    assert search.settings == SearchSettings(4)
    assert search.stores == ("vs_1", "vs_2")


@pytest.mark.parametrize(
    "tool",
    [
        {"max_num_results": "many", "ranking_options": [], "filters": 3},
        {"max_num_results": True, "ranking_options": {"score_threshold": "high", "hybrid_search": 1}},
        {"ranking_options": {"hybrid_search": {"embedding_weight": 1}}},
        {},
    ],
)
def test_a_bent_tool_leaves_everything_to_the_server(tool: dict[str, Any]) -> None:
    assert settings_of(tool) == SearchSettings()


SETTINGS = st.builds(
    SearchSettings,
    st.none() | st.integers(1, 50),
    st.none() | st.floats(0, 1),
    st.none() | st.sampled_from(["auto", "default-2024-11-15"]),
    st.none() | st.floats(0, 5),
    st.none() | st.floats(0, 5),
    st.none() | st.just({"type": "eq", "key": "year", "value": 2024}),
)


@given(SETTINGS)
def test_settings_come_back_from_the_request_and_the_parameters_they_make(settings: SearchSettings) -> None:
    body = settings.body(["q"])
    assert body["query"] == "q"
    again = settings_of(body)
    both = None not in (settings.embedding_weight, settings.text_weight)
    weights = (settings.embedding_weight, settings.text_weight) if both else (None, None)
    assert (again.embedding_weight, again.text_weight) == weights
    assert again.body(["q"]) == body
    for name, value in settings.parameters().items():
        assert value is None or validate(name, value) == value


def test_several_queries_go_together() -> None:
    assert SearchSettings(rewrite_query=True).body(["a", "b"]) == {"query": ["a", "b"], "rewrite_query": True}


@pytest.mark.parametrize(
    ("before", "after", "fates"),
    [
        ("abc", "abc", "kept kept kept"),
        ("abc", "acd", "kept moved entered left"),
        ("", "a", "entered"),
        ("ab", "", "left left"),
        ("aab", "ab", "kept kept"),
    ],
)
def test_two_searches_are_compared_by_file_and_words(before: str, after: str, fates: str) -> None:
    assert " ".join(one.fate for one in compared(found(*before), found(*after))) == fates


def test_blanks_do_not_make_another_passage_but_another_file_does() -> None:
    (same,) = compared(found("a b"), found(" a\n b "))
    assert same.fate == "kept"
    assert len(compared(found("a"), ranked([result("a", file_id="g")]))) == 2


@given(st.lists(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef")))
def test_nothing_is_lost_or_told_twice_in_a_comparison(before: list[str], after: list[str]) -> None:
    told = compared(found(*before), found(*after))
    assert sorted(one.passage.text for one in told) == sorted({*before, *after})
    assert all((one.before is None) == (one.passage.text not in before) for one in told)
    assert all((one.after is None) == (one.passage.text not in after) for one in told)
    back = {one.passage.text: one for one in compared(found(*after), found(*before))}
    opposite = {"entered": "left", "left": "entered", "moved": "moved", "kept": "kept"}
    assert all(back[one.passage.text].fate == opposite[one.fate] for one in told)


def test_what_several_stores_found_is_in_one_order() -> None:
    groups = [ranked([result("a", 0.9), result("b", 0.2)]), ranked([result("c", 0.5)]), ()]
    assert [(one.text, one.rank) for one in merged(groups, 2)] == [("a", 1), ("c", 2)]
    assert len(merged(groups, None)) == 3
