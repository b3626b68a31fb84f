"""Turns: ask, stop, ask again, ask otherwise, go on, and bring back after a crash.

A turn is on the disk before its first byte leaves. `turn_run` owns each answer from there; `attachments` brings
files to the server first; `recovery` mends what a crash left.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from chatapp.conversation.answer import Status
from chatapp.conversation.calls import (
    Result,
    answers,
    answers_in,
    only_answers,
    pending_calls,
)
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure, parts_along
from chatapp.conversation.request_builder import Built, build_request, user_message, with_own_input
from chatapp.conversation.sending import Asked, Way, build
from chatapp.conversation.time_line import TimeLine
from chatapp.conversation.tree import Conversation, Turn, enclosures_of
from chatapp.protocol.json_types import JsonObject
from chatapp.services.asking import (
    AS_EVER,
    CURRENT,
    Aside,
    Once,
    Parent,
    Question,
    free_to_answer,
    moved_on,
    parent_of,
    store_name,
    with_stores,
)
from chatapp.services.attachments import Attachments, Taken
from chatapp.services.heads import PARENT_DELETED, Heads
from chatapp.services.recovery import Recovery
from chatapp.services.result_drafts import ResultDrafts
from chatapp.services.running import RunningTurns
from chatapp.services.surroundings import Surroundings
from chatapp.services.turn_run import TurnRun
from chatapp.services.use_case import UseCaseFailure, use_case
from chatapp.services.ways import way_to

CONTINUE_TEXT = "Continue exactly where your last answer broke off. Do not repeat what you have written."


class Turns:
    """Use cases on turns. The methods that begin a turn return its id once it is committed."""

    def __init__(
        self,
        around: Surroundings,
        heads: Heads,
        attachments: Attachments,
        running: RunningTurns,
        drafts: ResultDrafts,
    ) -> None:
        self._around = around
        self._heads = heads
        self._attachments = attachments
        self._running = running
        self._drafts = drafts
        self._recovery = Recovery(around, running)
        self._beginning: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @use_case
    async def send(
        self,
        conversation_id: str,
        text: str,
        enclosures: Sequence[Enclosure] = (),
        parent: Parent = CURRENT,
        once: Once = AS_EVER,
    ) -> str:
        """Asks after `parent` (None: as a first turn). Files are brought to the server before; when one of them
        fails, a UseCaseFailure says why, nothing is sent and all becomes the draft where there is none. What goes
        along needs no words, unless it is only to be searched.

        The current turn is the one that is current when the question is sent, after its files are there. A draft
        that says the same is cleared, another stays.
        """
        words = text.strip()
        if not words and not enclosures:
            raise UseCaseFailure(EMPTY)
        head = await self._heads.get(conversation_id)
        await self._free_path(conversation_id, parent_of(head, parent))
        # Before files are uploaded for a question that could not be sent.
        build_request((), (), (await self._around.defaults.over(once.over(head))).parameters, "", False)
        if enclosures and not head.draft and not head.enclosures:
            await self._heads.set_draft(conversation_id, text, enclosures)
        taken = await self._attachments.take(once.over(head), store_name(head, words), enclosures)
        if not words and not taken.parts:
            raise UseCaseFailure(EMPTY)
        message = user_message(words, taken.parts)
        question = Question(text, (message,), taken.attachments, taken.stores, tuple(enclosures), once)
        return await self._begin(conversation_id, parent, question)

    @use_case
    async def stop(self, turn_id: str) -> None:
        """Closes the stream; what arrived stays. Returns once that is saved."""
        await self._running.stop(turn_id)

    @use_case
    async def regenerate(self, turn_id: str, once: Once = AS_EVER) -> str:
        """Asks the same again with the parameters of now: a sibling, the old answer stays."""
        turn = await self._turn(turn_id)
        question = Question(turn.text, turn.input, turn.attachments, once=once)
        return await self._begin(turn.conversation_id, turn.parent_id, question)

    async def retry(self, turn_id: str) -> str:
        return await self.regenerate(turn_id)

    @use_case
    async def edit(self, turn_id: str, text: str, enclosures: Sequence[Enclosure] | None = None) -> str:
        """Asks something else in the same place: a sibling, the old question stays. What went along goes along again,
        or `enclosures` in its place."""
        words, turn = text.strip(), await self._turn(turn_id)
        head, before = await self._heads.get(turn.conversation_id), enclosures_of(turn)
        along = before if enclosures is None else tuple(enclosures)
        if along == before and head.server == turn.server:
            taken = Taken(turn.attachments, (), parts_along(turn.input))
        else:
            taken = await self._attachments.take(head, store_name(head, words), along)
        if not words and not taken.parts:
            raise UseCaseFailure(EMPTY)
        items = (*answers_in(turn.input), user_message(words, taken.parts))
        question = Question(text, items, taken.attachments, taken.stores)
        return await self._begin(turn.conversation_id, turn.parent_id, question)

    @use_case
    async def continue_answer(self, turn_id: str) -> str:
        """Asks to go on with an answer that is incomplete, was cut or stopped: a turn below it."""
        turn = await self._turn(turn_id)
        question = Question(CONTINUE_TEXT, (user_message(CONTINUE_TEXT),))
        return await self._begin(turn.conversation_id, turn.id, question)

    @use_case
    async def answer_calls(self, turn_id: str, results: Sequence[Result], once: Once = AS_EVER) -> str:
        """Says what came of the calls a turn waits for, in the order of `pending_calls`: a turn below it that has no
        words of its own. The model goes on from there and may call again."""
        turn = await self._turn(turn_id)
        calls = pending_calls(turn.answer)
        if not calls or len(calls) != len(results):
            raise UseCaseFailure(NOT_WAITING)
        await self._drafts.keep(turn.conversation_id, turn.id, results)
        question = Question("", answers(calls, results), once=once)
        return await self._begin(turn.conversation_id, turn.id, question)

    @use_case
    async def ask_aside(self, aside: Aside) -> None:
        """Asks without leaving the turn that is current, whatever the conversation's parameters are by now."""
        question = Question(aside.text, aside.input, aside.attachments, aside=aside)
        await self._begin(aside.conversation_id, aside.parent_id, question)

    @use_case
    async def path_to(self, conversation_id: str, turn_id: str | None) -> tuple[Turn, ...]:
        """From the first turn to this one, to ask below it. Raises UseCaseFailure where that cannot be done now."""
        return await self._free_path(conversation_id, turn_id)

    @use_case
    async def resume(self, turn_id: str) -> str:
        """Goes on with an answer that broke off, where its server still has it. Nothing new is asked."""
        turn = await self._turn(turn_id)
        if turn.response_id is None or turn.answer.status is Status.COMPLETED:
            raise UseCaseFailure(NOTHING_TO_RESUME)
        if turn.answer.status.ended:
            line = await self._around.store.time_line(turn.id)
            self._running.start(TurnRun.again(turn, line, self._around))
        return turn.id

    @use_case
    async def wait(self, turn_id: str) -> Turn:
        """The turn, once its answer has ended."""
        return await self._running.wait(turn_id) or await self._turn(turn_id)

    @use_case
    async def time_line(self, turn_id: str) -> TimeLine:
        """When everything of an answer came; empty for one that is older than time lines are."""
        line = self._running.line(turn_id)
        return line if line is not None else await self._around.store.time_line(turn_id)

    def running(self) -> tuple[str, ...]:
        return self._running.ids()

    async def settled(self) -> None:
        """Returns when nothing runs any more: no answer, and nothing that is asked of a server after one."""
        await self._running.settled()
        await self._recovery.settled()

    @use_case
    async def preview(
        self, head: Conversation, text: str, enclosures: Sequence[Enclosure] = ()
    ) -> JsonObject:
        """The request that a question would send after the conversation's current turn. The conversation need not
        be kept, and nothing is sent: what goes along must be inside the request."""
        head = await self._around.defaults.over(head)
        path = await self._path(head.id, head.current_turn_id)
        parts = await self._attachments.parts(head.server, enclosures)
        question = await self._answering(path, Question(text, (user_message(text.strip(), parts),)))
        offered = self._around.servers.models_at_hand(head.server)
        way = await way_to(self._around, head.server, head.parameters, head.id, next(iter(offered), ""))
        return build(Asked(path, question.input, head.parameters, head.server), way).request

    @use_case
    async def answered_by(self, response_id: str) -> Turn | None:
        """The turn that was answered by this response, if it is in this profile."""
        return await self._around.store.turn_by_response(response_id)

    @use_case
    async def recover(self) -> None:
        """Mends the turns that a crash left unfinished. Call once, at the start."""
        await self._recovery.recover()

    async def aclose(self) -> None:
        """Stops every answer and saves what it had."""
        await self._recovery.aclose()
        await self._running.aclose()

    async def _begin(self, conversation_id: str, parent: Parent, question: Question) -> str:
        """One at a time in a conversation: what is current to the second is the first."""
        lock = self._beginning.setdefault(conversation_id, asyncio.Lock())
        async with lock:
            await self._running.save_again()
            head = await self._heads.get(conversation_id)
            parent_id = parent_of(head, parent)
            known = question.aside.path if question.aside is not None else None
            path = known if known is not None else await self._free_path(conversation_id, parent_id)
            question = await self._answering(path, question)
            chosen = await self._without_secrets(await self._head_for(question, head))
            question = replace(question, input=with_own_input(chosen.parameters, question.input))
            asked = free_to_answer(chosen) if only_answers(question.input) else chosen
            sent = Asked(path, question.input, asked.parameters, asked.server)
            way = await way_to(self._around, asked.server, asked.parameters, conversation_id)
            built = build(sent, way)
            turn = Turn(
                id=question.aside.turn_id if question.aside else uuid4().hex,
                conversation_id=conversation_id,
                parent_id=parent_id,
                created_at=self._around.clock.now(),
                server=asked.server,
                text=question.text,
                input=question.input,
                request=built.request,
                attachments=question.attachments,
                note=await self._note(asked.server, built, path, way, freed=asked != chosen),
            )
            await _to_its_end(self._commit(turn, question, sent, way))
        return turn.id

    async def _commit(self, turn: Turn, question: Question, asked: Asked, way: Way) -> None:
        """The turn on the disk, and its owner at work: neither is ever there without the other."""
        place = question.aside.place if question.aside is not None else None
        await self._heads.begin_turn(
            turn.conversation_id, partial(moved_on, turn=turn, question=question), turn, place
        )
        self._running.start(TurnRun.first(turn, asked, way, self._around))

    async def _head_for(self, question: Question, head: Conversation) -> Conversation:
        """The head as the question sees it. What is asked aside brings all of its parameters."""
        if question.aside is not None:
            return replace(head, server=question.aside.server, parameters=question.aside.parameters)
        seen = await self._around.defaults.over(question.once.over(head))
        return with_stores(seen, question.stores)

    async def _without_secrets(self, head: Conversation) -> Conversation:
        """Neither the request that is kept nor anything made of it holds a secret of a tool."""
        hidden = await self._around.tool_secrets.hidden(head.parameters, lasting=False)
        return head if hidden is head.parameters else replace(head, parameters=hidden)

    async def _note(
        self, server: str, built: Built, path: Sequence[Turn], way: Way, freed: bool
    ) -> str | None:
        """Said where the reader would expect a link and the turns were sent again instead, and where the choice of
        tools is not the one that was set."""
        said = [FREED] if freed else []
        if built.replayed and await self._around.book.keeps_responses(server):
            turns = "turn was" if built.replayed == 1 else f"{built.replayed} turns were"
            ids = [turn.response_id for turn in reversed(path[-built.replayed :])]
            nearest = next((key for key in ids if key in way.cuts.left | way.cuts.gone), None)
            why = LEFT if nearest in way.cuts.left else NOT_HELD
            said.append(f"{why}, so the last {turns} sent along again.")
        return " ".join(said) or None

    async def _answering(self, path: Sequence[Turn], question: Question) -> Question:
        """The question, after the results of the calls that wait above it: servers take nothing else there."""
        if not path or not pending_calls(path[-1].answer) or answers_in(question.input):
            return question
        return replace(question, input=(*await self._drafts.as_they_are(path[-1]), *question.input))

    async def _path(self, conversation_id: str, turn_id: str | None) -> tuple[Turn, ...]:
        if turn_id is None:
            return ()
        return tuple(map(self._running.newest, await self._around.store.path(conversation_id, turn_id)))

    async def _free_path(self, conversation_id: str, turn_id: str | None) -> tuple[Turn, ...]:
        """A path that can be asked on: its last answer has ended."""
        path = await self._path(conversation_id, turn_id)
        if turn_id is not None and not path:
            raise UseCaseFailure(PARENT_DELETED)
        if path and not path[-1].answer.status.ended:
            raise UseCaseFailure(BUSY)
        return path

    async def _turn(self, turn_id: str) -> Turn:
        turn = await self._around.store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        return self._running.newest(turn)


EMPTY = Failure("empty", "There is nothing to send", "Write a question first.")
BUSY = Failure(
    "busy",
    "The answer above is still being written",
    "Wait for it, or stop it, then send. Your text is kept.",
)
FREED = "The choice of tools was left to the model here: forced, it would only have called again."
NOT_HELD = "The server does not hold the whole conversation"
LEFT = "What the server holds of the conversation was left, as you asked"
NOTHING_TO_RESUME = Failure(
    "nothing_to_resume",
    "There is nothing to resume",
    "What had arrived is kept. Retry asks the question again.",
)
NOT_WAITING = Failure(
    "not_waiting", "These results do not fit the calls", "Nothing was sent. Each call needs one result."
)
TURN_GONE = Failure("turn_gone", "This turn is gone", "It was deleted in the meantime.")


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Does all of it, also when the caller is cancelled meanwhile; the cancellation counts afterwards."""
    task = asyncio.create_task(work, name="beginning of a turn")
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
