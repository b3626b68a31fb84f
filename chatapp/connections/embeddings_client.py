"""Texts as vectors, by one server. `services/ports` says what is due."""

from array import array
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from sys import byteorder

from chatapp.connections.bodies import object_or_fail
from chatapp.connections.http import Call, Http
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import objects_of, text_of
from chatapp.services.ports import QUIET, ServerFailure, Vector

NOT_AS_ASKED = ApiError("The server's vectors are not as they were asked for.")


class EmbeddingsClient:
    """Implements EmbeddingsServer over HTTP."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """POST /embeddings, with the numbers as bytes: a quarter of their length in digits."""
        body = {"model": model, "input": list(texts), "encoding_format": "base64"}
        answer = object_or_fail(await self._http.json(Call("POST", "/embeddings", json=body), QUIET))
        try:
            found = [_read(text_of(one.get("embedding"))) for one in objects_of(answer.get("data"))]
        except (Error, ValueError) as problem:
            raise ServerFailure("malformed", NOT_AS_ASKED) from problem
        if len(found) != len(texts) or len({len(vector) for vector in found}) > 1:
            raise ServerFailure("malformed", NOT_AS_ASKED)
        return found


def _read(encoded: str) -> Vector:
    """Raises Error, ValueError."""
    vector = array("f", b64decode(encoded, validate=True))
    if byteorder == "big":
        vector.byteswap()
    return vector
