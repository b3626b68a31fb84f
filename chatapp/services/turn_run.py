"""One answer that is being written: a `TurnRun` owns it from the first byte to the end on the disk.

`turns` plans it, `running` registers it. `attempts` sends it, `incoming` takes what comes, `following` goes on where
the connection broke, `learning` keeps what it taught.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from typing import Any

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.changes import Notice, TurnChanged
from chatapp.conversation.costs import Cost
from chatapp.conversation.failures import Failure, continuable, resumable
from chatapp.conversation.sending import Asked, Way
from chatapp.conversation.time_line import LOST, TimeLine
from chatapp.conversation.tree import Turn
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import JsonObject
from chatapp.services.attempts import Attempts
from chatapp.services.explaining import explained
from chatapp.services.following import Following, answer_in, kept_answer
from chatapp.services.incoming import Incoming
from chatapp.services.learning import probe, remember
from chatapp.services.ports import QUIET, SecretsUnavailable, ServerFailure, StorageFailure
from chatapp.services.surroundings import Surroundings
from chatapp.services.use_case import UseCaseFailure

CANCEL_S = 10.0
"""How long a server may take to stop a background answer."""
GOES_ON = "The server could not be told to stop: it may go on with this answer."
NOT_KEPT = ApiError("The server does not have this answer.")

FILLED = "The answer is as long as Max output tokens allows, and may be cut off there."


class TurnRun:
    """`turn` is the newest state; `ended` is set once the end was told and saved, or the answer was left to its
    server. Made by `first`, `taken_up` or `again`."""

    def __init__(
        self,
        incoming: Incoming,
        around: Surroundings,
        attempts: Attempts | None = None,
        before: Answer | None = None,
    ) -> None:
        self._incoming = incoming
        self._around = around
        self._attempts = attempts
        self._before = before
        self._getting: asyncio.Task[None] | None = None
        self._stopping = self._leaving = self._is_followed = False
        self._final: Turn | None = None
        self.saved = False
        self.ended = asyncio.Event()

    @classmethod
    def first(cls, turn: Turn, asked: Asked, way: Way, around: Surroundings) -> "TurnRun":
        """A turn that is sent now."""
        incoming = Incoming(turn, around)
        return cls(incoming, around, Attempts(asked, way, incoming, around))

    @classmethod
    def taken_up(
        cls, turn: Turn, events: Iterable[JsonObject], line: TimeLine, around: Surroundings
    ) -> "TurnRun":
        """A background answer whose program ended: its server went on with it."""
        return cls(Incoming(turn, around, events, line=line), around)

    @classmethod
    def again(cls, turn: Turn, line: TimeLine, around: Surroundings) -> "TurnRun":
        """An answer that broke off and is asked for once more. What is on the disk stays until there is more."""
        return cls(Incoming(turn, around, known=turn.answer, line=line), around, before=turn.answer)

    @property
    def turn(self) -> Turn:
        return self._final or self._incoming.turn

    @property
    def line(self) -> TimeLine:
        return self._incoming.line

    def stop(self) -> None:
        """Closes the stream, and stops the server where it would go on; what was received becomes a stopped answer."""
        self._stopping = True
        if self._getting is not None:
            self._getting.cancel()

    def leave(self) -> None:
        """The program ends: what the server writes in the background is taken up at the next start, the rest stops."""
        self._leaving = self._is_background and self._response_id is not None
        self.stop()

    async def run(self) -> None:
        """From the first byte to the end on the disk. Raises nothing but its own cancellation."""
        self._incoming.tell()
        async with self._incoming.journalling():
            problem = await self._got()
        self._incoming.wait_over()
        if self._leaving and not self._incoming.ended:
            await self._incoming.flush()
            self.saved = True
            self.ended.set()
            return
        answer = await self._answer_after(problem)
        await self._keep_lessons()
        await self._finish(answer)
        await self._probe()

    async def save(self) -> bool:
        """Tries to put the ended turn on the disk; False, with a notice, where the disk refuses."""
        try:
            await self._around.store.finish_turn(self.turn, self.line)
        except StorageFailure as problem:
            self._incoming.disk_refused(problem)
        else:
            self.saved = True
        return self.saved

    @property
    def _is_background(self) -> bool:
        """Whether the server goes on without a listener: it was asked to, or put the question into a queue."""
        return self._is_followed or self._incoming.turn.request.get("background") is True

    @property
    def _response_id(self) -> str | None:
        return self._incoming.turn.response_id or (self._before.response_id if self._before else None)

    async def _got(self) -> BaseException | None:
        """What went wrong on the way; None where nothing did. A stopped answer broke off like any other."""
        self._getting = asyncio.create_task(self._get(), name=f"stream of {self._incoming.turn.id}")
        if self._stopping:
            self._getting.cancel()
        try:
            await asyncio.wait({self._getting})
        finally:
            self._getting.cancel()
        return asyncio.CancelledError() if self._getting.cancelled() else self._getting.exception()

    async def _get(self) -> None:
        if self._attempts is None:
            await self._go_on(ServerFailure("lost", NOT_KEPT))
            return
        try:
            await self._attempts.run()
        except ServerFailure as problem:
            if problem.status is not None:
                raise
            if self._incoming.received:
                await self._go_on(problem)
            elif problem.kind == "cut":
                raise ServerFailure("unanswered", problem.error) from problem
            else:
                raise

    async def _go_on(self, problem: ServerFailure) -> None:
        """Where the server has the answer: the rest of it. Raises what broke it off where it has no more."""
        turn, response_id = self._incoming.turn, self._response_id
        self._incoming.mark(LOST)
        self._is_followed = self._is_background or turn.answer.status is Status.QUEUED
        if self._is_followed and response_id is not None:
            client = self._around.servers.responses(await self._around.book.get(turn.server))
            await Following(self._incoming, client, self._around.clock, response_id).run()
            return
        kept = turn.request.get("store") is not False
        whole = await kept_answer(self._around, turn.server, response_id, self._waits) if kept else None
        if whole is None:
            raise problem
        self._incoming.take_whole(whole)

    def _waits(self, seconds: float) -> None:
        self._incoming.wait(seconds, "The connection broke off. Asking for the whole answer")

    async def _answer_after(self, problem: BaseException | None) -> Answer:
        answer = self._incoming.answer
        if problem is None or answer.status.ended:
            return answer
        if isinstance(problem, asyncio.CancelledError):
            return await self._stopped()
        failure = await explained(self._around, self._incoming.turn.server, problem)
        if self._before is not None:
            return replace(self._known(self._before), failure=await self._with_resume(failure))
        if not self._incoming.received and self._response_id is None:
            return replace(answer, status=Status.ERROR, failure=failure)
        return replace(answer, status=Status.CUT, failure=await self._with_resume(failure))

    def _known(self, before: Answer) -> Answer:
        """An answer that broke off, with what came since it was asked for once more."""
        return replace(before, items=self._incoming.answer.items)

    async def _stopped(self) -> Answer:
        answer = self._known(self._before) if self._before else self._incoming.answer
        response_id = self._response_id
        if self._is_background and response_id is not None:
            answer = await self._stopped_on_server(response_id) or answer
        return answer if answer.status.ended else replace(answer, status=Status.STOPPED)

    async def _stopped_on_server(self, response_id: str) -> Answer | None:
        """The answer as the server left it: cancelled, or whole where it was faster. None where it did not say."""
        try:
            client = self._around.servers.responses(await self._around.book.get(self._incoming.turn.server))
            async with asyncio.timeout(CANCEL_S):
                try:
                    answer = answer_in(await client.cancel(response_id))
                except ServerFailure as problem:
                    if problem.status is None and problem.kind != "malformed":
                        raise
                    answer = answer_in(await client.retrieve(response_id, QUIET))
        except (ServerFailure, SecretsUnavailable, StorageFailure, UseCaseFailure, TimeoutError):
            self._incoming.note(GOES_ON)
            return None
        if not answer.status.ended:
            self._incoming.note(GOES_ON)
            return None
        self._incoming.take_whole(answer)
        return self._incoming.answer

    async def _with_resume(self, failure: Failure) -> Failure:
        """Offered where there may be something to go on with."""
        turn = self._incoming.turn
        if self._response_id is None or turn.request.get("store") is False or failure.kind == "lost":
            return failure
        if not self._is_background and await self._around.book.keeps_responses(turn.server) is False:
            return failure
        return resumable(failure, first=self._is_background)

    async def _finish(self, answer: Answer) -> None:
        if _fills_its_cap(answer, self._incoming.turn.request):
            self._incoming.note(FILLED)
        turn = self._incoming.turn
        if answer.status in (Status.FAILED, Status.ERROR) and answer.text and answer.failure is not None:
            answer = replace(answer, failure=continuable(answer.failure))
        finished_at = turn.finished_at or self._around.clock.now()
        ended = replace(turn, answer=answer, finished_at=finished_at)
        self._final = replace(ended, cost=await self._cost(ended))
        await self.save()
        self._around.feed.put(TurnChanged(self._final))
        self.ended.set()

    async def _cost(self, ended: Turn) -> Cost | None:
        """By the prices of now. Where the table cannot be read, whoever shows the turn reckons."""
        try:
            return await self._around.prices.cost_of(ended)
        except StorageFailure:
            return None

    async def _keep_lessons(self) -> None:
        if self._attempts is not None and self._incoming.received:
            attempts, turn = self._attempts, self._incoming.turn
            await self._quietly(remember(self._around, turn, attempts.repairs, attempts.unheard))

    async def _probe(self) -> None:
        repairs = self._attempts.repairs if self._attempts is not None else ()
        await self._quietly(probe(self._around, self.turn, repairs))

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        """What is learnt beside an answer harms no answer where it cannot be kept."""
        try:
            await work
        except (StorageFailure, UseCaseFailure) as problem:
            self._around.feed.put(Notice(f"{problem.failure.title}. {problem.failure.text}", "warning"))


def _fills_its_cap(answer: Answer, request: JsonObject) -> bool:
    """llama-server, vLLM and Ollama call an answer completed that was cut off at the cap."""
    cap, used = request.get("max_output_tokens"), (answer.usage or {}).get("output_tokens")
    return (
        answer.status is Status.COMPLETED
        and isinstance(cap, int)
        and isinstance(used, int)
        and 0 < cap <= used
    )
