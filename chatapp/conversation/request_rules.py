"""What must hold of a whole request before it is sent: every row of the table, and rules between them."""

from collections.abc import Callable
from typing import Final

from chatapp.conversation.parameters import (
    BY_NAME,
    PARAMETERS,
    InvalidParameter,
    search_field,
    validate,
    value_at,
)
from chatapp.protocol.json_types import JsonObject

LOGPROBS: Final = "message.output_text.logprobs"
CHEAP_WINDOWS: Final = ("2h", "8h")
STANDARD_TIERS: Final = (None, "auto", "default")


def complete(request: JsonObject) -> None:
    """Adds what the parameters call for: a stream where it may be one, and logprobs where some are counted."""
    request.setdefault("stream", _window(request) not in CHEAP_WINDOWS)
    if request.get("top_logprobs") is not None:
        include(request, LOGPROBS)


def include(request: JsonObject, wanted: str) -> None:
    """Asks for something beside the text, once."""
    given = request.get("include")
    asked = given if isinstance(given, list) else []
    request["include"] = asked if wanted in asked else [*asked, wanted]


def check_parameters(parameters: JsonObject) -> None:
    """Checks each by its row; null is sent as null. Raises InvalidParameter."""
    for name, value in parameters.items():
        if name in BY_NAME and value is not None:
            validate(name, value)


def check_request(request: JsonObject) -> None:
    """Checks what the parameters came to, also those set below a row, and the rules between them. Raises
    InvalidParameter that names the field and what is wrong with it."""
    check_parameters(
        {row.name: value_at(request, row.name) for row in PARAMETERS if search_field(row.name) is None}
    )
    for path, need, is_broken in _RULES:
        if is_broken(request):
            raise InvalidParameter(_row_of(path), path, need)


def _row_of(path: str) -> str:
    return next((row.name for row in PARAMETERS if path == row.name or path.startswith(f"{row.name}.")), path)


def _window(request: JsonObject) -> object:
    return value_at(request, "background_options.completion_window")


_RULES: Final[tuple[tuple[str, str, Callable[[JsonObject], bool]], ...]] = (
    (
        "conversation",
        "cannot go with previous_response_id: both say what came before. Leave one of them out",
        lambda request: bool(request.get("conversation") and request.get("previous_response_id")),
    ),
    (
        "reasoning.generate_summary",
        "is the old name of reasoning.summary. Leave one of them out",
        lambda request: (
            None
            not in (value_at(request, "reasoning.summary"), value_at(request, "reasoning.generate_summary"))
        ),
    ),
    (
        "stream_options",
        "must be left out where stream is false",
        lambda request: bool(request.get("stream_options")) and request.get("stream") is False,
    ),
    (
        "background_options.completion_window",
        "of 2h or 8h needs background true",
        lambda request: _window(request) in CHEAP_WINDOWS and request.get("background") is not True,
    ),
    (
        "background_options.completion_window",
        "of 2h or 8h needs stream false",
        lambda request: _window(request) in CHEAP_WINDOWS and request.get("stream") is not False,
    ),
    (
        "background_options.completion_window",
        "of 2h or 8h needs the service tier auto or default",
        lambda request: (
            _window(request) in CHEAP_WINDOWS and request.get("service_tier") not in STANDARD_TIERS
        ),
    ),
)
