"""Every failure has plain words, a remedy, and the server's own words kept."""

from typing import Any

import pytest

from chatapp.conversation.failures import Remedy, describe, describe_incomplete
from chatapp.protocol.errors import LONGEST_MESSAGE, ApiError, parse_error

REFUSALS = [
    (401, {}, True, "wrong_key", Remedy.SET_KEY),
    (401, {}, False, "no_key", Remedy.SET_KEY),
    (403, {}, True, "forbidden", Remedy.CHOOSE_MODEL),
    (404, {"code": "model_not_found", "param": "model"}, True, "unknown_model", Remedy.CHOOSE_MODEL),
    (404, {"param": "model"}, True, "unknown_model", Remedy.CHOOSE_MODEL),
    (404, {}, True, "not_found", Remedy.OPEN_SETTINGS),
    (404, {"param": "id"}, True, "not_found", Remedy.OPEN_SETTINGS),
    (
        400,
        {"code": "previous_response_not_found", "param": "previous_response_id"},
        True,
        "stale_parent",
        Remedy.RETRY,
    ),
    (400, {"param": "temperature"}, True, "bad_parameter", Remedy.CHANGE_PARAMETERS),
    (400, {"code": "context_length_exceeded"}, True, "too_long", Remedy.CHANGE_PARAMETERS),
    (400, {}, True, "bad_request", Remedy.CHANGE_PARAMETERS),
    (429, {"code": "rate_limit_exceeded"}, True, "rate_limit", Remedy.RETRY),
    (429, {"code": "insufficient_quota"}, True, "quota", Remedy.OPEN_SETTINGS),
    (429, {"type": "insufficient_quota"}, True, "quota", Remedy.OPEN_SETTINGS),
    (429, {}, True, "rate_limit", Remedy.RETRY),
    (500, {}, True, "server_error", Remedy.RETRY),
    (529, {}, True, "server_error", Remedy.RETRY),
    (418, {}, True, "bad_request", Remedy.RETRY),
]


@pytest.mark.parametrize(("status", "fields", "has_key", "kind", "remedy"), REFUSALS)
def test_a_refusal_finds_its_row(
    status: int, fields: dict[str, Any], has_key: bool, kind: str, remedy: Remedy
) -> None:
    failure = describe("refused", ApiError("their words", **fields), status, has_key=has_key)
    assert failure.kind == kind
    assert remedy in failure.remedies
    assert "their words" in failure.details
    assert str(status) in failure.details


WORDS = [
    # ogx, in an event of a stream
    (None, "404", "Model 'no-such' not found. Use 'client.models.list()' to list available Models.", "unknown_model"),
    # LiteLLM, vLLM, Ollama, OpenRouter, LM Studio, llama-server's router
    (400, "400", "/responses: Invalid model name passed in model=no-such. Call `/v1/models` to …", "unknown_model"),
    (404, "404", "The model `no-such` does not exist.", "unknown_model"),
    (404, None, 'model "no-such" not found, try pulling it first', "unknown_model"),
    (400, "400", "no-such is not a valid model ID", "unknown_model"),
    (400, None, "Invalid model identifier \"no-such\". Please specify a valid downloaded model", "unknown_model"),
    (404, "404", "Response 'resp_1' not found.", "stale_parent"),
    (404, None, "Vector store vs_1 not found in response", "not_found"),
    (400, None, "Unsupported value for this model", "bad_request"),
    (400, None, "This model does not support tools; the file was not found", "bad_request"),
    # llama-server, vLLM, OpenRouter
    (400, "400", "request (2065 tokens) exceeds the available context size (2048 tokens)", "too_long"),
    (400, "400", "This model's maximum context length is 4096 tokens. However, you requested 5000", "too_long"),
    (400, "400", "This endpoint's maximum context length is 8192 tokens.", "too_long"),
    (500, "500", "The model was not found", "server_error"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "message", "kind"), WORDS)
def test_what_a_server_says_in_words_only(
    status: int | None, code: str | None, message: str, kind: str
) -> None:
    failure = describe("error" if status is None else "refused", ApiError(message, code=code), status)
    assert failure.kind == kind


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "The model 'extractive' cannot see images.", "no_images"),
        (400, "this model does not support image input (ref: 1)", "no_images"),
        (500, "image input is not supported - hint: you may need to provide the mmproj", "no_images"),
        (400, "GLM-5.2 is not a multimodal model", "no_images"),
        (400, "At most 0 image(s) may be provided in one request.", "no_images"),
        (404, "No endpoints found that support image input", "no_images"),
        (400, "Invalid content type. image_url is only supported by certain models.", "no_images"),
        (400, "Model does not support images. Please use a model that does.", "no_images"),
        (400, "Invalid value: 'input_image'. Supported values are: 'input_text'.", "no_images"),
        (400, "input_image is not allowed; expected text content only", "no_images"),
        (400, "input_file is not supported by this server.", "no_files"),
        (400, "Unsupported parameter: 'temperature' is not supported with this model.", "bad_request"),
        (400, "The image was downloaded, and then something else failed.", "bad_request"),
        (429, "Images are not supported on the free tier today.", "rate_limit"),
    ],
)
def test_what_a_model_does_not_take_is_told_by_words(status: int, message: str, kind: str) -> None:
    failure = describe(
        "refused", ApiError(message, param="input[0].content[1]" if "no_" in kind else None), status
    )
    assert failure.kind == kind
    assert describe("error", ApiError(message, code=str(status))).kind == kind


def test_an_image_that_the_api_could_not_use() -> None:
    failure = describe("failed", ApiError("Bad bytes.", code="invalid_base64_image"))
    assert (failure.kind, failure.remedies) == ("bad_image", (Remedy.RETRY,))


@pytest.mark.parametrize("code", ["²", "9" * 5000, "٤٠٤", "0", "-1"])
def test_a_code_that_only_looks_like_a_number_is_no_status(code: str) -> None:
    assert describe("error", ApiError("m", code=code)).kind == "error"


KINDS = [
    "unreachable",
    "tls",
    "insecure",
    "timeout",
    "cut",
    "interrupted",
    "malformed",
    "oversized",
    "engine",
    "error",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_own_words_and_a_remedy(kind: str) -> None:
    failure = describe(kind)
    assert failure.kind == kind
    assert failure.title
    assert failure.text.endswith(".")
    assert failure.remedies
    assert failure != describe("server_error")


def test_a_pause_the_server_asks_for_is_said() -> None:
    failure = describe("refused", ApiError("slow"), 429, retry_after=12.4)
    assert "12 s" in failure.text
    assert failure.retry_after == 12.4


@pytest.mark.parametrize(
    "reason", ["max_output_tokens", "length", "content_filter", "max_messages", "new", None]
)
def test_an_incomplete_answer_can_be_continued(reason: str | None) -> None:
    assert Remedy.CONTINUE in describe_incomplete(reason).remedies


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "m", "code": "c"}}, "m", "c"),
        ({"type": "error", "message": "m", "code": 404}, "m", "404"),
        ({"error": "plain"}, "plain", None),
        ({"detail": "plain"}, "plain", None),
        ({"detail": [{"loc": ["body"], "msg": "needed"}]}, "needed", None),
        ({"detail": {"error": {"message": "m", "code": "c"}}}, "m", "c"),
        ({"error": {"code": None, "metadata": {}}}, "The server gave no reason.", None),
        ({"error": {"code": 400, "message": "Relayed", "metadata": {"raw": "not JSON"}}}, "Relayed", "400"),
        ("<html>", "<html>", None),
        (None, "The server gave no reason.", None),
        ({"error": {"message": "m", "code": True}}, "m", None),
    ],
)
def test_errors_are_read_in_every_shape(body: object, message: str, code: str | None) -> None:
    error = parse_error(body)
    assert (error.message, error.code) == (message, code)


FIELDS: list[tuple[object, str, str | None]] = [
    ({"detail": [{"loc": ["body", "include"], "msg": "Extra inputs are not permitted"}]}, "include", None),
    ({"detail": [{"loc": ["body", "tools", 0, "name"], "msg": "Field required"}]}, "tools[0].name", None),
    ({"detail": [{"loc": ["body", 1], "msg": "JSON decode error"}]}, "", "JSON decode error"),
    ({"detail": [{"loc": None, "msg": "needed"}, {"msg": 4}, "x"]}, "", "needed"),
    (
        {
            "error": {
                "message": "{'errors': [{'loc': ['body', 'temperature'], 'msg': 'Input should be less than or equal "
                "to 2', 'type': 'less_than_equal'}]}"
            }
        },
        "temperature",
        "temperature: Input should be less than or equal to 2",
    ),
    ({"error": {"message": "{'errors': [(1).__class__]}"}}, "", "{'errors': [(1).__class__]}"),
    ({"error": {"message": "{'errors': " + "[" * 9000 + "]}"}}, "", None),
    (
        {
            "error": {
                "message": "Provider returned error",
                "metadata": {"raw": '{"error": {"message": "No.", "param": "top_p"}}'},
            }
        },
        "top_p",
        "Provider returned error: No.",
    ),
    # responses.js and OpenRouter: zod
    (
        {"success": False, "error": [{"code": "invalid_type", "path": ["reasoning", "effort"], "message": "Required"}]},
        "reasoning.effort",
        "reasoning.effort: Required",
    ),
    (
        {
            "error": {"code": "invalid_prompt", "message": "Invalid Responses API request"},
            "metadata": {"raw": '[{"code": "invalid_union", "path": ["input", 1], "message": "Invalid input"}]'},
        },
        "input[1]",
        "Invalid Responses API request: input[1]: Invalid input",
    ),
    # vLLM: a line for each form that the input might have had, each with the whole input
    (
        {
            "error": {
                "message": "2 validation errors:\n  {'type': 'string_type', 'loc': ('body', 'input', 'str'), 'msg': "
                "'Input should be a valid string', 'input': [{'role': 'user'}]}\n  {'type': 'missing', 'loc': ('body', "
                "'input', 'list[union[A,B]]', 1, 'Message', 'id'), 'msg': \"It's required\", 'input': {}}",
                "type": "Bad Request",
                "param": None,
                "code": 400,
            }
        },
        "input.str",
        "input.str: Input should be a valid string; input[1].id: It's required",
    ),
    ({"error": {"message": "1 validation error:\n  {'loc': (" + "(" * 9000}}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "param", "message"), FIELDS)
def test_the_field_that_is_wrong_is_found_where_the_server_names_it(
    body: object, param: str, message: str | None
) -> None:
    error = parse_error(body)
    assert (error.param or "") == param
    assert len(error.message) <= LONGEST_MESSAGE + 1
    assert message is None or error.message == message
