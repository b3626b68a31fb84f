"""Tools and the choice among them, as the wire has them. Kinds that are not known here pass as they are."""

from typing import Final

from chatapp.conversation.filters import search_filter
from chatapp.conversation.schemas import json_schema
from chatapp.conversation.shapes import (
    Check,
    Unfit,
    anything,
    by_type,
    each,
    fields,
    number,
    one_of,
    pairs,
    switch,
    text,
    whole,
)
from chatapp.protocol.json_types import Json, JsonObject, objects_of

NAME: Final = text(1, 128, r"[a-zA-Z0-9_-]+", "letters, digits, _ and -")
MOST_RESULTS: Final = 50
RANKERS: Final = ("auto", "default-2024-11-15")
CONTEXT_SIZES: Final = ("low", "medium", "high")
MODES: Final = ("none", "auto", "required")
_SOME: Final = text(1)

_WEIGHTS: Final = ("embedding_weight", "text_weight")
RANKING: Final = fields(
    {
        "ranker": one_of(*RANKERS, open_choice=True),
        "score_threshold": number(0, 1),
        "hybrid_search": fields(dict.fromkeys(_WEIGHTS, number(0)), needed=_WEIGHTS),
    }
)


def _function() -> Check:
    return fields(
        {
            "name": NAME,
            "description": text(),
            "parameters": json_schema,
            "strict": switch,
            "async": switch,
            "defer_loading": switch,
            "output_schema": json_schema,
            "allowed_callers": each(one_of("direct", "programmatic", open_choice=True), of="callers"),
        },
        needed=("name",),
    )


def _file_search() -> Check:
    return fields(
        {
            "vector_store_ids": each(_SOME, least=1, of="vector store ids"),
            "filters": search_filter,
            "max_num_results": whole(1, MOST_RESULTS),
            "ranking_options": RANKING,
        },
        needed=("vector_store_ids",),
    )


def _web_search() -> Check:
    domains = fields(
        {"allowed_domains": each(_SOME, of="domains"), "blocked_domains": each(_SOME, of="domains")}
    )
    place = fields(
        {"type": one_of("approximate"), **dict.fromkeys(("city", "country", "region", "timezone"), text())}
    )
    return fields(
        {
            "filters": domains,
            "external_web_access": switch,
            "search_context_size": one_of(*CONTEXT_SIZES),
            "user_location": place,
        }
    )


def _mcp(value: Json, path: str) -> Json:
    checked = _MCP_FIELDS(value, path)
    if not any(checked.get(name) for name in _MCP_PLACES):
        raise Unfit(f"{path}.server_url", f"must be given, or one of {' and '.join(_MCP_PLACES[1:])}")
    return checked


_MCP_PLACES: Final = ("server_url", "connector_id", "tunnel_id")


def _approval(value: Json, path: str) -> Json:
    return fields({})(value, path) if isinstance(value, dict) else one_of("always", "never")(value, path)


def _allowed(value: Json, path: str) -> Json:
    return fields({})(value, path) if isinstance(value, dict) else each(_SOME, of="tool names")(value, path)


_MCP_FIELDS: Final = fields(
    {
        "server_label": _SOME,
        **dict.fromkeys((*_MCP_PLACES, "authorization", "server_description"), _SOME),
        "headers": pairs(100, 1_000, 100_000),
        "allowed_tools": _allowed,
        "require_approval": _approval,
    },
    needed=("server_label",),
)


def _container(value: Json, path: str) -> Json:
    return _SOME(value, path) if isinstance(value, str) else by_type({"auto": fields({})})(value, path)


def _tools(value: Json, path: str) -> Json:
    """The tools of a namespace are tools as all others are."""
    return TOOLS(value, path)


_KINDS: Final[dict[str, Check]] = {
    "function": _function(),
    "file_search": _file_search(),
    **dict.fromkeys(
        ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"),
        _web_search(),
    ),
    "mcp": _mcp,
    "code_interpreter": fields({"container": _container}, needed=("container",)),
    "custom": fields({"name": NAME, "description": text(), "format": fields({})}, needed=("name",)),
    "namespace": fields({"name": _SOME, "tools": _tools}, needed=("name", "tools")),
    "image_generation": fields({"partial_images": whole(0, 3), "output_compression": whole(0, 100)}),
}

TOOL: Final[Check] = by_type(_KINDS, otherwise=anything)
TOOLS: Final[Check] = each(TOOL, of="tools")

_NAMED_BY: Final = {"function": "name", "custom": "name", "mcp": "server_label"}
_NAMED: Final = fields({"name": NAME}, needed=("name",))
_CHOICES: Final[dict[str, Check]] = {
    "function": _NAMED,
    "custom": _NAMED,
    "mcp": fields({"server_label": _SOME, "name": text()}, needed=("server_label",)),
    "allowed_tools": fields(
        {
            "mode": one_of("auto", "required"),
            "tools": each(by_type({}, otherwise=anything), least=1, of="tools"),
        },
        needed=("mode", "tools"),
    ),
}


def tool_choice(value: Json, path: str) -> Json:
    """none, auto or required, or an object that names one tool or the allowed ones."""
    if isinstance(value, dict):
        return by_type(_CHOICES, otherwise=anything)(value, path)
    if value not in MODES:
        raise Unfit(path, f"must be one of {', '.join(MODES)}, or an object that names a tool")
    return value


def choice_of(tool: JsonObject) -> JsonObject:
    """The object that makes a tool the one to be called."""
    kind = tool.get("type")
    field = _NAMED_BY.get(str(kind))
    return {"type": kind, field: tool.get(field)} if field else {"type": kind}


def words_for_choice(choice: Json) -> str:
    """A choice in a few words: "call get_weather", "allow get_weather, web search"."""
    if not isinstance(choice, dict):
        return str(choice)
    if choice.get("type") == "allowed_tools":
        return f"allow {', '.join(map(words_for_tool, objects_of(choice.get('tools'))))}"
    return f"call {words_for_tool(choice)}"


def words_for_tool(tool: Json) -> str:
    """A tool in a few words: "get_weather", "web search"."""
    for name in ("name", "server_label"):
        if isinstance(tool.get(name), str) and tool[name]:
            return str(tool[name])
    return str(tool.get("type", "")).replace("_", " ")
