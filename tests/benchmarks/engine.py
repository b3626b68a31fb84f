"""The engine beside a bare Starlette server that only sends the same bytes: start, first event, events a second.

`python -m tests.benchmarks.engine` prints the figures and, as its last line, one JSON object.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from tests.engine.process import RunningEngine, engine_on, request
from tests.kit.shared import shared_folder

REPETITIONS = 5
STREAMS = 60
WARM_UP = 5
QUESTION = "How many airplanes of U.S. registry does the proposed AD affect?"
CORPUS = shared_folder() / "corpus"
DOCUMENT = "federal-register-2020-17221.pdf"
OWN_DOCUMENT = ("own.txt", b"The rule affects 73 airplanes of U.S. registry. The proposed AD costs little.")

BARE_SERVER = """
import json, socket, sys
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
import uvicorn

parts = json.load(open(sys.argv[1]))

async def stream(request):
    await request.body()
    async def body():
        for part in parts:
            yield part
    return StreamingResponse(body(), media_type="text/event-stream")

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/v1/responses", stream, methods=["POST"])])
uvicorn.Server(uvicorn.Config(app, log_level="critical", http="h11", lifespan="off")).run([listener])
"""


def run() -> dict[str, float]:
    """The figures, by the names of the benchmark's table."""
    with tempfile.TemporaryDirectory() as folder:
        ready = [_ready_ms(Path(folder) / str(number)) for number in range(REPETITIONS)]
        with engine_on(Path(folder) / "data") as engine:
            store = engine.store(_document())
            body = request(QUESTION, store, stream=True)
            first, rate, sample = _measured(engine.client, body)
            rss = resident_mb(engine)
        with _bare_server(Path(folder) / "parts.json", sample) as client:
            baseline_first, baseline_rate, _ = _measured(client, body)
    return {
        "ready_ms": round(median(ready), 1),
        "first_event_ms": round(first, 2),
        "baseline_first_event_ms": round(baseline_first, 2),
        "events_per_s": round(rate),
        "baseline_events_per_s": round(baseline_rate),
        "ratio_events_per_s": round(rate / baseline_rate, 3),
        "rss_mb": round(rss, 1),
    }


def _document() -> tuple[str, bytes]:
    path = CORPUS / DOCUMENT
    return (DOCUMENT, path.read_bytes()) if path.exists() else OWN_DOCUMENT


def _ready_ms(folder: Path) -> float:
    began = time.perf_counter()
    with engine_on(folder):
        return (time.perf_counter() - began) * 1000


def _measured(client: httpx.Client, body: dict[str, object]) -> tuple[float, float, list[str]]:
    """Median ms to the first event, events a second over whole streams, and the parts of one stream."""
    first: list[float] = []
    count, spent = 0, 0.0
    parts: list[str] = []
    for number in range(WARM_UP + STREAMS):
        began = time.perf_counter()
        with client.stream("POST", "/responses", json=body) as response:
            parts = []
            for part in response.iter_text():
                if not parts:
                    first.append((time.perf_counter() - began) * 1000)
                parts.append(part)
        if number >= WARM_UP:
            spent += time.perf_counter() - began
            count += sum(part.count("event: ") for part in parts)
    return median(first[WARM_UP:]), count / spent, parts


def resident_mb(engine: RunningEngine) -> float:
    status = Path(f"/proc/{engine.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@contextmanager
def _bare_server(path: Path, parts: list[str]) -> Iterator[httpx.Client]:
    path.write_text(json.dumps(parts))
    process = subprocess.Popen(
        [sys.executable, "-c", BARE_SERVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        _until_listening(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1") as client:
            yield client
    finally:
        process.terminate()
        process.wait()


def _until_listening(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=10).close()


def main() -> None:
    figures = run()
    for name, value in figures.items():
        print(f"{name:28} {value:>12}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
