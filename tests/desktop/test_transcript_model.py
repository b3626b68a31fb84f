"""Turns as messages of the transcript, over streams folded by the real reducer."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Status
from chatapp.conversation.calls import Result, answers, pending_calls
from chatapp.conversation.chain import Health, Standing
from chatapp.conversation.changes import ARGUMENTS, ItemChanged, TextGrew
from chatapp.conversation.citations import cite
from chatapp.conversation.costs import Cost
from chatapp.conversation.failures import Remedy, describe, describe_incomplete
from chatapp.conversation.tree import Tree, Turn
from chatapp.conversation.turn import AnswerFold
from chatapp.desktop.growth import changed, grown
from chatapp.desktop.status_line import CHAIN_WORDS, chain_words, server_words
from chatapp.desktop.transcript.messages import (
    CallItem,
    ReasoningItem,
    RefusalItem,
    ResultItem,
    SearchItem,
    TextItem,
    UnknownItem,
)
from chatapp.desktop.transcript_model import (
    REMEDIES,
    header,
    notice,
    present_answer,
    present_question,
    size_of_answer,
    title_of,
    turn_of,
    waiting,
)
from chatapp.desktop.turn_details import details
from chatapp.protocol.events import parse_event
from tests.kit.events import (
    StreamBuilder,
    error_stream,
    failed_stream,
    file_citation,
    file_search_stream,
    function_call_stream,
    incomplete_stream,
    reasoning_stream,
    text_stream,
)

Events = list[dict[str, Any]]


def folded(events: Events) -> Answer:
    fold = AnswerFold("conversation", "turn")
    for event in events:
        fold.apply(parse_event(event))
    return fold.answer


def turn_with(answer: Answer, turn_id: str = "turn", parent: str | None = None) -> Turn:
    return Turn(turn_id, "conversation", parent, 1000.0, "engine", "Why?", (), {"model": "m"}, answer)


def items_of(events: Events) -> tuple[object, ...]:
    turn = turn_with(folded(events))
    return present_answer(Tree([turn]), turn).message.items


def test_text_carries_its_markers_in_code_points() -> None:
    note = file_citation("file-1", "a.pdf", 7)
    (item,) = items_of(text_stream("Sieben𝟟. Mehr.", annotations=[note]))
    assert item == TextItem("Sieben𝟟. Mehr.", ((7, 1),))


def test_an_answer_is_as_long_as_its_texts() -> None:
    assert size_of_answer(folded(reasoning_stream(["Not this."], "Two\n", "lines"))) == (9, 1)


def test_a_search_says_what_was_found_and_cited() -> None:
    results = [
        {"file_id": "file-1", "filename": "a.pdf", "score": 0.9, "text": "It affects 73 airplanes."},
        {"file_id": "file-1", "filename": "a.pdf", "score": 0.5, "text": "Something else."},
    ]
    events = file_search_stream(
        "It affects 73 airplanes.", queries=("how many",), results=results,
        annotations=[file_citation("file-1", "a.pdf", 24)],
    )  # fmt: skip
    search, text = items_of(events)
    assert search == SearchItem(("how many",), 2, 1, ("a.pdf · score 0.90", "a.pdf · score 0.50"))
    assert text == TextItem("It affects 73 airplanes.", ((24, 1),))


def test_cited_counts_passages_and_waits_for_the_end() -> None:
    results = [
        {
            "file_id": "file-1",
            "filename": "a.pdf",
            "score": 0.9,
            "text": "It affects 73 airplanes. It costs 85.",
        },
        {"file_id": "file-1", "filename": "a.pdf", "score": 0.5, "text": "Something else.", "page": 3},
    ]
    notes = [file_citation("file-1", "a.pdf", 24), file_citation("file-1", "a.pdf", 38)]
    events = file_search_stream(
        "It affects 73 airplanes. It costs 85.", queries=("how many",), results=results, annotations=notes
    )
    answer = folded(events)
    assert len({mark.number for mark in cite(answer)}) == 2
    search = items_of(events)[0]
    assert isinstance(search, SearchItem)
    assert (search.found, search.cited) == (2, 1)
    assert search.results[1] == "a.pdf · p. 3 · score 0.50"
    under_way = items_of(events[:-1])[0]
    assert isinstance(under_way, SearchItem)
    assert (under_way.found, under_way.cited) == (2, None)


@pytest.mark.parametrize("status", [Status.STOPPED, Status.CUT, Status.INCOMPLETE])
def test_the_engine_cannot_write_on(status: Status) -> None:
    card = notice(Answer(status=status), "engine")
    assert card is not None
    assert [action for action, _ in card.actions] == [Remedy.RETRY]
    capped = notice(Answer(status=status, failure=describe_incomplete("max_output_tokens")), "engine")
    assert capped is not None
    assert Remedy.CONTINUE not in [action for action, _ in capped.actions]
    assert "Continue" not in capped.text


def test_a_server_that_is_not_there_leads_to_another() -> None:
    failed = Answer(status=Status.FAILED, failure=describe("unreachable"))
    card = notice(failed, "scripted")
    assert card is not None
    assert [label for _, label in card.actions] == ["Retry", "Use another server", "Open settings"]
    turn = replace(turn_with(failed), finished_at=1000.0)
    assert header(turn) == "m · not answered"
    assert header(replace(turn, request={})) == "not answered"


def test_who_stopped_an_answer_is_not_guessed() -> None:
    card = notice(Answer(status=Status.STOPPED))
    assert card is not None
    assert card.title == "This answer was stopped"


def test_a_word_for_every_way_a_chain_can_stand() -> None:
    assert set(CHAIN_WORDS) == {health.value for health in Health}
    assert chain_words(Standing(Health.STORED, "It is there.")) == "chain stored"
    assert chain_words(None) == ""


def test_a_server_that_is_not_there_has_no_model_in_the_status_line() -> None:
    assert server_words("Bad", "unreachable", "extractive") == "Bad · not reached"
    assert server_words("Good", "ready", "gpt") == "Good · gpt"


def test_reasoning_is_timed_once_the_answer_begins() -> None:
    turn = replace(turn_with(folded(reasoning_stream(["I weigh it."], "So."))), first_token_at=1012.0)
    first = present_answer(Tree([turn]), turn).message.items[0]
    assert first == ReasoningItem("I weigh it.", 12.0)


def test_a_call_and_an_unknown_item_are_shown() -> None:
    (call,) = items_of(function_call_stream("look_up", '{"a": 1}'))
    assert call == CallItem("look_up", '{"a": 1}', waiting=True)
    events = text_stream("Yes.")
    events[-1]["response"]["output"].append({"type": "hologram", "id": "h1", "depth": 3})
    unknown = items_of(events)[-1]
    assert isinstance(unknown, UnknownItem)
    assert '"depth": 3' in unknown.json


def test_a_refusal_is_no_answer() -> None:
    events = text_stream("x")
    refused = {"type": "refusal", "refusal": "I will not."}
    events[-1]["response"]["output"][0]["content"] = [refused]
    assert items_of(events) == (RefusalItem("I will not."),)


@pytest.mark.parametrize(
    ("events", "severity"),
    [(incomplete_stream("So"), "warning"), (failed_stream("So"), "danger"), (error_stream("So"), "danger")],
)
def test_each_bad_end_has_a_card_with_actions(events: Events, severity: str) -> None:
    card = notice(folded(events))
    assert card is not None
    assert card.severity == severity
    assert card.title
    assert card.actions


@pytest.mark.parametrize("status", [Status.STOPPED, Status.CUT])
def test_an_answer_that_broke_off_can_be_continued(status: Status) -> None:
    card = notice(Answer(status=status, items=(OutputItem("message"),)))
    assert card is not None
    assert [action for action, _ in card.actions] == [Remedy.CONTINUE, Remedy.RETRY]


def test_where_nothing_came_there_is_nothing_to_continue() -> None:
    card = notice(Answer(status=Status.STOPPED))
    assert card is not None
    assert [action for action, _ in card.actions] == [Remedy.RETRY]


def test_only_what_arrived_is_said_to_be_kept() -> None:
    failed = Answer(status=Status.FAILED, failure=describe("server_error"))
    nothing, something = notice(failed), notice(replace(failed, items=(OutputItem("message"),)))
    assert nothing is not None
    assert something is not None
    assert nothing.text == "The fault is on its side. Your question is kept. Retry."
    assert (
        something.text
        == "The fault is on its side. Your question is kept. What had arrived is kept too. Retry."
    )


def test_what_a_filter_stopped_is_edited_first() -> None:
    for failure in (describe_incomplete("content_filter"), describe("filtered")):
        assert failure.remedies[:2] == (Remedy.EDIT, Remedy.RETRY)


def test_a_completed_answer_has_no_card() -> None:
    assert notice(folded(text_stream("Yes."))) is None


def test_every_remedy_has_words() -> None:
    assert set(REMEDIES) == set(Remedy)


def test_the_header_says_only_what_is_known() -> None:
    assert header(turn_with(Answer())) == "m"
    assert header(turn_with(Answer(Status.QUEUED))) == "m · queued on the server"
    done = replace(turn_with(folded(text_stream("Yes."))), finished_at=1004.24)
    assert header(done).endswith("4.2 s · 18 tokens")
    warm = replace(done, request={**done.request, "temperature": 1.0})
    assert header(warm).endswith(" · temperature 1 · 4.2 s · 18 tokens")


def test_siblings_are_counted_and_keys_lead_back() -> None:
    one, two = turn_with(Answer(), "one"), turn_with(Answer(), "two")
    tree = Tree([one, two])
    question, answer = present_question(tree, two), present_answer(tree, two).message
    assert answer.siblings == (2, 2)
    assert turn_of(question.key) == turn_of(answer.key) == "two"


def test_changes_of_the_feed_grow_the_same_answer_as_the_fold() -> None:
    events = reasoning_stream(["First. ", "Then."], "Some", " words", " more.")
    fold, shown = AnswerFold("c", "t"), Answer()
    for event in events[:-1]:
        for change in fold.apply(parse_event(event)):
            shown = grown(shown, change) if isinstance(change, TextGrew) else changed(shown, change)  # type: ignore[arg-type]
        assert [item.parts for item in shown.items] == [item.parts for item in fold.answer.items]


def test_arguments_grow_too() -> None:
    events = function_call_stream("f", '{"city": "Ulm"}')
    fold, shown = AnswerFold("c", "t"), Answer()
    for event in events[:-1]:
        for change in fold.apply(parse_event(event)):
            if isinstance(change, ItemChanged):
                shown = changed(shown, change)
            elif isinstance(change, TextGrew):
                assert change.part == ARGUMENTS
                shown = grown(shown, change)
    assert shown.items[0].arguments == '{"city": "Ulm"}'


def test_results_are_named_by_the_calls_they_answer() -> None:
    builder = StreamBuilder().begin().function_call("get_weather", "{}").function_call("get_time", "{}")
    asking = turn_with(folded(builder.end()))
    brought = answers(pending_calls(asking.answer), (Result("4 °C"), Result(done=False)))
    turn = replace(turn_with(Answer(), "next", "turn"), text="", input=brought)
    tree = Tree([asking, turn])
    question = present_question(tree, turn)
    assert (question.text, question.results) == (
        "",
        (ResultItem("get_weather", "4 °C"), ResultItem("get_time", "", done=False)),
    )
    assert title_of(tree, turn) == "Results of get_weather, get_time"
    assert title_of(tree, replace(turn, text="And\nnow?")) == "And now?"
    alone = present_question(Tree([turn]), turn)
    assert [result.name for result in alone.results] == ["call_1", "call_2"]


def test_a_call_waits_until_something_follows() -> None:
    asking = turn_with(folded(function_call_stream("look_up", '{"a": 1')))
    (call,) = present_answer(Tree([asking]), asking).message.items
    assert call == CallItem("look_up", '{"a": 1', waiting=True)
    tree = Tree([asking, turn_with(Answer(), "next", "turn")])
    (call,) = present_answer(tree, asking).message.items
    assert call == CallItem("look_up", '{"a": 1')
    (begun,) = items_of(function_call_stream("look_up", '{"a": 1}')[:4])
    assert begun == CallItem("look_up", '{"a"', "writing")


def test_long_arguments_stand_on_lines_of_their_own() -> None:
    arguments = {"customer": "Nordmann & Co", "from": "2026-01-01", "to": "2026-11-22"}
    (call,) = items_of(function_call_stream("find", json.dumps(arguments)))
    assert isinstance(call, CallItem)
    assert call.arguments == json.dumps(arguments, indent=2)


def test_an_approval_reads_as_a_decision() -> None:
    item = {
        "type": "mcp_approval_response",
        "approval_request_id": "mcpr_1",
        "approve": False,
        "reason": "No.",
    }
    turn = replace(turn_with(Answer()), text="", input=(item,))
    (result,) = present_question(Tree([turn]), turn).results
    assert (result.output, result.done) == ("Declined. No.", True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.0, "in 12 s."), (11.2, "in 12 s."), (0.1, "in 1 s."), (0, "now."), (-3, "now.")],
)
def test_a_wait_counts_its_seconds_down(seconds: float, words: str) -> None:
    card = waiting("Slow down. Sending again", seconds)
    assert card.text == f"Slow down. Sending again {words}"
    assert card.actions == (("stop", "Cancel"),)


def test_details_say_what_is_known() -> None:
    usage = {"input_tokens": 1200, "output_tokens": 112, "input_tokens_details": {"cached_tokens": 400}}
    turn = replace(
        turn_with(Answer(Status.COMPLETED, usage=usage)), first_token_at=1000.8, finished_at=1004.2
    )
    asked, *rest = details(turn).split("\n")
    assert asked.startswith("Asked on ")
    assert rest == [
        "First words after 0.8 s", "Finished after 4.2 s", "1,200 tokens in, 400 of them cached", "112 tokens out",
    ]  # fmt: skip
    cost = Cost(0.00123, dated="2026-11-25", without=("web_search",))
    assert details(turn, cost).endswith(
        "\nCost $0.0012, by prices of 25 November 2026, without the price of web search"
    )
    assert details(turn, Cost(0, free=True)).endswith("\nNo charge")
    whole = replace(turn, answer=replace(turn.answer, response={"id": "r"}))
    assert present_answer(Tree(), whole, cost=cost).message.header.endswith(" · 1,312 tokens · $0.0012")
    assert present_answer(Tree(), whole, cost=Cost(0, free=True)).message.header.endswith(" · 1,312 tokens")
    assert details(turn_with(Answer())).count("\n") == 0
    assert present_answer(Tree(), turn_with(Answer())).message.details == ""
    assert present_answer(Tree(), turn).message.details == details(turn)
