"""One row a parameter: the panel, the request, the record of what was in force and `ask --set` all read this table.

A parameter the user did not set is not sent. Ranges and defaults are those of the API reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from chatapp.protocol.json_types import Json, JsonObject

Control = Literal["model", "choice", "slider", "integer", "text", "multiline", "switch", "stores", "pairs"]


class InvalidParameter(ValueError):
    """`name` is the parameter, the message says what is wrong and what would be right."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` is its dotted path in the request ("reasoning.effort"); `default` what a server assumes when it is
    not sent, in words; `low`, `high`, `step` bound numbers; `choices` lists the documented values (others are
    allowed when `open_choice`)."""

    name: str
    label: str
    group: str
    control: Control
    explanation: str
    default: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    open_choice: bool = False


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "model", "Model", "Model", "model", "The model that answers.", "the server's first", open_choice=True
    ),
    Parameter(
        "reasoning.effort",
        "Reasoning effort",
        "Model",
        "choice",
        "How long a reasoning model thinks before it answers.",
        "the model's own",
        choices=EFFORTS,
        open_choice=True,
    ),
    Parameter(
        "text.verbosity",
        "Verbosity",
        "Model",
        "choice",
        "How long the answer should be.",
        "medium",
        choices=("low", "medium", "high"),
    ),
    Parameter(
        "temperature",
        "Temperature",
        "Sampling",
        "slider",
        "Higher is more varied, lower more predictable. Many reasoning models refuse it.",
        "1",
        0,
        2,
        0.05,
    ),
    Parameter(
        "top_p",
        "Top p",
        "Sampling",
        "slider",
        "Samples only from the most likely tokens that make up this share. Change this or temperature, not both.",
        "1",
        0,
        1,
        0.05,
    ),
    Parameter(
        "max_output_tokens",
        "Max output tokens",
        "Sampling",
        "integer",
        "A cap on the answer, reasoning included. An answer that reaches it is incomplete.",
        "no cap",
        16,
        1_000_000,
        1,
    ),
    Parameter(
        "instructions",
        "Instructions",
        "Instructions",
        "multiline",
        "A system message, sent with every turn; servers do not carry it over from the turn before.",
        "none",
    ),
    Parameter(
        "vector_stores",
        "Vector stores",
        "File search",
        "stores",
        "The libraries the model may search. None means no file search.",
        "none",
    ),
    Parameter(
        "max_num_results",
        "Max results",
        "File search",
        "slider",
        "How many passages a search may return.",
        "20",
        1,
        50,
        1,
    ),
    Parameter(
        "store",
        "Store",
        "Server",
        "switch",
        "Whether the server keeps the answer, so that the next turn can refer to it by id.",
        "on",
    ),
    Parameter(
        "truncation",
        "Truncation",
        "Server",
        "choice",
        "What happens when the conversation is too long: auto drops the oldest turns, disabled refuses.",
        "disabled",
        choices=("disabled", "auto"),
    ),
    Parameter(
        "service_tier",
        "Service tier",
        "Server",
        "choice",
        "The speed and price class the request asks for.",
        "auto",
        choices=TIERS,
    ),
    Parameter(
        "metadata",
        "Metadata",
        "Server",
        "pairs",
        "Up to 16 pairs kept with the answer: keys to 64 characters, values to 512.",
        "none",
    ),
)
BY_NAME: Mapping[str, Parameter] = {row.name: row for row in PARAMETERS}


def validate(name: str, value: Json) -> Json:
    """The value in its JSON type, ready to be stored. Raises InvalidParameter."""
    row = BY_NAME.get(name)
    if row is None:
        raise InvalidParameter(name, f"There is no parameter called {name}.")
    return _CHECKS[row.control](row, value)


def in_force(response: JsonObject, name: str) -> Json:
    """What the server says it used for a parameter, from its echo in the response; None when it does not say."""
    if name in ("vector_stores", "max_num_results"):
        field = "vector_store_ids" if name == "vector_stores" else name
        tools = response.get("tools")
        searches = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        return next((tool.get(field) for tool in searches if tool.get("type") == "file_search"), None)
    value: Json = response
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _number(row: Parameter, value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InvalidParameter(row.name, f"{row.label} must be a number.")
    assert row.low is not None and row.high is not None
    if not row.low <= value <= row.high:
        raise InvalidParameter(row.name, f"{row.label} must be between {row.low:g} and {row.high:g}.")
    return _whole(row, value) if row.step == 1 else value


def _whole(row: Parameter, value: float) -> int:
    if value != int(value):
        raise InvalidParameter(row.name, f"{row.label} must be a whole number.")
    return int(value)


def _text(row: Parameter, value: Json) -> Json:
    if not isinstance(value, str):
        raise InvalidParameter(row.name, f"{row.label} must be text.")
    return value


def _choice(row: Parameter, value: Json) -> Json:
    if not isinstance(value, str) or not (value in row.choices or (row.open_choice and value.strip())):
        raise InvalidParameter(row.name, f"{row.label} must be one of {', '.join(row.choices)}.")
    return value


def _model(row: Parameter, value: Json) -> Json:
    if not isinstance(value, str) or not value.strip():
        raise InvalidParameter(row.name, f"{row.label} must be the name of a model.")
    return value.strip()


def _switch(row: Parameter, value: Json) -> Json:
    if not isinstance(value, bool):
        raise InvalidParameter(row.name, f"{row.label} must be true or false.")
    return value


def _stores(row: Parameter, value: Json) -> Json:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise InvalidParameter(row.name, f"{row.label} must be a list of vector store ids.")
    return list(value)


def _pairs(row: Parameter, value: Json) -> Json:
    if not isinstance(value, dict) or len(value) > 16:
        raise InvalidParameter(row.name, f"{row.label} must be at most 16 pairs.")
    for key, text in value.items():
        if not isinstance(key, str) or not 0 < len(key) <= 64:
            raise InvalidParameter(
                row.name, f"A key of {row.label.lower()} has 1 to 64 characters: {key!r} has not."
            )
        if not isinstance(text, str) or len(text) > 512:
            raise InvalidParameter(row.name, f"The value of {key!r} must be text of at most 512 characters.")
    return dict(value)


_CHECKS = {
    "model": _model, "choice": _choice, "slider": _number, "integer": _number, "text": _text, "multiline": _text,
    "switch": _switch, "stores": _stores, "pairs": _pairs,
}  # fmt: skip
