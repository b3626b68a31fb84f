"""The printed programs, really run: each sends the bytes that chatapp itself sends, and has no key in it."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatapp.connections.bodies import json_bytes
from chatapp.exchange.programs import (
    MOST_IN_AN_ARGUMENT,
    SDK_FIELDS,
    Destination,
    curl_program,
    httpx_program,
    python_program,
    sdk_program,
)
from tests.kit.events import sse_bytes, text_stream
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply

__all__ = ["gated_server"]

KEY = "sk-very-secret-0123456789"
POST = ("POST", "/v1/responses")


def asking(words: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "input": [{"role": "user", "content": words}], "stream": True, **more}


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": asking("Hello"),
    "quotes": asking("""It's "so" '''quoted''' \\"twice\\" `id` $(id) ${HOME} %s %d \\n !! # ; & | < > * ?"""),
    "newlines": asking("one\ntwo\r\nthree\ttab\u2028line\x00nul\x1besc\x7f\n\n"),
    "unicode": asking("Grüße 🙂 日本語 עברית \u202e e\u0301 \U0010ffff \ufeff"),
    "half a pair": asking("broken \ud83d here"),
    "braces": asking("{key} {{}} %(x)s {0}"),
    "big": asking("Lots of words, “quoted”. " * 100_000),
    "big line": asking("x" * (MOST_IN_AN_ARGUMENT + 1)),
    "numbers": asking("n", temperature=0.1, top_p=1e-7, max_output_tokens=10**30, store=False, user=None),
    "tools": asking(
        "t",
        tools=[
            {
                "type": "function",
                "name": "f",
                "description": "It's\n“new”",
                "parameters": {"type": "object", "properties": {"a'b": {"enum": [None, True, 1.5, "\\"]}}},
            },
            {"type": "file_search", "vector_store_ids": ["vs_1"], "filters": {"type": "eq", "key": "ä", "value": 1}},
        ],
        tool_choice={"type": "function", "name": "f"},
    ),
    "schema": asking(
        "s",
        text={
            "format": {
                "type": "json_schema",
                "name": "x",
                "schema": {"type": "object", "properties": {"größe": {"type": "string", "pattern": "^[\\w'\"]+$"}}},
            }
        },
    ),
    "deep": asking("d", metadata={"a": json.dumps({"b": [[[[{"c": "d'"}]]]]})}),
    "not streamed": asking("whole") | {"stream": False},
}  # fmt: skip


def run_curl(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        pytest.skip("needs the curl program")
    return _run(["sh"], program, folder / "request.sh")


def run_python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _run([sys.executable, "-I"], program, folder / "request.py")


def _run(command: list[str], program: str, file: Path) -> subprocess.CompletedProcess[str]:
    file.write_text(program, encoding="utf-8")
    environment = {**os.environ, "TEST_KEY": KEY, "ADDRESS": "", "X_API_TOKEN": "tok"}
    return subprocess.run([*command, file], capture_output=True, text=True, env=environment, timeout=60)


WAYS: dict[str, tuple[Callable[..., str], Callable[[str, Path], subprocess.CompletedProcess[str]]]] = {
    "curl": (curl_program, run_curl),
    "python": (python_program, run_python),
    "httpx": (httpx_program, run_python),
    "sdk": (sdk_program, run_python),
}


THOROUGH = ("curl", "python")
FEW = {"utf-8": ("plain", "numbers", "not streamed"), "ascii": ("unicode", "half a pair")}
"""Requests for programs whose start takes long: the body is written as in the others."""
NARROW = ("unicode", "half a pair", "tools")


@pytest.mark.parametrize(
    ("encoding", "names"), [("utf-8", tuple(REQUESTS)), ("ascii", NARROW), ("latin-1", NARROW)]
)
@pytest.mark.parametrize("way", WAYS)
def test_the_body_is_the_same(
    gated_server: GatedServer, tmp_path: Path, way: str, encoding: str, names: tuple[str, ...]
) -> None:
    write, run = WAYS[way]
    to = Destination(f"{gated_server.base_url}/responses", key_variable="TEST_KEY")
    for name in names if way in THOROUGH else FEW.get(encoding, ()):
        request = REQUESTS[name]
        answer = text_stream("Sunny.")
        reply = stream_reply(sse_bytes(answer)) if request["stream"] else json_reply(answer[-1]["response"])
        gated_server.script(*POST, reply)
        program = write(to, request, encoding)
        assert KEY not in program
        assert encoding == "utf-8" or program.isascii()
        done = run(program, tmp_path)
        assert done.returncode == 0, (name, done.stderr)
        assert "Sunny." in done.stdout, name
        sent = gated_server.requests[-1]
        assert sent.headers["authorization"] == f"Bearer {KEY}"
        assert sent.headers["content-type"] == "application/json"
        expected = json_bytes(request)
        assert expected is not None
        if way == "sdk" and name == "half a pair":
            continue
        assert json.loads(sent.body) == json.loads(expected), name
        if way in ("python", "httpx") or (way == "curl" and encoding == "utf-8"):
            assert sent.body == expected, name


@pytest.mark.parametrize("way", WAYS)
def test_headers_go_along_and_secret_ones_stay_outside(
    gated_server: GatedServer, tmp_path: Path, way: str
) -> None:
    write, run = WAYS[way]
    title = ("X-Title", 'It\'s "mine" $(id)')
    own = (title, ("X-Api-Token", "tok-secret"), ("content-type", "text/plain"), ("API-Key", "another"))
    to = Destination(f"{gated_server.base_url}/responses?v=$(id)&a=b", "", "TEST_KEY", "api-key", own)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    program = write(to, asking("Hi"))
    assert "tok-secret" not in program
    assert "another" not in program
    done = run(program, tmp_path)
    assert done.returncode == 0, done.stderr
    (sent,) = gated_server.requests
    assert sent.headers["api-key"] == KEY
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-title"] == 'It\'s "mine" $(id)'
    assert sent.headers["x-api-token"] == "tok"
    assert sent.query == {"v": ["$(id)"], "a": ["b"]}
    assert "authorization" not in sent.headers


@pytest.mark.parametrize("way", WAYS)
def test_the_address_may_come_from_a_variable(
    gated_server: GatedServer, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, run = WAYS[way]
    monkeypatch.setenv("ADDRESS_OF_IT", gated_server.base_url)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    done = run(write(Destination(url_variable="ADDRESS_OF_IT"), asking("Hi")), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "authorization" not in gated_server.requests[-1].headers


@pytest.mark.parametrize("write", [python_program, httpx_program, sdk_program])
def test_a_python_program_says_why_it_was_refused(
    gated_server: GatedServer, tmp_path: Path, write: Callable[..., str]
) -> None:
    gated_server.script(*POST, error_reply(400, "No such model."))
    program = write(Destination(f"{gated_server.base_url}/responses"), asking("Hi"))
    done = run_python(program, tmp_path)
    assert done.returncode == 1
    assert "No such model." in done.stderr


def test_the_fields_the_sdk_has_names_for_are_those_of_the_sdk() -> None:
    from openai.resources.responses import Responses

    named = inspect.signature(Responses.create).parameters.keys()
    assert {"self", "timeout", "extra_headers", "extra_query", "extra_body"} | SDK_FIELDS == named
