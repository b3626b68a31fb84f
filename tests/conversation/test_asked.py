"""The way back: what a request was asked with can be set again, and asks the same."""

import pytest

from chatapp.conversation.asked import parameters_of
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.protocol.json_types import JsonObject

QUESTION = (user_message("How many?"),)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"model": "m", "temperature": 0.2, "reasoning.effort": "low", "instructions": "Be brief."},
        {"vector_stores": ["vs_1"], "max_num_results": 7, "file_search.ranking_options": {"score_threshold": 0.2}},
        {"vector_stores": ["vs_1"], "include": ["file_search_call.results", "message.output_text.logprobs"]},
        {"top_logprobs": 2, "store": False, "metadata": {"a": "b"}},
        {"tools": [{"type": "web_search"}], "vector_stores": ["vs_1"], "tool_choice": "auto"},
        {"text.format": {"type": "json_object"}, "text.verbosity": "low"},
    ],
)  # fmt: skip
def test_what_was_set_comes_back(parameters: JsonObject) -> None:
    request = build_request((), QUESTION, parameters, "s", False).request
    again = parameters_of(request)
    assert again == parameters
    assert build_request((), QUESTION, again, "s", False).request == request


def test_what_belongs_to_one_turn_stays_there() -> None:
    request = {"previous_response_id": "resp_1", "conversation": "conv_1", "input": "x", "stream": True}
    assert parameters_of(request) == {}


def test_what_no_control_could_hold_is_left_out() -> None:
    assert parameters_of({"temperature": "hot", "tools": 7, "unheard_of": 1}) == {}
