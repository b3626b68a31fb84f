"""The engine beside a bare Starlette server that only sends the same bytes: start, first event, events a second.

All answers are the extractive generator's, asked for over loopback as a user's are, with a file_search through a PDF of
15 pages. `events_per_s` counts every event of whole answers, from the request to the end of the body, asked by one
client one after another: LONG quotes three paragraphs (some 200 events), SHORT one sentence (some 40), told apart as
`events_per_s_short`, where finding the quote is most of the work. `worst_gap_ms_50` is the longest that any of 50
clients that ask LONG in the same moment heard nothing, before the first event or after it; `rss_mb` is the memory
before that, `busy_rss_mb` after it. `restart_ms` is a start on the data of an engine that was killed in the midst of
50 answers.
"""

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import httpx

from tests.engine.process import Json, RunningEngine, engine_on, request
from tests.kit.shared import shared_folder

REPETITIONS = 5
STREAMS = 60
WARM_UP = 5
AT_ONCE = 50
LONG = "How much do inspections cost per product?"
SHORT = "How many airplanes of U.S. registry does the proposed AD affect?"
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
listener.listen(128)
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/v1/responses", stream, methods=["POST"])])
uvicorn.Server(uvicorn.Config(app, log_level="critical", http="h11", lifespan="off")).run([listener])
"""


@dataclass(frozen=True, slots=True)
class Streamed:
    """One client's answers: median ms to the first event, events a second, and the parts of one answer."""

    first_ms: float
    events_per_s: float
    parts: list[str]


def run() -> dict[str, float]:
    """The figures, by the names of the benchmark's table."""
    with tempfile.TemporaryDirectory() as folder:
        data, parts = Path(folder) / "data", Path(folder) / "parts.json"
        ready = [_ready_ms(Path(folder) / str(number)) for number in range(REPETITIONS)]
        with engine_on(data) as engine:
            store = engine.store(_document())
            body = request(LONG, store, stream=True)
            short = _streamed(engine.client, request(SHORT, store, stream=True))
            long = _streamed(engine.client, body)
            rss = resident_mb(engine)
            gap = min(_worst_gap_ms(engine.client, body) for _ in range(REPETITIONS))
            busy_rss = resident_mb(engine)
            restart = _restart_ms(engine, body)
        with _bare_server(parts, long.parts) as (client, bare_ready, pid):
            bare = _streamed(client, body)
            bare_gap = min(_worst_gap_ms(client, body) for _ in range(REPETITIONS))
            bare_mb = _resident_mb(pid)
    return _beside(
        {
            "ready_ms": (median(ready), bare_ready),
            "first_event_ms": (long.first_ms, bare.first_ms),
            "events_per_s": (long.events_per_s, bare.events_per_s),
            "rss_mb": (rss, bare_mb),
            "worst_gap_ms_50": (gap, bare_gap),
        }
    ) | {
        "events_per_s_short": round(short.events_per_s),
        "busy_rss_mb": round(busy_rss, 2),
        "restart_ms": round(restart, 2),
    }


def _beside(figures: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Each figure, the bare server's, and their ratio."""
    named: dict[str, float] = {}
    for name, (own, bare) in figures.items():
        named |= {
            name: round(own, 2),
            f"baseline_{name}": round(bare, 2),
            f"ratio_{name}": round(own / bare, 3),
        }
    return named


def _document() -> tuple[str, bytes]:
    path = CORPUS / DOCUMENT
    return (DOCUMENT, path.read_bytes()) if path.exists() else OWN_DOCUMENT


def _ready_ms(folder: Path) -> float:
    began = time.perf_counter()
    with engine_on(folder):
        return (time.perf_counter() - began) * 1000


def _restart_ms(engine: RunningEngine, body: Json) -> float:
    """Kill the engine in the middle of answers, and start another on its data."""
    port = engine.client.base_url.port
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
    for each in sockets:
        each.sendall(_as_sent(engine.client, body))
    sockets[0].recv(1)
    engine.process.kill()
    engine.process.wait()
    for each in sockets:
        each.close()
    return _ready_ms(engine.folder)


def _streamed(client: httpx.Client, body: Json) -> Streamed:
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
    return Streamed(median(first[WARM_UP:]), count / spent, parts)


def _worst_gap_ms(client: httpx.Client, body: Json) -> float:
    sent = _as_sent(client, body)

    async def gap() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        heard = [time.perf_counter()]
        writer.write(sent)
        while await reader.read(1 << 16):
            heard.append(time.perf_counter())
        writer.close()
        return max(later - earlier for earlier, later in pairwise(heard))

    async def all_gaps() -> list[float]:
        return await asyncio.gather(*(gap() for _ in range(AT_ONCE)))

    return max(asyncio.run(all_gaps())) * 1000


def _as_sent(client: httpx.Client, body: Json) -> bytes:
    """The request on the wire: 50 real clients would take longer than the server does."""
    wanted = client.build_request("POST", "/responses", json=body, headers={"connection": "close"})
    lines = [b"POST %s HTTP/1.1" % wanted.url.raw_path, *(b"%s: %s" % pair for pair in wanted.headers.raw)]
    return b"\r\n".join([*lines, b"", wanted.content])


def resident_mb(engine: RunningEngine) -> float:
    return _resident_mb(engine.process.pid)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


@contextmanager
def _bare_server(path: Path, parts: list[str]) -> Iterator[tuple[httpx.Client, float, int]]:
    """A client of a server that sends these parts, how many ms it took to start, and its process."""
    path.write_text(json.dumps(parts))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", BARE_SERVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        ready_ms = (time.perf_counter() - began) * 1000
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1") as client:
            yield client, ready_ms, process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    figures = run()
    for name, value in figures.items():
        print(f"{name:28} {value:>12}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
