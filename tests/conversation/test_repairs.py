"""What is sent instead of what a server refused, in the servers' own words."""

from dataclasses import replace
from typing import Any

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.inputs import file_part, image_part
from chatapp.conversation.references import Reference
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.repairs import (
    FORGOTTEN,
    LEFT_OUT,
    NOT_KEPT,
    NOT_STREAMED,
    REBUILT,
    WORDS_ONLY,
    Repair,
    forgot,
    repaired,
)
from chatapp.conversation.replay import Replay
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.sending import Asked, Way, build, missed, words_for
from chatapp.conversation.tree import Turn
from chatapp.protocol.errors import ApiError, parse_error


def message(text: str) -> OutputItem:
    return OutputItem("message", "msg_1", (Part("output_text", text),), stage="completed")


def reasoning(sealed: str = "gAAA") -> OutputItem:
    raw = {"type": "reasoning", "id": "rs_1", "summary": [{"text": "hm"}], "encrypted_content": sealed}
    return OutputItem("reasoning", "rs_1", (Part("summary_text", "hm"),), stage="completed", raw=raw)


def call() -> OutputItem:
    raw = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"}
    return OutputItem("function_call", "fc_1", arguments="{}", stage="completed", raw=raw)


RESULT = {"type": "function_call_output", "call_id": "c1", "output": "1"}


def turn(number: int, *items: OutputItem, **changes: Any) -> Turn:
    made = Turn(
        id=f"turn_{number}",
        conversation_id="c",
        parent_id=None,
        created_at=0,
        server="one",
        text=f"question {number}",
        input=(user_message(f"question {number}"),),
        request={},
        answer=Answer(Status.COMPLETED, f"resp_{number}", items=items or (message(f"answer {number}"),)),
    )
    return replace(made, **changes)


def asked(*path: Turn, **parameters: Any) -> Asked:
    return Asked(path or (turn(0),), (user_message("now"),), parameters, "one")


CHAINED, WHOLE = Way(chained=True, model="m"), Way(chained=False, model="m")


def mended(question: Asked, way: Way, body: object, status: int | None = 400) -> Repair | None:
    return repaired(question, way, build(question, way), parse_error(body), status)


def error(words: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": words, "type": "invalid_request_error", **fields}}


LOST: list[tuple[str, object, int | None, bool | None]] = [
    (
        "OpenAI",
        error(
            "Previous response with id 'resp_0' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        ),
        400,
        None,
    ),
    ("a code alone", error("Not there.", code="previous_response_not_found"), 400, None),
    ("vLLM", error("Response with id 'resp_0' not found.", code=404), 404, None),
    ("a bare 404", None, 404, None),
    ("ogx", {"type": "error", "code": "404", "message": "Response 'resp_0' not found. Use …"}, None, None),
    (
        "ogx, unfinished",
        {"type": "error", "code": "400", "message": "Response resp_0 is still in_progress. Cannot use …"},
        None,
        None,
    ),
    ("an unanswered call", error("No tool output found for function call c1."), 400, None),
    ("an item twice", error("Duplicate item found with id msg_1."), 400, None),
    ("llama-server", error("llama.cpp does not support 'previous_response_id'.", code=400), 400, False),
    ("an unknown field", error("Unknown field: previous_response_id"), 422, False),
    (
        "OpenAI, no retention",
        error("Previous response cannot be used … Zero Data Retention.", param="previous_response_id"),
        400,
        False,
    ),
]


@pytest.mark.parametrize(
    ("body", "status", "chains"), [row[1:] for row in LOST], ids=[row[0] for row in LOST]
)
def test_without_its_parent_the_whole_path_is_sent(
    body: object, status: int | None, chains: bool | None
) -> None:
    question = asked()
    repair = mended(question, CHAINED, body, status)
    assert repair is not None
    assert (repair.way, repair.chains, repair.lost) == (replace(CHAINED, chained=False), chains, "resp_0")
    assert repair.note == (REBUILT if chains is None else NOT_KEPT)
    request = build(question, repair.way).request
    assert "previous_response_id" not in request
    assert [item["content"][0]["text"] for item in request["input"]] == ["question 0", "answer 0", "now"]
    assert mended(question, repair.way, body, status) is None, "it happens once"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (error("The model 'm' does not exist", code="model_not_found"), 404),
        ({"type": "error", "code": "404", "message": "Model 'no-such-model' not found."}, None),
        (error("Vector store vs_1 not found."), 404),
        (error("Too many requests"), 429),
        (error("It broke."), 500),
        (error("Wrong key"), 401),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down."}, None),
        (error("Something else"), 400),
    ],
)
def test_other_trouble_is_not_the_parents(body: object, status: int | None) -> None:
    assert mended(asked(), CHAINED, body, status) is None


def test_a_parent_that_the_user_named_is_left_to_them() -> None:
    question = asked(previous_response_id="resp_other")
    built = build(question, CHAINED)
    assert (built.request["previous_response_id"], built.parent) == ("resp_other", None)
    assert [item["content"][0]["text"] for item in built.request["input"]] == ["now"]
    assert mended(question, CHAINED, error("x", code="previous_response_not_found")) is None


@pytest.mark.parametrize(
    ("response", "ended", "forgotten"),
    [
        ({"previous_response_id": "resp_0"}, False, False),
        ({"previous_response_id": "resp_0"}, True, False),
        ({"previous_response_id": None}, False, True),
        ({"previous_response_id": "resp_9"}, True, False),
        ({"id": "resp_1"}, False, False),
        ({"id": "resp_1"}, True, True),
    ],
)
def test_a_server_that_forgets_is_told_by_its_echo(
    response: dict[str, Any], ended: bool, forgotten: bool
) -> None:
    assert forgot(build(asked(), CHAINED), response, ended) is forgotten
    assert not forgot(build(asked(), WHOLE), response, ended)


def test_what_was_forgotten_is_sent_and_the_server_is_known_for_it() -> None:
    question = asked()
    repair = repaired(question, CHAINED, build(question, CHAINED), ApiError("Forgot.", code=FORGOTTEN), None)
    assert repair is not None
    assert (repair.way.chained, repair.chains, repair.note) == (False, False, NOT_KEPT)


FOLLOWING = error("Item 'rs_1' of type 'reasoning' was provided without its required following item.")
REASONING: list[tuple[str, object]] = [
    ("following", FOLLOWING),
    ("required", error("Item 'msg_1' was provided without its required 'reasoning' item: 'rs_1'.")),
    (
        "not stored",
        error("Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."),
    ),
    ("a field", error("Missing required parameter: 'input[1].summary'.", param="input[1].summary")),
    ("its id", error("Invalid 'input[1].id': 'x'.", param="input[1].id")),
    ("unknown", error("unknown input item type: reasoning")),
]


@pytest.mark.parametrize("body", [row[1] for row in REASONING], ids=[row[0] for row in REASONING])
def test_reasoning_goes_without_its_id_and_then_not_at_all(body: object) -> None:
    question = asked(turn(0, reasoning(), message("answer")))
    sent = build(question, WHOLE).request["input"][1]
    assert sent == {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    first = mended(question, WHOLE, body)
    assert first is not None
    assert (first.replay, first.note) == (Replay.WITHOUT_IDS, "")
    sent = build(question, first.way).request["input"][1]
    assert sent == {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    second = mended(question, first.way, body)
    assert second is not None
    assert second.replay is Replay.WITHOUT_REASONING
    assert second.note
    assert [item["type"] for item in build(question, second.way).request["input"]] == ["message"] * 3
    assert mended(question, second.way, body) is None


def test_a_seal_that_is_broken_is_left_out_at_once_and_nothing_is_learnt() -> None:
    question = asked(turn(0, reasoning(), message("answer")))
    words = error("The encrypted content gAAA… could not be verified.", code="invalid_encrypted_content")
    repair = mended(question, WHOLE, words)
    assert repair is not None
    assert (repair.way.replay, repair.replay) == (Replay.WITHOUT_REASONING, None)


def test_a_refused_effort_is_no_refused_reasoning() -> None:
    question = asked(turn(0, reasoning(), message("answer")), **{"reasoning.effort": "high"})
    repair = mended(
        question, WHOLE, error("Unsupported parameter: 'reasoning.effort'", param="reasoning.effort")
    )
    assert repair is not None
    assert repair.way.replay is Replay.WITH_IDS
    assert [refusal.parameter for refusal in repair.refusals] == ["reasoning.effort"]


def test_of_calls_that_a_server_does_not_know_only_the_words_are_left() -> None:
    path = (turn(0, message("Wait."), call()), turn(1, input=(RESULT,)))
    question = asked(*path)
    assert [item["type"] for item in build(question, WHOLE).request["input"]] == [
        "message", "message", "function_call", "function_call_output", "message", "message",
    ]  # fmt: skip
    repair = mended(question, WHOLE, error("unknown input item type: function_call"))
    assert repair is not None
    assert (repair.replay, repair.note) == (Replay.WORDS, WORDS_ONLY)
    assert [item["type"] for item in build(question, repair.way).request["input"]] == ["message"] * 4


def test_results_need_their_calls() -> None:
    question = Asked((turn(0, call()),), (RESULT,), {}, "one")
    assert mended(question, WHOLE, error("unknown input item type: function_call")) is None


def test_another_servers_reasoning_stays_out_and_so_does_what_leads_nowhere() -> None:
    path = (
        turn(0, reasoning(), message("answer"), server="two"),
        turn(1, reasoning("")),
        turn(2, message("half"), reasoning()),
        turn(3, reasoning(), call()),
    )
    assert {item["type"] for item in build(asked(*path), WHOLE).request["input"]} == {"message"}


def test_a_refused_parameter_is_left_out_and_named() -> None:
    question = asked(turn(0), temperature=0.2, top_p=0.5)
    repair = mended(question, WHOLE, error("Unsupported parameter: 'temperature'", param="temperature"))
    assert repair is not None
    assert repair.note == "Temperature was not sent: m refuses it."
    built = build(question, repair.way)
    assert "temperature" not in built.request
    assert built.request["top_p"] == 0.5
    assert missed(built, question) == repair.refusals


def test_what_was_only_added_here_is_missed_by_nobody() -> None:
    question = asked(turn(0), vector_stores=["vs_1"])
    built = build(
        question, replace(WHOLE, refusals=(Refusal("include", "Unknown."), Refusal("top_p", "No.")))
    )
    assert "include" not in built.request
    assert missed(built, question) == ()


def test_several_are_named_in_one_sentence() -> None:
    refusals = [Refusal(name, "No.") for name in ("temperature", "top_p", "x.y")]
    assert words_for(refusals, "") == "Temperature, Top p and x.y were not sent: the server refuses them."
    assert words_for([Refusal("reasoning.effort", "No.", "xhigh")], "o3") == (
        "Reasoning effort xhigh was not sent: o3 refuses it."
    )
    assert words_for([], "m") == ""


def test_a_model_that_reasons_seals_it_where_nothing_is_stored() -> None:
    question = asked(turn(0), store=False, include=["x"])
    assert build(question, replace(WHOLE, model="o3")).request["include"] == [
        "x",
        "reasoning.encrypted_content",
    ]
    assert build(question, replace(WHOLE, model="gpt-4o")).request["include"] == ["x"]
    assert "include" not in build(asked(), replace(WHOLE, model="o3")).request


def test_what_a_server_always_wants_is_sent() -> None:
    assert (
        build(asked(turn(0), store=True), replace(WHOLE, always=(("store", False),))).request["store"]
        is False
    )


def test_what_is_not_streamed_in_the_background_comes_in_one_piece() -> None:
    question = asked(turn(0), background=True, stream_options={"include_obfuscation": False})
    repair = mended(question, WHOLE, error("OGX does not yet support 'stream' and 'background' together."))
    assert repair is not None
    assert (repair.note, repair.refusals) == (NOT_STREAMED, ())
    request = build(question, repair.way).request
    assert (request["stream"], request["background"], "stream_options" in request) == (False, True, False)
    foreground = asked(turn(0))
    assert mended(foreground, WHOLE, error("'stream' and 'background' do not go together")) is None


PHOTO = image_part(Reference("ab" * 32, "image/png", 9, "photo.png"), "auto")
NO_IMAGES = error(
    "The model 'm' cannot see images.", param="input[0].content[1]", code="unsupported_parameter"
)


def test_images_of_earlier_questions_are_left_out_for_a_model_that_takes_none() -> None:
    seen = turn(0, input=(user_message("What is it?", [PHOTO, image_part("https://e.org/a.png", "low")]),))
    question = asked(seen, turn(1))
    repair = mended(question, WHOLE, NO_IMAGES)
    assert repair is not None
    assert repair.note == LEFT_OUT["input_image"]
    sent = build(question, repair.way).request["input"]
    assert [part["text"] for part in sent[0]["content"]] == [
        "What is it?",
        "[Here was an image that is left out: photo.png]",
        "[Here was an image that is left out: https://e.org/a.png]",
    ]
    assert sent[-1] == user_message("now")
    assert mended(question, repair.way, NO_IMAGES) is None, "once"
    assert seen.input[0]["content"][1] == PHOTO


def test_files_of_earlier_questions_are_left_out_alone() -> None:
    paper = file_part("https://e.org/paper.pdf")
    question = asked(turn(0, input=(user_message("What?", [PHOTO, paper]),)))
    repair = mended(question, WHOLE, error("input_file is not supported by this server."))
    assert repair is not None
    content = build(question, repair.way).request["input"][0]["content"]
    assert content[1] == PHOTO
    assert content[2]["text"] == "[Here was a file that is left out: https://e.org/paper.pdf]"


def test_an_image_that_comes_with_the_question_is_never_left_out() -> None:
    seen = turn(0, input=(user_message("What?", [PHOTO]),))
    question = replace(asked(seen), input=(user_message("And this?", [PHOTO]),))
    assert mended(question, WHOLE, NO_IMAGES) is None


MESSAGES: list[tuple[str, object]] = [
    ("vLLM before 0.12", error("Unknown part type: output_text")),
    (
        "vLLM",
        error(
            "2 validation errors:\n  {'loc': ('body', 'input', 'str'), 'msg': 'Input should be a "
            "valid string', 'input': []}\n  {'loc': ('body', 'input', 'list[union[A]]', 1, 'A', 'id'), 'msg': 'Field "
            "required', 'input': {}}"
        ),
    ),
    (
        "OpenRouter",
        {
            "error": {"code": "invalid_prompt", "message": "Invalid Responses API request"},
            "metadata": {"raw": '[{"path": ["input", 1], "message": "Invalid input"}]'},
        },
    ),
    ("Azure", error("Invalid payload.", code="invalid_payload")),
    ("by its place", error("Bad.", param="input[1].content[0]")),
]  # fmt: skip


@pytest.mark.parametrize("body", [row[1] for row in MESSAGES], ids=[row[0] for row in MESSAGES])
def test_a_message_that_is_not_understood_goes_as_bare_text(body: object) -> None:
    question = asked()
    repair = mended(question, WHOLE, body)
    assert repair is not None
    assert (repair.plain, repair.note) == (True, "")
    items = build(question, repair.way).request["input"]
    assert items[1] == {"type": "message", "role": "assistant", "content": "answer 0"}
    assert items[2]["content"] == [{"type": "input_text", "text": "now"}]
    assert mended(question, repair.way, body) is None, "once"


@pytest.mark.parametrize(
    "body",
    [
        error("Invalid image.", param="input[2].content[1]"),
        error("Your input exceeds the context window of this model.", param="input"),
    ],
)
def test_what_is_wrong_with_the_question_is_not_mended_by_the_messages(body: object) -> None:
    assert mended(asked(), WHOLE, body) is None
