"""One run: from a task to the events of its response, each kept before it is given out.

`responses` starts a run and sends what it gives; closing the run's batches early cancels it. A run ends in
one of four ways: completed, incomplete (cut by a cap or a filter), failed, cancelled.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from dataclasses import dataclass

from chatapp.documents.model import UnreadableDocument
from chatapp.engine.answering import Answering, Task
from chatapp.engine.batches import batched
from chatapp.engine.context import Engine
from chatapp.engine.errors import ApiError, disk_error, fault, generation_error, server_error
from chatapp.engine.events import EventNumbers
from chatapp.engine.generation.port import GenerationFailed
from chatapp.engine.recovery import INTERRUPTED
from chatapp.engine.response_log import UNFINISHED, Journal
from chatapp.engine.response_object import failure, new_response, usage_of
from chatapp.engine.view import View
from chatapp.engine.writing import OutputWriter
from chatapp.protocol.json_types import JsonObject

_TERMINAL = ("response.completed", "response.incomplete")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A checked request: its task, the parameters to echo, the items to keep, and what is to be shown of it.

    Without `generates` the response is only there to be followed up.
    """

    task: Task
    parameters: JsonObject
    input_items: list[JsonObject]
    view: View
    generates: bool = True


class Run:
    """`batches` does the work; `response` is the response as it stands, as the client may see it."""

    def __init__(self, engine: Engine, request: RunRequest, journal: Journal) -> None:
        self._engine = engine
        self._request = request
        self._journal = journal
        self._numbers = EventNumbers()
        self._kept = 0
        self._told_of = asyncio.Event()
        self._slots = engine.background.slots if request.parameters["background"] else nullcontext()
        self._body = new_response(request.parameters)
        self._writer = OutputWriter(self._numbers, self._body["output"])

    @property
    def response(self) -> JsonObject:
        return self._request.view.response(self._body)

    @property
    def said(self) -> list[JsonObject]:
        """The items that this response adds to what was said before."""
        return [*self._request.input_items, *self._body["output"]]

    async def batches(self) -> AsyncGenerator[list[JsonObject], None]:
        """The response's events in order, in lists of what is there at once.

        Raises what stands in the way of the first ones; a later failure is told by events.
        """
        try:
            if self._body["background"]:
                opening = self._opening()
                await self._keep(opening)
                yield self._presented(opening)
            async with self._slots:
                if self._body["background"]:
                    yield self._presented(await self._started())
                async with aclosing(batched(self._events())) as groups:
                    async for group in groups:
                        for events in self._steps(group):
                            await self._keep(events)
                            yield self._presented(events)
                            self._told_of.set()
        except Exception as error:
            if not self._kept:
                raise
            events = self._failed(as_api_error(error))
            await self._journal_failure(events)
            yield self._presented(events)
        except (asyncio.CancelledError, GeneratorExit):
            await self._journal.finish(self._body, self._stopped())
            raise

    async def _started(self) -> list[JsonObject]:
        self._body["status"] = "in_progress"
        events = [self._told("response.in_progress")]
        await self._journal.change(self._body, events)
        self._kept += 1
        return events

    def _steps(self, events: list[JsonObject]) -> list[list[JsonObject]]:
        """To make a response known and to end it are two steps, even where all was there at once."""
        return [events[:-1], events[-1:]] if _ends(events) and not self._kept else [events]

    async def _keep(self, events: list[JsonObject]) -> None:
        """Keep events; the first of all make the response known, as it was when it was created."""
        if not self._kept:
            await self._journal.begin(events[0]["response"], self._request.input_items, events)
        elif _ends(events):
            await self._journal.finish(self._body, events)
        else:
            await self._journal.append(self._body["id"], events)
        self._kept += len(events)

    def _opening(self) -> list[JsonObject]:
        return [self._told("response.created"), self._told(f"response.{self._body['status']}")]

    async def _events(self) -> AsyncGenerator[JsonObject, None]:
        if not self._body["background"]:
            for event in self._opening():
                yield event
        answering = Answering(self._engine, self._request.task, self._writer, self._told_of)
        if self._request.generates:
            async with aclosing(answering.events()) as events:
                async for event in events:
                    yield event
        self._body["usage"] = usage_of(answering.usage)
        self._close("incomplete" if answering.cut else "completed", answering.cut)
        yield self._told(f"response.{self._body['status']}")

    def _told(self, kind: str) -> JsonObject:
        return self._numbers.event(kind, response=self._body)

    def _stopped(self) -> list[JsonObject]:
        """The run ends before its answer: cancelled, or with an engine whose end nobody in the background wanted."""
        if self._body["status"] not in UNFINISHED:
            return []
        if self._body["background"] and self._engine.running_work.ending:
            return self._failed(server_error(INTERRUPTED))
        self._close("cancelled")
        return []

    def _close(self, status: str, reason: str | None = None) -> None:
        """End the response and whatever item is still open."""
        self._body["status"] = status
        if status == "completed":
            self._body["completed_at"] = int(time.time())
            self._body["service_tier"] = "default"
        elif status == "incomplete":
            self._body["incomplete_details"] = {"reason": reason}
        self._writer.abandon()
        for item in self._body["output"]:
            if item["status"] == "in_progress":
                item["status"] = "incomplete"

    def _failed(self, error: ApiError) -> list[JsonObject]:
        """The last events, numbered after those that were kept: others have been told to nobody."""
        self._close("failed")
        self._body["error"] = failure(error.code, error.message)
        self._numbers = EventNumbers(self._kept)
        return [self._numbers.event("error", error=error.told()), self._told("response.failed")]

    async def _journal_failure(self, events: list[JsonObject]) -> None:
        """Keep the failure, unless it is the disk itself that failed: then the client alone is told."""
        try:
            await self._journal.finish(self._body, events)
        except sqlite3.Error as error:
            events[0]["error"] |= {"message": disk_error(error).message}

    def _presented(self, events: list[JsonObject]) -> list[JsonObject]:
        return self._request.view.events(events)


def _ends(events: list[JsonObject]) -> bool:
    return events[-1]["type"] in _TERMINAL


def as_api_error(error: Exception) -> ApiError:
    """A failure as the wire tells it; one that nobody foresaw is logged as the fault it is."""
    match error:
        case ApiError():
            return error
        case GenerationFailed():
            return generation_error(error)
        case UnreadableDocument():
            return server_error(error.message, "invalid_prompt")
        case OSError() | sqlite3.Error():
            return disk_error(error)
        case _:
            return fault(error, "an answer")
