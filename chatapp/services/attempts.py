"""Sending a turn until its server takes it: what it refuses is mended, each thing once, and what it taught is kept.

`conversation/repairs` knows what to send instead; `incoming` takes what comes; `learning` remembers.
"""

import asyncio
from contextlib import aclosing, suppress

from chatapp.conversation.repairs import (
    FORGOTTEN,
    NAMED_IN_VAIN,
    UNHEARD,
    Repair,
    forgot,
    ignored,
    may_hide_a_lost_parent,
    repaired,
)
from chatapp.conversation.sending import Asked, Way, build, missed, words_for
from chatapp.conversation.time_line import SENT
from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.events import ErrorEvent, Event, ResponseEvent
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.incoming import Incoming
from chatapp.services.learning import is_kept
from chatapp.services.ports import Connection, ServerFailure, StorageFailure
from chatapp.services.surroundings import Surroundings
from chatapp.services.ways import way_to

MODELS_S = 15.0
"""How long a question waits for a server's list of models."""
HOPELESS = ("unreachable", "tls", "insecure", "proxy", "ca_file")
"""Failures of a server's list of models that the question itself would meet too."""
MOST_REPAIRS = 6
"""A server that refuses more than that is not to be pleased: most name one parameter after another."""
FORGOT = ApiError("The server answered as if there were no earlier answer.", code=FORGOTTEN)
LOST = ApiError("The server does not have the earlier answer.", code="previous_response_not_found")


class Attempts:
    """One turn on its way to its server. `repairs` are those it needed, in order; `unheard` says that the answer
    seems to have been given without the earlier turns."""

    def __init__(self, asked: Asked, way: Way, incoming: Incoming, around: Surroundings) -> None:
        self._asked = asked
        self._way = way
        self._incoming = incoming
        self._around = around
        self._built = build(asked, way)
        self._says_something = False
        self.repairs: list[Repair] = []
        self.unheard = False
        self._note_what_is_missed()

    async def run(self) -> None:
        """Returns once the answer has ended. Raises ServerFailure, and what the disk and the key store raise."""
        connection = await self._around.book.get(self._asked.server)
        await self._choose_model(connection)
        await self._wait_out_pause()
        while True:
            try:
                await self._send(connection)
            except _Mended as mended:
                repair = mended.repair
            except _Doubtful as doubt:
                found = await self._without_lost_parent()
                if found is None:
                    self._incoming.take(doubt.event)
                    return
                repair = found
            except ServerFailure as problem:
                found = await self._repair_of_refusal(problem) if problem.kind == "refused" else None
                if found is None:
                    await self._keep_pause(problem.retry_after)
                    raise
                repair = found
            else:
                failure = self._incoming.answer.failure
                await self._keep_pause(failure.retry_after if failure else None)
                return
            await self._mend(repair)

    async def _send(self, connection: Connection) -> None:
        """To the end of the stream, beyond the event that ended the answer: a connection read to its end is kept
        open for the next request. What goes wrong there harms nobody."""
        client = self._around.servers.responses(connection)
        request = self._incoming.turn.request
        self._says_something = False
        self._incoming.mark(SENT)
        if request.get("stream") is False:
            self._take(_in_one_piece(await client.create(request, self._incoming.told)))
        else:
            try:
                async with aclosing(client.stream(request, self._incoming.told)) as events:
                    async for event in events:
                        self._take(event)
            except ServerFailure:
                if not self._incoming.ended:
                    raise
        if not self._incoming.ended:
            raise ServerFailure("cut", ApiError("The stream ended before the answer did."))

    def _take(self, event: Event) -> None:
        if isinstance(event, ResponseEvent | ErrorEvent):
            self._look_at(event)
        else:
            self._says_something = True
        self._incoming.take(event)

    def _look_at(self, event: ResponseEvent | ErrorEvent) -> None:
        """Raises _Mended where the server says in a stream what others say by a status."""
        error = _error_in(event)
        if isinstance(event, ResponseEvent) and error is None:
            has_ended = event.type in ("response.completed", "response.incomplete")
            if has_ended and ignored(self._built, event.response):
                self._incoming.note(NAMED_IN_VAIN)
            if not forgot(self._built, event.response, has_ended):
                return
            error = FORGOT
        if error is None:
            return
        repair = None if self._says_something else self._repair(error, None)
        if repair is not None:
            raise _Mended(repair)
        if error is FORGOT:
            self.unheard = True
            self._incoming.note(UNHEARD)
        elif not self._says_something and may_hide_a_lost_parent(self._built, error, None):
            raise _Doubtful(event)

    def _repair(self, error: ApiError, status: int | None) -> Repair | None:
        if len(self.repairs) == MOST_REPAIRS:
            return None
        return repaired(self._asked, self._way, self._built, error, status)

    async def _wait_out_pause(self) -> None:
        """A server that asked for a pause when it refused the last time is not asked again before it is over."""
        server, model = self._asked.server, text_of(self._built.request.get("model"))
        seconds = await self._around.learnt.pause(server, model)
        if seconds:
            self._incoming.wait(seconds, "The server asked for a pause. Sending")
            await self._around.clock.sleep(seconds)
            self._incoming.wait_over()

    async def _keep_pause(self, seconds: float | None) -> None:
        if seconds:
            model = text_of(self._built.request.get("model"))
            with suppress(StorageFailure):  # what the server said counts for more than the next pause
                await self._around.learnt.learn_pause(self._asked.server, model, seconds)

    async def _repair_of_refusal(self, problem: ServerFailure) -> Repair | None:
        repair = self._repair(problem.error, problem.status)
        if repair is None and may_hide_a_lost_parent(self._built, problem.error, problem.status):
            repair = await self._without_lost_parent()
        return repair

    async def _without_lost_parent(self) -> Repair | None:
        """The whole conversation, where the server turns out not to have the parent any more."""
        kept = await is_kept(self._around, self._asked.server, self._built.parent or "")
        return self._repair(LOST, None) if kept is False else None

    async def _mend(self, repair: Repair) -> None:
        self.repairs.append(repair)
        self._incoming.begin_again()
        self._incoming.note(repair.note)
        await self._go(repair.way)

    async def _go(self, way: Way) -> None:
        """Another way to send. It is on the disk before a byte of it leaves."""
        self._way = way
        self._built = build(self._asked, way)
        await self._incoming.amend(self._built.request)

    async def _choose_model(self, connection: Connection) -> None:
        """Servers want a model by name: the first they offer, where none was chosen. One that cannot say what it
        offers may answer all the same."""
        if "model" in self._built.request or self._built.request.get("prompt"):
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
            here = self._incoming.turn.conversation_id
            way = await way_to(self._around, connection.id, self._asked.parameters, here, offered[0])
            await self._go(way)
            self._note_what_is_missed()

    def _note_what_is_missed(self) -> None:
        model = text_of(self._built.request.get("model"))
        self._incoming.note(words_for(missed(self._built, self._asked), model))


class _Doubtful(Exception):
    """The stream began with a failure that may be for want of the parent. It is not taken yet."""

    def __init__(self, event: Event) -> None:
        super().__init__(event.type)
        self.event = event


class _Mended(Exception):
    """What the stream began with is no answer; there is another way to send."""

    def __init__(self, repair: Repair) -> None:
        super().__init__(repair.note)
        self.repair = repair


def _error_in(event: ResponseEvent | ErrorEvent) -> ApiError | None:
    if isinstance(event, ErrorEvent):
        return event.error
    is_failed = event.type == "response.failed"
    return parse_error({"error": event.response.get("error")}) if is_failed else None


def _in_one_piece(response: JsonObject) -> ResponseEvent:
    """A response that was not streamed, as the event that it amounts to."""
    kind = f"response.{text_of(response.get('status')) or 'completed'}"
    return ResponseEvent(kind, None, {"type": kind, "response": response}, response)
