"""The endpoints under /v1/models: the generators of this engine."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.context import engine_of
from chatapp.engine.errors import ApiError, not_found
from chatapp.engine.generation.port import Generator
from chatapp.protocol.json_types import JsonObject

_RELEASED = 1_790_000_000
"""`created` of the built-in generator, Unix seconds: the wire wants a number that stays the same."""


def no_such_model(model: str) -> ApiError:
    return not_found(f"The model '{model}' does not exist", "model", "model_not_found")


async def listing(request: Request) -> Response:
    """GET /v1/models."""
    generators = await engine_of(request).generators.all()
    return JSONResponse({"object": "list", "data": [_object(one) for one in generators]})


async def retrieve(request: Request) -> Response:
    """GET /v1/models/{model}."""
    model = request.path_params["model"]
    if not model:
        raise HTTPException(404)
    generator = await engine_of(request).generators.find(model)
    if generator is None:
        raise no_such_model(model)
    return JSONResponse(_object(generator))


def _object(generator: Generator) -> JsonObject:
    return {"id": generator.id, "object": "model", "created": _RELEASED, "owned_by": generator.owner}
