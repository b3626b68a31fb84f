"""Bodies of requests and answers: JSON both ways, and unpacking within bounds. Pure; `http` moves the bytes."""

import json
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus

from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.json_types import Json, JsonObject, is_deeper_than, without_lone_surrogates
from chatapp.services.ports import ServerFailure

DEEPEST = 100
"""Levels of nested JSON; the deepest recorded event has 11. What Python's parser takes, its encoder may refuse to
write again from a deeper place in the program."""
INFLATED_PIECE = 1 << 16
"""Bytes a compressed chunk is unpacked into at a time."""

NOWHERE = "Unexpected endpoint or method"
"""How LM Studio's words for it begin."""


def json_bytes(value: JsonObject | None) -> bytes | None:
    """The body of a JSON request. Half a surrogate pair, which no encoding carries, goes as "?"."""
    return None if value is None else json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def parse_json(body: bytes) -> Json:
    """The JSON of a body; {} for an empty one. Raises ServerFailure("malformed")."""
    try:
        value = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        raise ServerFailure("malformed", ApiError("The server's answer is not JSON.")) from None
    if is_deeper_than(value, DEEPEST):
        raise ServerFailure("malformed", ApiError("The server's answer is nested too deeply."))
    has_surrogates = b"\\ud" in body or b"\\uD" in body
    return without_lone_surrogates(value) if has_surrogates else value


def object_or_fail(value: Json) -> JsonObject:
    """Raises ServerFailure("malformed") for JSON that is not an object."""
    if not isinstance(value, dict):
        raise ServerFailure("malformed", ApiError("The server's answer is not a JSON object."))
    return value


def value_or_fail(value: Json) -> Json:
    """The body of an answer that means what its status says. Raises ServerFailure("refused") for an error under a
    status of success: LM Studio sends one from every address that it does not have."""
    if not isinstance(value, dict) or not value.get("error") or {"id", "object", "data"} & value.keys():
        return value
    error = parse_error(value)
    is_nowhere = error.message.startswith(NOWHERE)
    raise ServerFailure("refused", error, HTTPStatus.NOT_FOUND if is_nowhere else None)


def _inflater() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


def unpacker(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    """How to read chunks of a body; no piece it gives is empty.

    "identity" is asked for; gzip and deflate come all the same from some.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return lambda chunk: iter((chunk,) if chunk else ())
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ServerFailure(
            "malformed", ApiError(f"The server sends its answer packed as {encoding[:40]!r}.")
        )
    inflater = _inflater()

    def unpack(chunk: bytes) -> Iterator[bytes]:
        nonlocal inflater
        is_full = False
        while chunk or is_full:
            if inflater.eof:
                inflater = _inflater()
            try:
                piece = inflater.decompress(chunk, INFLATED_PIECE)
            except zlib.error:
                raise ServerFailure("malformed", ApiError("The server's packed answer is damaged.")) from None
            if piece:
                yield piece
            # Behind the end of one packing another may follow.
            chunk = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            # A full piece may have more behind it although every packed byte was taken.
            is_full = len(piece) == INFLATED_PIECE and not inflater.eof

    return unpack
