"""The endpoints of file batches: many files attached to a vector store in one request."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.bodies import read_object
from chatapp.engine.catalogue import Attachment
from chatapp.engine.checks import anything, attributes, fields, list_of, missing, text
from chatapp.engine.context import engine_of
from chatapp.engine.errors import invalid
from chatapp.engine.paging import page_of, paging_of
from chatapp.engine.store_files import ATTACHED, attachment_of, chunking_of, status_of
from chatapp.protocol.json_types import JsonObject

MOST_FILES = 2000

_CREATE = fields(
    {
        "file_ids": (list_of(text(), longest=MOST_FILES, shortest=1), None),
        "files": (list_of(ATTACHED, longest=MOST_FILES, shortest=1), None),
        "attributes": (attributes, {}),
        "chunking_strategy": (anything, None),
    }
)


async def create(request: Request) -> Response:
    """POST /v1/vector_stores/{id}/file_batches."""
    engine = engine_of(request)
    attachments = _attachments(_CREATE(await read_object(request), ""))
    batch = await engine.file_batches.create(request.path_params["store_id"], attachments)
    engine.indexer.wake()
    return JSONResponse(batch)


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{id}/file_batches/{batch_id}."""
    return JSONResponse(await engine_of(request).file_batches.get(*_names(request)))


async def cancel(request: Request) -> Response:
    """POST /v1/vector_stores/{id}/file_batches/{batch_id}/cancel."""
    engine = engine_of(request)
    batch = await engine.file_batches.cancel(*_names(request))
    engine.indexer.wake()
    return JSONResponse(batch)


async def listing(request: Request) -> Response:
    """GET /v1/vector_stores/{id}/file_batches/{batch_id}/files."""
    status, paging = status_of(request.query_params), paging_of(request.query_params)
    files = await engine_of(request).file_batches.files(*_names(request), status)
    return JSONResponse(page_of(files, paging))


def _attachments(checked: JsonObject) -> list[Attachment]:
    """Each file once; where one is named twice, the last counts. What the batch says holds for `file_ids` only."""
    file_ids, files = checked["file_ids"], checked["files"]
    if file_ids is None and files is None:
        raise missing("file_ids")
    if file_ids is not None and files is not None:
        raise invalid(
            "'file_ids' and 'files' exclude each other. Send one of them.", "files", "invalid_value"
        )
    if file_ids is not None:
        chunking = chunking_of(checked["chunking_strategy"])
        return [Attachment(one, checked["attributes"], chunking) for one in dict.fromkeys(file_ids)]
    several = (attachment_of(file, f"files[{at}].chunking_strategy") for at, file in enumerate(files))
    return list({attachment.file_id: attachment for attachment in several}.values())


def _names(request: Request) -> tuple[str, str]:
    return request.path_params["store_id"], request.path_params["batch_id"]
