"""Going on with an answer that its server writes, or keeps, without us.

A background answer is listened to from the event after the last one that came, where the server offers that; else it
is asked for until it has ended. A plain answer's stream cannot be taken up again: it is asked for a few times, in case
the server finished it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.turn import answer_from_response
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.incoming import Incoming, in_brief
from chatapp.services.ports import (
    QUIET,
    Clock,
    ResponsesServer,
    SecretsUnavailable,
    ServerFailure,
    StorageFailure,
)
from chatapp.services.surroundings import Surroundings
from chatapp.services.use_case import UseCaseFailure

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 15.0
ASK_S = 30.0
"""How long a server may think about where an answer stands."""
PATIENCE_S = 600.0
"""How long a server may be out of reach before its background answer is given up."""
VAIN = 3
"""Streams that brought nothing new, after which the answer is asked for instead."""
NOT_OFFERED = (400, 404, 405, 406, 415, 422, 501)
"""HTTP statuses of a server that does not let a stream be taken up again."""
GONE = (404, 410)
PASSING = (408, 409, 425, 429)
"""HTTP statuses, beside those from 500 on, that say nothing of the answer."""
KNOWN = ("queued", "in_progress", "completed", "incomplete", "failed", "cancelled")
STANDS = {Status.QUEUED: "Queued on the server", Status.IN_PROGRESS: "Running on the server"}
KEPT_S = 5.0
"""How long a server may take to give back a plain answer."""
KEPT_WAITS_S = (1.0, 2.0, 4.0)
"""Between asking for a plain answer: some servers never finish one whose reader left."""


class Following:
    """One background answer, by its response's id."""

    def __init__(self, incoming: Incoming, client: ResponsesServer, clock: Clock, response_id: str) -> None:
        self._incoming = incoming
        self._client = client
        self._clock = clock
        self._response_id = response_id
        # Without numbers nobody can tell which events are new.
        self._listens = incoming.last_sequence is not None or not incoming.answer.items
        self._vain = 0
        self._heard()

    async def run(self) -> None:
        """Returns when the answer has ended. Raises ServerFailure where no more of it is to be had."""
        while not self._incoming.ended:
            listened = self._listens
            try:
                await (self._listen() if listened else self._ask())
                state = STANDS.get(self._incoming.answer.status, "")
            except ServerFailure as problem:
                state = self._state_after(problem)
            if not self._incoming.ended and listened == self._listens:
                await self._pause(state)

    async def _listen(self) -> None:
        last = self._incoming.last_sequence
        self._vain += 1
        events = self._client.resume(self._response_id, last, self._incoming.told)
        async with aclosing(events):
            async for event in events:
                number = event.sequence
                if number is None or (last is not None and number > last + 1):
                    # What is missing between, or may come again, is only right in the whole answer.
                    self._listens = False
                    return
                if last is not None and number <= last:
                    continue
                self._incoming.take(event)
                last = number
                self._vain = 0
                self._heard()

    async def _ask(self) -> None:
        answer = answer_in(await _retrieved(self._client, self._response_id, ASK_S))
        self._last_word = self._clock.now()
        if answer.status.ended:
            self._incoming.take_whole(answer)
        else:
            self._incoming.take_status(answer.status)

    def _state_after(self, problem: ServerFailure) -> str:
        """What is said while it is tried again. Raises what does not pass."""
        is_reply = problem.kind in ("malformed", "oversized") or problem.status in NOT_OFFERED
        if self._listens and (is_reply or self._vain >= VAIN):
            self._listens = False
            return ""
        if problem.status in GONE:
            raise ServerFailure("lost", problem.error, problem.status)
        if not _passes(problem) or self._clock.now() - self._last_word > PATIENCE_S:
            raise problem
        return "The connection broke off" if problem.kind == "cut" else in_brief(problem.error)

    async def _pause(self, state: str) -> None:
        seconds = next(self._waits)
        self._incoming.wait(seconds, f"{state}. Asking again" if state else "Asking again")
        await self._clock.sleep(seconds)

    def _heard(self) -> None:
        self._last_word = self._clock.now()
        self._waits = _growing()


async def kept_answer(
    around: Surroundings,
    server: str,
    response_id: str | None,
    waiting: Callable[[float], None] = lambda seconds: None,
) -> Answer | None:
    """A plain answer that ended on its server while nobody listened; None where there is none to be had. `waiting` is
    told the seconds before the server is asked again."""
    try:
        if response_id is None or await around.book.keeps_responses(server) is False:
            return None
        client = around.servers.responses(await around.book.get(server))
        for wait in (*KEPT_WAITS_S, None):
            answer = answer_in(await _retrieved(client, response_id, KEPT_S))
            if answer.status in (Status.COMPLETED, Status.INCOMPLETE):
                return answer
            if answer.status.ended or wait is None:
                return None
            waiting(wait)
            await around.clock.sleep(wait)
    except (ServerFailure, SecretsUnavailable, StorageFailure, UseCaseFailure):
        pass  # the answer is shown as it came, with why it broke off
    return None


def answer_in(response: JsonObject) -> Answer:
    """A response that was asked for. One that has not ended by a name we know goes on; one that does not say how it
    stands is none, and raises ServerFailure("malformed")."""
    status = text_of(response.get("status"))
    if not status:
        raise ServerFailure("malformed", ApiError("The server answered with JSON that is not a response."))
    answer = answer_from_response(response)
    return answer if status in KNOWN else replace(answer, status=Status.IN_PROGRESS, response=None)


async def _retrieved(client: ResponsesServer, response_id: str, seconds: float) -> JsonObject:
    try:
        async with asyncio.timeout(seconds):
            return await client.retrieve(response_id, QUIET)
    except TimeoutError:
        raise ServerFailure("timeout", ApiError("The server does not answer.")) from None


def _passes(problem: ServerFailure) -> bool:
    if problem.status is not None:
        return problem.status in PASSING or problem.status >= 500
    return problem.kind in ("cut", "timeout", "unreachable")


def _growing() -> Iterator[float]:
    wait = FIRST_WAIT_S
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_WAIT_S)
