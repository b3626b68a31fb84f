"""What was said before a request: the answers it follows, or its conversation, and the items it refers to."""

from collections.abc import Mapping

from chatapp.engine.context import Engine
from chatapp.engine.errors import invalid
from chatapp.engine.input_items import REFERENCE
from chatapp.engine.response_log import LONGEST_CHAIN, UNFINISHED
from chatapp.protocol.json_types import JsonObject

PARAM = "previous_response_id"
NOT_FOUND = "previous_response_not_found"
Recent = Mapping[str, list[JsonObject]]
"""All that was said up to and in the responses that only a connection knows, by their ids."""


async def said_before(engine: Engine, parameters: JsonObject, recent: Recent) -> list[JsonObject]:
    """The items that stand before the input of a request, in order. Raises ApiError 400 or 404."""
    if parameters["conversation"]:
        await engine.conversations.get(parameters["conversation"], "conversation")
        return await engine.conversations.items(parameters["conversation"])
    previous = parameters[PARAM]
    if previous is None:
        return []
    if previous in recent:
        return recent[previous]
    turns = await engine.log.chain(previous)
    if not turns:
        raise invalid(f"Previous response with id '{previous}' not found.", PARAM, NOT_FOUND)
    missing = turns[0].body[PARAM]
    if missing and len(turns) < LONGEST_CHAIN:
        words = f"Response '{turns[0].body['id']}' follows '{missing}', which is not kept here any more."
        raise invalid(f"{words} Send the conversation along.", PARAM, NOT_FOUND)
    if turns[-1].body["status"] in UNFINISHED:
        raise invalid(f"Previous response with id '{previous}' is still in progress.", PARAM, "invalid_value")
    return [item for turn in turns for item in (*turn.input_items, *turn.body["output"])]


async def resolved(
    engine: Engine, said: list[JsonObject], items: list[JsonObject], param: str = "input"
) -> list[JsonObject]:
    """The items with those in place that references stand for, wherever they were said. Raises ApiError 400."""
    if not any(item["type"] == REFERENCE for item in items):
        return items
    known = {item["id"]: item for item in said}
    found = []
    for at, item in enumerate(items):
        if item["type"] == REFERENCE:
            meant = known.get(item["id"]) or await engine.log.item(item["id"])
            if meant is None:
                raise invalid(
                    f"Item with id '{item['id']}' not found.", f"{param}[{at}].id", "item_not_found"
                )
            item = meant
        found.append(item)
    return found
