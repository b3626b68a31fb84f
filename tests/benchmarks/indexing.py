"""A stream while 1,000 files are indexed: the longest gaps between its events, beside a stream with nothing to do.

A client that only sleeps shows how long this machine keeps any program waiting meanwhile.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.engine.process import RunningEngine, engine_on, events, request

FILES = 1000
LINES = 200
DELAY_MS = 5
IDLE_S = 5.0


def run() -> dict[str, float]:
    """Gaps in milliseconds, files a second."""
    environment = {"CHATAPP_ENGINE_DELTA_DELAY_MS": str(DELAY_MS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        engine_on(Path(folder) / "data", environment=environment) as engine,
    ):
        end = time.monotonic() + IDLE_S
        idle = _stream_gaps(engine, lambda: time.monotonic() > end)
        ids = [engine.upload(f"{number}.txt", _text(number)) for number in range(FILES)]
        store = engine.call("POST", "/vector_stores", json={})["id"]
        began = time.monotonic()
        batch = engine.call("POST", f"/vector_stores/{store}/file_batches", json={"file_ids": ids})
        ended = threading.Event()
        sleeps: list[float] = []
        watchers = [
            threading.Thread(
                target=_until_indexed, args=(engine, f"{store}/file_batches/{batch['id']}", ended)
            ),
            threading.Thread(target=_sleep, args=(sleeps, ended)),
        ]
        for watcher in watchers:
            watcher.start()
        busy = _stream_gaps(engine, ended.is_set)
        for watcher in watchers:
            watcher.join()
        took = time.monotonic() - began
    return {
        **_worst("idle", idle),
        **_worst("indexing", busy),
        **_worst("sleeper", sleeps),
        "files_per_s": round(FILES / took, 1),
    }


def _text(number: int) -> bytes:
    lines = (
        f"Line {line} of {number} tells of the heron and of {line * 7919 % 10007}." for line in range(LINES)
    )
    return "\n".join(lines).encode()


def _stream_gaps(engine: RunningEngine, is_over: Callable[[], bool]) -> list[float]:
    """The seconds between the events of answers, one answer after another."""
    gaps: list[float] = []
    headers = {"authorization": f"Bearer {engine.token}"}
    with httpx.Client(base_url=engine.base_url, headers=headers, timeout=60) as client:
        while not is_over():
            with client.stream("POST", "/responses", json=request("hello", stream=True)) as response:
                last = 0.0
                for _ in events(response.iter_lines()):
                    now = time.perf_counter()
                    gaps.append(now - (last or now))
                    last = now
    return gaps


def _sleep(gaps: list[float], ended: threading.Event) -> None:
    while not ended.is_set():
        began = time.perf_counter()
        time.sleep(DELAY_MS / 1000)
        gaps.append(time.perf_counter() - began)


def _until_indexed(engine: RunningEngine, path: str, ended: threading.Event) -> None:
    try:
        while engine.call("GET", f"/vector_stores/{path}")["status"] == "in_progress":
            time.sleep(0.25)
    finally:
        ended.set()


def _worst(name: str, gaps: list[float]) -> dict[str, float]:
    ordered = sorted(gaps)
    return {
        f"{name}_p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 1),
        f"{name}_worst_ms": round(ordered[-1] * 1000, 1),
    }
