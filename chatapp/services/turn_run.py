"""One answer that is being written: a `TurnRun` owns its stream from the first byte to the end on the disk.

`turns` plans it, `running` registers it, `journal` keeps its events.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.changes import Notice, TurnChanged
from chatapp.conversation.failures import Failure, Remedy, describe
from chatapp.conversation.tree import Turn
from chatapp.conversation.turn import AnswerFold, answer_from_response
from chatapp.protocol.errors import ApiError
from chatapp.protocol.events import DeltaEvent, ErrorEvent, Event, ResponseEvent
from chatapp.protocol.json_types import JsonObject
from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.feed import Feed
from chatapp.services.journal import Journal
from chatapp.services.ports import (
    Clock,
    Connection,
    ConversationStore,
    Secrets,
    SecretsUnavailable,
    ServerFailure,
    StorageFailure,
)
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import UseCaseFailure, failure_of

log = logging.getLogger(__name__)

RETRIEVE_S = 5.0
"""How long a finished answer is looked for on the server after its stream broke off."""
REBUILT = "The server no longer had the earlier answers, so the whole conversation was sent again from this computer."
MODELS_S = 15.0
"""How long a question waits for a server's list of models."""
HOPELESS = ("unreachable", "tls", "insecure")
"""Failures of a server's list of models that the question itself would meet too."""
PARENT_GONE = ("stale_parent", "not_found")
"""Failures that a lost parent may stand behind: servers call it by different names."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every running answer needs of the world."""

    store: ConversationStore
    servers: ServersView
    book: AddressBook
    secrets: Secrets
    feed: Feed
    clock: Clock


@dataclass(frozen=True, slots=True)
class Plan:
    """How a turn is sent. `rebuild` makes the request that carries the whole path as items; None where the
    request does so already."""

    turn: Turn
    rebuild: Callable[[], JsonObject] | None


class TurnRun:
    """One answer on its way. `turn` is the newest state; `ended` is set once the end was told and saved."""

    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self._plan = plan
        self._around = around
        self._begun = plan.turn
        self._fold = AnswerFold(plan.turn.conversation_id, plan.turn.id)
        self._journal = Journal(self._write, self._disk_refused)
        self._streaming: asyncio.Task[None] | None = None
        self._stopping = False
        self._received = False
        self._complained = False
        self._final: Turn | None = None
        self.saved = False
        self.ended = asyncio.Event()

    @property
    def turn(self) -> Turn:
        return self._final or replace(self._begun, answer=self._fold.answer)

    def stop(self) -> None:
        """Closes the stream; what was received becomes a stopped answer."""
        self._stopping = True
        if self._streaming is not None:
            self._streaming.cancel()

    async def run(self) -> None:
        """From the first byte to the end on the disk. Raises nothing but its own cancellation."""
        self._tell()
        writing = asyncio.create_task(self._journal.run(), name=f"journal of {self._begun.id}")
        writing.add_done_callback(self._journal_ended)
        try:
            answer = await self._answered()
        finally:
            writing.cancel()
            await asyncio.wait({writing})
        await self._finish(answer)
        await self._learn()

    async def save(self) -> bool:
        """Tries to put the ended turn on the disk; False, with a notice, where the disk refuses."""
        try:
            await self._around.store.finish_turn(self.turn)
        except StorageFailure as problem:
            self._disk_refused(problem)
        else:
            self.saved = True
        return self.saved

    async def _answered(self) -> Answer:
        self._streaming = asyncio.create_task(self._stream(), name=f"stream of {self._begun.id}")
        if self._stopping:
            self._streaming.cancel()
        try:
            await asyncio.wait({self._streaming})
        finally:
            self._streaming.cancel()
        answer = self._fold.answer
        if self._streaming.cancelled():
            return answer if answer.status.ended else replace(answer, status=Status.STOPPED)
        problem = self._streaming.exception()
        return answer if problem is None else await self._broken_off(problem)

    async def _stream(self) -> None:
        connection = await self._around.book.get(self._begun.server)
        await self._choose_model(connection)
        if self._begun is not self._plan.turn:
            await self._around.store.amend_turn(self._begun)
        try:
            await self._receive(connection)
        except ServerFailure as problem:
            if not await self._rebuilt(problem):
                raise
            await self._receive(connection)

    async def _receive(self, connection: Connection) -> None:
        """To the end of the stream, beyond the event that ended the answer: a connection read to its end is kept
        open for the next request. What goes wrong there harms nobody."""
        client = self._around.servers.responses(connection)
        try:
            async with aclosing(client.stream(self._begun.request)) as events:
                async for event in events:
                    self._take(event)
        except ServerFailure:
            if not self._fold.ended:
                raise
        if not self._fold.ended:
            raise ServerFailure("cut", ApiError("The stream ended before the answer did."))

    def _take(self, event: Event) -> None:
        if isinstance(event, ErrorEvent) and self._parent_refused(describe("error", event.error)):
            raise ServerFailure("refused", event.error)
        self._received = True
        self._journal.add(event)
        if isinstance(event, DeltaEvent) and self._begun.first_token_at is None:
            self._begun = replace(self._begun, first_token_at=self._around.clock.now())
        for change in self._fold.apply(event):
            self._around.feed.put(change)
        if isinstance(event, ResponseEvent) and not self._fold.ended:
            self._tell()

    async def _choose_model(self, connection: Connection) -> None:
        """Servers want a model by name: the first they offer, where none was chosen. One that cannot say what it
        offers may answer all the same. A prompt template has a model of its own."""
        if "model" in self._begun.request or self._begun.request.get("prompt"):
            return
        try:
            # The engine may have to start first; what it offers always comes then.
            async with asyncio.timeout(None if connection.id == ENGINE.id else MODELS_S):
                offered = await self._around.servers.known_models(connection)
        except TimeoutError:
            return
        except ServerFailure as problem:
            if problem.kind in HOPELESS or problem.status in (401, 403):
                raise
            return
        if offered:
            request = {"model": offered[0], **self._begun.request}
            self._begun = replace(self._begun, request=request)

    async def _rebuilt(self, problem: ServerFailure) -> bool:
        """Where the server lost the parent: the same turn again, carrying the whole path. Happens once."""
        if not self._parent_refused(failure_of(problem)):
            return False
        assert self._plan.rebuild is not None
        model = {"model": self._begun.request["model"]} if "model" in self._begun.request else {}
        request = {**model, **self._plan.rebuild()}
        self._begun = replace(self._begun, request=request, note=REBUILT)
        await self._around.store.amend_turn(self._begun)
        self._tell()
        return True

    def _parent_refused(self, failure: Failure) -> bool:
        """Some say so by code, some by 404, llama-server only in words."""
        if self._plan.rebuild is None or "previous_response_id" not in self._begun.request:
            return False
        if self._fold.answer.items:
            return False
        return failure.kind in PARENT_GONE or "previous_response" in failure.details

    async def _broken_off(self, problem: BaseException) -> Answer:
        answer = self._fold.answer
        if answer.status.ended:
            return answer
        failure = await self._explain(problem)
        if not self._received:
            return replace(answer, status=Status.ERROR, failure=failure)
        whole = await self._retrieved(answer)
        return whole or replace(answer, status=Status.CUT, failure=failure)

    async def _explain(self, problem: BaseException) -> Failure:
        if isinstance(problem, UseCaseFailure):
            return problem.failure
        if isinstance(problem, ServerFailure):
            has_key = problem.status != 401 or await self._has_key()
            return describe(problem.kind, problem.error, problem.status, problem.retry_after, has_key)
        if isinstance(problem, StorageFailure | SecretsUnavailable):
            return failure_of(problem)
        log.error("a turn failed inside chatapp", exc_info=problem)
        return Failure(
            "internal",
            "Something went wrong inside chatapp",
            "Your question is kept, and what had arrived too. Retry; if it happens again, please report it.",
            repr(problem),
            (Remedy.RETRY,),
        )

    async def _has_key(self) -> bool:
        try:
            return await self._around.secrets.key(await self._around.book.get(self._begun.server)) is not None
        except SecretsUnavailable:
            return False
        except (StorageFailure, UseCaseFailure):
            return True

    async def _retrieved(self, answer: Answer) -> Answer | None:
        """The whole answer, where the server went on without us and is known to keep its answers."""
        if self._begun.request.get("store") is False:
            return None
        return await retrieve_ended(self._around, self._begun.server, answer.response_id)

    async def _finish(self, answer: Answer) -> None:
        self._final = replace(self._begun, answer=answer, finished_at=self._around.clock.now())
        await self.save()
        self._around.feed.put(TurnChanged(self._final))
        self.ended.set()

    async def _learn(self) -> None:
        """After a completed answer, once a server: is it still there? Only then can a turn refer to it by id."""
        turn = self.turn
        if turn.answer.status is not Status.COMPLETED or turn.request.get("store") is False:
            return
        if turn.response_id is None or await self._around.book.keeps_responses(turn.server) is not None:
            return
        try:
            await learn_keeping(self._around, turn.server, turn.response_id)
        except (StorageFailure, UseCaseFailure) as problem:
            self._around.feed.put(Notice(f"{problem.failure.title}. {problem.failure.text}", "warning"))

    async def _write(self, events: Sequence[JsonObject]) -> None:
        await self._around.store.journal(self._begun.id, events)

    def _disk_refused(self, problem: StorageFailure) -> None:
        if self._complained:
            return
        self._complained = True
        text = f"{problem.failure.title}: this answer is on screen but not saved. {problem.failure.text}"
        self._around.feed.put(Notice(text, "danger"))

    def _journal_ended(self, writing: asyncio.Task[None]) -> None:
        """What had arrived is on screen and is saved at its end; only a crash before that would lose it."""
        problem = None if writing.cancelled() else writing.exception()
        if problem is not None:
            log.error("an answer lost its journal", exc_info=problem)
            text = f"Something went wrong inside chatapp: this answer is saved only once it is complete ({problem!r})."
            self._around.feed.put(Notice(text, "danger"))

    def _tell(self) -> None:
        self._around.feed.put(TurnChanged(self.turn))


async def learn_keeping(around: Surroundings, server: str, response_id: str) -> None:
    """Asks for an answer that was just given. 200: the server keeps answers; 404 or 405: it does not."""
    connection = await around.book.get(server)
    try:
        client = around.servers.responses(connection)
        async with asyncio.timeout(RETRIEVE_S):
            await client.retrieve(response_id)
    except (TimeoutError, SecretsUnavailable):
        return
    except ServerFailure as problem:
        if problem.status in (404, 405, 501):
            await around.book.learn_keeping(server, False)
        return
    await around.book.learn_keeping(server, True)


async def retrieve_ended(around: Surroundings, server: str, response_id: str | None) -> Answer | None:
    """An answer that ended on its server while nobody listened; None where there is none to be had."""
    try:
        if response_id is None or not await around.book.keeps_responses(server):
            return None
        client = around.servers.responses(await around.book.get(server))
        async with asyncio.timeout(RETRIEVE_S):
            response = await client.retrieve(response_id)
    except (ServerFailure, SecretsUnavailable, StorageFailure, UseCaseFailure, TimeoutError):
        return None
    answer = answer_from_response(response)
    return answer if answer.status in (Status.COMPLETED, Status.INCOMPLETE) else None
