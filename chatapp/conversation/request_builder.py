"""From a path of turns and the user's parameters to the body of POST /responses.

The parent's id is sent where the server holds the parent; else the path is replayed as items. The two are never
mixed: what follows a parent id is only what the server has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.calls import answered_calls
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, objects_of

SEARCH_RESULTS = "file_search_call.results"
_TOOL_PARAMETERS = ("vector_stores", "max_num_results")
_REPLAYED_CALLS = {
    "function_call": ("type", "call_id", "name", "namespace", "arguments"),
    "function_call_output": ("type", "call_id", "output"),
    "custom_tool_call": ("type", "call_id", "name", "input"),
    "custom_tool_call_output": ("type", "call_id", "output"),
    "mcp_approval_request": ("type", "id", "server_label", "name", "arguments"),
}


@dataclass(frozen=True, slots=True)
class Built:
    """`request` is the body; `replayed` how many earlier turns it carries as items; `linked` the parent turn's id."""

    request: JsonObject
    replayed: int
    linked: str | None


def user_message(text: str) -> JsonObject:
    """The user's words as an input item."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def build_request(
    path: Sequence[Turn],
    new_input: Sequence[JsonObject],
    parameters: JsonObject,
    server: str,
    holds_parent: bool,
    default_model: str = "",
) -> Built:
    """The request for a turn that follows `path` (root first).

    `holds_parent` says whether `server` keeps responses; parameters are named as in `parameters.PARAMETERS`, and
    any other dotted name is sent as it is.
    """
    linked = _last_link(path, server) if holds_parent else None
    replayed = path[linked + 1 :] if linked is not None else path
    items = answered_calls([*(item for turn in replayed for item in _replay(turn)), *new_input])
    request: JsonObject = {}
    if default_model:
        request["model"] = default_model
    request["input"] = items
    if linked is not None:
        request["previous_response_id"] = path[linked].response_id
    _set_parameters(request, parameters)
    request["stream"] = True
    return Built(request, len(replayed), path[linked].id if linked is not None else None)


def _last_link(path: Sequence[Turn], server: str) -> int | None:
    """The newest turn whose response the server can continue from: ended by itself, stored, and its own."""
    for place in range(len(path) - 1, -1, -1):
        turn = path[place]
        finished = turn.answer.status in (Status.COMPLETED, Status.INCOMPLETE)
        if finished and turn.server == server and turn.response_id and turn.request.get("store") is not False:
            return place
    return None


def _replay(turn: Turn) -> list[JsonObject]:
    return [_without_id(item) for item in turn.input] + replayed_output(turn.answer)


def _without_id(item: JsonObject) -> JsonObject:
    return {name: value for name, value in item.items() if name not in ("id", "status")}


def replayed_output(answer: Answer) -> list[JsonObject]:
    """An answer's items as input: messages and calls without ids. Searches and reasoning stay out: their
    substance is in the text, and servers refuse them without the ids that only they know."""
    items: list[JsonObject] = []
    for item in answer.items:
        if item.type == "message":
            content = [_content(part.kind, part.text) for part in item.parts if part.text]
            if content:
                phase = {"phase": item.raw["phase"]} if item.raw.get("phase") else {}
                items.append({"type": "message", "role": "assistant", "content": content, **phase})
        elif item.type in _REPLAYED_CALLS and item.stage == "completed":
            items.append({name: item.raw[name] for name in _REPLAYED_CALLS[item.type] if name in item.raw})
    return items


def _content(kind: str, text: str) -> JsonObject:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": []}


def _set_parameters(request: JsonObject, parameters: JsonObject) -> None:
    for name, value in parameters.items():
        if name not in _TOOL_PARAMETERS:
            _set(request, name.split("."), value)
    stores = parameters.get("vector_stores")
    if not stores:
        return
    tool: JsonObject = {"type": "file_search", "vector_store_ids": list(stores)}
    if parameters.get("max_num_results") is not None:
        tool["max_num_results"] = parameters["max_num_results"]
    request["tools"] = [*objects_of(request.get("tools")), tool]
    include = request.get("include")
    asked = include if isinstance(include, list) else []
    request["include"] = asked if SEARCH_RESULTS in asked else [*asked, SEARCH_RESULTS]


def _set(target: JsonObject, steps: list[str], value: Json) -> None:
    for step in steps[:-1]:
        inner = target.get(step)
        target[step] = dict(inner) if isinstance(inner, dict) else {}
        target = target[step]
    target[steps[-1]] = value
