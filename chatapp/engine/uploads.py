"""The endpoints under /v1/uploads: a large file sent in parts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.bodies import read_object
from chatapp.engine.checks import Check, fields, integer, list_of, one_of, text
from chatapp.engine.context import engine_of
from chatapp.engine.disk_room import check_room
from chatapp.engine.errors import invalid
from chatapp.engine.files import LONGEST_LIFE_S, PURPOSES, SHORTEST_LIFE_S
from chatapp.engine.forms import plain_filename, receive
from chatapp.engine.ids import new_id
from chatapp.engine.upload_shelf import LARGEST_UPLOAD, MOST_PARTS

LARGEST_PART = 64 * 2**20
_EXPIRY = fields(
    {
        "anchor": (one_of("created_at"), None),
        "seconds": (integer(SHORTEST_LIFE_S, LONGEST_LIFE_S), None),
    },
    required=("anchor", "seconds"),
)
_CREATED: dict[str, tuple[Check, Any]] = {
    "bytes": (integer(1, LARGEST_UPLOAD), None),
    "filename": (text(), None),
    "mime_type": (text(), None),
    "purpose": (one_of(*PURPOSES), None),
    "expires_after": (_EXPIRY, None),
}
_CREATE = fields(_CREATED, required=("bytes", "filename", "mime_type", "purpose"))
_COMPLETE = fields(
    {"part_ids": (list_of(text(), longest=MOST_PARTS, shortest=1), None), "md5": (text(32), None)},
    required=("part_ids",),
)


async def create(request: Request) -> Response:
    """POST /v1/uploads."""
    engine = engine_of(request)
    checked = _CREATE(await read_object(request), "")
    check_room(engine.shelf.incoming, checked["bytes"])
    expiry = checked["expires_after"]
    upload = await engine.uploads.create(
        checked["bytes"],
        plain_filename(checked["filename"]),
        checked["purpose"],
        expiry["seconds"] if expiry else None,
    )
    return JSONResponse(upload.object())


async def add_part(request: Request) -> Response:
    """POST /v1/uploads/{id}/parts: a form with the part's bytes as `data`."""
    engine = engine_of(request)
    upload_id = request.path_params["upload_id"]
    await engine.uploads.get(upload_id)
    received = await receive(request, engine.shelf.incoming / new_id("part"), "data", LARGEST_PART)
    try:
        part = await engine.uploads.add_part(upload_id, received.path)
    finally:
        engine.shelf.discard(received.path)
    return JSONResponse(part)


async def complete(request: Request) -> Response:
    """POST /v1/uploads/{id}/complete."""
    engine = engine_of(request)
    checked = _COMPLETE(await read_object(request), "")
    if len(set(checked["part_ids"])) < len(checked["part_ids"]):
        raise invalid("A part can be named once only.", "part_ids", "invalid_value")
    upload = await engine.uploads.get(request.path_params["upload_id"])
    check_room(engine.shelf.incoming, upload.bytes)
    file = await engine.uploads.complete(upload, checked["part_ids"], checked["md5"])
    return JSONResponse(upload.object("completed", file))


async def cancel(request: Request) -> Response:
    """POST /v1/uploads/{id}/cancel."""
    upload = await engine_of(request).uploads.cancel(request.path_params["upload_id"])
    return JSONResponse(upload.object("cancelled"))
