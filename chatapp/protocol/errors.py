"""What a server says when it refuses: one shape for the four ways they write it."""

from dataclasses import dataclass

from chatapp.protocol.json_types import Json, JsonObject, object_of, optional_text


@dataclass(frozen=True, slots=True)
class ApiError:
    """`message` is never empty. `code` is text although some servers send a number. `headers` may carry limits."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def parse_error(value: Json) -> ApiError:
    """Reads `{error: {…}}`, a flat `{code, message, param}`, `{detail: …}`, or plain text."""
    if not isinstance(value, dict):
        return ApiError(str(value) if value else "The server gave no reason.")
    inner = value.get("error")
    body: JsonObject = inner if isinstance(inner, dict) else value
    message = optional_text(body.get("message")) or optional_text(inner) or _detail(value.get("detail"))
    code = body.get("code")
    kind = optional_text(body.get("type"))
    headers = object_of(body.get("headers"))
    return ApiError(
        message=message or "The server gave no reason.",
        type=None if kind == "error" else kind,
        code=str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None,
        param=optional_text(body.get("param")),
        headers=tuple((str(name).lower(), str(text)) for name, text in headers.items()),
    )


def _detail(value: Json) -> str | None:
    """FastAPI's way: a text, or a list of `{loc, msg}`."""
    if isinstance(value, list):
        parts = [entry.get("msg") for entry in value if isinstance(entry, dict)]
        return "; ".join(part for part in parts if isinstance(part, str)) or None
    return optional_text(value)
