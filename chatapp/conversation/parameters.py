"""One row a parameter: the panel, the request, the record of what was in force and `ask --set` all read this table.

A parameter the user did not set is not sent. The rows stand in `parameter_table`; here their values are checked, and
read back from what a server echoes.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from chatapp.conversation.parameter_table import FOLDED, PARAMETERS, Control, Parameter
from chatapp.conversation.shapes import (
    Check,
    Unfit,
    each,
    fields,
    number,
    one_of,
    switch,
    text,
    whole,
)
from chatapp.protocol.json_types import Json, JsonObject, objects_of

__all__ = [
    "BY_NAME",
    "FOLDED",
    "OF_THE_SERVER",
    "ONCE",
    "PARAMETERS",
    "Control",
    "InvalidParameter",
    "Parameter",
    "agrees",
    "check_of",
    "in_force",
    "range_words",
    "search_field",
    "spread",
    "usable",
    "validate",
    "value_at",
]

BY_NAME: Final[Mapping[str, Parameter]] = {row.name: row for row in PARAMETERS}
OF_THE_SERVER: Final = tuple(row.name for row in PARAMETERS if row.of_server)
"""Parameters that name things of one server: each server has its own values of them."""
ONCE: Final = frozenset(row.name for row in PARAMETERS if row.once)
"""Parameters that hold for the next turn alone."""
_SEARCH_FIELDS: Final = {"vector_stores": "vector_store_ids", "max_num_results": "max_num_results"}
_FILE_SEARCH: Final = "file_search."


class InvalidParameter(ValueError):
    """`name` is the parameter's row, `path` the place of the fault in it, `need` what belongs there."""

    def __init__(self, name: str, path: str, need: str) -> None:
        super().__init__(f"{path} {need}.")
        self.name = name
        self.path = path
        self.need = need


def validate(name: str, value: Json) -> Json:
    """The value in its JSON type, ready to be stored. Raises InvalidParameter."""
    row = BY_NAME.get(name)
    if row is None:
        raise InvalidParameter(name, name, "is no parameter of the Responses API")
    try:
        return check_of(row)(value, name)
    except Unfit as problem:
        raise InvalidParameter(name, problem.path, problem.need) from problem


def usable(parameters: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """What others set, as far as it can be sent, and the names of the rest. null keeps a default from being sent."""
    fit: JsonObject = {}
    for name, value in parameters.items():
        with suppress(InvalidParameter):
            fit[name] = None if value is None and name in BY_NAME else validate(name, value)
    return fit, tuple(name for name in parameters if name not in fit)


def check_of(row: Parameter) -> Check:
    """What a row's values must look like; of an object, by its parts."""
    return row.check or _CHECKS[row.control](row)


def range_words(row: Parameter) -> str:
    """What values a row takes, in a sentence; "" where any will do or its control shows them."""
    unit = f" {row.unit}" if row.unit else ""
    if row.low is not None and row.high is not None:
        return f"From {row.low:g} to {row.high:g}{unit}."
    if row.low is not None:
        return f"At least {row.low:g}{unit}."
    return f"At most {row.longest} characters." if row.longest is not None else ""


def _object(row: Parameter) -> Check:
    return fields(
        {part.name: check_of(part) for part in row.parts}, [part.name for part in row.parts if part.needed]
    )


_CHECKS: Final[Mapping[Control, Callable[[Parameter], Check]]] = {
    "model": lambda row: text(1),
    "line": lambda row: text(1, row.longest),
    "multiline": lambda row: text(0, row.longest),
    "choice": lambda row: one_of(*row.choices, open_choice=row.open_choice),
    "checks": lambda row: each(one_of(*row.choices, open_choice=True), of="names"),
    "slider": lambda row: (whole if row.step == 1 else number)(row.low, row.high),
    "integer": lambda row: whole(row.low, row.high),
    "number": lambda row: number(row.low, row.high),
    "switch": lambda row: switch,
    "stores": lambda row: each(text(1), of="vector store ids"),
    "object": _object,
}


def spread(name: str, value: Json) -> JsonObject:
    """A setting by the rows of the table: the object `reasoning` is its `reasoning.effort` and `reasoning.summary`."""
    if (
        name in BY_NAME
        or not isinstance(value, dict)
        or not any(row.startswith(f"{name}.") for row in BY_NAME)
    ):
        return {name: value}
    return {f"{name}.{field}": entry for field, entry in value.items()}


def search_field(name: str) -> str | None:
    """Which field of the file_search tool a parameter is, None for those that are none."""
    return _SEARCH_FIELDS.get(name) or (
        name.removeprefix(_FILE_SEARCH) if name.startswith(_FILE_SEARCH) else None
    )


def in_force(response: JsonObject, name: str) -> Json:
    """What the server says it used for a parameter, from its echo in the response; None when it does not say."""
    tools = objects_of(response.get("tools"))
    if name == "tools":
        return [tool for tool in tools if tool.get("type") != "file_search"] if "tools" in response else None
    value: Json = response
    field = search_field(name)
    if field is not None:
        value = next((tool for tool in tools if tool.get("type") == "file_search"), None)
    return value_at(value, field or name)


def value_at(value: Json, path: str) -> Json:
    """What stands at a dotted path; None where nothing does."""
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def agrees(asked: Json, used: Json) -> bool:
    """Whether a server used what was asked for: an echo may say more, as it fills in defaults."""
    if isinstance(asked, dict) and isinstance(used, dict):
        return all(agrees(value, used.get(name)) for name, value in asked.items())
    if isinstance(asked, list) and isinstance(used, list):
        return len(asked) == len(used) and all(map(agrees, asked, used))
    if isinstance(asked, str) and isinstance(used, dict):
        return bool(asked == used.get("id"))
    return bool(asked == used)
