"""The endpoints of vector stores themselves, and of searching one. Their files: `store_files`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.bodies import read_object
from chatapp.engine.catalogue import Attachment
from chatapp.engine.checks import (
    Check,
    anything,
    boolean,
    fields,
    integer,
    list_of,
    metadata,
    one_of,
    text,
    wrong_type,
)
from chatapp.engine.context import engine_of
from chatapp.engine.errors import invalid
from chatapp.engine.paging import page_of, paging_of
from chatapp.engine.retrieval.filters import filter_of
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import query_of
from chatapp.engine.search import StoreSearch, place_fields
from chatapp.engine.store_files import chunking_of
from chatapp.engine.tools import MOST_RESULTS, RANKING_OPTIONS, hybrid_weights
from chatapp.protocol.json_types import JsonObject

MOST_FIRST_FILES = 500
_EXPIRY = fields(
    {"anchor": (one_of("last_active_at"), None), "days": (integer(1, 365), None)}, required=("anchor", "days")
)

_UPDATE: dict[str, tuple[Check, Any]] = {
    "name": (text(), None),
    "metadata": (metadata, {}),
    "expires_after": (_EXPIRY, None),
}
_CREATE: dict[str, tuple[Check, Any]] = _UPDATE | {
    "description": (text(), None),
    "file_ids": (list_of(text(), longest=MOST_FIRST_FILES), []),
    "chunking_strategy": (anything, None),
}
_SEARCH = fields(
    {
        "query": (anything, None),
        "filters": (anything, None),
        "max_num_results": (integer(1, MOST_RESULTS), 10),
        "ranking_options": (RANKING_OPTIONS, {"score_threshold": 0.0}),
        "rewrite_query": (boolean, False),
    },
    required=("query",),
)


async def create(request: Request) -> Response:
    """POST /v1/vector_stores."""
    engine = engine_of(request)
    given = await read_object(request)
    checked = fields(_CREATE)(given, "")
    chunking = chunking_of(checked["chunking_strategy"])
    files = [Attachment(file_id, {}, chunking) for file_id in dict.fromkeys(checked["file_ids"])]
    store = await engine.catalogue.create(_columns(checked), files)
    engine.indexer.wake()
    return JSONResponse(store)


async def listing(request: Request) -> Response:
    """GET /v1/vector_stores."""
    paging = paging_of(request.query_params)
    return JSONResponse(page_of(await engine_of(request).catalogue.all(), paging))


async def retrieve(request: Request) -> Response:
    """GET /v1/vector_stores/{id}."""
    return JSONResponse(await engine_of(request).catalogue.get(request.path_params["store_id"]))


async def update(request: Request) -> Response:
    """POST /v1/vector_stores/{id}."""
    given = await read_object(request)
    checked = fields(_UPDATE)(given, "")
    changed = {name: value for name, value in checked.items() if name in given}
    engine = engine_of(request)
    store = await engine.catalogue.update(request.path_params["store_id"], _columns(changed))
    engine.indexer.wake()
    return JSONResponse(store)


async def delete(request: Request) -> Response:
    """DELETE /v1/vector_stores/{id}."""
    store_id = request.path_params["store_id"]
    engine = engine_of(request)
    await engine.catalogue.delete(store_id)
    engine.indexer.wake()
    return JSONResponse({"id": store_id, "object": "vector_store.deleted", "deleted": True})


async def search(request: Request) -> Response:
    """POST /v1/vector_stores/{id}/search."""
    engine = engine_of(request)
    store_id = request.path_params["store_id"]
    checked = _SEARCH(await read_object(request), "")
    queries = _queries(checked["query"])
    wanted = StoreSearch(
        (store_id,),
        filter_of(checked["filters"]),
        checked["max_num_results"],
        checked["ranking_options"]["score_threshold"],
        *hybrid_weights(checked["ranking_options"]),
    )
    store = await engine.catalogue.get(store_id)
    if store["status"] == "expired":
        raise invalid(f"Vector store '{store_id}' has expired.", code="vector_store_expired")
    await engine.catalogue.touch([store])
    found = await engine.searcher.find(wanted, query_of(" ".join(queries)))
    return JSONResponse(
        {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_result(passage) for passage in found],
            "has_more": False,
            "next_page": None,
        }
    )


def _columns(checked: JsonObject) -> JsonObject:
    columns: JsonObject = {
        name: checked[name] for name in ("name", "description", "metadata") if name in checked
    }
    if "expires_after" in checked:
        columns["expires_after_days"] = checked["expires_after"] and checked["expires_after"]["days"]
    return columns


def _queries(value: Any) -> list[str]:
    queries = [value] if isinstance(value, str) else value
    if not isinstance(queries, list) or not queries or not all(isinstance(one, str) for one in queries):
        raise wrong_type(value, "a string or an array of strings", "query")
    return queries


def _result(passage: Passage) -> JsonObject:
    return {
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "attributes": passage.attributes,
        "content": [{"type": "text", "text": passage.chunk.text}],
        **place_fields(passage),
    }
