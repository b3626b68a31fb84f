"""Many files at once, some of them bad: all accounted for at every moment, also over a kill; none twice, none stuck."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on

GOOD = 48
BAD = {
    "empty.txt": (b"", "invalid_file", "empty"),
    "blank.txt": (b" \n ", "invalid_file", "blanks"),
    "damaged.pdf": (b"%PDF-1.7\n garbage", "invalid_file", "damaged"),
    "cut.docx": (b"PK\x03\x04 not a zip", "invalid_file", "damaged"),
    "noise.bin": (bytes(range(256)) * 20, "unsupported_file", "unknown kind"),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(500), "unsupported_file", "picture"),
    "huge.txt": (b"more words " * (33 * 2**20 // 11), "invalid_file", "up to 32 MB"),
}


def text(number: int) -> bytes:
    lines = (f"Line {line} tells of the heron." for line in range(number % 40 + 1))
    return "\n".join([*lines, f"Its mark is mark{number}x."]).encode()


def counted(engine: RunningEngine, path: str) -> Json:
    counts: Json = engine.call("GET", path)["file_counts"]
    assert counts["total"] == GOOD + len(BAD)
    assert sum(counts.values()) == 2 * counts["total"]
    return counts


def until(engine: RunningEngine, path: str, most_left: int) -> Json:
    deadline = time.monotonic() + 3 * PATIENCE_S
    seen = counted(engine, path)
    while seen["in_progress"] > most_left:
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
        now = counted(engine, path)
        assert now["in_progress"] <= seen["in_progress"]
        seen = now
    return seen


def test_all_are_accounted_for_over_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = [(f"{number}.txt", text(number)) for number in range(GOOD)]
    for at, (name, (content, _, _)) in enumerate(BAD.items()):
        files.insert(at * 7, (name, content))
    with engine_on(data) as engine:
        names = {engine.upload(name, content): name for name, content in files}
        store = engine.call("POST", "/vector_stores", json={})["id"]
        batch = engine.call("POST", f"/vector_stores/{store}/file_batches", json={"file_ids": list(names)})
        path = f"/vector_stores/{store}/file_batches/{batch['id']}"
        before = until(engine, path, GOOD // 2)
        assert before["in_progress"], "the kill must come in the middle"
        engine.process.kill()
        engine.process.wait()
    with engine_on(data) as engine:
        assert counted(engine, path)["completed"] >= before["completed"]
        after = until(engine, path, 0)
        assert (after["completed"], after["failed"]) == (GOOD, len(BAD))
        assert engine.call("GET", f"/vector_stores/{store}")["file_counts"] == after
        for file in engine.call("GET", f"{path}/files", params={"filter": "failed"})["data"]:
            _, code, words = BAD[names[file["id"]]]
            assert file["last_error"]["code"] == code
            assert words in file["last_error"]["message"]
        for number in range(0, GOOD, 8):
            body = {"query": f"mark{number}x", "max_num_results": 50}
            found = engine.call("POST", f"/vector_stores/{store}/search", json=body)["data"]
            assert found[0]["filename"] == f"{number}.txt"
            assert max(Counter(one["filename"] for one in found).values()) == 1
    with closing(sqlite3.connect(data / "engine.sqlite3")) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT entry) FROM chunk").fetchone() == (
            GOOD,
            GOOD,
        )


def test_a_batch_is_cancelled_midway(engine: RunningEngine) -> None:
    ids = [engine.upload(f"{number}.txt", text(number) * 50) for number in range(40)]
    store = engine.call("POST", "/vector_stores", json={})["id"]
    batch = engine.call("POST", f"/vector_stores/{store}/file_batches", json={"file_ids": ids})
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    deadline = time.monotonic() + PATIENCE_S
    while engine.call("GET", path)["file_counts"]["completed"] < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    counts = engine.call("POST", f"{path}/cancel")["file_counts"]
    assert counts["completed"] >= 5
    assert counts["cancelled"] > 0
    assert (counts["in_progress"], counts["completed"] + counts["cancelled"]) == (0, 40)
    body = {"query": "Its mark", "max_num_results": 50}
    found = engine.call("POST", f"/vector_stores/{store}/search", json=body)["data"]
    done = engine.call("GET", f"{path}/files", params={"filter": "completed"})["data"]
    assert {one["file_id"] for one in found} <= {file["id"] for file in done}
    engine.indexed(engine.store(("after.txt", b"Other files go on.")))
    assert engine.call("GET", path)["file_counts"] == counts
