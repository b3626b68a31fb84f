"""How well passages are found: Cranfield through the HTTP API, as any client would use it.

`python -m tests.benchmarks.retrieval` needs ../shared/ir/cranfield; it prints the figures and, as its last
line, one JSON object. Each abstract is a file of its own: title, blank line, text.
"""

import json
import math
import re
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.engine.process import RunningEngine, engine_on
from tests.kit.shared import shared_folder

CRANFIELD = shared_folder() / "ir" / "cranfield"
DEPTH = 10
NOT_RELEVANT = ("5", "-1")
STORE_FILES = 500
"""Files that one request may put into a new store."""
PATIENCE_S = 300


def run() -> dict[str, float]:
    """The figures, by the names of the benchmark's table."""
    documents, questions, relevant = _documents(), _questions(), _relevant()
    with tempfile.TemporaryDirectory() as folder, engine_on(Path(folder) / "data") as engine:
        began = time.perf_counter()
        numbers = {
            engine.upload(f"{number}.txt", text.encode()): number for number, text in documents.items()
        }
        uploaded = time.perf_counter()
        store = _indexed_store(engine, list(numbers))
        indexed = time.perf_counter()
        gains, recalls, took = [], [], []
        for number, question in enumerate(questions, 1):
            asked = time.perf_counter()
            found = _search(engine, store, question)
            took.append((time.perf_counter() - asked) * 1000)
            wanted = relevant.get(number, set())
            gains.append(_ndcg([numbers[file] for file in found], wanted))
            recalls.append(len({numbers[file] for file in found} & wanted) / len(wanted) if wanted else 0.0)
    return {
        "ndcg10": round(sum(gains) / len(gains), 4),
        "recall10": round(sum(recalls) / len(recalls), 4),
        "search_median_ms": round(median(took), 2),
        "upload_ms_a_file": round((uploaded - began) * 1000 / len(numbers), 2),
        "index_ms_a_file": round((indexed - uploaded) * 1000 / len(numbers), 2),
    }


def _indexed_store(engine: RunningEngine, files: list[str]) -> str:
    store: str = engine.call("POST", "/vector_stores", json={"file_ids": files[:STORE_FILES]})["id"]
    for file in files[STORE_FILES:]:
        engine.call("POST", f"/vector_stores/{store}/files", json={"file_id": file})
    deadline = time.monotonic() + PATIENCE_S
    while engine.call("GET", f"/vector_stores/{store}")["status"] == "in_progress":
        assert time.monotonic() < deadline, "indexing takes too long"
        time.sleep(0.1)
    return store


def _search(engine: RunningEngine, store: str, question: str) -> list[str]:
    body = {"query": question, "max_num_results": 3 * DEPTH}
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


def main() -> None:
    figures = run()
    for name, value in figures.items():
        print(f"{name:28} {value:>12}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
