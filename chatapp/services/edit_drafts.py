"""Questions that are being edited and were not sent: kept with their conversation until they are, or are given up."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from chatapp.conversation.inputs import Enclosure
from chatapp.protocol.json_types import JsonObject, object_of, objects_of, text_of
from chatapp.services.ports import Settings
from chatapp.services.purging import place_of
from chatapp.services.use_case import use_case


@dataclass(frozen=True, slots=True)
class EditDraft:
    """What a question is to become: its words, and what goes along."""

    text: str
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class EditDrafts:
    """Those of a conversation, by the turn whose question they change. `open` is the one that is being written."""

    drafts: Mapping[str, EditDraft] = field(default_factory=dict)
    open: str | None = None


class EditDraftKeeping:
    """Use cases on unsent edits. All go with the conversation when that is purged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @use_case
    async def of(self, conversation_id: str) -> EditDrafts:
        value = object_of(await self._settings.get(_place(conversation_id)))
        drafts = {key: _read(object_of(row)) for key, row in object_of(value.get("drafts")).items()}
        return EditDrafts(drafts, text_of(value.get("open")) or None)

    @use_case
    async def keep(self, conversation_id: str, edits: EditDrafts) -> None:
        if not edits.drafts:
            await self._settings.forget(_place(conversation_id))
            return
        rows = {key: asdict(draft) for key, draft in edits.drafts.items()}
        await self._settings.set(_place(conversation_id), {"drafts": rows, "open": edits.open})


def _place(conversation_id: str) -> str:
    """No server has an empty id."""
    return f"{place_of(conversation_id, '')}.edits"


def _read(row: JsonObject) -> EditDraft:
    return EditDraft(
        text_of(row.get("text")),
        tuple(Enclosure(**value) for value in objects_of(row.get("enclosures"))),
    )
