"""The parameters of POST /v1/responses: one row each, with its check and the default that is echoed.

A parameter is honoured, accepted without effect because it has none here (sampling for a generator that does
not sample, tiers, caching hints), or refused: by its row in REFUSED, or by what the generator cannot do.
"""

from collections.abc import Sequence
from typing import Any

from chatapp.engine.checks import (
    Check,
    any_object,
    anything,
    boolean,
    decimal,
    fields,
    identifier,
    integer,
    list_of,
    metadata,
    missing,
    one_of,
    text,
)
from chatapp.engine.errors import invalid, unsupported
from chatapp.engine.generation.port import Ability, Generator, JsonFormat, Wishes
from chatapp.engine.tools import Choice, checked_choice, checked_tools, refuse_uncallable
from chatapp.engine.view import View
from chatapp.protocol.include import INCLUDABLE
from chatapp.protocol.json_types import JsonObject

_FORMAT_NEEDS: dict[str, set[Ability]] = {
    "text": set(),
    "json_object": {Ability.JSON_OBJECT},
    "json_schema": {Ability.JSON_SCHEMA},
}


_FORMATS = {
    "text": fields({"type": (text(), None)}),
    "json_object": fields({"type": (text(), None)}),
    "json_schema": fields(
        {
            "type": (text(), None),
            "description": (text(), None),
            "name": (identifier, None),
            "schema": (any_object, None),
            "strict": (boolean, True),
        },
        required=("name", "schema"),
    ),
}


def _text_format(value: Any, param: str) -> JsonObject:
    kind = any_object(value, param).get("type")
    if kind is None:
        raise missing(f"{param}.type")
    return dict(_FORMATS[one_of(*_FORMATS)(kind, f"{param}.type")](value, param))


_PLAIN_FORMAT = {"type": "text"}
_TEXT = fields(
    {"format": (_text_format, _PLAIN_FORMAT), "verbosity": (one_of("low", "medium", "high"), "medium")}
)
_SUMMARY = one_of("auto", "concise", "detailed")
_REASONING_FIELDS = fields(
    {
        "effort": (one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"), None),
        "summary": (_SUMMARY, None),
        "generate_summary": (_SUMMARY, None),
        "context": (one_of("auto", "current_turn", "all_turns"), None),
        "mode": (text(), None),
    }
)


def _reasoning(value: Any, param: str) -> JsonObject:
    given = _REASONING_FIELDS(value, param)
    summary = given.pop("generate_summary")
    shown = {"effort": given.pop("effort"), "summary": given.pop("summary") or summary}
    return shown | {name: one for name, one in given.items() if one is not None}


def _conversation(value: Any, param: str) -> str:
    """The id, given as it is or in an object."""
    if isinstance(value, dict):
        return str(_NAMED(value, param)["id"])
    return str(text()(value, param))


_NAMED = fields({"id": (text(), None)}, required=("id",))

_CACHE = fields(
    {
        "mode": (one_of("implicit", "explicit"), None),
        "ttl": (one_of("30m", "12h"), None),
        "prewarm": (boolean, False),
        "comparison_response_id": (text(), None),
    }
)

_WINDOW = fields(
    {"completion_window": (one_of("soonest", "2h", "8h"), "soonest"), "continuation_id": (text(), None)}
)
_NO_WINDOW = "This server runs background responses as soon as it can, and knows no other window."


def _background_options(value: Any, param: str) -> JsonObject:
    given: JsonObject = _WINDOW(value, param)
    if given["completion_window"] != "soonest":
        raise unsupported(_NO_WINDOW, f"{param}.completion_window")
    if given["continuation_id"] is not None:
        raise unsupported("This server continues nothing.", f"{param}.continuation_id")
    return given


ECHOED: dict[str, tuple[Check, Any]] = {
    "background": (boolean, False),
    "frequency_penalty": (decimal(-2, 2), 0.0),
    "instructions": (text(), None),
    "max_output_tokens": (integer(16), None),
    "max_tool_calls": (integer(1), None),
    "model": (text(), None),
    "parallel_tool_calls": (boolean, True),
    "presence_penalty": (decimal(-2, 2), 0.0),
    "previous_response_id": (text(), None),
    "prompt_cache_key": (text(), None),
    "prompt_cache_retention": (one_of("in_memory", "in-memory", "24h"), None),
    "reasoning": (_reasoning, {"effort": None, "summary": None}),
    "safety_identifier": (text(128), None),
    "service_tier": (one_of("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"), "auto"),
    "store": (boolean, True),
    "temperature": (decimal(0, 2), 1.0),
    "text": (_TEXT, {"format": _PLAIN_FORMAT, "verbosity": "medium"}),
    "tool_choice": (anything, "auto"),
    "tools": (anything, []),
    "top_logprobs": (integer(0, 20), 0),
    "top_p": (decimal(0, 1), 1.0),
    "truncation": (one_of("auto", "disabled"), "disabled"),
    "user": (text(), None),
    "metadata": (metadata, {}),
}
"""In the order in which api.openai.com echoes them."""

NOT_ECHOED: dict[str, tuple[Check, Any]] = {
    "input": (anything, None),
    "include": (list_of(one_of(*INCLUDABLE)), []),
    "stream": (boolean, False),
    "stream_options": (fields({"include_obfuscation": (boolean, None)}), None),
    "context_management": (list_of(any_object), None),
    "prompt_cache_options": (_CACHE, {}),
    "image": (fields({"context_compression": (one_of("auto", "enabled", "disabled"), None)}), None),
    "background_options": (_background_options, None),
    "conversation": (_conversation, None),
    "prompt": (any_object, None),
    "seed": (integer(0, 2**31 - 1), None),
    "moderation": (any_object, None),
    "access_programs": (any_object, None),
}

REFUSED = {
    "context_management": "This server compacts nothing by itself. Use /v1/responses/compact.",
    "prompt": "This server has no prompt templates. Send 'input' and 'instructions'.",
    "moderation": "This server does not moderate.",
    "access_programs": "This server has no access programs.",
}

NO_LOGPROBS = "This server's generators give no log probabilities."
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")
_CHECKED = fields({**ECHOED, **NOT_ECHOED})


def checked_parameters(body: JsonObject, required: Sequence[str]) -> JsonObject:
    """Every parameter, checked and with its default where the request left it out. Raises ApiError 400.

    What depends on other things than the request (the model, ids, the input's items) is not checked here.
    """
    if body.get("previous_response_id") is not None and body.get("conversation") is not None:
        message = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Give one of them."
        )
        raise invalid(message, "conversation", "mutually_exclusive_parameters")
    checked: JsonObject = _CHECKED(body, "")
    for name in required:
        if checked[name] is None:
            raise missing(name)
    for name, message in REFUSED.items():
        if checked[name] is not None:
            raise unsupported(message, name)
    if checked["background"] and not checked["store"]:
        message = "Background responses are kept while they run and after, so 'store' must not be false."
        raise invalid(message, "store", "invalid_value")
    if checked["stream_options"] and not checked["stream"]:
        raise invalid(
            "'stream_options' is only allowed when 'stream' is true.", "stream_options", "invalid_value"
        )
    if body.get("top_logprobs"):
        raise unsupported(NO_LOGPROBS, "top_logprobs")
    if "message.output_text.logprobs" in checked["include"]:
        raise unsupported(NO_LOGPROBS, "include")
    return checked


def view_wanted(parameters: JsonObject) -> View:
    """What the client wants to see of the response."""
    options = parameters["stream_options"] or {}
    return View(frozenset(parameters["include"]), bool(options.get("include_obfuscation")))


def check_abilities(parameters: JsonObject, generator: Generator) -> None:
    """Refuse what the generator cannot do, and put the checked tools in place. Raises ApiError 400."""
    kind = parameters["text"]["format"]["type"]
    if not _FORMAT_NEEDS[kind] <= generator.abilities:
        raise unsupported(f"The model '{generator.id}' cannot answer in the format '{kind}'.", "text.format")
    if Ability.REPEATS not in generator.abilities:
        parameters["seed"] = None
    parameters["tools"] = checked_tools(parameters["tools"])
    refuse_uncallable(parameters["tools"], parameters["tool_choice"], generator)
    parameters["tool_choice"] = checked_choice(parameters["tool_choice"], parameters["tools"])


def wishes_of(parameters: JsonObject, given: JsonObject, choice: Choice) -> Wishes:
    """What checked parameters ask of a generator. `given` is the request as it came: a default is no wish."""
    wished = {name: given[name] for name in _SAMPLING if given.get(name) is not None}
    verbosity = parameters["text"]["verbosity"] if (given.get("text") or {}).get("verbosity") else None
    return Wishes(
        functions=choice.functions,
        must_call=choice.must_call,
        parallel_calls=parameters["parallel_tool_calls"],
        format=_format(parameters["text"]["format"]),
        max_tokens=parameters["max_output_tokens"],
        effort=parameters["reasoning"]["effort"],
        summary=parameters["reasoning"]["summary"],
        verbosity=verbosity,
        **wished,
    )


def _format(wanted: JsonObject) -> JsonFormat | None:
    match wanted["type"]:
        case "json_schema":
            return JsonFormat(wanted["schema"], wanted["name"], wanted["description"] or "", wanted["strict"])
        case "json_object":
            return JsonFormat()
    return None


def echo(parameters: JsonObject) -> JsonObject:
    """The parameters that stand in the response. `seed`, which is this server's own, only as a promise: what was asked
    for is repeated byte by byte."""
    shown = {name: parameters[name] for name in ECHOED}
    if parameters["conversation"]:
        shown["conversation"] = {"id": parameters["conversation"]}
    if cache := parameters["prompt_cache_options"]:
        applied = {"mode": cache["mode"] or "implicit", "ttl": cache["ttl"] or "30m"}
        shown["prompt_cache_options"] = applied | _given(cache, "comparison_response_id")
    if parameters["seed"] is not None:
        shown["seed"] = parameters["seed"]
    if parameters["image"]:
        # Whatever was asked for: images go to the model as they are.
        shown["image"] = {"context_compression": "disabled"}
    return shown


def _given(fields: JsonObject, name: str) -> JsonObject:
    return {} if fields[name] is None else {name: fields[name]}
