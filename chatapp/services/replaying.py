"""Asking again what was asked: a whole branch under the settings of now, beside the old one; or one question twice, to
see whether the answers are the same byte by byte."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Literal
from uuid import uuid4

from chatapp.conversation.answer import Status
from chatapp.conversation.asked import parameters_of
from chatapp.conversation.calls import only_answers, pending_calls
from chatapp.conversation.changes import Notice, Offer, TurnChanged
from chatapp.conversation.failures import Failure
from chatapp.conversation.repeating import SEED, words_for
from chatapp.conversation.tree import Tree, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.address_book import ENGINE
from chatapp.services.asking import Aside
from chatapp.services.defaults import OwnDefaults
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import ConversationStore, StorageFailure
from chatapp.services.replay_log import Replay, ReplayLog
from chatapp.services.turns import TURN_GONE, Turns
from chatapp.services.use_case import UseCaseFailure, use_case

log = logging.getLogger(__name__)

Severity = Literal["info", "warning", "danger"]
WHOLE = (Status.COMPLETED, Status.INCOMPLETE)


class Replaying:
    """Owns the tasks that ask; an answer that is stopped ends its task."""

    def __init__(
        self,
        store: ConversationStore,
        log: ReplayLog,
        turns: Turns,
        heads: Heads,
        defaults: OwnDefaults,
        feed: Feed,
    ) -> None:
        self._store = store
        self._log = log
        self._defaults = defaults
        self._turns = turns
        self._heads = heads
        self._feed = feed
        self._tasks: set[asyncio.Task[None]] = set()

    @use_case
    async def replay(self, turn_id: str) -> int:
        """Begins to ask a turn and those below it again, in order, under the conversation's settings of now. The branch
        on screen counts where it goes through the turn, else the newest. Returns how many turns that are."""
        turn = await self._turn(turn_id)
        head = await self._defaults.over(await self._heads.get(turn.conversation_id))
        tree = Tree(await self._store.turns(turn.conversation_id))
        path = tree.path(head.current_turn_id)
        if turn_id not in {each.id for each in path}:
            path = tree.path(tree.leaf_below(turn_id))
        branch = path[[each.id for each in path].index(turn_id) :]
        if only_answers(branch[0].input):
            raise UseCaseFailure(RESULTS_FIRST)
        ids = tuple(each.id for each in branch)
        entry = Replay(uuid4().hex, head.id, head.server, head.parameters, ids)
        await self._log.put(entry)
        self._own(self._ask_branch(entry), f"replay from {turn_id}")
        return len(branch)

    @use_case
    async def tell_unfinished(self) -> None:
        """Says which replays the program's end broke off, each once, and offers to go on. Call once, at the start, when
        it is known how their turns ended."""
        for entry in await self._log.all():
            head = await self._store.conversation(entry.conversation_id)
            if head is None or head.deleted_at is not None or entry.told:
                await self._log.drop(entry)
                continue
            await self._log.put(replace(entry, told=True))
            done = len(await self._answered(entry))
            words = (
                f"A replay in “{head.title}” was broken off after {done} of {len(entry.branch)} questions."
            )
            self._feed.put(Notice(words, "warning", offer=Offer("Go on", f"replaying.go_on:{entry.id}")))

    @use_case
    async def go_on(self, replay_id: str) -> None:
        """Asks the rest of a replay that was broken off, with what it was begun with. What broke off is asked again."""
        entry = next((each for each in await self._log.all() if each.id == replay_id), None)
        if entry is None:
            raise UseCaseFailure(REPLAY_GONE)
        answered = await self._answered(entry)
        if answered:
            await self._show_instead(entry, answered[-1])
        self._own(
            self._ask_branch(replace(entry, asked=tuple(turn.id for turn in answered))),
            f"rest of replay {replay_id}",
        )

    @use_case
    async def repeat(self, turn_id: str) -> None:
        """Begins to ask a question twice more, one run after the other, with what it was asked with and a fixed seed on
        the engine; then says whether both gave the same bytes. What came of it stays as the second run's note."""
        turn = await self._turn(turn_id)
        if only_answers(turn.input):
            raise UseCaseFailure(RESULTS_FIRST)
        parameters = parameters_of(turn.request)
        if turn.server == ENGINE.id:
            parameters["seed"] = SEED
        self._own(self._ask_twice(turn, parameters), f"repetition of {turn_id}")

    async def settled(self) -> None:
        """Returns when nothing is asked again any more."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answered(self, entry: Replay) -> list[Turn]:
        """The turns of a replay that came to their end, up to the first that did not."""
        found: list[Turn] = []
        for turn_id in entry.asked:
            if await self._store.turn(turn_id) is None:
                break
            turn = await self._turns.wait(turn_id)
            if turn.answer.status not in WHOLE:
                break
            found.append(turn)
        return found

    async def _ask_branch(self, entry: Replay) -> None:
        """Kept until it ends; the end of the program is none."""
        try:
            words, severity = await self._ask_rest(entry)
        except (UseCaseFailure, StorageFailure):
            await self._log.drop(entry)
            raise
        await self._log.drop(entry)
        self._say(words, severity)

    async def _ask_rest(self, entry: Replay) -> tuple[str, Severity]:
        """Asks what nobody answered yet; how it ended, in a sentence."""
        count = len(entry.branch)
        parent = entry.asked[-1] if entry.asked else (await self._turn(entry.branch[0])).parent_id
        for done, turn_id in enumerate(entry.branch[len(entry.asked) :], len(entry.asked)):
            turn = await self._turn(turn_id)
            if only_answers(turn.input):
                return (
                    f"The replay ended after {done} of {count} questions: results of calls come next.",
                    "info",
                )
            new_id = uuid4().hex
            entry = replace(entry, asked=(*entry.asked, new_id))
            await self._log.put(entry)
            new = await self._ask(turn, parent, entry.server, entry.parameters, new_id)
            await self._show(new, parent if done else None)
            new = await self._turns.wait(new.id)
            if new.answer.status not in WHOLE:
                how = new.answer.status.value.replace("_", " ")
                return f"The replay ended at question {done + 1} of {count}: its answer was {how}.", "warning"
            if pending_calls(new.answer) and done < count - 1:
                return (
                    f"The replay waits at question {done + 1} of {count}: its answer calls functions.",
                    "info",
                )
            parent = new.id
        asked = "One question was" if count == 1 else f"{count} questions were"
        return (
            f"{asked} asked again. Compare with… in an answer's menu shows both branches.",
            "info",
        )

    async def _ask_twice(self, turn: Turn, parameters: JsonObject) -> None:
        runs = []
        for _ in range(2):
            new = await self._ask(turn, turn.parent_id, turn.server, parameters, uuid4().hex)
            runs.append(await self._turns.wait(new.id))
            if runs[-1].answer.status not in WHOLE:
                self._say("A run did not come to its end, so there is nothing to compare.", "warning")
                return
        words = words_for(runs[0], runs[1], promised=_promises(runs))
        told = replace(runs[1], note=" ".join(filter(None, (runs[1].note, words))))
        await self._store.finish_turn(told)
        self._feed.put(TurnChanged(told))
        await self._show(told, None)
        self._say(words)

    async def _ask(
        self, turn: Turn, parent: str | None, server: str, parameters: JsonObject, new_id: str
    ) -> Turn:
        await self._turns.ask_aside(
            Aside(
                new_id,
                turn.conversation_id,
                parent,
                server,
                parameters,
                turn.text,
                turn.input,
                turn.attachments,
            )
        )
        return await self._turn(new_id)

    async def _show(self, turn: Turn, after: str | None) -> None:
        """Puts the new branch on screen; one who went elsewhere meanwhile (`after` is not shown) is left there."""
        await self._heads.edit(
            turn.conversation_id,
            lambda head: (
                replace(head, current_turn_id=turn.id) if after in (None, head.current_turn_id) else head
            ),
        )

    async def _show_instead(self, entry: Replay, last: Turn) -> None:
        """Who looks at what broke off is taken along by what comes in its place."""
        await self._heads.edit(
            entry.conversation_id,
            lambda head: (
                replace(head, current_turn_id=last.id) if head.current_turn_id in entry.asked else head
            ),
        )

    async def _turn(self, turn_id: str) -> Turn:
        turn = await self._store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        return turn

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if isinstance(problem, UseCaseFailure | StorageFailure):
            self._say(f"{problem.failure.title}. {problem.failure.text}", "danger")
        elif problem is not None:
            log.error("what is asked again lost its owner", exc_info=problem)
            self._say(f"Something went wrong inside chatapp: {problem!r}", "danger")

    def _say(self, words: str, severity: Severity = "info") -> None:
        self._feed.put(Notice(words, severity))


def _promises(runs: Sequence[Turn]) -> bool:
    """The engine echoes a seed only for a model that repeats itself."""
    return all((run.answer.response or {}).get("seed") == SEED for run in runs)


REPLAY_GONE = Failure("replay_gone", "This replay cannot go on", "It came to its end, or was removed.")
RESULTS_FIRST = Failure(
    "results_first",
    "This turn brings results of calls",
    "It cannot be asked again by itself, since another answer calls otherwise. Begin at the question above it.",
)
