"""Conversations out of the profile and into it, as texts. `exchange` knows the formats; whoever calls has the files."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.answer import Status
from chatapp.conversation.changes import Notice
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.failures import Failure, describe
from chatapp.conversation.parameters import usable
from chatapp.conversation.tree import Conversation, Tree, Turn
from chatapp.protocol.json_types import shortened
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import ConversationStore, ExperimentStore
from chatapp.services.running import RunningTurns
from chatapp.services.tool_secrets import ToolSecrets, withheld
from chatapp.services.use_case import UseCaseFailure, use_case

FORMATS = ("md", "html", "json")
"""Endings of the files that can be written; json is the one that can be read again."""


class Exchanging:
    """Export and import."""

    def __init__(
        self,
        store: ConversationStore,
        experiments: ExperimentStore,
        heads: Heads,
        running: RunningTurns,
        tool_secrets: ToolSecrets,
        feed: Feed,
    ) -> None:
        self._store = store
        self._experiments = experiments
        self._heads = heads
        self._running = running
        self._tool_secrets = tool_secrets
        self._feed = feed

    @use_case
    async def find(self, name: str) -> Conversation:
        """The conversation of this id, or of this title, upper and lower case alike."""
        entries = await self._store.conversations()
        wanted = name.casefold().strip()
        found = [entry for entry in entries if entry.id == name] or [
            entry for entry in entries if entry.title.casefold() == wanted
        ]
        if len(found) != 1:
            raise UseCaseFailure(_not_found(name, found))
        return found[0]

    @use_case
    async def export(self, conversation_id: str, kind: str) -> str:
        """The text of a file: md and html hold the path on screen, json everything."""
        head = await self._heads.get(conversation_id)
        turns = [self._running.newest(turn) for turn in await self._store.turns(conversation_id)]
        head = _without_enclosures(_with_favourites_among(head, turns))
        if kind != "json":
            return _render(head, turns, kind)
        from chatapp.exchange import bundle

        lines = await self._store.time_lines(conversation_id)
        return bundle.dump(head, turns, lines, await self._experiments.of(conversation_id))

    @use_case
    async def bring_in(self, text: str) -> Conversation:
        """Adds a conversation that was exported as json. What is here already stays; a second copy gets new ids."""
        from chatapp.exchange.bundle import InvalidBundle, load

        try:
            bundle = load(text)
        except InvalidBundle as problem:
            raise UseCaseFailure(
                Failure("invalid_bundle", "This file cannot be imported", f"{problem} Nothing was changed.")
            ) from problem
        head, turns = bundle.conversation, list(bundle.turns)
        lines = [bundle.lines.get(turn.id, ()) for turn in turns]
        before = [turn.id for turn in turns]
        parameters, unfit = usable(head.parameters)
        parameters = await self._tool_secrets.hidden(parameters)
        head = replace(_without_enclosures(head), parameters=parameters)
        if await self._is_known(head, turns):
            head, turns = _renewed(head, turns)
        head = replace(head, deleted_at=None)
        await self._store.add_whole(head, [_kept(turn) for turn in turns], lines)
        await self._heads.add(head)
        ids = dict(zip(before, (turn.id for turn in turns), strict=True))
        moved = (sweep.moved(uuid4().hex, head.id, ids) for sweep in bundle.sweeps)
        if unfit:
            self._feed.put(Notice(LEFT_OUT.format(shortened(", ".join(unfit), 200)), "warning"))
        await self._add_sweeps([_without_secrets(sweep) for sweep in moved if sweep is not None])
        return head

    async def _is_known(self, head: Conversation, turns: Sequence[Turn]) -> bool:
        if await self._store.conversation(head.id) is not None:
            return True
        return any([await self._store.knows_turn(turn.id) for turn in turns])

    async def _add_sweeps(self, sweeps: Sequence[Experiment]) -> None:
        for sweep in sweeps:
            await self._experiments.add(sweep)
            for place, turn_id in sweep.turns.items():
                await self._experiments.name_turn(sweep.id, place, turn_id)


LEFT_OUT = "The conversation was imported without parameters that cannot be sent: {}."


def _without_enclosures(head: Conversation) -> Conversation:
    """Files that were to be sent are named by where they lie on one computer: no other should be told, or believed."""
    return replace(head, enclosures=())


def _with_favourites_among(head: Conversation, turns: Sequence[Turn]) -> Conversation:
    """Those of deleted turns stay here, for the turns may come back."""
    kept = {turn.id for turn in turns}
    return replace(head, favourites=tuple(each for each in head.favourites if each in kept))


def _render(head: Conversation, turns: Sequence[Turn], kind: str) -> str:
    """The renderers are loaded when they are needed: what HTML takes is slow to import."""
    path = Tree(turns).path(head.current_turn_id)
    if kind == "html":
        from chatapp.exchange import html

        return html.render(head, path)
    from chatapp.exchange import markdown

    return markdown.render(head, path)


def _renewed(head: Conversation, turns: Sequence[Turn]) -> tuple[Conversation, list[Turn]]:
    ids: dict[str | None, str] = {turn.id: uuid4().hex for turn in turns}
    favourites = tuple(ids[each] for each in head.favourites if each in ids)
    new = replace(head, id=uuid4().hex, current_turn_id=ids.get(head.current_turn_id), favourites=favourites)
    return new, [
        replace(turn, id=ids[turn.id], conversation_id=new.id, parent_id=ids.get(turn.parent_id))
        for turn in turns
    ]


def _kept(turn: Turn) -> Turn:
    """As a turn is written down here, whoever wrote the file."""
    ended = _ended(turn)
    response = ended.answer.response and withheld(ended.answer.response)
    return replace(ended, request=withheld(turn.request), answer=replace(ended.answer, response=response))


def _without_secrets(sweep: Experiment) -> Experiment:
    plan = sweep.plan
    axes = [
        replace(axis, values=tuple(withheld({axis.name: value})[axis.name] for value in axis.values))
        for axis in plan.axes
    ]
    return replace(sweep, plan=replace(plan, parameters=withheld(plan.parameters), axes=tuple(axes)))


def _ended(turn: Turn) -> Turn:
    """A turn that was still being written when it was exported goes on nowhere."""
    if turn.answer.status.ended:
        return turn
    return replace(turn, answer=replace(turn.answer, status=Status.CUT, failure=describe("interrupted")))


def _not_found(name: str, found: Sequence[Conversation]) -> Failure:
    if not found:
        return Failure("no_conversation", f"There is no conversation “{name}”", "Give its title or its id.")
    ids = ", ".join(entry.id for entry in found)
    return Failure(
        "no_conversation", f"{len(found)} conversations are called “{name}”", f"Give one of: {ids}."
    )
