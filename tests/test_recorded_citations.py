"""Every recorded answer that cites a file: sent over a socket, kept, opened again, and shown in the transcript. What is
expected was read off the recordings."""

from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.citations import cite
from chatapp.conversation.tree import Tree
from chatapp.desktop.transcript.messages import TextItem
from chatapp.desktop.transcript_model import present_answer
from chatapp.services.feed import Feed
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer
from tests.kit.recordings import Recording, openai_recordings, server_recordings
from tests.test_recordings import answered

__all__ = ["gated_server"]

PIZZA = [("test_favorite_foods.txt", "Travis's favorite food is pizza", ".")]
STATION = "Marmalade Station opened in 1937"
PLATFORMS = f"{STATION}. It has four platforms"
OGX = [
    ("marmalade.md", STATION, ". It has four platforms."),
    ("harbour.txt", PLATFORMS, "."),
    ("marmalade.md", f"{PLATFORMS}.", ""),
]
EXPECTED = {
    "FileSearch#2": PIZZA,
    "FileSearchCallStreaming#2": PIZZA,
    "ogx-filesearch": OGX,
    "ogx-filesearch-2": OGX,
    "ogx-filesearch-noinclude": OGX,
    "ogx-filesearch-badvs": [],
}
"""The file of each marker, and the text before and after it."""


def searches(request: Any) -> bool:
    """Whether a request has the tool that searches in files."""
    tools = request.get("tools") if isinstance(request, dict) else None
    return any(tool["type"] == "file_search" for tool in tools or [])


def recorded() -> list[Recording]:
    """Answers of servers that were asked to search in files."""
    every = (*openai_recordings(), *server_recordings())
    return [one for one in every if searches(one.request) and b"file_search_call" in one.body]


RECORDED = recorded()


@pytest.mark.skipif(not RECORDED, reason="needs the recordings beside the repository")
async def test_every_marker_leads_to_its_file_from_its_place(
    profile: Path, gated_server: GatedServer
) -> None:
    found = {}
    async with open_profile(profile, Feed()) as app:
        for number, recording in enumerate(RECORDED):
            asked = await answered(app, gated_server, f"/{number}", recording)
            (turn,) = (await app.conversations.open(asked.conversation_id))[1]
            citations = await app.sources.passages(turn)
            assert citations == cite(asked.answer)
            texts = [turn.answer.items[mark.item].parts[mark.part].text for mark in citations]
            found[recording.name] = [
                (mark.filename, text[: mark.index], text[mark.index :])
                for mark, text in zip(citations, texts, strict=True)
            ]
            shown = present_answer(Tree([turn]), turn).message.items
            markers = [marker for item in shown if isinstance(item, TextItem) for marker in item.markers]
            assert markers == [(mark.index, mark.number) for mark in citations], recording.name
    assert found == EXPECTED
