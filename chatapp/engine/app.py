"""The routes, and what becomes of errors."""

import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from chatapp.engine import (
    compaction,
    conversations,
    embeddings,
    file_batches,
    files,
    models,
    responses,
    socket_mode,
    store_files,
    uploads,
    vector_stores,
)
from chatapp.engine.bodies import CLIENT_GONE, ErrorResponse
from chatapp.engine.context import Engine
from chatapp.engine.errors import ApiError, disk_error, fault, generation_error
from chatapp.engine.generation.port import GenerationFailed
from chatapp.engine.guard import Guard

_STORE = "/v1/vector_stores/{store_id}"
_CONVERSATION = "/v1/conversations/{conversation_id}"
_ITEM = f"{_CONVERSATION}/items/{{item_id}}"
_STORE_FILE = f"{_STORE}/files/{{file_id}}"
_BATCH = f"{_STORE}/file_batches/{{batch_id}}"

ROUTES = [
    Route("/v1/responses", responses.create, methods=["POST"]),
    WebSocketRoute("/v1/responses", socket_mode.respond),
    Route("/v1/responses/input_tokens", responses.input_tokens, methods=["POST"]),
    Route("/v1/responses/compact", compaction.compact, methods=["POST"]),
    Route("/v1/responses/{response_id}", responses.retrieve, methods=["GET"]),
    Route("/v1/responses/{response_id}", responses.delete, methods=["DELETE"]),
    Route("/v1/responses/{response_id}/cancel", responses.cancel, methods=["POST"]),
    Route("/v1/responses/{response_id}/input_items", responses.input_items, methods=["GET"]),
    Route("/v1/conversations", conversations.create, methods=["POST"]),
    Route(_CONVERSATION, conversations.retrieve, methods=["GET"]),
    Route(_CONVERSATION, conversations.update, methods=["POST"]),
    Route(_CONVERSATION, conversations.delete, methods=["DELETE"]),
    Route(f"{_CONVERSATION}/items", conversations.add_items, methods=["POST"]),
    Route(f"{_CONVERSATION}/items", conversations.list_items, methods=["GET"]),
    Route(_ITEM, conversations.retrieve_item, methods=["GET"]),
    Route(_ITEM, conversations.delete_item, methods=["DELETE"]),
    Route("/v1/embeddings", embeddings.create, methods=["POST"]),
    Route("/v1/models", models.listing, methods=["GET"]),
    Route("/v1/models/{model:path}", models.retrieve, methods=["GET"]),
    Route("/v1/files", files.create, methods=["POST"]),
    Route("/v1/files", files.listing, methods=["GET"]),
    Route("/v1/files/{file_id}", files.retrieve, methods=["GET"]),
    Route("/v1/files/{file_id}", files.delete, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", files.content, methods=["GET"]),
    Route("/v1/uploads", uploads.create, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/parts", uploads.add_part, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/complete", uploads.complete, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/cancel", uploads.cancel, methods=["POST"]),
    Route("/v1/vector_stores", vector_stores.create, methods=["POST"]),
    Route("/v1/vector_stores", vector_stores.listing, methods=["GET"]),
    Route(_STORE, vector_stores.retrieve, methods=["GET"]),
    Route(_STORE, vector_stores.update, methods=["POST"]),
    Route(_STORE, vector_stores.delete, methods=["DELETE"]),
    Route(f"{_STORE}/search", vector_stores.search, methods=["POST"]),
    Route(f"{_STORE}/files", store_files.attach, methods=["POST"]),
    Route(f"{_STORE}/files", store_files.listing, methods=["GET"]),
    Route(_STORE_FILE, store_files.retrieve, methods=["GET"]),
    Route(_STORE_FILE, store_files.update, methods=["POST"]),
    Route(_STORE_FILE, store_files.detach, methods=["DELETE"]),
    Route(f"{_STORE_FILE}/content", store_files.content, methods=["GET"]),
    Route(f"{_STORE}/file_batches", file_batches.create, methods=["POST"]),
    Route(_BATCH, file_batches.retrieve, methods=["GET"]),
    Route(f"{_BATCH}/cancel", file_batches.cancel, methods=["POST"]),
    Route(f"{_BATCH}/files", file_batches.listing, methods=["GET"]),
]


def application(engine: Engine, token: str, port: int) -> Guard:
    """The ASGI application for an engine, behind its guard."""
    app = Starlette(
        routes=ROUTES,
        exception_handlers={
            ApiError: _refused,
            HTTPException: _no_route,
            GenerationFailed: _generator_failed,
            OSError: _disk_failed,
            sqlite3.Error: _disk_failed,
            ClientDisconnect: _gone,
            Exception: _crashed,
        },
    )
    app.router.redirect_slashes = False
    app.state.engine = engine
    return Guard(app, token, port)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return ErrorResponse(error)


def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    wording = {
        404: f"Unknown request URL: {request.method} {request.url.path}.",
        405: f"Not allowed to {request.method} on {request.url.path}.",
    }
    code = {404: "unknown_url", 405: "method_not_allowed"}.get(error.status_code)
    refusal = ApiError(error.status_code, wording.get(error.status_code, str(error.detail)), code=code)
    response = ErrorResponse(refusal)
    response.headers.update(error.headers or {})
    return response


def _generator_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, GenerationFailed)
    return ErrorResponse(generation_error(error))


def _disk_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError | sqlite3.Error)
    return ErrorResponse(disk_error(error))


def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


def _crashed(request: Request, error: Exception) -> Response:
    return ErrorResponse(fault(error, f"{request.method} {request.url.path}"))
