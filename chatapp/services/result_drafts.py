"""Results of calls while they are being written: kept with the conversation until they are sent with the next turn."""

from collections.abc import Iterable, Sequence

from chatapp.conversation.calls import Result, answers, pending_calls
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, object_of, text_of
from chatapp.services.ports import Settings
from chatapp.services.purging import place_of

Draft = Result | None
"""What is written of a result so far; None for a call that was not touched."""


class ResultDrafts:
    """One draft a pending call, in their order. What was sent stays: a question that branches off from the same answer
    sends it again. All goes with the conversation when that is purged.

    Memory takes a draft at once and the disk follows, so that a question sent right after it finds it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._newest: dict[str, tuple[Draft, ...]] = {}

    async def get(self, turn: Turn) -> tuple[Draft, ...]:
        count = len(pending_calls(turn.answer))
        kept = await self._settings.get(_place(turn.conversation_id, turn.id))
        entries = [_read(entry) for entry in kept] if isinstance(kept, list) else []
        drafts = self._newest.get(turn.id, tuple(entries))
        return drafts if len(drafts) == count else (None,) * count

    async def keep(self, conversation_id: str, turn_id: str, drafts: Sequence[Draft]) -> None:
        self._newest[turn_id] = tuple(drafts)
        await self._settings.set(_place(conversation_id, turn_id), [_written(draft) for draft in drafts])

    async def put(self, turn: Turn, place: int, output: str) -> None:
        """What a command printed for one of them, beside what is written of the others; what was written of the same
        stands below it."""
        drafts = list(await self.get(turn))
        before = drafts[place]
        drafts[place] = Result("\n\n".join([output, *([before.text] if before and before.text else [])]))
        await self.keep(turn.conversation_id, turn.id, drafts)

    async def forget(self, conversation_id: str, turn_ids: Iterable[str]) -> None:
        """Of turns that go for good."""
        for turn_id in turn_ids:
            self._newest.pop(turn_id, None)
            await self._settings.forget(_place(conversation_id, turn_id))

    async def as_they_are(self, turn: Turn) -> tuple[JsonObject, ...]:
        """The items that answer a turn's calls before the user goes on without them: what is written goes along, and
        the rest was not run."""
        drafts = await self.get(turn)
        return answers(pending_calls(turn.answer), [draft or Result(done=False) for draft in drafts])


def _place(conversation_id: str, turn_id: str) -> str:
    return place_of(conversation_id, f"results.{turn_id}")


def _written(draft: Draft) -> Json:
    return None if draft is None else {"text": draft.text, "done": draft.done}


def _read(entry: Json) -> Draft:
    fields = object_of(entry)
    return Result(text_of(fields.get("text")), fields.get("done") is not False) if fields else None
