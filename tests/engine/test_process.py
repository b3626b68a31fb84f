"""The engine as a process: handshake, token, the ways it ends, who may share a data directory."""

import json
import os
import signal
import socket
import stat
import subprocess
import time
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tests.engine.process import PATIENCE_S, RunningEngine, command, end, engine_on, events, launch

posix = pytest.mark.skipif(os.name != "posix", reason="file modes and signals of POSIX")


def hello(process: "subprocess.Popen[str]") -> dict[str, str]:
    assert process.stdout is not None
    greeting: dict[str, str] = json.loads(process.stdout.readline())
    return greeting


def test_the_handshake_is_one_line_with_a_loopback_address_and_a_long_token(tmp_path: Path) -> None:
    process = launch(tmp_path / "data")
    greeting = hello(process)
    port = httpx.URL(greeting["base_url"]).port
    assert greeting["base_url"] == f"http://127.0.0.1:{port}/v1"
    assert len(greeting["token"]) >= 32
    assert process.stdin
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0
    assert process.stdout
    assert process.stdout.read() == ""
    assert end(process) == (0, "")


def test_the_environment_sets_the_token(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", environment={"CHATAPP_ENGINE_TOKEN": "a token of ours"}) as engine:
        assert engine.token == "a token of ours"
        assert engine.call("GET", "/models")["data"]


def test_a_given_port_is_used(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with engine_on(tmp_path / "data", "--port", str(port)) as engine:
        assert engine.base_url == f"http://127.0.0.1:{port}/v1"


@posix
def test_sigterm_ends_it_with_exit_code_0_even_in_mid_answer(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", environment={"CHATAPP_ENGINE_DELTA_DELAY_MS": "200"}) as engine:
        body = {"model": "extractive", "input": "hello", "stream": True}
        with engine.client.stream("POST", "/responses", json=body) as response:
            identity = next(events(response.iter_lines()))["response"]["id"]
            engine.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert engine.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < 5
        assert end(engine.process) == (0, "")
    with engine_on(tmp_path / "data") as engine:
        stored = engine.call("GET", f"/responses/{identity}")
        assert stored["status"] == "cancelled"
        assert stored["output"][-1]["status"] == "incomplete"


@posix
def test_it_serves_on_when_its_standard_input_is_no_pipe(tmp_path: Path) -> None:
    process = launch(tmp_path / "data", stdin=subprocess.DEVNULL)
    greeting = hello(process)
    time.sleep(0.3)
    headers = {"authorization": f"Bearer {greeting['token']}"}
    assert httpx.get(f"{greeting['base_url']}/models", headers=headers).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert end(process) == (0, "")


def test_a_second_engine_on_the_same_data_is_refused_in_one_line(engine: RunningEngine) -> None:
    result = subprocess.run(
        command(engine.folder), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"chatapp engine: another engine is using {engine.folder}.\n"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--downstream", "http://127.0.0.1:1"], "unrecognized"),
        (["--port", "70000"], "port"),
        (["--nice"], "--nice"),
    ],
)
def test_what_it_does_not_know_is_wrong_usage(tmp_path: Path, options: list[str], word: str) -> None:
    result = subprocess.run(
        command(tmp_path / "data", *options), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert result.returncode == 2
    assert word in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("damage", ["not a folder", "not a database", "newer"])
def test_data_it_cannot_use_is_said_in_one_line(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "data"
    if damage == "not a folder":
        folder.write_text("a file")
    else:
        folder.mkdir()
        if damage == "not a database":
            (folder / "engine.sqlite3").write_bytes(b"not a database, but long enough to have a header" * 40)
        else:
            import sqlite3

            connection = sqlite3.connect(folder / "engine.sqlite3")
            connection.execute("PRAGMA user_version = 999")
            connection.close()
    result = subprocess.run(command(folder), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("chatapp engine: ")
    assert result.stderr.count("\n") == 1


@posix
def test_nobody_else_can_read_the_data(engine: RunningEngine, guide: str) -> None:
    assert guide
    for path in (engine.folder, *engine.folder.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_low_priority_is_low(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data", "--low-priority") as engine:
        assert os.getpriority(os.PRIO_PROCESS, engine.process.pid) >= 10


def test_an_answer_on_a_kept_connection_does_not_wait_for_the_network_stack(engine: RunningEngine) -> None:
    engine.call("GET", "/models")

    def answer_s() -> float:
        began = time.perf_counter()
        engine.call("GET", "/models")
        return time.perf_counter() - began

    # A busy machine slows some of them down, a delayed acknowledgement every one: to 40 ms and more.
    quick = (one for one in (answer_s() for _ in range(200)) if one < 0.03)
    assert len(list(islice(quick, 5))) == 5
