"""The tools of a request: file_search is run here, functions are called by models that can and run by the client."""

from dataclasses import dataclass
from typing import Any

from chatapp.engine.checks import (
    any_object,
    boolean,
    decimal,
    fields,
    identifier,
    integer,
    list_of,
    missing,
    one_of,
    text,
    wrong_type,
)
from chatapp.engine.errors import ApiError, invalid, unsupported
from chatapp.engine.generation.port import Ability, Function, Generator
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
PARAM = "tool_choice"


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
        "name": (identifier, None),
        "parameters": (any_object, None),
        "strict": (boolean, True),
    },
    required=("name",),
)
_NO_FUNCTION_FIELDS = ("async", "allowed_callers", "defer_loading", "output_schema")
"""What api.openai.com knows of a function, and nothing here has a use for."""
_SELECTED = fields({"type": (one_of("function", "file_search"), None), "name": (identifier, None)})
_ALLOWED = fields(
    {
        "type": (text(), None),
        "mode": (one_of("auto", "required"), None),
        "tools": (list_of(any_object, shortest=1), None),
    },
    required=("mode", "tools"),
)
_KNOWN = {"file_search": _FILE_SEARCH, "function": _FUNCTION}


def checked_tools(value: Any) -> list[JsonObject]:
    """The tools with their defaults filled in. Raises ApiError 400."""
    return list(list_of(_checked_tool)(value, "tools"))


def refuse_uncallable(tools: list[JsonObject], choice: Any, generator: Generator) -> None:
    """Refuse functions for a generator that can call none, unless none is to be called. Raises ApiError 400."""
    if choice == "none" or Ability.FUNCTIONS in generator.abilities:
        return
    for at, tool in enumerate(tools):
        if tool["type"] == "function":
            message = f"The model '{generator.id}' cannot call functions (tools[{at}] is one)."
            raise unsupported(message, "tools")


def checked_choice(value: Any, tools: list[JsonObject]) -> Any:
    """The tool choice, with what it names among the tools. Raises ApiError 400."""
    if isinstance(value, str):
        one_of(*CHOICES)(value, PARAM)
        if value == "required" and not tools:
            raise _no_such_choice("Tool choice 'required' must be specified with 'tools' parameter.")
        return value
    kind = any_object(value, PARAM).get("type")
    if kind is None:
        raise missing(f"{PARAM}.type")
    if kind == "allowed_tools":
        allowed: JsonObject = _ALLOWED(value, PARAM)
        for one in allowed["tools"]:
            _must_be_held(one, tools)
        return allowed
    if kind in NOT_HERE:
        raise unsupported(f"This server has no tool '{kind}'.", PARAM)
    chosen: JsonObject = _SELECTED(value, PARAM)
    if kind == "function" and chosen["name"] is None:
        raise missing(f"{PARAM}.name")
    _must_be_held(chosen, tools)
    return {name: given for name, given in chosen.items() if given is not None}


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be called in an answer: functions and searches, and whether one of either has to be."""

    functions: tuple[Function, ...]
    must_call: bool
    searches: tuple[StoreSearch, ...]
    must_search: bool


def choice_of(tools: list[JsonObject], choice: Any) -> Choice:
    """What a checked tool choice leaves of the checked tools."""
    if choice == "none":
        return Choice((), False, (), False)
    selected = [choice] if isinstance(choice, dict) else []
    required = choice == "required" or bool(selected)
    if selected and choice["type"] == "allowed_tools":
        selected, required = choice["tools"], choice["mode"] == "required"
    left = [tool for tool in tools if not selected or any(_is_meant(tool, one) for one in selected)]
    functions = tuple(_function(tool) for tool in left if tool["type"] == "function")
    searches = tuple(_search(tool) for tool in left if tool["type"] == "file_search")
    return Choice(
        functions,
        required and bool(functions),
        searches,
        required and bool(searches) and not functions,
    )


def _must_be_held(chosen: JsonObject, tools: list[JsonObject]) -> None:
    if not any(_is_meant(tool, chosen) for tool in tools):
        name = chosen.get("name") or chosen.get("type")
        raise _no_such_choice(f"Tool choice '{name}' not found in 'tools' parameter.")


def _is_meant(tool: JsonObject, chosen: JsonObject) -> bool:
    named = tool["type"] == "function"
    return bool(tool["type"] == chosen.get("type") and (not named or tool["name"] == chosen.get("name")))


def _no_such_choice(message: str) -> ApiError:
    return invalid(message, PARAM, "invalid_value")


def _function(tool: JsonObject) -> Function:
    return Function(tool["name"], tool["description"] or "", tool["parameters"] or {}, tool["strict"])


def _search(tool: JsonObject) -> StoreSearch:
    return StoreSearch(
        tuple(tool["vector_store_ids"]),
        filter_of(tool["filters"]),
        tool["max_num_results"],
        tool["ranking_options"]["score_threshold"],
        *hybrid_weights(tool["ranking_options"]),
    )


def hybrid_weights(options: JsonObject) -> tuple[float, float]:
    """What words and meaning count, where both are searched: alike, unless a request says otherwise."""
    asked = options.get("hybrid_search") or {"text_weight": 1.0, "embedding_weight": 1.0}
    return asked["text_weight"], asked["embedding_weight"]


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
    for name in _NO_FUNCTION_FIELDS if kind == "function" else ():
        if value.get(name):
            raise unsupported(f"This server's functions have no '{name}'.", f"{param}.{name}")
    left = {name: one for name, one in value.items() if one or name not in _NO_FUNCTION_FIELDS}
    tool: JsonObject = _KNOWN[kind](left, param)
    if kind == "file_search" and tool["ranking_options"].get("hybrid_search") is None:
        tool["ranking_options"].pop("hybrid_search", None)
    return tool
