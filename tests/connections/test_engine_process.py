"""The engine's owner with real child processes: stand-ins that keep the contract or break it, and the real engine."""

import asyncio
import importlib.util
import json
import os
import signal
import socket
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chatapp.connections import engine_child
from chatapp.connections.endpoint import Endpoint
from chatapp.connections.engine_address import NAME, read_address, write_address
from chatapp.connections.engine_process import EnginePatience, EngineProcess, engine_command
from chatapp.connections.servers import answers
from chatapp.conversation.changes import ServerState
from chatapp.services.ports import ServerFailure
from tests.documents.test_helper_process import environment_of

STAND_IN = Path(__file__).with_name("stand_in_engine.py")
HASTY = EnginePatience(handshake_s=5, backoff_s=(0.02, 0.02, 0.02), window_s=60, watch_s=0.05)

State = tuple[ServerState, str]
Make = Callable[..., EngineProcess]


@pytest.fixture
def states() -> list[State]:
    return []


@pytest.fixture
async def make(tmp_path: Path, states: list[State]) -> AsyncIterator[Make]:
    """Makes engines whose program is the stand-in in a mode; they are stopped when the test ends."""
    async with AsyncExitStack() as stack:

        def engine(
            mode: str, patience: EnginePatience = HASTY, data: Path = tmp_path / "data"
        ) -> EngineProcess:
            command = [sys.executable, str(STAND_IN), mode, str(tmp_path)]
            process = EngineProcess(data, answers, lambda *state: states.append(state), command, patience)
            stack.push_async_callback(process.stop)
            return process

        yield engine


def starts(folder: Path) -> list[int]:
    """The process ids of every start so far."""
    return [int(line) for line in (folder / "starts").read_text().split()]


def runs(pid: int) -> bool:
    """Whether the process is there, and not as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def until(ready: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.01)


async def test_it_starts_answers_and_stops(make: Make, tmp_path: Path, states: list[State]) -> None:
    engine = make("well")
    endpoint, again = await asyncio.gather(engine.endpoint(), engine.endpoint())
    assert endpoint == again
    assert await answers(endpoint)
    assert not await answers(Endpoint(endpoint.base_url, "another-token"))
    (pid,) = starts(tmp_path)
    assert json.loads((tmp_path / "data" / NAME).read_text()) == {
        "base_url": endpoint.base_url,
        "token": endpoint.key,
        "pid": pid,
    }
    assert stat.S_IMODE((tmp_path / "data" / NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    started = time.monotonic()
    await engine.stop()
    assert time.monotonic() - started < 2
    assert not runs(pid)
    assert os.listdir(tmp_path / "data") == ["users.lock"]
    assert [state for state, _ in states] == ["starting", "ready", "stopped"]


async def test_every_start_has_a_token_of_its_own(make: Make) -> None:
    engine = make("well")
    first = await engine.endpoint()
    second = await engine.restart()
    assert first.key != second.key
    assert len(second.key or "") >= 32


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's environment in /proc")
async def test_no_secret_of_the_environment_reaches_it(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("CHATAPP_ENGINE_DELTA_DELAY_MS", "7")
    endpoint = await make("well").endpoint()
    given = environment_of(starts(tmp_path)[0])
    assert not [name for name, value in given.items() if "sk-secret" in value]
    assert given["CHATAPP_ENGINE_DELTA_DELAY_MS"] == "7"
    assert given["CHATAPP_ENGINE_TOKEN"] == endpoint.key


async def test_it_is_started_again_when_it_dies(make: Make, tmp_path: Path, states: list[State]) -> None:
    engine = make("well")
    first = await engine.endpoint()
    os.kill(starts(tmp_path)[0], signal.SIGKILL)
    await until(lambda: [state for state, _ in states].count("ready") == 2)
    second = await engine.endpoint()
    assert second != first
    assert await answers(second)
    assert [state for state, _ in states] == ["starting", "ready", "starting", "ready"]
    assert states[2][1] == "The built-in engine ended unexpectedly and is starting again."


async def test_it_gives_up_after_three_restarts_within_a_minute(
    make: Make, tmp_path: Path, states: list[State]
) -> None:
    engine = make("tmp")
    waiting = [asyncio.create_task(engine.endpoint()) for _ in range(2)]
    for task in waiting:
        with pytest.raises(ServerFailure) as caught:
            await task
        assert caught.value.kind == "engine"
        assert str(caught.value) == "the data directory is in use: tmp"
    assert len(starts(tmp_path)) == 4
    assert states[-1] == ("unreachable", "the data directory is in use: tmp")


async def test_asking_again_after_that_tries_again(make: Make, tmp_path: Path) -> None:
    engine = make("tmp", EnginePatience(backoff_s=()))
    for _ in range(2):
        with pytest.raises(ServerFailure):
            await engine.endpoint()
    assert len(starts(tmp_path)) == 2


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("silent", "The engine was not ready within 0 s."),
        ("babble", "The engine's first line does not say where it listens."),
        ("elsewhere", "The engine's first line does not say where it listens."),
    ],
)
async def test_a_bad_handshake_is_final(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, reason: str
) -> None:
    monkeypatch.setattr(engine_child, "POLITE_S", 0.2)
    engine = make(mode, EnginePatience(handshake_s=0.4 if mode == "silent" else 10))
    with pytest.raises(ServerFailure, match=reason):
        await engine.endpoint()
    (pid,) = starts(tmp_path)
    assert not runs(pid)


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path, answers, command=[str(tmp_path / "missing")])
    with pytest.raises(ServerFailure, match="No such file"):
        await engine.endpoint()
    await engine.stop()


async def test_a_stubborn_engine_is_killed(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_child, "POLITE_S", 0.2)
    monkeypatch.setattr(engine_child, "TERMINATE_S", 0.2)
    engine = make("stubborn")
    await engine.endpoint()
    await engine.stop()
    assert not runs(starts(tmp_path)[0])


async def test_what_it_writes_never_blocks_it(make: Make) -> None:
    engine = make("talkative")
    assert await answers(await engine.endpoint())
    await engine.stop()


async def test_stopping_while_it_starts_tells_who_waits(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_child, "POLITE_S", 0.2)
    engine = make("silent")
    waiting = asyncio.create_task(engine.endpoint())
    await until((tmp_path / "starts").exists)
    await asyncio.gather(engine.stop(), engine.stop())
    with pytest.raises(ServerFailure, match="was stopped"):
        await waiting
    assert not runs(starts(tmp_path)[0])


async def test_the_engine_of_another_program_is_used_and_not_owned(
    make: Make, tmp_path: Path, states: list[State]
) -> None:
    owner, guest = make("well"), make("well")
    endpoint = await owner.endpoint()
    assert await guest.endpoint() == endpoint
    assert len(starts(tmp_path)) == 1
    await guest.stop()
    assert await answers(endpoint)
    assert read_address(tmp_path / "data") == endpoint


async def test_a_guest_starts_its_own_engine_when_the_other_ends(make: Make, tmp_path: Path) -> None:
    owner, guest = make("well"), make("well")
    endpoint = await owner.endpoint()
    assert await guest.endpoint() == endpoint
    await owner.stop()
    await until(lambda: len(starts(tmp_path)) == 2)
    own = await guest.endpoint()
    assert own != endpoint
    assert await answers(own)


async def test_an_address_left_behind_is_not_believed(make: Make, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        stale = Endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}/v1", "old")
    write_address(data, stale, 1)
    endpoint = await make("well").endpoint()
    assert endpoint != stale
    assert read_address(data) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"base_url": 3}',
        '{"base_url": "http://example.com/v1", "token": "t"}',
        "[" * 9000,
    ],
)
async def test_a_bad_address_file_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert read_address(tmp_path) is None


def test_the_token_is_on_no_command_line(tmp_path: Path) -> None:
    command = engine_command(tmp_path)
    assert command == [
        sys.executable,
        "-P",
        "-m",
        "chatapp",
        "engine",
        "--data",
        str(tmp_path),
        "--low-priority",
    ]


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("chatapp.__main__", "chatapp.engine.server")),
    reason="needs the engine program",
)
async def test_the_real_engine_keeps_the_contract(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path / "engine", answers)
    try:
        endpoint = await engine.endpoint()
        assert await answers(endpoint)
        assert not await answers(Endpoint(endpoint.base_url, "wrong"))
    finally:
        await engine.stop()
    assert not await answers(endpoint)
