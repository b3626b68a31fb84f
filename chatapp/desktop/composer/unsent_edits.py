"""The edits of questions that were not sent: what the composer remembers of them while the window lives, and keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.conversation.inputs import Enclosure
    from chatapp.desktop.loop import Errands
    from chatapp.services.edit_drafts import EditDraft, EditDrafts


class UnsentEdits:
    """Memory takes an edit at once, the disk follows. A conversation is read from the disk when it is first opened."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self._known: dict[str, EditDrafts] = {}

    def read(self, conversation_id: str, then: Callable[[], object]) -> None:
        """`then` is called once it is known what there is."""

        def take(found: EditDrafts) -> None:
            self._known.setdefault(conversation_id, found)
            then()

        if conversation_id in self._known:
            then()
        else:
            self._errands.run(lambda app: app.edits.of(conversation_id), then=take)

    def of(self, conversation_id: str, turn_id: str) -> EditDraft | None:
        known = self._known.get(conversation_id)
        return known.drafts.get(turn_id) if known is not None else None

    def open(self, conversation_id: str) -> str | None:
        """The turn whose question was being edited last."""
        known = self._known.get(conversation_id)
        return known.open if known is not None else None

    def keep(self, conversation_id: str, turn_id: str, text: str, enclosures: tuple[Enclosure, ...]) -> None:
        from chatapp.services.edit_drafts import EditDraft

        draft = EditDraft(text, enclosures)
        if (self.of(conversation_id, turn_id), self.open(conversation_id)) != (draft, turn_id):
            known = self._of(conversation_id)
            self._write(
                conversation_id, replace(known, drafts={**known.drafts, turn_id: draft}, open=turn_id)
            )

    def drop(self, conversation_id: str, turn_id: str) -> None:
        """It was sent, or given up."""
        known = self._of(conversation_id)
        left = {key: draft for key, draft in known.drafts.items() if key != turn_id}
        if left != known.drafts or known.open is not None:
            self._write(conversation_id, replace(known, drafts=left, open=None))

    def close(self, conversation_id: str) -> None:
        """It stays, but is not what is written now."""
        known = self._of(conversation_id)
        if known.open is not None:
            self._write(conversation_id, replace(known, open=None))

    def _of(self, conversation_id: str) -> EditDrafts:
        from chatapp.services.edit_drafts import EditDrafts

        return self._known.get(conversation_id) or EditDrafts()

    def _write(self, conversation_id: str, edits: EditDrafts) -> None:
        self._known[conversation_id] = edits
        self._errands.run(lambda app: app.edits.keep(conversation_id, edits))
