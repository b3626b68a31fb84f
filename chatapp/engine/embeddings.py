"""POST /v1/embeddings: texts as vectors, by the model that reads the chunks where the extra `semantic` is installed."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from chatapp.engine.bodies import CLIENT_GONE, read_object
from chatapp.engine.checks import fields, integer, one_of, text, wrong_type
from chatapp.engine.context import Engine, engine_of
from chatapp.engine.embedding_work import EmbeddingWork
from chatapp.engine.errors import ApiError, invalid, not_found, unsupported
from chatapp.engine.event_stream import hung_up
from chatapp.engine.models import no_such_model
from chatapp.engine.retrieval.embedding import DIMENSIONS, MODEL

if TYPE_CHECKING:
    from chatapp.engine.retrieval.embedding import Matrix

MOST_INPUTS = 2_048
LONGEST_INPUT = 8_192
MOST_TOKENS = 300_000
"""Texts of a request, tokens of one text and of all: the limits of api.openai.com."""
LONGEST_WORDS = 400_000
"""Characters of one text: even of long words that is more than it may have tokens."""
NOT_INSTALLED = (
    "This engine makes no vectors: the extra 'semantic' is not installed. Install it with"
    " `pip install chatapp[semantic]` and start the engine again."
)
NO_TOKEN_LISTS = "This server takes texts, not lists of token numbers: it cannot know whose numbers they are."


def _input(value: Any, param: str) -> list[str]:
    """One text or several, none of them empty. Raises ApiError 400."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list):
        raise wrong_type(value, "a string or an array of strings", param)
    if any(isinstance(one, int | list) for one in texts):
        raise unsupported(NO_TOKEN_LISTS, param)
    if not 1 <= len(texts) <= MOST_INPUTS:
        message = f"Invalid '{param}': expected an array of 1 to {MOST_INPUTS} items, but got {len(texts)}."
        raise invalid(message, param, "invalid_array_length")
    for at, one in enumerate(texts):
        name = param if isinstance(value, str) else f"{param}[{at}]"
        if not text(LONGEST_WORDS)(one, name):
            raise invalid(f"Invalid '{name}': input cannot be an empty string.", name, "empty_string")
    return texts


_BODY = fields(
    {
        "model": (text(), None),
        "input": (_input, None),
        "encoding_format": (one_of("float", "base64"), "float"),
        "dimensions": (integer(1), None),
        "user": (text(), None),
    },
    required=("model", "input"),
)


async def create(request: Request) -> Response:
    """POST /v1/embeddings."""
    engine = engine_of(request)
    asked = _BODY(await read_object(request), "")
    work = await _model(engine, asked["model"])
    if asked["dimensions"] not in (None, DIMENSIONS):
        message = f"The model '{MODEL}' has {DIMENSIONS} dimensions and does not support specifying others."
        raise unsupported(message, "dimensions")
    body = await engine.running_work.until(hung_up(request.receive), _answer(work, asked))
    return Response(body, media_type="application/json") if body else Response(status_code=CLIENT_GONE)


async def _model(engine: Engine, model: str) -> EmbeddingWork:
    """What makes the vectors of that model. Raises ApiError 403 or 404."""
    if model != MODEL:
        if await engine.generators.find(model) is None:
            raise no_such_model(model)
        message = f"The model '{model}' answers and makes no vectors. Ask '{MODEL}' for them."
        raise ApiError(403, message, param="model", code="unsupported_model")
    if engine.embedding is None:
        raise not_found(NOT_INSTALLED, "model", "model_not_found")
    return engine.embedding


async def _answer(work: EmbeddingWork, asked: dict[str, Any]) -> bytes:
    texts = asked["input"]
    tokens = await work.count(texts)
    _check_tokens(tokens)
    vectors = await work.vectors(texts)
    return await asyncio.to_thread(_written, vectors, sum(tokens), asked["encoding_format"])


def _check_tokens(tokens: Sequence[int]) -> None:
    """Raises ApiError 400."""
    for at, count in enumerate(tokens):
        if count > LONGEST_INPUT:
            message = (
                f"This model's maximum input length is {LONGEST_INPUT} tokens, however input {at} has {count}."
                " Reduce its length."
            )
            raise invalid(message, "input", "context_length_exceeded")
    if sum(tokens) > MOST_TOKENS:
        message = (
            f"A request takes {MOST_TOKENS} tokens at most over all inputs, however these have {sum(tokens)}."
        )
        raise invalid(message, "input", "max_tokens_per_request")


def _written(vectors: "Sequence[Matrix]", tokens: int, encoding: str) -> bytes:
    """The body of the answer: up to fifteen megabytes."""
    written = {"float": lambda vector: vector.tolist(), "base64": _base64}[encoding]
    data = [
        {"object": "embedding", "index": at, "embedding": written(vector)}
        for at, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json.dumps({"object": "list", "data": data, "model": MODEL, "usage": usage}).encode()


def _base64(vector: "Matrix") -> str:
    """Its numbers one after the other, four bytes each, the lowest first."""
    return b64encode(vector.astype("<f4").tobytes()).decode("ascii")
