"""Answers that have to be JSON: schemas are looked at before a model is asked, and its answer afterwards.

Not every server behind us holds its model to a format, and none says whether it does. So what comes is checked, and an
answer that is not what was asked for ends as a failure, with its text kept.
"""

import asyncio
import json

from chatapp.engine.errors import invalid
from chatapp.engine.generation.port import JsonFormat
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.protocol.schemas import Uncheckable, mismatch, schema_fault


async def check_schemas(parameters: JsonObject) -> None:
    """Refuse what is no JSON schema among checked parameters: formats and functions. Raises ApiError 400."""
    wanted = parameters["text"]["format"]
    if wanted["type"] == "json_schema":
        await _check(wanted["schema"], "text.format.schema", "invalid_json_schema")
    for at, tool in enumerate(parameters["tools"]):
        if tool["type"] == "function" and tool["parameters"]:
            await _check(tool["parameters"], f"tools[{at}].parameters", "invalid_function_parameters")


async def _check(schema: JsonObject, param: str, code: str) -> None:
    fault = await asyncio.to_thread(schema_fault, schema)
    if fault is not None:
        path, why = fault
        raise invalid(f"Invalid schema: '{param}{path}' {why}.", param, code)


async def misfit(wanted: JsonFormat, text: str) -> str | None:
    """How a complete answer differs from the format that was asked for; None where it fits, or nobody can tell."""
    return await asyncio.to_thread(_misfit, wanted, text)


def _misfit(wanted: JsonFormat, text: str) -> str | None:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if wanted.schema is None:
        return None if isinstance(value, dict) else "it is no object"
    if not wanted.strict:
        return None
    try:
        return mismatch(dict(wanted.schema), value)
    except Uncheckable:
        return None
