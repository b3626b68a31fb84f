"""The endpoints under /v1/files."""

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from chatapp.engine.checks import digits, one_of
from chatapp.engine.context import engine_of
from chatapp.engine.file_shelf import Received
from chatapp.engine.forms import Form, receive
from chatapp.engine.ids import new_id
from chatapp.engine.paging import page_of, paging_of

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
LONGEST_LIST = 10_000
SHORTEST_LIFE_S, LONGEST_LIFE_S = 3600, 2_592_000


async def create(request: Request) -> Response:
    """POST /v1/files: a form with file, purpose and perhaps expires_after[anchor], expires_after[seconds]."""
    shelf = engine_of(request).shelf
    file_id = new_id("file")
    form = await receive(request, shelf.incoming / file_id)
    try:
        purpose = one_of(*PURPOSES)(form.fields.get("purpose"), "purpose")
        file = await shelf.keep(Received(form.path, form.filename, purpose, _life_s(form)), file_id)
    finally:
        shelf.discard(form.path)
    return JSONResponse(file)


async def listing(request: Request) -> Response:
    """GET /v1/files."""
    paging = paging_of(request.query_params, LONGEST_LIST, LONGEST_LIST)
    files = await engine_of(request).shelf.all(request.query_params.get("purpose"))
    return JSONResponse(page_of(files, paging))


async def retrieve(request: Request) -> Response:
    """GET /v1/files/{id}."""
    return JSONResponse(await engine_of(request).shelf.get(request.path_params["file_id"]))


async def delete(request: Request) -> Response:
    """DELETE /v1/files/{id}."""
    file_id = request.path_params["file_id"]
    engine = engine_of(request)
    await engine.shelf.delete(file_id)
    engine.indexer.wake()
    return JSONResponse({"object": "file", "id": file_id, "deleted": True})


async def content(request: Request) -> Response:
    """GET /v1/files/{id}/content: the bytes as they were uploaded."""
    shelf = engine_of(request).shelf
    file = await shelf.get(request.path_params["file_id"])
    return FileResponse(
        shelf.path(file["id"]),
        media_type="application/octet-stream",
        filename=file["filename"],
        headers={"x-content-type-options": "nosniff"},
    )


def _life_s(form: Form) -> int | None:
    seconds = form.fields.get("expires_after[seconds]")
    if seconds is None:
        return None
    one_of("created_at")(form.fields.get("expires_after[anchor]"), "expires_after[anchor]")
    return digits(seconds, "expires_after[seconds]", SHORTEST_LIFE_S, LONGEST_LIFE_S)
