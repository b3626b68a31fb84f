"""Whatever is sent is answered: with success, or with a refusal in the documented shape, never with a fault."""

from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp.engine.validation import ECHOED, NOT_ECHOED
from tests.engine.process import RunningEngine, request

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
KEYS = st.sampled_from(
    ["type", "text", "role", "content", "id", "format", "filters", "key", "value", "vector_store_ids", "name",
     "file_id", "file_data", "message", "ranking_options", "x", "call_id", "arguments", "output", "summary",
     "encrypted_content", "image_url", "detail", "queries", "mode", "tools", "schema", "strict", "parameters"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["message", "user", "input_text", "output_text", "file_search", "function", "and", "eq", "in", "function_call",
     "file_search_call", "reasoning", "required", "input_file", "auto", "static", "refusal", "function_call_output",
     "compaction", "item_reference", "input_image", "summary_text", "custom_tool_call", "allowed_tools",
     "json_schema", "json_object", "data:image/png;base64,", "text"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)

PATHS = [
    "/vector_stores", "/vector_stores/{store}", "/vector_stores/{store}/search", "/vector_stores/{store}/files",
    "/vector_stores/{store}/files/file-x",
]  # fmt: skip
FIELDS = [
    "name", "description", "metadata", "file_ids", "file_id", "expires_after", "chunking_strategy", "attributes",
    "query", "filters", "max_num_results", "ranking_options", "rewrite_query",
]  # fmt: skip

patiently = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def answered(engine: RunningEngine, path: str, body: Any) -> None:
    response = engine.client.post(path, json=body)
    assert response.status_code < 500, (body, response.text)
    if response.status_code != 200:
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@patiently
@given(st.dictionaries(st.sampled_from([*ECHOED, *NOT_ECHOED]), VALUES, max_size=4))
def test_any_parameters_of_a_response(engine: RunningEngine, guide: str, changes: dict[str, Any]) -> None:
    answered(engine, "/responses", request("the tower", guide, store=False) | changes)


@patiently
@given(st.dictionaries(st.sampled_from([*ECHOED, *NOT_ECHOED]), VALUES, max_size=4))
def test_any_parameters_for_a_model_that_can_do_everything(
    echo: RunningEngine, changes: dict[str, Any]
) -> None:
    body = {"model": "echo", "input": "say yes", "store": False} | changes
    answered(echo, "/responses", body)
    answered(echo, "/responses/input_tokens", body)


ITEMS = st.lists(
    st.dictionaries(KEYS, VALUES, max_size=4)
    | st.fixed_dictionaries({"type": WORDS, "id": st.text(max_size=3), "call_id": st.text(max_size=3)},
                            optional={"output": VALUES, "summary": VALUES, "content": VALUES, "name": VALUES,
                                      "arguments": VALUES, "input": VALUES, "encrypted_content": VALUES})
    | st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "developer"]), "content": VALUES}),
    max_size=3,
)  # fmt: skip


@patiently
@given(ITEMS, st.sampled_from(["extractive", "echo"]))
def test_any_input(echo: RunningEngine, items: list[Any], model: str) -> None:
    response = echo.client.post("/responses", json=request(items, model=model))
    assert response.status_code < 500, (items, response.text)
    answered(echo, "/responses/compact", {"model": model, "input": items})
    answered(echo, "/conversations", {"items": items})
    if response.status_code == 200:
        identity = response.json()["id"]
        assert echo.call("GET", f"/responses/{identity}/input_items")["object"] == "list"
        answered(echo, "/responses", request("and?", model=model, previous_response_id=identity))
        answered(echo, "/responses/compact", {"model": model, "previous_response_id": identity})


@patiently
@given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3))
def test_any_fields_of_stores(engine: RunningEngine, guide: str, path: str, body: dict[str, Any]) -> None:
    answered(engine, path.format(store=guide), body)


@patiently
@given(
    st.text(max_size=30),
    st.sampled_from(["limit", "order", "after", "before", "filter", "include", "stream"]),
)
def test_any_path_and_query(engine: RunningEngine, guide: str, text: str, name: str) -> None:
    path = quote(text, safe="", errors="replace") or "x"
    for url in (
        f"/files/{path}",
        f"/files/{path}/content",
        f"/responses/{path}",
        f"/responses/{path}/input_items",
        f"/conversations/{path}/items",
        f"/vector_stores/{guide}/files",
    ):
        response = engine.client.get(url, params={name: path})
        assert response.status_code < 500, (url, response.text)
