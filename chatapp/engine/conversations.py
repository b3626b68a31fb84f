"""The endpoints under /v1/conversations: conversations and their items."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.bodies import read_object
from chatapp.engine.checks import anything, fields, list_of, metadata
from chatapp.engine.context import engine_of
from chatapp.engine.history import resolved
from chatapp.engine.input_items import checked_items
from chatapp.engine.paging import list_object, page_of, paging_of
from chatapp.engine.view import view_of
from chatapp.protocol.json_types import JsonObject

MOST_ITEMS = 20
"""Items that one request may add."""


def _items(value: Any, param: str) -> list[JsonObject]:
    return checked_items(list_of(anything, longest=MOST_ITEMS)(value, param), param, None)


_CREATE = fields({"metadata": (metadata, {}), "items": (_items, [])})
_UPDATE = fields({"metadata": (metadata, {})}, required=("metadata",))
_ADD = fields({"items": (_items, [])}, required=("items",))


async def create(request: Request) -> Response:
    """POST /v1/conversations."""
    engine = engine_of(request)
    given = _CREATE(await read_object(request), "")
    items = await resolved(engine, [], given["items"], "items")
    return JSONResponse(await engine.conversations.create(given["metadata"], items))


async def retrieve(request: Request) -> Response:
    """GET /v1/conversations/{id}."""
    return JSONResponse(await engine_of(request).conversations.get(_id(request)))


async def update(request: Request) -> Response:
    """POST /v1/conversations/{id}: the metadata is replaced."""
    given = _UPDATE(await read_object(request), "")
    return JSONResponse(await engine_of(request).conversations.update(_id(request), given["metadata"]))


async def delete(request: Request) -> Response:
    """DELETE /v1/conversations/{id}: its items go with it."""
    await engine_of(request).conversations.delete(_id(request))
    return JSONResponse({"id": _id(request), "object": "conversation.deleted", "deleted": True})


async def add_items(request: Request) -> Response:
    """POST /v1/conversations/{id}/items."""
    engine, view = engine_of(request), view_of(request.query_params)
    given = _ADD(await read_object(request), "")
    items = await resolved(engine, [], given["items"], "items")
    await engine.conversations.add(_id(request), items)
    return JSONResponse(list_object(view.items(items)))


async def list_items(request: Request) -> Response:
    """GET /v1/conversations/{id}/items."""
    paging, view = paging_of(request.query_params), view_of(request.query_params)
    items = await engine_of(request).conversations.items(_id(request))
    return JSONResponse(page_of(view.items(items), paging))


async def retrieve_item(request: Request) -> Response:
    """GET /v1/conversations/{id}/items/{item_id}."""
    view = view_of(request.query_params)
    item = await engine_of(request).conversations.item(_id(request), request.path_params["item_id"])
    return JSONResponse(view.item(item))


async def delete_item(request: Request) -> Response:
    """DELETE /v1/conversations/{id}/items/{item_id}: the conversation without it."""
    item_id = request.path_params["item_id"]
    return JSONResponse(await engine_of(request).conversations.delete_item(_id(request), item_id))


def _id(request: Request) -> str:
    identity: str = request.path_params["conversation_id"]
    return identity
