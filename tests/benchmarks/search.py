"""Search over 100,000 turns on the disk, as the list of conversations asks it: beside a scan of the same texts.

2,000 conversations of 50 turns, words drawn as they are in English: few are common and most are rare. The queries are
rare words, common ones, two words, the beginning of a word, and words that are nowhere; `p95_ms_100k` is over all of
them, each asked several times. The baseline reads every text with LIKE.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import Final

from chatapp.conversation.tree import Conversation, Turn
from chatapp.storage import conversations
from chatapp.storage.database import Database
from tests.storage import samples

CONVERSATIONS: Final = 2_000
TURNS: Final = 50
WORDS: Final = 40_000  # of the vocabulary
SPOKEN: Final = 60  # words of an answer
ROUNDS: Final = 5


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Words and how often each comes: by Zipf's law."""
    letters = "etaoinshrdlu"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(WORDS)]
    return words, [1 / (rank + 3) for rank in range(WORDS)]


def turns(conversation: int, chance: random.Random, words: list[str], weights: list[float]) -> Iterator[Turn]:
    for at in range(TURNS):
        said = chance.choices(words, cum_weights=weights, k=SPOKEN + 8)
        key = f"t{conversation}-{at}"
        asked = samples.question(key, " ".join(said[:8]), conversation_id=f"c{conversation}")
        yield samples.completed(asked, " ".join(said[8:]), f"resp-{key}")


def queries(words: list[str]) -> list[str]:
    return [
        *words[20_000:20_010],
        *words[100:110],
        *words[:3],
        *(f"{words[rank]} {words[rank * 40 + 7]}" for rank in range(10)),
        *(words[rank][:3] for rank in range(5_000, 5_005)),
        "nowhereatall",
    ]


async def fill(database: Database, words: list[str], weights: list[float], chance: random.Random) -> None:
    summed = list(accumulate(weights))
    for number in range(CONVERSATIONS):
        head = samples.head(f"c{number}", f"About {words[number]}")
        await database.run(partial(put, head, list(turns(number, chance, words, summed))))


def put(head: Conversation, made: list[Turn], connection: sqlite3.Connection) -> None:
    for turn in made:
        conversations._begin(connection, head, turn, None)
        conversations._finish(connection, turn, None)


def p95(figures: list[float]) -> float:
    return quantiles(figures, n=20)[-1]


async def measured(folder: Path) -> dict[str, float]:
    chance = random.Random(5)
    words, weights = vocabulary(chance)
    database = Database(folder)
    await database.open()
    await fill(database, words, weights, chance)
    store = conversations.SqliteConversations(database)
    took: list[float] = []
    scanned: list[float] = []
    asked = queries(words)
    for query in asked * ROUNDS:
        began = time.perf_counter()
        await store.search(query)
        took.append((time.perf_counter() - began) * 1e3)
    for query in asked:
        began = time.perf_counter()
        await database.read(partial(_scan, query))
        scanned.append((time.perf_counter() - began) * 1e3)
    await database.close()
    return {
        "p95_ms_100k": p95(took),
        "median_ms_100k": sorted(took)[len(took) // 2],
        "worst_ms_100k": max(took),
        "baseline_p95_ms_100k": p95(scanned),
        "ratio_p95": p95(took) / p95(scanned),
    }


def _scan(query: str, connection: sqlite3.Connection) -> list[sqlite3.Row]:
    conditions = " AND ".join("text || answer LIKE ?" for _ in query.split())
    values = [f"%{word}%" for word in query.split()]
    return connection.execute(f"SELECT id FROM turns WHERE {conditions} LIMIT 50", values).fetchall()


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "profile"
        folder.mkdir(mode=0o700)
        return asyncio.run(measured(folder))
