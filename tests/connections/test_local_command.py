"""Real programs run for a call: what they get, what comes back, and that every one of them ends."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.connections.local_command import OUTPUT_BYTES, LocalCommands
from chatapp.conversation.commands import CommandEnd, CommandLine
from chatapp.services.ports import CommandNotStarted

LONG_S = 20.0
SHORT_S = 1.0
"""Time enough for a shell to start and to print."""


def python(
    program: str, *arguments: str, stdin: str = "", folder: str = "", seconds: float = LONG_S
) -> CommandLine:
    return CommandLine((sys.executable, "-I", "-c", program, *arguments), stdin, folder, seconds)


def shell(program: str) -> CommandLine:
    """Starts much sooner than Python does."""
    return CommandLine(("/bin/sh", "-c", program), "", seconds=SHORT_S)


async def end_of(line: CommandLine) -> CommandEnd:
    return await LocalCommands().run(line)


async def test_arguments_come_as_they_are_and_on_stdin(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("yes")
    program = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.read(), open('here').read()]))"
    given = ("a b", "$(echo no); rm -rf *", "'\"", "", "ä🙂")
    end = await end_of(python(program, *given, stdin='{"city": "Ålesund"}', folder=str(tmp_path)))
    assert json.loads(end.stdout) == [list(given), '{"city": "Ålesund"}', "yes"]
    assert (end.code, end.limit, end.succeeded) == (0, "", True)


async def test_no_secret_of_ours_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("CHATAPP_ENGINE_TOKEN", "token")
    end = await end_of(python("import os; print(sorted(os.environ))"))
    assert "PATH" in end.stdout
    assert "KEY" not in end.stdout
    assert "TOKEN" not in end.stdout


async def test_a_frozen_program_keeps_its_libraries_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundled")
    monkeypatch.setenv("DYLD_LIBRARY_PATH", "/bundled")
    monkeypatch.setenv("DYLD_LIBRARY_PATH_ORIG", "/usual")
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", "/bundled/chatapp")
    end = await end_of(python("import json, os; print(json.dumps(dict(os.environ)))"))
    given = json.loads(end.stdout)
    assert given["DYLD_LIBRARY_PATH"] == "/usual"
    assert "/bundled" not in end.stdout
    assert "LD_LIBRARY_PATH" not in given


async def test_a_failure_has_its_code_and_its_words() -> None:
    end = await end_of(
        python("import sys; print('half'); print('no such city', file=sys.stderr); sys.exit(3)")
    )
    assert (end.stdout, end.stderr, end.code) == ("half\n", "no such city\n", 3)
    assert not end.succeeded


async def test_bytes_that_are_no_text_are_replaced() -> None:
    end = await end_of(python(r"import sys; sys.stdout.buffer.write(b'a\xff\xc3b')"))
    assert end.stdout == "a\ufffd\ufffdb"


async def test_a_program_that_never_reads_its_stdin_is_no_trouble() -> None:
    end = await end_of(python("print('done')", stdin="x" * 1_000_000))
    assert (end.stdout, end.code) == ("done\n", 0)


async def test_the_time_limit_ends_it_and_keeps_what_it_printed() -> None:
    end = await end_of(shell("echo half; exec sleep 60"))
    assert (end.stdout, end.limit, end.succeeded) == ("half\n", "time", False)


async def test_one_that_will_not_be_told_is_killed() -> None:
    end = await end_of(shell("trap '' TERM; echo 1; exec sleep 60"))
    assert (end.stdout, end.limit) == ("1\n", "time")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_the_output_limit_ends_it_with_what_fitted(stream: str) -> None:
    program = f"import sys\nwhile True: sys.{stream}.write('x' * 10000)"
    end = await end_of(python(program))
    assert (len(getattr(end, stream)), end.limit) == (OUTPUT_BYTES, "output")


async def test_output_of_just_the_limit_is_whole() -> None:
    end = await end_of(python(f"print('x' * {OUTPUT_BYTES}, end='')"))
    assert (len(end.stdout), end.limit, end.code) == (OUTPUT_BYTES, "", 0)


GRANDCHILD = """
import socket, subprocess, sys, time
hold = "import socket, sys, time; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(1, flush=True)"
command = [sys.executable, "-I", "-c", hold + "; time.sleep(60)", sys.argv[1]]
subprocess.Popen(command, stdout=subprocess.PIPE).stdout.readline()
"""
"""Leaves a process behind that is connected to the test, and holds stdin and stderr open."""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(LONG_S)
        yield made


def port_of(listener: socket.socket) -> str:
    return str(listener.getsockname()[1])


def is_gone(grandchild: socket.socket) -> bool:
    """Its end of the connection goes with it."""
    with grandchild:
        grandchild.settimeout(LONG_S)
        return grandchild.recv(1) == b""


async def test_what_it_started_ends_with_it_at_the_limit(listener: socket.socket) -> None:
    program = GRANDCHILD + "time.sleep(60)"
    running = asyncio.create_task(end_of(python(program, port_of(listener), seconds=4)))
    grandchild, _ = await asyncio.to_thread(listener.accept)
    assert (await running).limit == "time"
    assert await asyncio.to_thread(is_gone, grandchild)


async def test_what_it_left_behind_ends_with_it(listener: socket.socket) -> None:
    program = GRANDCHILD + "print('bye')"
    running = asyncio.create_task(end_of(python(program, port_of(listener))))
    grandchild, _ = await asyncio.to_thread(listener.accept)
    end = await running
    assert (end.stdout, end.code) == ("bye\n", 0)
    assert await asyncio.to_thread(is_gone, grandchild)


async def test_giving_up_ends_it(listener: socket.socket) -> None:
    running = asyncio.create_task(end_of(python(GRANDCHILD + "time.sleep(60)", port_of(listener))))
    grandchild, _ = await asyncio.to_thread(listener.accept)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert await asyncio.to_thread(is_gone, grandchild)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (CommandLine(("/no/such/program",), ""), "/no/such/program.*No such file"),
        (CommandLine(("no-such-program-anywhere",), ""), "no-such-program-anywhere.*No such file"),
        (python("1", folder="/no/such/folder"), "/no/such/folder.*No such file"),
        (CommandLine(("/",), ""), "Permission denied"),
        (python("1", "\ud800"), "cannot be written"),
        (python("1", "x" * 5_000_000), "too long"),
    ],
)
async def test_one_that_cannot_start_says_why(line: CommandLine, says: str) -> None:
    with pytest.raises(CommandNotStarted, match=says):
        await end_of(line)
