"""Reading, cutting and analysing files in a process of its own, with limits on memory and on time.

A file takes as long as it takes (the largest text some 10 s), but no answer longer than `limited_process` allows, and
no file more than CPU_SECONDS. The engine never holds more of a file than the pieces it is writing.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from chatapp.documents.limited_process import IDLE_LIMIT, TIME_LIMIT, LimitedProcess, Program
from chatapp.engine.cutting_messages import from_texts, to_about, to_pieces, to_texts
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.pieces import About, Piece

CPU_SECONDS = 300
"""Processor time for one file, from its first byte to its last term."""
CUTTER = Program("chatapp.engine.cutting_program", "Indexing")


class Cutter:
    """One document at a time: `open` it, then ask for `more` until there is none. Started on demand, gone when idle."""

    def __init__(self, time_limit: float = TIME_LIMIT, idle_limit: float = IDLE_LIMIT) -> None:
        """Both limits in seconds."""
        self._process = LimitedProcess(CUTTER, time_limit, idle_limit)
        self._turn = asyncio.Lock()

    @property
    def process_id(self) -> int | None:
        """The process's id while one runs."""
        return self._process.process_id

    async def open(self, path: Path, filename: str, chunking: Chunking) -> About:
        """Begin with a file. Raises UnreadableDocument; ProcessDied where it may be worth another try."""
        request = {
            "do": "open",
            "path": str(path),
            "filename": filename,
            "chunking": [chunking.max_tokens, chunking.overlap_tokens],
            "cpu_seconds": CPU_SECONDS,
        }
        return await self._process.ask(to_about, request)

    async def more(self) -> list[Piece]:
        """The next pieces of the file; none after the last. Raises as `open`."""
        return await self._process.ask(to_pieces, {"do": "more"})

    async def whole(self, path: Path, filename: str, chunking: Chunking) -> tuple[About, list[Piece]]:
        """All of a file, for callers that share a cutter. Raises UnreadableDocument."""
        async with self._turn:
            what, pieces = await self.open(path, filename, chunking), []
            while some := await self.more():
                pieces += some
            return what, pieces

    async def terms(self, chunks: Sequence[tuple[About, str]]) -> list[str]:
        """The terms by which chunks with these texts are found. Raises UnreadableDocument."""
        header, body = from_texts([text for _, text in chunks])
        abouts = [(what.title, what.language) for what, _ in chunks]
        request = {"do": "terms", "abouts": abouts, "cpu_seconds": CPU_SECONDS}
        return await self._process.ask(to_texts, request | header, body)

    async def aclose(self) -> None:
        """End the process and whatever it was doing."""
        await self._process.aclose()
