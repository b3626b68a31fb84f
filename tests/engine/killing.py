"""An engine at work that is killed at any moment, and what must be true of it afterwards.

`live_and_die` is one life: files are sent whole and in parts, attached and indexed, answers are streamed, all at once,
until the process is gone. The ledger knows what was acknowledged; `judge` compares the last engine with all of it.
`test_crashes` and `tests.faults` use this.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from tests.engine.process import PATIENCE_S, RunningEngine, engine_on, events, request, text_of

DELAY = {"CHATAPP_ENGINE_DELTA_DELAY_MS": "3"}
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.05, 1.5
MOST_LINES = 8000
LEFT_PATIENCE_S = 120
"""For the last engine: lives that are short and many leave a hundred files to be indexed."""
ENDED = ("completed", "failed", "incomplete", "cancelled")


@dataclass
class Ledger:
    """What the engines on one data directory have acknowledged: files and their text, which of them are in the store,
    answers and the text that was seen of them. `starts_s` is how long each start took, in seconds."""

    store: str = ""
    files: dict[str, str] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    starts_s: list[float] = field(default_factory=list)
    kills: int = 0

    @property
    def names(self) -> set[str]:
        """The ids of all that was acknowledged."""
        return {*self.files, *self.answers}


def live_and_die(
    folder: Path, ledger: Ledger, dice: Random, new: Iterable[str] = ()
) -> tuple[list[str], set[str]]:
    """One life. What was wrong at its beginning with `new`, what the last life acknowledged; and what this one did."""
    known = ledger.names
    began = time.monotonic()
    with engine_on(folder, environment=DELAY) as engine:
        ledger.starts_s.append(time.monotonic() - began)
        ledger.store = ledger.store or engine.call("POST", "/vector_stores", json={})["id"]
        wrong = list(_losses(engine, ledger, set(new)))
        with ThreadPoolExecutor(len(_WORKS)) as threads:
            jobs = [
                threads.submit(_until_gone, work, engine, ledger, Random(dice.randrange(2**32)))
                for work in _WORKS
            ]
            time.sleep(dice.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
            engine.process.kill()
            engine.process.wait()
        for job in jobs:
            job.result()
    ledger.kills += 1
    return wrong, ledger.names - known


def judge(folder: Path, ledger: Ledger) -> list[str]:
    """What is wrong with what all lives left, once the last engine has indexed what waits."""
    with engine_on(folder) as engine:
        engine.indexed(ledger.store, LEFT_PATIENCE_S)
        wrong = list(_losses(engine, ledger, ledger.names))
        counts = engine.call("GET", f"/vector_stores/{ledger.store}")["file_counts"]
        if counts["completed"] != counts["total"] or counts["total"] < len(ledger.attached):
            wrong.append(f"of {len(ledger.attached)} files in the store: {counts}")
        rows = {file["id"] for file in engine.call("GET", "/files")["data"]}
        bytes_kept = {path.name for path in (folder / "files").iterdir()}
        if rows != bytes_kept:
            wrong.append(f"files without a row or bytes: {rows ^ bytes_kept}")
        wrong += [f"half received: {path.name}" for path in (folder / "incoming").iterdir()]
    return wrong


def _losses(engine: RunningEngine, ledger: Ledger, names: set[str]) -> Iterator[str]:
    for file_id in names & ledger.files.keys():
        response = engine.client.get(f"/files/{file_id}/content")
        if response.content != ledger.files[file_id].encode():
            yield f"{file_id}: {response.status_code}, {len(response.content)} bytes"
    for file_id in names & ledger.attached:
        yield from _half_indexed(engine, ledger, file_id)
    for identity in names & ledger.answers.keys():
        yield from _wrong_answer(engine, ledger, identity)


def _half_indexed(engine: RunningEngine, ledger: Ledger, file_id: str) -> Iterator[str]:
    path = f"/vector_stores/{ledger.store}/files/{file_id}"
    response = engine.client.get(path)
    if response.status_code != 200:
        yield f"{file_id}: no longer in the store"
    elif response.json()["status"] == "completed":
        text = "\n".join(part["text"] for part in engine.call("GET", f"{path}/content")["data"])
        if text.split() != ledger.files[file_id].split():
            yield f"{file_id}: completed, but only in part"
        query = {"query": ledger.files[file_id].split()[-1]}
        found = engine.call("POST", f"/vector_stores/{ledger.store}/search", json=query)["data"]
        if file_id not in {one["file_id"] for one in found}:
            yield f"{file_id}: completed, but its last word is not found"


def _wrong_answer(engine: RunningEngine, ledger: Ledger, identity: str) -> Iterator[str]:
    response = engine.client.get(f"/responses/{identity}")
    if response.status_code != 200:
        yield f"{identity}: {response.status_code}"
        return
    body = response.json()
    if body["status"] not in ENDED or (identity in ledger.finished and body["status"] != "completed"):
        yield f"{identity}: {body['status']}"
    seen = ledger.answers[identity]
    if seen and not text_of(body).startswith(seen):
        yield f"{identity}: {len(seen)} characters were seen, kept is {text_of(body)[:80]!r}"


def _until_gone(work: "_Work", engine: RunningEngine, ledger: Ledger, dice: Random) -> None:
    headers = {"authorization": f"Bearer {engine.token}"}
    with httpx.Client(base_url=engine.base_url, headers=headers, timeout=PATIENCE_S) as client:
        mine = RunningEngine(engine.process, engine.folder, engine.base_url, engine.token, client)
        try:
            while True:
                work(mine, ledger, dice)
        except httpx.TransportError:
            return


def _text(dice: Random) -> str:
    """A document with a last word of its own."""
    number = dice.randrange(2**64)
    lines = (
        f"Line {at} tells of the heron and of {at * 7919 % 10007}."
        for at in range(dice.randrange(1, MOST_LINES))
    )
    return "\n".join([*lines, f"Its mark is mark{number:x}"])


def _send(engine: RunningEngine, ledger: Ledger, dice: Random) -> None:
    text = _text(dice)
    file_id = engine.upload("heron.txt", text.encode())
    ledger.files[file_id] = text
    engine.call("POST", f"/vector_stores/{ledger.store}/files", json={"file_id": file_id})
    ledger.attached.add(file_id)


def _send_in_parts(engine: RunningEngine, ledger: Ledger, dice: Random) -> None:
    text = _text(dice)
    data = text.encode()
    middle = dice.randrange(len(data))
    announced = {"bytes": len(data), "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"}
    path = f"/uploads/{engine.call('POST', '/uploads', json=announced)['id']}"
    parts = [
        engine.call("POST", f"{path}/parts", files={"data": ("blob", part)})["id"]
        for part in (data[:middle], data[middle:])
    ]
    file_id = engine.call("POST", f"{path}/complete", json={"part_ids": parts})["file"]["id"]
    ledger.files[file_id] = text
    engine.call("POST", f"/vector_stores/{ledger.store}/file_batches", json={"file_ids": [file_id]})
    ledger.attached.add(file_id)


def _ask(engine: RunningEngine, ledger: Ledger, dice: Random) -> None:
    body = request(f"What of the heron and {dice.randrange(10007)}?", ledger.store, stream=True)
    with engine.client.stream("POST", "/responses", json=body) as response:
        identity = ""
        for event in events(response.iter_lines()):
            if event["type"] == "response.created":
                identity = event["response"]["id"]
                ledger.answers[identity] = ""
            elif event["type"] == "response.output_text.delta":
                ledger.answers[identity] += event["delta"]
            elif event["type"] == "response.completed":
                ledger.finished.add(identity)


_Work = Callable[[RunningEngine, Ledger, Random], None]
_WORKS: tuple[_Work, ...] = (_send, _send_in_parts, _ask, _ask)
