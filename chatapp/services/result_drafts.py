"""Results of calls while they are being written: kept with the conversation until they are sent with the next turn."""

from collections.abc import Sequence

from chatapp.conversation.calls import Result, answers, pending_calls
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, object_of, text_of
from chatapp.services.ports import Settings
from chatapp.services.purging import place_of

Draft = Result | None
"""What is written of a result so far; None for a call that was not touched."""


class ResultDrafts:
    """One draft a pending call, in their order. What was sent stays: a question that branches off from the same answer
    sends it again. All goes with the conversation when that is purged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def get(self, turn: Turn) -> tuple[Draft, ...]:
        kept = await self._settings.get(_place(turn))
        calls = pending_calls(turn.answer)
        drafts = [_read(entry) for entry in kept] if isinstance(kept, list) else []
        return tuple(drafts) if len(drafts) == len(calls) else (None,) * len(calls)

    async def keep(self, turn: Turn, drafts: Sequence[Draft]) -> None:
        await self._settings.set(_place(turn), [_written(draft) for draft in drafts])

    async def as_they_are(self, turn: Turn) -> tuple[JsonObject, ...]:
        """The items that answer a turn's calls before the user goes on without them: what is written goes along, and
        the rest was not run."""
        calls, drafts = pending_calls(turn.answer), await self.get(turn)
        return answers(calls, [draft or Result(done=False) for draft in drafts])


def _place(turn: Turn) -> str:
    return place_of(turn.conversation_id, f"results.{turn.id}")


def _written(draft: Draft) -> Json:
    return None if draft is None else {"text": draft.text, "done": draft.done}


def _read(entry: Json) -> Draft:
    fields = object_of(entry)
    return Result(text_of(fields.get("text")), fields.get("done") is not False) if fields else None
