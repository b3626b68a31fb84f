"""Several programs on one engine: none takes it away from the others, and it ends with the last of them."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chatapp.connections.engine_process import EnginePatience, EngineProcess
from chatapp.connections.engine_use import EngineUse
from chatapp.connections.http import Http
from chatapp.connections.responses_client import ResponsesClient
from chatapp.connections.servers import answers
from tests.connections.test_engine_process import runs, until

PATIENCE = EnginePatience(watch_s=0.1)
QUESTION = {"model": "extractive", "input": "Is anybody there?"}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def engine_on(data: Path, stack: AsyncExitStack) -> EngineProcess:
    engine = EngineProcess(data, answers, patience=PATIENCE)
    stack.push_async_callback(engine.stop)
    return engine


async def answer(engine: EngineProcess, started: asyncio.Event) -> str:
    """The type of the last event of a streamed answer; `started` is set at the first."""
    http = Http(engine.endpoint)
    last = ""
    try:
        async for event in ResponsesClient(http).stream(QUESTION):
            started.set()
            last = event.type
    finally:
        await http.aclose()
    return last


def pid_of(data: Path) -> int:
    return int(json.loads((data / "endpoint.json").read_text())["pid"])


async def test_an_owner_that_ends_leaves_the_engine_to_its_guest(
    tmp_path: Path, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_ENGINE_DELTA_DELAY_MS", "60")
    owner, guest = engine_on(tmp_path, stack), engine_on(tmp_path, stack)
    endpoint = await owner.endpoint()
    assert await guest.endpoint() == endpoint
    pid = pid_of(tmp_path)
    started = asyncio.Event()
    reading = asyncio.create_task(answer(guest, started))
    await started.wait()
    began = time.monotonic()
    await owner.stop()
    assert time.monotonic() - began < 1, "the owner need not wait for the guest"
    assert not reading.done(), "the owner must end in the middle of the answer"
    assert await reading == "response.completed"
    assert await guest.endpoint() == endpoint
    third = engine_on(tmp_path, stack)
    assert await third.endpoint() == endpoint
    await guest.stop()
    assert await answers(endpoint)
    await third.stop()
    await until(lambda: not runs(pid))


async def test_a_restart_is_a_restart_whoever_uses_the_engine(tmp_path: Path, stack: AsyncExitStack) -> None:
    owner, guest = engine_on(tmp_path, stack), engine_on(tmp_path, stack)
    old = await owner.endpoint()
    assert await guest.endpoint() == old
    pid = pid_of(tmp_path)
    new = await owner.restart()
    assert new != old
    assert not runs(pid)


async def test_who_comes_while_the_last_one_ends_waits(tmp_path: Path) -> None:
    last, next_one = EngineUse(tmp_path), EngineUse(tmp_path)
    await last.begin()
    assert last.is_last()
    waiting = asyncio.create_task(next_one.begin())
    await asyncio.sleep(0.2)
    assert not waiting.done()
    last.end()
    await waiting
    next_one.end()


@pytest.mark.parametrize("is_killed", [False, True])
def test_two_questions_at_once_on_one_profile(tmp_path: Path, is_killed: bool) -> None:
    """The first process owns the engine and ends, or is killed, while the second still reads its answer."""
    environment = {**os.environ, "CHATAPP_ENGINE_DELTA_DELAY_MS": "60"}
    command = [sys.executable, "-m", "chatapp", "ask", "Is anybody there?", "--profile", str(tmp_path)]
    questions = []
    for _ in range(2):
        questions.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        )
        time.sleep(0.8)
    if is_killed:
        questions[0].kill()
    ends = [one.communicate(timeout=60) for one in questions]
    assert questions[1].returncode == 0, ends
    assert ends[1][0].strip()
    if not is_killed:
        assert questions[0].returncode == 0, ends
        assert ends[0][0] == ends[1][0]
