"""Turns: ask, stop, ask again, ask otherwise, go on, and bring back after a crash.

A turn is on the disk before its first byte leaves. `turn_run` owns each answer from there; `attachments` brings
files to the server first; `recovery` mends what a crash left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

from chatapp.conversation.failures import Failure
from chatapp.conversation.request_builder import Built, build_request, user_message
from chatapp.conversation.titles import title_for
from chatapp.conversation.tree import Attachment, Conversation, Tree, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.attachments import Attachments
from chatapp.services.heads import Heads
from chatapp.services.recovery import Recovery
from chatapp.services.running import RunningTurns
from chatapp.services.turn_run import Plan, Surroundings, TurnRun
from chatapp.services.use_case import UseCaseFailure, use_case


class Current(Enum):
    """Stands for the conversation's current turn, where None stands for no turn."""

    CURRENT = "current"


CURRENT: Final = Current.CURRENT
CONTINUE_TEXT = "Continue exactly where your last answer broke off. Do not repeat what you have written."


@dataclass(frozen=True, slots=True)
class _Question:
    """What the user asks: the words, the input items that carry them, and the files that came along."""

    text: str
    input: tuple[JsonObject, ...]
    attachments: tuple[Attachment, ...] = ()


class Turns:
    """Use cases on turns. The methods that begin a turn return its id once it is committed."""

    def __init__(
        self,
        around: Surroundings,
        heads: Heads,
        attachments: Attachments,
        running: RunningTurns,
    ) -> None:
        self._around = around
        self._heads = heads
        self._attachments = attachments
        self._running = running
        self._recovery = Recovery(around, running)

    @use_case
    async def send(
        self,
        conversation_id: str,
        text: str,
        attachments: Sequence[Path] = (),
        parent: str | Literal[Current.CURRENT] | None = CURRENT,
    ) -> str:
        """Asks after `parent` (None: as a first turn). Files are uploaded and indexed before; when one of them
        fails, a UseCaseFailure says why, nothing is sent and the text stays in the draft."""
        words = text.strip()
        if not words:
            raise UseCaseFailure(EMPTY)
        head = await self._heads.get(conversation_id)
        parent_id = head.current_turn_id if isinstance(parent, Current) else parent
        await self._free_path(conversation_id, parent_id)
        stores: tuple[str, ...] = ()
        question = _Question(text, (user_message(words),))
        if attachments:
            await self._heads.set_draft(conversation_id, text)
            taken = await self._attachments.take(head, _store_name(head, words), attachments)
            stores, question = (taken.store_id,), replace(question, attachments=taken.attachments)
        return await self._begin(conversation_id, parent_id, question, stores, draft="")

    @use_case
    async def stop(self, turn_id: str) -> None:
        """Closes the stream; what arrived stays. Returns once that is saved."""
        await self._running.stop(turn_id)

    @use_case
    async def regenerate(self, turn_id: str) -> str:
        """Asks the same again with the parameters of now: a sibling, the old answer stays."""
        turn = await self._turn(turn_id)
        question = _Question(turn.text, turn.input, turn.attachments)
        return await self._begin(turn.conversation_id, turn.parent_id, question)

    async def retry(self, turn_id: str) -> str:
        return await self.regenerate(turn_id)

    @use_case
    async def edit(self, turn_id: str, text: str) -> str:
        """Asks something else in the same place: a sibling, the old question stays."""
        if not text.strip():
            raise UseCaseFailure(EMPTY)
        turn = await self._turn(turn_id)
        question = _Question(text, (user_message(text.strip()),), turn.attachments)
        return await self._begin(turn.conversation_id, turn.parent_id, question)

    @use_case
    async def continue_answer(self, turn_id: str) -> str:
        """Asks to go on with an answer that is incomplete, was cut or stopped: a turn below it."""
        turn = await self._turn(turn_id)
        question = _Question(CONTINUE_TEXT, (user_message(CONTINUE_TEXT),))
        return await self._begin(turn.conversation_id, turn.id, question)

    @use_case
    async def wait(self, turn_id: str) -> Turn:
        """The turn, once its answer has ended."""
        return await self._running.wait(turn_id) or await self._turn(turn_id)

    def running(self) -> tuple[str, ...]:
        return self._running.ids()

    async def settled(self) -> None:
        """Returns when nothing runs any more: no answer, and nothing that is asked of a server after one."""
        await self._running.settled()
        await self._recovery.settled()

    @use_case
    async def request_for(self, conversation_id: str, text: str) -> JsonObject:
        """The body that `send` would post now, without posting it."""
        return await self._preview(await self._heads.get(conversation_id), text)

    @use_case
    async def preview(self, head: Conversation, text: str) -> JsonObject:
        """The same for a conversation that need not be kept: the question would follow its current turn."""
        return await self._preview(head, text)

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

    async def _begin(
        self,
        conversation_id: str,
        parent_id: str | None,
        question: _Question,
        stores: Sequence[str] = (),
        draft: str | None = None,
    ) -> str:
        await self._running.save_again()
        head = _with_stores(await self._heads.get(conversation_id), stores)
        path = await self._free_path(conversation_id, parent_id)
        built = await self._build(head, path, question.input)
        turn = Turn(
            id=uuid4().hex,
            conversation_id=conversation_id,
            parent_id=parent_id,
            created_at=self._around.clock.now(),
            server=head.server,
            text=question.text,
            input=question.input,
            request=built.request,
            attachments=question.attachments,
            note=await self._note(head.server, built),
        )
        edit = partial(_moved_on, turn=turn, stores=tuple(stores), draft=draft)
        await self._heads.begin_turn(conversation_id, edit, turn)
        self._start(turn, head, path, built)
        return turn.id

    def _start(self, turn: Turn, head: Conversation, path: Sequence[Turn], built: Built) -> None:
        def whole() -> JsonObject:
            return build_request(path, turn.input, head.parameters, head.server, False).request

        self._running.start(TurnRun(Plan(turn, whole if built.linked else None), self._around))

    async def _preview(self, head: Conversation, text: str) -> JsonObject:
        path = await self._path(head.id, head.current_turn_id)
        request = (await self._build(head, path, (user_message(text.strip()),))).request
        offered = self._around.servers.models_at_hand(head.server)
        return request if "model" in request or not offered else {"model": offered[0], **request}

    async def _build(self, head: Conversation, path: Sequence[Turn], items: Sequence[JsonObject]) -> Built:
        connection = await self._around.book.get(head.server)
        keeps = await self._around.book.keeps_responses(head.server)
        return build_request(
            path, items, head.parameters, head.server, keeps is True, connection.default_model
        )

    async def _note(self, server: str, built: Built) -> str | None:
        """Said where the reader would expect a link and the turns were sent again instead."""
        if not built.replayed or not await self._around.book.keeps_responses(server):
            return None
        turns = "turn was" if built.replayed == 1 else f"{built.replayed} turns were"
        return f"The server does not hold the whole conversation, so the last {turns} sent along again."

    async def _path(self, conversation_id: str, turn_id: str | None) -> tuple[Turn, ...]:
        turns = await self._around.store.turns(conversation_id)
        return Tree(self._running.newest(turn) for turn in turns).path(turn_id)

    async def _free_path(self, conversation_id: str, turn_id: str | None) -> tuple[Turn, ...]:
        """A path that can be asked on: its last answer has ended."""
        path = await self._path(conversation_id, turn_id)
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
TURN_GONE = Failure(
    "turn_gone", "This turn is gone", "Its conversation was deleted for good in the meantime."
)


def _store_name(head: Conversation, words: str) -> str:
    return title_for(words) if head.automatic_title and head.current_turn_id is None else head.title


def _with_stores(head: Conversation, stores: Sequence[str]) -> Conversation:
    chosen = head.parameters.get("vector_stores") or []
    new = [store for store in stores if store not in chosen]
    return replace(head, parameters={**head.parameters, "vector_stores": [*chosen, *new]}) if new else head


def _moved_on(head: Conversation, turn: Turn, stores: tuple[str, ...], draft: str | None) -> Conversation:
    """The head after a turn: shown on its branch, named by its first question."""
    first = head.automatic_title and turn.parent_id is None
    return replace(
        _with_stores(head, stores),
        title=title_for(turn.text) or head.title if first else head.title,
        updated_at=turn.created_at,
        current_turn_id=turn.id,
        draft=head.draft if draft is None else draft,
    )
