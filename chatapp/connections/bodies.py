"""Bodies of requests and answers: JSON both ways, and unpacking within bounds. Pure; `http` moves the bytes."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator

from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.services.ports import ServerFailure

DEEPEST = 100
"""Levels of nested JSON. The deepest recorded event has 11."""
INFLATED_PIECE = 1 << 16
"""Bytes a compressed chunk is unpacked into at a time."""


def json_bytes(value: JsonObject | None) -> bytes | None:
    """The body of a JSON request. Half a surrogate pair, which no encoding carries, goes as "?"."""
    return None if value is None else json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def parse_json(body: bytes) -> Json:
    """The JSON of a body; {} for an empty one. Raises ServerFailure("malformed")."""
    try:
        value = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        raise ServerFailure("malformed", ApiError("The server's answer is not JSON.")) from None
    if is_too_deep(value):
        raise ServerFailure("malformed", ApiError("The server's answer is nested too deeply."))
    return value


def is_too_deep(value: Json) -> bool:
    """Whether objects and lists are nested more than DEEPEST levels.

    What Python's parser takes, its encoder may refuse to write again from a deeper place in the program.
    """
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def object_or_fail(value: Json) -> JsonObject:
    """Raises ServerFailure("malformed") for JSON that is not an object."""
    if not isinstance(value, dict):
        raise ServerFailure("malformed", ApiError("The server's answer is not a JSON object."))
    return value


def unpacker(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    """How to read chunks of a body; no piece it gives is empty.

    "identity" is asked for; gzip and deflate come all the same from some.
    """
    if encoding in ("", "identity"):
        return lambda chunk: iter((chunk,) if chunk else ())
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ServerFailure(
            "malformed", ApiError(f"The server sends its answer packed as {encoding[:40]!r}.")
        )
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def unpack(chunk: bytes) -> Iterator[bytes]:
        is_full = False
        while chunk or is_full:
            try:
                piece = inflater.decompress(chunk, INFLATED_PIECE)
            except zlib.error:
                raise ServerFailure("malformed", ApiError("The server's packed answer is damaged.")) from None
            if piece:
                yield piece
            chunk = inflater.unconsumed_tail
            # A full piece may have more behind it although every packed byte was taken.
            is_full = len(piece) == INFLATED_PIECE

    return unpack
