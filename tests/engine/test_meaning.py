"""Searching by meaning: pieces of words, two rankings as one, and an engine that has the extra."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.engine.retrieval.fusion import fused
from chatapp.engine.retrieval.wordpiece import UNKNOWN, pieces
from tests.engine.process import ROOT, engine_on
from tests.kit.models import ENVIRONMENT, folders_of

# The numbers are those of the reference tokenizer ("uncased" BERT).
PIECES = [
    ("hello world", [7592, 2088]),
    ("Embeddings", [7861, 8270, 4667, 2015]),
    ("naïve café!", [15743, 7668, 999]),
    ("U.S.A.", [1057, 1012, 1055, 1012, 1037, 1012]),
    ("x" * 101, [UNKNOWN]),
    ("中文", [1746, 1861]),
    ("", []),
]


@pytest.mark.parametrize(("text", "numbers"), PIECES)
def test_words_are_cut_into_known_pieces(text: str, numbers: list[int]) -> None:
    assert pieces(text) == numbers


@given(st.text())
def test_every_text_has_pieces(text: str) -> None:
    assert all(0 < piece < 30_522 for piece in pieces(text))


def test_two_rankings_become_one() -> None:
    both = fused([(1, [1, 2, 3]), (1, [2, 4])])
    assert [thing for thing, _ in both] == [2, 1, 4, 3]
    assert both[0][1] == 1.0
    assert [thing for thing, _ in fused([(0, [1]), (1, [2])])] == [2, 1]
    assert fused([]) == []


NEEDS = pytest.mark.skipif(not folders_of("onnxruntime"), reason="the extra `semantic` is not installed")
TEXTS = (
    ("lamp.txt", b"The lantern turns once in twelve seconds."),
    ("cat.txt", b"Our kitten sleeps on the sofa all day."),
    ("ship.txt", b"The ship carries coal to the harbour."),
)


@NEEDS
def test_an_engine_finds_by_meaning_and_tells_of_no_vectors_left(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with engine_on(data, environment=ENVIRONMENT) as engine:
        store = engine.store(*TEXTS)
        _until_read(data, len(TEXTS))
        by_meaning = engine.call(
            "POST", f"/vector_stores/{store}/search", json={"query": "a cat napping indoors"}
        )
        words_alone = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}
        by_words = engine.call(
            "POST",
            f"/vector_stores/{store}/search",
            json={"query": "a cat napping indoors", "ranking_options": words_alone},
        )
        engine.call("DELETE", f"/vector_stores/{store}")
    assert by_meaning["data"][0]["filename"] == "cat.txt"
    assert all(0 <= one["score"] <= 1 for one in by_meaning["data"])
    assert "cat.txt" not in [one["filename"] for one in by_words["data"]] or by_words["data"][0]["score"] < 1
    assert _count(data) == 0


IDLES = """
import asyncio
from pathlib import Path
from chatapp.engine import embedding_work

async def main():
    embedding_work.IDLE_S = 0.05
    work = embedding_work.EmbeddingWork(None)
    before, = await work.vectors(["A cat sleeps."])
    used = resident()
    while resident() > used - 80:
        await asyncio.sleep(0.05)
    after, = await work.vectors(["A cat sleeps."])
    assert (before == after).all()
    await work.close()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

asyncio.run(asyncio.wait_for(main(), 60))
"""


@NEEDS
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_model_that_nobody_asks_is_let_go_of() -> None:
    subprocess.run([sys.executable, "-c", IDLES], check=True, env=os.environ | ENVIRONMENT, cwd=ROOT)


def _until_read(data: Path, chunks: int) -> None:
    deadline = time.monotonic() + 60
    while _count(data) < chunks:
        assert time.monotonic() < deadline, "no vectors come"
        time.sleep(0.1)


def _count(data: Path) -> int:
    connection = sqlite3.connect(data / "engine.sqlite3")
    try:
        count: int = connection.execute("SELECT count(*) FROM chunk_vector").fetchone()[0]
    finally:
        connection.close()
    return count
