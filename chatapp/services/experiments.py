"""Sweeps: one question under every combination of chosen values, some at a time, until each has a result or a reason.

Every place is asked by `turns` as an ordinary turn, which is on the disk together with its place: after a crash each
place has its turn, or none, and none is asked twice. A turn that is not there any more was deleted. What runs is known
here alone, so that every sweep rests after a start; `resume` goes on with what nobody asked and what was broken off.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.changes import ExperimentChanged, ExperimentRemoved, Notice
from chatapp.conversation.experiments import Experiment, Plan, check, failed, title_of, unasked
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure, parts_along
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, object_of
from chatapp.services.attachments import Attachments
from chatapp.services.defaults import OwnDefaults
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import Clock, ConversationStore, ExperimentStore, Settings
from chatapp.services.sweep_run import SweepRun
from chatapp.services.tool_secrets import ToolSecrets
from chatapp.services.turns import EMPTY, Turns
from chatapp.services.use_case import UseCaseFailure, use_case

TOLD = "unfinished_sweeps"
"""The preference that says how far each unfinished sweep was when it was told of."""


class Experiments:
    """Use cases on sweeps. Owns the task of each that runs."""

    def __init__(
        self,
        experiments: ExperimentStore,
        conversations: ConversationStore,
        turns: Turns,
        heads: Heads,
        attachments: Attachments,
        defaults: OwnDefaults,
        tool_secrets: ToolSecrets,
        settings: Settings,
        feed: Feed,
        clock: Clock,
    ) -> None:
        self._experiments = experiments
        self._conversations = conversations
        self._turns = turns
        self._heads = heads
        self._attachments = attachments
        self._defaults = defaults
        self._tool_secrets = tool_secrets
        self._settings = settings
        self._feed = feed
        self._clock = clock
        self._runs: dict[str, SweepRun] = {}

    @use_case
    async def plan_like(self, turn_id: str) -> Plan:
        """A plan without axes that asks what a turn asked, in its place, under the conversation's parameters."""
        turn = await self._conversations.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(GONE)
        head = await self._heads.get(turn.conversation_id)
        own = head.parameters if head.server == turn.server else {}
        parameters, of_models = await self._defaults.for_models(
            replace(head, server=turn.server, parameters=own)
        )
        return Plan(
            turn.conversation_id,
            turn.parent_id,
            turn.server,
            turn.text,
            turn.input,
            (),
            parameters=parameters,
            attachments=turn.attachments,
            of_models=of_models,
        )

    @use_case
    async def plan_for(
        self,
        conversation_id: str,
        text: str,
        enclosures: Sequence[Enclosure] = (),
        after: str | None = None,
    ) -> Plan:
        """A plan without axes for a question that was not asked yet, perhaps not even written, after the turn `after`,
        or else the conversation's current one. What goes along is brought to the server first."""
        words = text.strip()
        head = await self._heads.get(conversation_id)
        taken = await self._attachments.take(head, head.title, enclosures)
        parameters, of_models = await self._defaults.for_models(head)
        stores = [*(parameters.get("vector_stores") or ()), *taken.stores]
        return Plan(
            conversation_id,
            after or head.current_turn_id,
            head.server,
            text,
            (user_message(words, taken.parts),),
            (),
            parameters={**parameters, **({"vector_stores": stores} if stores else {})},
            attachments=taken.attachments,
            of_models=of_models,
        )

    @use_case
    async def start(self, plan: Plan) -> Experiment:
        """Keeps the plan and begins to ask. Raises UseCaseFailure for a value that cannot be sent, and without a
        question."""
        if not plan.text.strip() and not parts_along(plan.input):
            raise UseCaseFailure(EMPTY)
        checked = await self._without_secrets(check(plan))
        _refuse_what_cannot_be_sent(checked)
        experiment = Experiment(uuid4().hex, self._clock.now(), checked)
        await self._experiments.add(experiment)
        self._run(experiment, tuple(range(len(checked))))
        return experiment

    @use_case
    async def of(self, conversation_id: str) -> list[Experiment]:
        """The sweeps of a conversation, the oldest first. Each is told to the feed as it is now."""
        kept = await self._experiments.of(conversation_id)
        found = [self._runs[each.id].experiment if each.id in self._runs else each for each in kept]
        for experiment in found:
            self._feed.put(ExperimentChanged(experiment, experiment.id in self._runs))
        return found

    @use_case
    async def pause(self, experiment_id: str) -> None:
        """Nothing new is asked; what is under way is answered to its end."""
        run = self._runs.get(experiment_id)
        if run is not None:
            run.rest()

    @use_case
    async def stop(self, experiment_id: str) -> None:
        """Nothing new is asked, and what is under way is stopped; what arrived stays."""
        run = self._runs.get(experiment_id)
        if run is not None:
            await run.stop()

    @use_case
    async def resume(self, experiment_id: str) -> None:
        """Goes on with the places nobody asked, and those that were broken off."""
        experiment = await self._get(experiment_id)
        turns = await self._turns_of(experiment)
        self._run(experiment, unasked(experiment, turns.get))

    @use_case
    async def retry(self, experiment_id: str, places: Sequence[int] = ()) -> None:
        """Asks some places again, or all that failed. What they answered before stays in the tree."""
        experiment = await self._get(experiment_id)
        turns = await self._turns_of(experiment)
        wanted = tuple(places) or failed(experiment, turns.get)
        self._run(experiment, wanted)

    @use_case
    async def remove(self, experiment_id: str) -> None:
        """Forgets the sweep; its answers stay in the tree."""
        experiment = await self._get(experiment_id)
        await self.stop(experiment_id)
        await self._experiments.remove(experiment_id)
        self._feed.put(ExperimentRemoved(experiment.plan.conversation_id, experiment_id))

    @use_case
    async def tell_unfinished(self) -> None:
        """Says which sweeps have places that nobody asked, each once for as far as it is. Call once, at the start."""
        kept = await self._experiments.all()
        unfinished = {each.id: each for each in kept if len(each.turns) < len(each.plan)}
        told = object_of(await self._settings.get(TOLD))
        now = {key: len(each.turns) for key, each in unfinished.items()}
        for key, experiment in unfinished.items():
            head = await self._conversations.conversation(experiment.plan.conversation_id)
            if head is not None and head.deleted_at is None and told.get(key) != now[key]:
                left = len(experiment.plan) - now[key]
                self._feed.put(Notice(_UNFINISHED.format(title_of(experiment.plan), head.title, left)))
        if now != told:
            await self._settings.set(TOLD, now)

    async def settled(self) -> None:
        """Returns when no sweep runs any more."""
        while self._runs:
            await next(iter(self._runs.values())).ended.wait()

    async def aclose(self) -> None:
        """Asks nothing new. The turns that are under way are `turns`' to end."""
        for run in list(self._runs.values()):
            await run.aclose()

    async def _without_secrets(self, plan: Plan) -> Plan:
        """A plan is kept, and what is typed for an axis may be a tool with its secret."""
        axes = [
            replace(axis, values=tuple([await self._hidden(axis.name, value) for value in axis.values]))
            for axis in plan.axes
        ]
        return replace(plan, axes=tuple(axes), parameters=await self._tool_secrets.hidden(plan.parameters))

    async def _hidden(self, name: str, value: Json) -> Json:
        return (await self._tool_secrets.hidden({name: value}))[name]

    async def _get(self, experiment_id: str) -> Experiment:
        run = self._runs.get(experiment_id)
        found = run.experiment if run is not None else await self._experiments.get(experiment_id)
        if found is None:
            raise UseCaseFailure(GONE)
        return found

    async def _turns_of(self, experiment: Experiment) -> dict[str, Turn]:
        turns = await self._conversations.turns(experiment.plan.conversation_id)
        return {turn.id: turn for turn in turns}

    def _run(self, experiment: Experiment, places: Sequence[int]) -> None:
        """Begins to ask at these places, beside those of a sweep that is at work already."""
        if not places:
            return
        run = self._runs.get(experiment.id)
        if run is None:
            run = SweepRun(experiment, self._turns, self._feed, lambda: self._runs.pop(experiment.id))
            self._runs[experiment.id] = run
        run.ask(places)
        run.tell()


def _refuse_what_cannot_be_sent(plan: Plan) -> None:
    """Raises InvalidParameter for a combination that no request can say."""
    for setting in range(0, len(plan), plan.samples):
        build_request((), plan.input, plan.parameters_at(setting), plan.server, False)


_UNFINISHED = (
    "The sweep {0} in “{1}” is unfinished: {2} of its requests are left. Open the conversation, then "
    "Show the sweep (Ctrl+Shift+Y) and Resume."
)
GONE = Failure(
    "sweep_gone", "This sweep is gone", "It was removed in the meantime. Its answers stay in the tree."
)
