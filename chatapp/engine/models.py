"""The endpoints under /v1/models: the generators of this engine, and what makes vectors where that is installed."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.context import engine_of
from chatapp.engine.errors import ApiError, not_found
from chatapp.engine.retrieval.embedding import MODEL
from chatapp.protocol.json_types import JsonObject

_RELEASED = 1_790_000_000
"""`created` of every model, Unix seconds: the wire wants a number that stays the same."""


def no_such_model(model: str) -> ApiError:
    return not_found(f"The model '{model}' does not exist", "model", "model_not_found")


async def listing(request: Request) -> Response:
    """GET /v1/models."""
    engine = engine_of(request)
    there = [_object(one.id, one.owner) for one in await engine.generators.all()]
    return JSONResponse({"object": "list", "data": [*there, *([EMBEDS] if engine.embedding else [])]})


async def retrieve(request: Request) -> Response:
    """GET /v1/models/{model}."""
    model = request.path_params["model"]
    if not model:
        raise HTTPException(404)
    engine = engine_of(request)
    if model == MODEL and engine.embedding:
        return JSONResponse(EMBEDS)
    generator = await engine.generators.find(model)
    if generator is None:
        raise no_such_model(model)
    return JSONResponse(_object(generator.id, generator.owner))


def _object(model: str, owner: str) -> JsonObject:
    return {"id": model, "object": "model", "created": _RELEASED, "owned_by": owner}


EMBEDS = _object(MODEL, "sentence-transformers")
