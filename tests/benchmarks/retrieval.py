"""How well passages are found: Cranfield through the HTTP API, as any client would use it.

It needs ../shared/ir/cranfield. Each abstract is a file of its own: title, blank line, text. The baseline is FTS5 with
its Porter stemmer, in memory and in this process. The figures by meaning come where the extra `semantic` is installed.
"""

import math
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import mean, median

from chatapp.engine.retrieval.embedding import is_installed
from tests.benchmarks.engine import resident_mb
from tests.engine.process import RunningEngine, engine_on
from tests.kit.shared import shared_folder

CRANFIELD = shared_folder() / "ir" / "cranfield"
DEPTH = 10
NOT_RELEVANT = ("5", "-1")
STORE_FILES = 500
"""Files that one request may put into a new store."""
PATIENCE_S = 300
CHUNKS = 100_000
CHUNKS_A_FILE = 2_500
SPEED_QUESTIONS = 100
WORDS_ALONE = {"embedding_weight": 0.0, "text_weight": 1.0}
TOGETHER = {"embedding_weight": 1.0, "text_weight": 1.0}


def run() -> dict[str, float]:
    """The figures, by the names of the benchmark's table."""
    return {**_quality(), **_speed()}


def _quality() -> dict[str, float]:
    """Cranfield through the API, and FTS5's own ranking of the same texts."""
    documents, questions, relevant = _documents(), _questions(), _relevant()
    with tempfile.TemporaryDirectory() as folder, engine_on(Path(folder) / "data") as engine:
        numbers = {
            engine.upload(f"{number}.txt", text.encode()): number for number, text in documents.items()
        }
        uploaded = time.perf_counter()
        store = _indexed_store(engine, list(numbers))
        indexed = time.perf_counter()
        found = [[numbers[file] for file in _search(engine, store, question)] for question in questions]
        together: list[list[int]] = []
        if is_installed():
            _until_all_have_vectors(engine.folder / "engine.sqlite3")
            together = [
                [numbers[file] for file in _search(engine, store, question, TOGETHER)]
                for question in questions
            ]
    ndcg, recall = _judged(found, relevant)
    semantic = _judged(together, relevant) if together else None
    baseline = _judged(_by_fts5(documents, questions), relevant)
    return {
        "ndcg10": ndcg,
        "baseline_ndcg10": baseline[0],
        "ratio_ndcg10": ndcg / baseline[0],
        "recall10": recall,
        "baseline_recall10": baseline[1],
        "ratio_recall10": recall / baseline[1],
        "index_ms_a_file": (indexed - uploaded) * 1000 / len(numbers),
        **({"ndcg10_semantic": semantic[0], "recall10_semantic": semantic[1]} if semantic else {}),
    }


def _until_all_have_vectors(database: Path) -> None:
    missing = "SELECT count(*) FROM chunk WHERE id NOT IN (SELECT chunk FROM chunk_vector)"
    with closing(sqlite3.connect(database)) as connection:
        while connection.execute(missing).fetchone()[0]:
            time.sleep(1)


def _judged(found: list[list[int]], relevant: dict[int, set[int]]) -> tuple[float, float]:
    """Means over all questions of nDCG@10 and recall@10."""
    wanted = [relevant.get(number, set()) for number in range(1, len(found) + 1)]
    gains = [_ndcg(one, of) for one, of in zip(found, wanted, strict=True)]
    recalls = [len(set(one) & of) / len(of) if of else 0.0 for one, of in zip(found, wanted, strict=True)]
    return round(mean(gains), 4), round(mean(recalls), 4)


def _by_fts5(documents: dict[int, str], questions: list[str]) -> list[list[int]]:
    with closing(_fts5((number, text) for number, text in documents.items())) as connection:
        return [_ask_fts5(connection, question) for question in questions]


def _fts5(rows: Iterable[tuple[int, str]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE text USING fts5 (body, tokenize = 'porter unicode61')")
    connection.executemany("INSERT INTO text (rowid, body) VALUES (?, ?)", rows)
    return connection


def _ask_fts5(connection: sqlite3.Connection, question: str) -> list[int]:
    words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", question))
    rows = connection.execute("SELECT rowid FROM text WHERE text MATCH ? ORDER BY rank LIMIT 10", (words,))
    return [number for (number,) in rows]


def _speed() -> dict[str, float]:
    """100,000 chunks made of Cranfield's sentences: how fast they are indexed and found, and what that holds."""
    questions = _questions()[:SPEED_QUESTIONS]
    chance = random.Random(1)
    words = " ".join(_documents().values()).split()
    chunks = [_passage(chance, words) for _ in range(CHUNKS)]
    files = ["\n\n".join(chunks[at : at + CHUNKS_A_FILE]) for at in range(0, CHUNKS, CHUNKS_A_FILE)]
    with tempfile.TemporaryDirectory() as folder, engine_on(Path(folder) / "data") as engine:
        ids = [engine.upload(f"{number}.txt", text.encode()) for number, text in enumerate(files)]
        began = time.perf_counter()
        store = _indexed_store(engine, ids, {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0})
        chunks_per_s = CHUNKS / (time.perf_counter() - began)
        took = [_timed(partial(_search, engine, store, question)) for question in questions]
        rss = resident_mb(engine)
    began = time.perf_counter()
    with closing(_fts5(enumerate(chunks))) as connection:
        baseline_per_s = CHUNKS / (time.perf_counter() - began)
        baseline_took = [_timed(partial(_ask_fts5, connection, question)) for question in questions]
    return {
        "search_median_ms_100k": median(took),
        "baseline_search_median_ms_100k": median(baseline_took),
        "ratio_search_median_100k": median(took) / median(baseline_took),
        "chunks_per_s": chunks_per_s,
        "baseline_chunks_per_s": baseline_per_s,
        "ratio_chunks_per_s": chunks_per_s / baseline_per_s,
        "rss_mb": rss,
    }


def _passage(chance: random.Random, words: list[str]) -> str:
    """A paragraph of just under 100 tokens as the engine counts them, with a word of its own."""
    at = chance.randrange(len(words) - 60)
    text = f"{' '.join(words[at : at + 60])} w{chance.randrange(20_000)}"
    return text[:390].replace(".", ",")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _indexed_store(engine: RunningEngine, files: list[str], cut: dict[str, int] | None = None) -> str:
    strategy = {"chunking_strategy": {"type": "static", "static": cut}} if cut else {}
    first = {"file_ids": files[:STORE_FILES], **strategy}
    store: str = engine.call("POST", "/vector_stores", json=first)["id"]
    for file in files[STORE_FILES:]:
        engine.call("POST", f"/vector_stores/{store}/files", json={"file_id": file, **strategy})
    deadline = time.monotonic() + PATIENCE_S
    while engine.call("GET", f"/vector_stores/{store}")["status"] == "in_progress":
        assert time.monotonic() < deadline, "indexing takes too long"
        time.sleep(0.1)
    return store


def _search(
    engine: RunningEngine, store: str, question: str, weights: dict[str, float] = WORDS_ALONE
) -> list[str]:
    body = {
        "query": question,
        "max_num_results": 3 * DEPTH,
        "ranking_options": {"hybrid_search": weights},
    }
    data = engine.call("POST", f"/vector_stores/{store}/search", json=body)["data"]
    return list(dict.fromkeys(one["file_id"] for one in data))[:DEPTH]


def _ndcg(found: list[int], wanted: set[int]) -> float:
    gain = sum(1 / math.log2(rank + 2) for rank, document in enumerate(found) if document in wanted)
    best = sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(wanted))))
    return gain / best if best else 0.0


def _documents() -> dict[int, str]:
    documents = {}
    for entry in _entries("cran.all.1400"):
        title = entry.split("\n.T\n")[1].split("\n.A\n")[0].replace("\n", " ").strip()
        documents[int(entry.split("\n", 1)[0])] = (
            f"{title}\n\n{entry.split(chr(10) + '.W' + chr(10))[1].strip()}\n"
        )
    return {number: text for number, text in documents.items() if text.strip()}


def _questions() -> list[str]:
    return [entry.split("\n.W\n")[1].replace("\n", " ").strip() for entry in _entries("cran.qry")]


def _entries(name: str) -> list[str]:
    return re.split(r"^\.I ", (CRANFIELD / name).read_text(), flags=re.MULTILINE)[1:]


def _relevant() -> dict[int, set[int]]:
    relevant: dict[int, set[int]] = {}
    for line in (CRANFIELD / "cranqrel").read_text().splitlines():
        question, document, code = line.split()
        if code not in NOT_RELEVANT:
            relevant.setdefault(int(question), set()).add(int(document))
    return relevant
