"""Why this passage: what was asked for, where, within which bounds, and how the passage fared. Folded until asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from chatapp.conversation.citations import Passage
from chatapp.conversation.filters import words_for_filter, written
from chatapp.conversation.searching import Search
from chatapp.desktop.panels.breaking import Breaking
from chatapp.desktop.panels.folded import Folded
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, label, named
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, text_of

TITLE = "Why this passage"
Reason = tuple[str, str]
"""What it is about, and what there is to say."""
TOLD_ELSEWHERE: Final = frozenset(("file_id", "filename", "document_id", "chunk_id", "vector_store_id"))
"""Attributes of ogx that name the file and the chunk; they have their own lines."""
NOT_TOLD = "The server does not say."


class Why(Folded):
    """The reasons are made when it first opens."""

    def __init__(self, reasons: Callable[[], Sequence[Reason]], icons: Icons) -> None:
        super().__init__(TITLE, QWidget(), icons)
        self._reasons = reasons

    def toggle(self) -> None:
        if self._inside.layout() is None:
            self._inside.setLayout(self._filled())
        super().toggle()

    def _filled(self) -> QGridLayout:
        lines = QGridLayout()
        lines.setContentsMargins(GAP_8, 0, 0, 0)
        lines.setHorizontalSpacing(GAP_8)
        lines.setVerticalSpacing(GAP_4)
        lines.setColumnStretch(1, 1)
        for at, (about, words) in enumerate(self._reasons()):
            name = label(about, "caption")
            said = named(Breaking(words), about)
            said.setAccessibleName(f"{about}: {words}")
            lines.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            lines.addWidget(said, at, 1)
        return lines


def reasons(search: Search | None, passage: Passage, store_name: Callable[[str], str]) -> list[Reason]:
    """Everything that is known of how a passage came to the answer, in words."""
    told = [
        ("Query", _queries(search)),
        ("Filter", _filter(search)),
        ("Rank", _rank(search, passage)),
        ("Score", _score(search, passage)),
        ("Ranking", _ranking(search)),
        ("Library", _stores(search, passage, store_name)),
        ("Chunk", _chunk(passage)),
        ("Attributes", _attributes(object_of(passage.result.get("attributes")))),
    ]
    return [(about, words) for about, words in told if words]


def _queries(search: Search | None) -> str:
    return "\n".join(search.queries) if search is not None and search.queries else NOT_TOLD


def _filter(search: Search | None) -> str:
    filters = search.settings.filters if search is not None else None
    return words_for_filter(filters) if filters else "none"


def _rank(search: Search | None, passage: Passage) -> str:
    if search is None:
        return str(passage.rank)
    found = search.last - search.first + 1
    most = search.settings.max_num_results
    return f"{passage.rank - search.first + 1} of {found} found" + (f", at most {most}" if most else "")


def _score(search: Search | None, passage: Passage) -> str:
    if passage.score is None:
        return NOT_TOLD
    threshold = search.settings.score_threshold if search is not None else None
    return f"{passage.score:.2f}, " + (f"threshold {threshold:.2f}" if threshold else "no threshold")


def _ranking(search: Search | None) -> str:
    if search is None:
        return ""
    settings = search.settings
    said = [settings.ranker or ""]
    if settings.embedding_weight is not None and settings.text_weight is not None:
        said.append(f"meaning {settings.embedding_weight:g}, words {settings.text_weight:g}")
    return "; ".join(filter(None, said))


def _stores(search: Search | None, passage: Passage, store_name: Callable[[str], str]) -> str:
    own = object_of(passage.result.get("attributes")).get("vector_store_id")
    certain = text_of(passage.result.get("vector_store_id")) or text_of(own)
    if certain:
        return store_name(certain)
    names = [store_name(store) for store in search.stores] if search is not None else []
    return f"one of {', '.join(names)}" if len(names) > 1 else "".join(names)


def _chunk(passage: Passage) -> str:
    """The engine says where the chunk begins, ogx how it is called; others say neither."""
    start, length = index_of(passage.result.get("offset")), index_of(passage.result.get("length"))
    size = f"{len(passage.text):,} characters"
    if start is not None and length is not None:
        return f"characters {start + 1:,} to {start + length:,} of the text"
    own = text_of(object_of(passage.result.get("attributes")).get("chunk_id"))
    return f"{size}, {own}" if own else size


def _attributes(given: Mapping[str, Json] | JsonObject) -> str:
    shown = {key: value for key, value in given.items() if key not in TOLD_ELSEWHERE}
    return "\n".join(f"{key}: {written(value)}" for key, value in shown.items()) or "none"
