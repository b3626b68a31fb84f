"""The tools of a request: file_search is run here; functions wait for a model that can call them."""

from typing import Any

from chatapp.engine.checks import (
    any_object,
    boolean,
    decimal,
    fields,
    integer,
    list_of,
    missing,
    one_of,
    text,
    wrong_type,
)
from chatapp.engine.errors import invalid, unsupported
from chatapp.engine.generation.port import Ability, Generator
from chatapp.engine.retrieval.filters import filter_of
from chatapp.engine.search import StoreSearch
from chatapp.protocol.json_types import JsonObject

RANKERS = ("auto", "none", "default-2024-11-15")
MOST_RESULTS = 50
DEFAULT_RESULTS = 20
NOT_HERE = (
    "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11", "computer",
    "computer_use_preview", "mcp", "code_interpreter", "programmatic_tool_calling", "image_generation",
    "local_shell", "shell", "custom", "namespace", "tool_search", "apply_patch",
)  # fmt: skip
CHOICES = ("none", "auto", "required")


def _checked_filter(value: Any, param: str) -> Any:
    filter_of(value, param)
    return value


_HYBRID = fields(
    {"embedding_weight": (decimal(0, 1e9), None), "text_weight": (decimal(0, 1e9), None)},
    required=("embedding_weight", "text_weight"),
)
RANKING_OPTIONS = fields(
    {
        "ranker": (one_of(*RANKERS), "auto"),
        "score_threshold": (decimal(0, 1), 0.0),
        "hybrid_search": (_HYBRID, None),
    }
)
_FILE_SEARCH = fields(
    {
        "type": (text(), None),
        "filters": (_checked_filter, None),
        "max_num_results": (integer(1, MOST_RESULTS), DEFAULT_RESULTS),
        "ranking_options": (RANKING_OPTIONS, {"ranker": "auto", "score_threshold": 0.0}),
        "vector_store_ids": (list_of(text(), shortest=1), None),
    },
    required=("vector_store_ids",),
)
_FUNCTION = fields(
    {
        "type": (text(), None),
        "description": (text(), None),
        "name": (text(64), None),
        "parameters": (any_object, None),
        "strict": (boolean, True),
    },
    required=("name",),
)
_KNOWN = {"file_search": _FILE_SEARCH, "function": _FUNCTION}


def checked_tools(value: Any) -> list[JsonObject]:
    """The tools with their defaults filled in. Raises ApiError 400."""
    return list(list_of(_checked_tool)(value, "tools"))


def checked_choice(value: Any, tools: list[JsonObject], generator: Generator) -> Any:
    """The tool choice. Raises ApiError 400 where it cannot be honoured."""
    kind = value if isinstance(value, str) else any_object(value, "tool_choice").get("type")
    if isinstance(value, str):
        one_of(*CHOICES)(value, "tool_choice")
    if kind in ("none", "auto"):
        return value
    held = {tool["type"] for tool in tools}
    if kind == "file_search" and kind not in held:
        raise invalid(
            "Tool choice 'file_search' not found in 'tools' parameter.", "tool_choice", "invalid_value"
        )
    if kind == "file_search" or (kind == "required" and "file_search" in held):
        return value
    if kind == "required" and not held:
        raise invalid(
            "Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice", "invalid_value"
        )
    if Ability.FUNCTIONS in generator.abilities:
        return value
    raise unsupported(
        f"The model '{generator.id}' cannot call tools, so no call can be required.", "tool_choice"
    )


def store_searches(parameters: JsonObject) -> tuple[StoreSearch, ...]:
    """The searches that the checked tools ask for."""
    if parameters["tool_choice"] == "none":
        return ()
    return tuple(
        StoreSearch(
            tuple(tool["vector_store_ids"]),
            filter_of(tool["filters"]),
            tool["max_num_results"],
            tool["ranking_options"]["score_threshold"],
        )
        for tool in parameters["tools"]
        if tool["type"] == "file_search"
    )


def _checked_tool(value: Any, param: str) -> JsonObject:
    kind = any_object(value, param).get("type")
    if kind is None:
        raise missing(f"{param}.type")
    if not isinstance(kind, str):
        raise wrong_type(kind, "a string", f"{param}.type")
    if kind in NOT_HERE:
        raise unsupported(f"This server has no tool '{kind}'.", f"{param}.type")
    if kind not in _KNOWN:
        one_of(*_KNOWN, *NOT_HERE)(kind, f"{param}.type")
    tool: JsonObject = _KNOWN[kind](value, param)
    if kind == "file_search" and tool["ranking_options"].get("hybrid_search") is None:
        tool["ranking_options"].pop("hybrid_search", None)
    return tool
