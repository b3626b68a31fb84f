"""What a request was asked with, as parameters that can be set again: the way back from `request_builder`."""

from typing import Final

from chatapp.conversation.parameters import ONCE, PARAMETERS, InvalidParameter, in_force, validate
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.protocol.json_types import JsonObject

_OF_ONE_TURN: Final = ONCE | {"conversation"}
"""They say what goes before a turn, not how it is answered."""


def parameters_of(request: JsonObject) -> JsonObject:
    """By the names of the parameter table. What is sent without being set is left out, and so is what no control could
    hold."""
    found: JsonObject = {}
    for row in PARAMETERS:
        value = in_force(request, row.name)
        if value is None or value == [] or row.name in _OF_ONE_TURN:
            continue
        try:
            found[row.name] = validate(row.name, value)
        except InvalidParameter:
            continue
    return found if _include_without(found) != found.get("include") else _without_include(found)


def _include_without(parameters: JsonObject) -> object:
    """What would be asked for beside the text if nothing were said of it."""
    try:
        built = build_request((), (user_message(""),), _without_include(parameters), "", False)
    except InvalidParameter:
        return None
    return built.request.get("include")


def _without_include(parameters: JsonObject) -> JsonObject:
    return {name: value for name, value in parameters.items() if name != "include"}
