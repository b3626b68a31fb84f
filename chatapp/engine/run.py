"""One run: from a checked request to the events of its response, each kept before it is given out.

`responses` starts a run and sends what it gives; closing the run's batches early cancels it. A run ends in
one of four ways: completed, incomplete (the token cap), failed, cancelled.
"""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from chatapp.documents.model import UnreadableDocument
from chatapp.engine.attachments import InputFile, read_attached
from chatapp.engine.batches import batched
from chatapp.engine.context import Engine
from chatapp.engine.errors import ApiError, disk_error, server_error
from chatapp.engine.events import EventNumbers, ItemEvents, text_part
from chatapp.engine.generation.port import CitationPiece, Generator, Message, Prompt, TextPiece, Turn
from chatapp.engine.ids import new_id
from chatapp.engine.response_log import NoJournal
from chatapp.engine.response_object import event_presented, new_response, presented, usage_of
from chatapp.engine.retrieval.ephemeral import search_attached
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query, query_of
from chatapp.engine.search import StoreSearch, best_first, place_fields, search_stores
from chatapp.engine.tokens import BYTES_PER_TOKEN, estimate_prompt
from chatapp.protocol.json_types import JsonObject

MOST_PASSAGES = 20
"""Passages given to the generator from all searches together."""
EARLIER_QUESTIONS = 2
"""Questions before this one whose terms help to find passages."""
_WORDS = re.compile(r"\s*\S+|\s+\Z")
_OPENING = ("response.created", "response.in_progress")
_TERMINAL = ("response.completed", "response.incomplete")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A checked request. `parameters` is echoed; `turns` ends with the question; `files` came with it."""

    parameters: JsonObject
    input_items: list[JsonObject]
    turns: tuple[Turn, ...]
    searches: tuple[StoreSearch, ...]
    files: tuple[InputFile, ...]
    include: Collection[str]
    generator: Generator


class Run:
    """`batches` does the work; `response` is the response as it stands, as the client may see it."""

    def __init__(self, engine: Engine, request: RunRequest, journal: NoJournal) -> None:
        self._engine = engine
        self._request = request
        self._journal = journal
        self._numbers = EventNumbers()
        self._body = new_response(request.parameters)
        self._query = _query(request.turns)
        self._output_bytes = 0

    @property
    def response(self) -> JsonObject:
        return presented(self._body, self._request.include)

    async def batches(self) -> AsyncGenerator[list[JsonObject], None]:
        """The response's events in order, in lists of what is there at once.

        Raises what stands in the way of the first ones; a later failure is told by events.
        """
        begun = False
        try:
            opening = [self._numbers.event(kind, response=self._body) for kind in _OPENING]
            await self._journal.begin(self._body, self._request.input_items, opening)
            begun = True
            yield self._presented(opening)
            async with aclosing(batched(self._events())) as groups:
                async for group in groups:
                    await self._keep(group)
                    yield self._presented(group)
        except (ApiError, UnreadableDocument, OSError, sqlite3.Error) as error:
            if not begun:
                raise
            events = self._failed(_as_api_error(error))
            await self._journal_failure(events)
            yield self._presented(events)
        except (asyncio.CancelledError, GeneratorExit):
            if self._body["status"] == "in_progress":
                self._close("cancelled")
            await self._journal.finish(self._body, [])
            raise

    async def _keep(self, events: list[JsonObject]) -> None:
        if events[-1]["type"] in _TERMINAL:
            await self._journal.finish(self._body, events)
        else:
            await self._journal.append(self._body["id"], events)

    async def _events(self) -> AsyncGenerator[JsonObject, None]:
        passages: list[Sequence[Passage]] = []
        for wanted in self._request.searches:
            async for event in self._search(wanted, passages):
                yield event
        if self._request.files:
            passages.append(await self._search_files())
        prompt = Prompt(
            self._body["instructions"],
            self._request.turns,
            self._query,
            tuple(best_first(passages, MOST_PASSAGES)),
            searched=bool(passages),
            unread=await self._unread(),
        )
        async for event in self._message(prompt):
            yield event
        self._body["usage"] = usage_of(estimate_prompt(prompt), self._output_tokens())
        yield self._numbers.event(f"response.{self._body['status']}", response=self._body)

    async def _search(
        self, wanted: StoreSearch, passages: list[Sequence[Passage]]
    ) -> AsyncGenerator[JsonObject, None]:
        item: JsonObject = {
            "id": new_id("fs"), "type": "file_search_call", "status": "in_progress", "queries": [], "results": None,
        }  # fmt: skip
        events = self._new_item(item)
        yield events.added()
        yield events.state("response.file_search_call.in_progress")
        yield events.state("response.file_search_call.searching")
        found = await search_stores(self._engine.database, wanted, self._query)
        passages.append(found)
        item |= {
            "status": "completed",
            "queries": list(self._query.texts),
            "results": [_result(one) for one in found],
        }
        yield events.state("response.file_search_call.completed")
        yield events.done()

    async def _unread(self) -> int:
        stores = [store_id for wanted in self._request.searches for store_id in wanted.store_ids]
        return await self._engine.catalogue.in_progress(stores) if stores else 0

    async def _search_files(self) -> list[Passage]:
        attached = await read_attached(self._engine, self._request.files)
        return await asyncio.to_thread(search_attached, attached, self._query, MOST_PASSAGES)

    async def _message(self, prompt: Prompt) -> AsyncGenerator[JsonObject, None]:
        part = text_part()
        item: JsonObject = {
            "id": new_id("msg"), "type": "message", "status": "in_progress", "content": [], "role": "assistant",
        }  # fmt: skip
        events = self._new_item(item)
        yield events.added()
        yield events.part("response.content_part.added", part=part)
        item["content"].append(part)
        status = "completed"
        async with aclosing(self._request.generator.generate(prompt)) as pieces:
            async for piece in pieces:
                if isinstance(piece, CitationPiece):
                    yield self._annotate(events, part, piece)
                    continue
                if not isinstance(piece, TextPiece):
                    continue
                for word in _WORDS.findall(piece.text):
                    if not self._fits(word):
                        status = "incomplete"
                        break
                    part["text"] += word
                    yield events.part("response.output_text.delta", delta=word, logprobs=[])
                    await self._pause()
                if status == "incomplete":
                    break
        self._close(status)
        yield events.part("response.output_text.done", text=part["text"], logprobs=[])
        yield events.part("response.content_part.done", part=part)
        yield events.done()

    def _annotate(self, events: ItemEvents, part: JsonObject, piece: CitationPiece) -> JsonObject:
        annotation = {
            "type": "file_citation",
            "file_id": piece.file_id,
            "filename": piece.filename,
            "index": len(part["text"]),
        }
        part["annotations"].append(annotation)
        number = len(part["annotations"]) - 1
        return events.part(
            "response.output_text.annotation.added", annotation=annotation, annotation_index=number
        )

    def _new_item(self, item: JsonObject) -> ItemEvents:
        self._body["output"].append(item)
        return ItemEvents(self._numbers, len(self._body["output"]) - 1, item)

    def _fits(self, word: str) -> bool:
        """Whether the word fits under the token cap; it is counted if so."""
        after = self._output_bytes + len(word.encode())
        cap = self._body["max_output_tokens"]
        if cap is not None and after > cap * BYTES_PER_TOKEN:
            return False
        self._output_bytes = after
        return True

    def _output_tokens(self) -> int:
        return -(-self._output_bytes // BYTES_PER_TOKEN)

    async def _pause(self) -> None:
        if self._engine.delta_delay_s:
            await asyncio.sleep(self._engine.delta_delay_s)

    def _close(self, status: str) -> None:
        """End the response and whatever item is still open."""
        self._body["status"] = status
        if status == "completed":
            self._body["completed_at"] = int(time.time())
            self._body["service_tier"] = "default"
        elif status == "incomplete":
            self._body["incomplete_details"] = {"reason": "max_output_tokens"}
        for item in self._body["output"]:
            if item["status"] != "completed":
                item["status"] = "completed" if status == "completed" else "incomplete"

    def _failed(self, error: ApiError) -> list[JsonObject]:
        self._close("failed")
        self._body["error"] = {"code": error.code or "server_error", "message": error.message}
        return [
            self._numbers.event("error", error=error.error()),
            self._numbers.event("response.failed", response=self._body),
        ]

    async def _journal_failure(self, events: list[JsonObject]) -> None:
        """Keep the failure, unless it is the disk itself that failed: then the client alone is told."""
        try:
            await self._journal.finish(self._body, events)
        except sqlite3.Error as error:
            events[0]["error"] |= {"message": disk_error(error).message}

    def _presented(self, events: list[JsonObject]) -> list[JsonObject]:
        return [event_presented(event, self._request.include) for event in events]


def _query(turns: Sequence[Turn]) -> Query:
    questions = [turn.text for turn in turns if isinstance(turn, Message) and turn.role == "user"]
    return query_of(questions[-1] if questions else "", questions[-2 : -2 - EARLIER_QUESTIONS : -1])


def _result(passage: Passage) -> JsonObject:
    return {
        "attributes": passage.attributes,
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "text": passage.chunk.text,
        **place_fields(passage),
    }


def _as_api_error(error: ApiError | UnreadableDocument | OSError | sqlite3.Error) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, UnreadableDocument):
        return server_error(error.message, "invalid_prompt")
    return disk_error(error)
