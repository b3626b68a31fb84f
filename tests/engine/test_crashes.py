"""kill -9 and a full disk: nothing acknowledged is lost, nothing half done is called complete."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from tests.engine.killing import Ledger, judge, live_and_die
from tests.engine.process import RunningEngine, engine_on, events, request, text_of

DELAY = {"CHATAPP_ENGINE_DELTA_DELAY_MS": "20"}


def kill(engine: RunningEngine) -> None:
    engine.process.kill()
    engine.process.wait()


def long_text(mark: str) -> bytes:
    lines = (
        f"Paragraph {number} tells of the {mark} and of number {number * 7919 % 10007}."
        for number in range(30_000)
    )
    return "\n".join(lines).encode()


def test_indexing_goes_on_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with engine_on(folder) as engine:
        marks = ["heron", "badger", "lynx"]
        ids = [engine.upload(f"{mark}.txt", long_text(mark)) for mark in marks]
        store = engine.call("POST", "/vector_stores", json={"file_ids": ids})["id"]
        time.sleep(0.4)
        counts = engine.call("GET", f"/vector_stores/{store}")["file_counts"]
        assert counts["in_progress"] > 0, "the kill must come in the middle"
        for file in engine.call("GET", f"/vector_stores/{store}/files")["data"]:
            half = engine.call("POST", f"/vector_stores/{store}/search", json={"query": file["id"]})
            assert half["data"] == []
        kill(engine)
    with engine_on(folder) as engine:
        began = time.monotonic()
        engine.indexed(store)
        assert time.monotonic() - began < 20
        counts = engine.call("GET", f"/vector_stores/{store}")["file_counts"]
        assert counts == {"in_progress": 0, "completed": 3, "failed": 0, "cancelled": 0, "total": 3}
        for mark, file_id in zip(marks, ids, strict=True):
            content = engine.call("GET", f"/vector_stores/{store}/files/{file_id}/content")["data"]
            whole = "\n".join(part["text"].strip("\n") for part in content)
            assert whole.split() == long_text(mark).decode().split()


def test_an_answer_cut_by_a_kill_is_failed_and_keeps_its_text(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    body = request("hello", stream=True)
    with (
        engine_on(folder, environment=DELAY) as engine,
        engine.client.stream("POST", "/responses", json=body) as response,
    ):
        sent = events(response.iter_lines())
        identity = next(sent)["response"]["id"]
        seen = ""
        while len(seen) < 60:
            seen += next(sent).get("delta", "")
        kill(engine)
    with engine_on(folder) as engine:
        stored = engine.call("GET", f"/responses/{identity}")
        assert stored["status"] == "failed"
        assert stored["error"]["code"] == "server_error"
        assert text_of(stored).startswith(seen)
        assert stored["output"][-1]["status"] == "incomplete"


def test_acknowledged_files_and_responses_outlive_kills(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    files: dict[str, bytes] = {}
    responses: list[str] = []
    for turn in range(4):
        with engine_on(folder) as engine:
            for number in range(5):
                data = os.urandom(2000)
                files[engine.upload(f"{turn}-{number}.bin", data)] = data
            previous = {"previous_response_id": responses[-1]} if responses else {}
            responses.append(engine.ask(f"question {turn}", **previous)["id"])
            kill(engine)
    with engine_on(folder) as engine:
        for file_id, data in files.items():
            assert engine.client.get(f"/files/{file_id}/content").content == data
        for identity in responses:
            assert engine.call("GET", f"/responses/{identity}")["status"] == "completed"
        assert engine.ask("and now?", previous_response_id=responses[-1])["status"] == "completed"


def test_an_engine_killed_at_work_loses_nothing(tmp_path: Path) -> None:
    """The short form of `python -m tests.faults engine`."""
    ledger, dice = Ledger(), Random(20261125)
    new: set[str] = set()
    for _ in range(3):
        wrong, new = live_and_die(tmp_path / "data", ledger, dice, new)
        assert wrong == []
    assert judge(tmp_path / "data", ledger) == []
    assert ledger.kills == 3


def test_what_a_killed_upload_left_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with engine_on(folder) as engine:
        kept = engine.upload("kept.txt", b"kept")
    (folder / "incoming" / "file-half").write_bytes(b"half")
    (folder / "files" / "file-without-a-row").write_bytes(b"orphan")
    with engine_on(folder) as engine:
        assert engine.call("GET", f"/files/{kept}")["bytes"] == 4
    assert [path.name for path in (folder / "files").iterdir()] == [kept]
    assert list((folder / "incoming").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB of our own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if (
        os.name != "posix"
        or os.getuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _fill(path: Path) -> None:
    """Write until not one page more fits."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_is_said_plainly_and_breaks_nothing(small_disk: Path) -> None:
    with engine_on(small_disk / "data") as engine:
        first = engine.ask("before")["id"]
        form = {"file": ("large.bin", os.urandom(4 * 2**20))}
        error = engine.refused("POST", "/files", 500, files=form, data={"purpose": "assistants"})
        assert (error["code"], error["type"]) == ("disk_full", "server_error")
        assert "disk" in error["message"]
        announced = {"bytes": 4 * 2**20, "filename": "a", "mime_type": "text/plain", "purpose": "assistants"}
        assert engine.refused("POST", "/uploads", 500, json=announced)["code"] == "disk_full"
        assert engine.ask("after a refused file")["status"] == "completed"

        ballast = small_disk / "ballast"
        _fill(ballast)
        refused = 0
        for number in range(200):
            response = engine.client.post("/responses", json=request(f"question {number} " + "x" * 5000))
            if response.status_code == 500:
                assert response.json()["error"]["code"] == "disk_full"
                refused += 1
                if refused == 3:
                    break
        assert refused == 3
        assert engine.call("GET", f"/responses/{first}")["status"] == "completed"
        ballast.unlink()
        assert engine.ask("there is room again")["status"] == "completed"
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(10) == 0
    with engine_on(small_disk / "data") as engine:
        assert engine.call("GET", f"/responses/{first}")["status"] == "completed"
