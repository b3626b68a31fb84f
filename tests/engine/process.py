"""A real engine process for tests, and the few calls most tests make on it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0

Json = dict[str, Any]


def command(folder: Path, *options: str, module: str = "chatapp.engine") -> list[str]:
    """An engine that sees no model servers of the machine the tests run on."""
    return [sys.executable, "-m", module, "--data", str(folder), "--no-nearby", *options]


def launch(
    folder: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.PIPE,
    module: str = "chatapp.engine",
) -> subprocess.Popen[str]:
    """Start an engine; its streams are pipes."""
    return subprocess.Popen(
        command(folder, *options, module=module),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | (environment or {}),
    )


@dataclass
class RunningEngine:
    """An engine that listens, and a client with its token."""

    process: subprocess.Popen[str]
    folder: Path
    base_url: str
    token: str
    client: httpx.Client

    def call(self, method: str, path: str, expect: int = 200, **options: Any) -> Json:
        response = self.client.request(method, path, **options)
        assert response.status_code == expect, response.text
        body: Json = response.json()
        return body

    def refused(self, method: str, path: str, status: int, **options: Any) -> Json:
        """The error object of a request that is to be refused."""
        error: Json = self.call(method, path, status, **options)["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
        return error

    def upload(self, name: str, data: bytes, purpose: str = "assistants") -> str:
        form: Json = {"files": {"file": (name, data)}, "data": {"purpose": purpose}}
        return str(self.call("POST", "/files", **form)["id"])

    def store(self, *files: tuple[str, bytes], **fields: Any) -> str:
        """A vector store of the given files, indexed."""
        ids = [self.upload(name, data) for name, data in files]
        store = self.call("POST", "/vector_stores", json={"file_ids": ids, **fields})
        return self.indexed(store["id"])

    def indexed(self, store_id: str, patience_s: float = PATIENCE_S) -> str:
        """Wait until nothing of the store is in progress."""
        deadline = time.monotonic() + patience_s
        while self.call("GET", f"/vector_stores/{store_id}")["status"] == "in_progress":
            assert time.monotonic() < deadline, "indexing takes too long"
            time.sleep(0.02)
        return store_id

    def ask(self, question: Any, *stores: str, **parameters: Any) -> Json:
        return self.call("POST", "/responses", json=request(question, *stores, **parameters))

    def stream(self, question: Any, *stores: str, **parameters: Any) -> list[Json]:
        """All events of a streamed response."""
        body = request(question, *stores, stream=True, **parameters)
        with self.client.stream("POST", "/responses", json=body) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].startswith("text/event-stream")
            return list(events(response.iter_lines()))


def request(question: Any, *stores: str, **parameters: Any) -> Json:
    tools = [{"type": "file_search", "vector_store_ids": list(stores)}] if stores else []
    return {"model": "extractive", "input": question, "tools": tools} | parameters


def events(lines: Iterator[str]) -> Iterator[Json]:
    """The events of an SSE body, each with its `event:` line checked against its type."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line == "data: [DONE]":
            name = ""
        elif line.startswith("data: "):
            event: Json = json.loads(line.removeprefix("data: "))
            assert event["type"] == name
            yield event
        else:
            assert line == ""


def text_of(response: Json) -> str:
    return str(response["output"][-1]["content"][0]["text"])


def annotations_of(response: Json) -> list[Json]:
    found: list[Json] = response["output"][-1]["content"][0]["annotations"]
    return found


def quotes_of(response: Json) -> list[str]:
    """The quotes of an extractive answer: what stands between a line's `> ` and each citation's index."""
    text = text_of(response)
    return [text[text.rindex("> ", 0, one["index"]) + 2 : one["index"]] for one in annotations_of(response)]


@contextmanager
def engine_on(
    folder: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    module: str = "chatapp.engine",
) -> Iterator[RunningEngine]:
    """An engine on a data directory; ended by closing its standard input, as the window does.

    Whatever it wrote to stderr fails the test, unless the test killed it.
    """
    process = launch(folder, *options, environment=environment, module=module)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        hello = json.loads(line)
        headers = {"authorization": f"Bearer {hello['token']}"}
        with httpx.Client(base_url=hello["base_url"], headers=headers, timeout=PATIENCE_S) as client:
            yield RunningEngine(process, folder, hello["base_url"], hello["token"], client)
    finally:
        code, complaints = end(process)
    assert code != 0 or complaints == ""


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Close an engine's standard input and wait; its exit code and what it wrote to stderr."""
    if process.poll() is None and process.stdin:
        process.stdin.close()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    complaints = process.stderr.read() if process.stderr and not process.stderr.closed else ""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    return process.returncode, complaints


def kinds(found: Sequence[Json]) -> list[str]:
    return [str(event["type"]) for event in found]
