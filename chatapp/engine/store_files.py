"""The endpoints of the files in a vector store: attach, list, status, attributes, content, detach."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.bodies import read_object
from chatapp.engine.catalogue import STATUSES, Attachment
from chatapp.engine.checks import any_object, anything, attributes, fields, integer, one_of, text
from chatapp.engine.context import engine_of
from chatapp.engine.errors import invalid
from chatapp.engine.paging import page_of, paging_of
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.passages import Chunk
from chatapp.protocol.json_types import JsonObject

_STATIC = fields(
    {"max_chunk_size_tokens": (integer(100, 4096), None), "chunk_overlap_tokens": (integer(0), None)},
    required=("max_chunk_size_tokens", "chunk_overlap_tokens"),
)

ATTACHED = fields(
    {"file_id": (text(), None), "attributes": (attributes, {}), "chunking_strategy": (anything, None)},
    required=("file_id",),
)
_UPDATE = fields({"attributes": (attributes, {})})


def chunking_of(value: Any, param: str = "chunking_strategy") -> Chunking:
    """The chunking that a request's strategy asks for; auto where it is null. Raises ApiError 400."""
    if value is None:
        return Chunking()
    kind = one_of("auto", "static")(any_object(value, param).get("type"), f"{param}.type")
    if kind == "auto":
        return Chunking()
    static = _STATIC(value.get("static") or {}, f"{param}.static")
    most, shared = static["max_chunk_size_tokens"], static["chunk_overlap_tokens"]
    if shared * 2 > most:
        message = "'chunk_overlap_tokens' must not be more than half of 'max_chunk_size_tokens'."
        raise invalid(message, f"{param}.static.chunk_overlap_tokens", "invalid_value")
    return Chunking(most, shared)


def attachment_of(checked: JsonObject, param: str = "chunking_strategy") -> Attachment:
    """What a request that passed ATTACHED attaches; `param` is its chunking. Raises ApiError 400."""
    chunking = chunking_of(checked["chunking_strategy"], param)
    return Attachment(checked["file_id"], checked["attributes"], chunking)


async def attach(request: Request) -> Response:
    """POST /v1/vector_stores/{id}/files."""
    engine = engine_of(request)
    attachment = attachment_of(ATTACHED(await read_object(request), ""))
    file = await engine.catalogue.attach(request.path_params["store_id"], attachment)
    engine.indexer.wake()
    return JSONResponse(file)


async def listing(request: Request) -> Response:
    """GET /v1/vector_stores/{id}/files."""
    status, paging = status_of(request.query_params), paging_of(request.query_params)
    files = await engine_of(request).catalogue.files(request.path_params["store_id"], status)
    return JSONResponse(page_of(files, paging))


def status_of(query: QueryParams) -> str | None:
    """The status that a list of files is to be of. Raises ApiError 400."""
    return one_of(*STATUSES)(query["filter"], "filter") if "filter" in query else None


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{id}/files/{file_id}."""
    return JSONResponse(await engine_of(request).catalogue.file(*_names(request)))


async def update(request: Request) -> Response:
    """POST /v1/vector_stores/{id}/files/{file_id}: new attributes."""
    checked = _UPDATE(await read_object(request), "")
    return JSONResponse(
        await engine_of(request).catalogue.set_attributes(*_names(request), checked["attributes"])
    )


async def detach(request: Request) -> Response:
    """DELETE /v1/vector_stores/{id}/files/{file_id}."""
    store_id, file_id = _names(request)
    engine = engine_of(request)
    await engine.catalogue.detach(store_id, file_id)
    engine.indexer.wake()
    return JSONResponse({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})


async def content(request: Request) -> Response:
    """GET /v1/vector_stores/{id}/files/{file_id}/content: the text as it was read, without overlaps."""
    chunks = await engine_of(request).catalogue.chunks(*_names(request))
    return JSONResponse(
        {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": part} for part in _without_overlaps(chunks)],
            "has_more": False,
            "next_page": None,
        }
    )


def _names(request: Request) -> tuple[str, str]:
    return request.path_params["store_id"], request.path_params["file_id"]


def _without_overlaps(chunks: list[Chunk]) -> list[str]:
    parts: list[str] = []
    told = 0
    for chunk in chunks:
        parts.append(chunk.text[max(0, told - chunk.offset) :])
        told = max(told, chunk.offset + chunk.length)
    return [part for part in parts if part]
