"""The helper process: what it answers, and what becomes of it when it is slow, greedy, killed or not needed."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import pytest

from chatapp.documents import reading
from chatapp.documents.helper_process import DocumentReader
from chatapp.documents.messages import read_frame, write_frame
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.pdf import render
from chatapp.documents.places import locate
from tests.documents.files import Sheet, greedy_pdf, line, pdf, slow_pdf
from tests.kit.waiting import until

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


@pytest.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    async with DocumentReader() as opened:
        yield opened


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return pdf(
        tmp_path / "a.pdf", [Sheet(line("some words", 50, 700)), Sheet(line("more words", 50, 700))], "Name"
    )


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes far longer to read than any test has patience."""
    return slow_pdf(tmp_path_factory.mktemp("slow") / "slow.pdf")


def is_alive(process_id: int) -> bool:
    """Whether there is such a process, a zombie included."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def wait_unburied(process_id: int) -> None:
    """Blocks until a child is dead, and leaves it to its owner to bury."""
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)


def environment_of(process_id: int | None) -> dict[str, str]:
    lines = Path(f"/proc/{process_id}/environ").read_text("utf-8").split("\0")
    return dict(line.split("=", 1) for line in lines if line)


async def code_of(reader: DocumentReader, path: Path) -> str:
    with pytest.raises(UnreadableDocument) as refusal:
        await reader.read(path)
    return refusal.value.code


async def test_answers_are_those_of_the_room_itself(reader: DocumentReader, sheet: Path) -> None:
    assert await reader.read(sheet) == reading.read(sheet)
    assert await reader.locate(sheet, "more  words") == locate(sheet, "more words")
    assert await reader.locate(sheet, "zzzz") is None
    assert await reader.render(sheet, 2, 321) == render(sheet, 2, 321)


async def test_a_name_tells_the_type_of_a_file_without_suffix(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "0c1f"
    path.write_bytes("# Grüße 漢字\r\n".encode())
    document = await reader.read(path, "notes.md")
    assert (document.media_type, document.text, document.title) == (
        "text/markdown",
        "# Grüße 漢字\n",
        "Grüße 漢字",
    )


async def test_refusals_keep_their_code_and_the_helper_lives_on(
    reader: DocumentReader, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    assert await code_of(reader, tmp_path / "empty") == "empty"
    process = reader.process_id
    assert await code_of(reader, tmp_path) == "not_a_file"
    assert await code_of(reader, tmp_path / "gone") == "missing"
    assert reader.process_id == process


async def test_a_relative_path_is_meant_from_here(
    reader: DocumentReader, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reader.read(sheet)
    monkeypatch.chdir(sheet.parent)
    assert (await reader.read(Path("a.pdf"))).title == "Name"


async def test_a_module_in_the_current_directory_does_not_stand_in(
    reader: DocumentReader, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert (await reader.read(sheet)).title == "Name"


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's environment in /proc")
async def test_no_secret_of_the_environment_reaches_it(
    reader: DocumentReader, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("CHATAPP_ENGINE_TOKEN", "secret")
    monkeypatch.setenv("LC_TIME", "C")
    await reader.read(sheet)
    given = environment_of(reader.process_id)
    assert given["LC_TIME"] == "C"
    assert not [name for name, value in given.items() if "secret" in value]


async def test_many_at_once_are_answered_one_after_another(reader: DocumentReader, sheet: Path) -> None:
    images = await asyncio.gather(*(reader.render(sheet, 1, width) for width in range(50, 60)))
    assert [image.width for image in images] == list(range(50, 60))


@posix
async def test_past_its_time_a_request_fails_and_the_next_succeeds(slow: Path, sheet: Path) -> None:
    async with DocumentReader(time_limit=1.0) as reader:
        started = time.monotonic()
        assert await code_of(reader, slow) == "timeout"
        assert 0.9 < time.monotonic() - started < 4
        assert (await reader.read(sheet)).title == "Name"


@posix
async def test_memory_is_bounded(reader: DocumentReader, tmp_path: Path, sheet: Path) -> None:
    assert await code_of(reader, greedy_pdf(tmp_path / "greedy.pdf")) == "memory"
    assert (await reader.read(sheet)).title == "Name"


@posix
async def test_memory_python_cannot_get_is_told_too(
    reader: DocumentReader, tmp_path: Path, sheet: Path
) -> None:
    """Eight million elements: within every limit on size, but not within a helper's memory."""
    path = tmp_path / "a.html"
    path.write_bytes(b"<p>" * (30 * 1024 * 1024 // 3))
    assert await code_of(reader, path) == "memory"
    assert (await reader.read(sheet)).title == "Name"


@posix
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, "memory"), (signal.SIGSEGV, "damaged"), (signal.SIGTERM, "damaged")]
)
async def test_killed_at_work(slow: Path, sheet: Path, number: signal.Signals, code: str) -> None:
    async with DocumentReader() as reader:
        await reader.read(sheet)
        process = reader.process_id
        assert process is not None
        request = asyncio.ensure_future(code_of(reader, slow))
        await asyncio.sleep(0.2)
        os.kill(process, number)
        assert await request == code
        assert not is_alive(process)
        assert (await reader.read(sheet)).title == "Name"


@posix
async def test_killed_while_idle_it_is_started_again(reader: DocumentReader, sheet: Path) -> None:
    for _ in range(5):
        await reader.read(sheet)
        process = reader.process_id
        assert process is not None
        os.kill(process, signal.SIGKILL)
        await asyncio.to_thread(wait_unburied, process)
    assert (await reader.read(sheet)).title == "Name"


@posix
async def test_a_cancelled_call_leaves_at_once_and_the_next_one_is_answered(slow: Path, sheet: Path) -> None:
    async with DocumentReader(time_limit=1.5) as reader:
        call = asyncio.ensure_future(reader.read(slow))
        waiting = asyncio.ensure_future(reader.read(sheet))
        await asyncio.sleep(0.3)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert time.monotonic() - started < 0.2
        assert (await waiting).title == "Name"


@posix
async def test_cancelled_at_any_moment_nothing_mixes_up(reader: DocumentReader, sheet: Path) -> None:
    for step in range(40):
        call = asyncio.ensure_future(reader.render(sheet, 1, 200 + step))
        await asyncio.sleep(step * 0.0005)
        call.cancel()
        await asyncio.wait([call])
        assert (await reader.render(sheet, 2, 500 + step)).width == 500 + step


async def test_idle_it_goes_away(sheet: Path) -> None:
    async with DocumentReader(idle_limit=0.2) as reader:
        await reader.read(sheet)
        process = reader.process_id
        assert process is not None
        await until(lambda: reader.process_id is None, "the idle process to be let go")
        assert not is_alive(process)
        assert (await reader.read(sheet)).title == "Name"


async def test_kept_ready_it_runs_before_it_is_asked_and_stays(sheet: Path) -> None:
    async with DocumentReader(idle_limit=0.1) as reader:
        await reader.keep_ready(True)
        process = reader.process_id
        await asyncio.sleep(0.25)
        assert (await reader.read(sheet)).title == "Name"
        await asyncio.sleep(0.25)
        assert process is not None
        assert reader.process_id == process
        await reader.keep_ready(False)
        await until(lambda: not is_alive(process), "the process to be let go")


@posix
async def test_closed_at_work_nothing_is_left(slow: Path) -> None:
    reader = DocumentReader()
    calls = [asyncio.ensure_future(reader.read(slow)) for _ in range(3)]
    await asyncio.sleep(0.5)
    process = reader.process_id
    assert process is not None
    await reader.aclose()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError] * 3
    assert not is_alive(process)
    with pytest.raises(RuntimeError):
        await reader.read(slow)
    await reader.aclose()


async def test_closed_unused() -> None:
    await DocumentReader().aclose()


def test_works_on_a_loop_in_another_thread(sheet: Path) -> None:
    titles: list[str | None] = []

    async def use() -> None:
        async with DocumentReader() as reader:
            titles.append((await reader.read(sheet)).title)

    thread = threading.Thread(target=asyncio.run, args=(use(),))
    thread.start()
    thread.join()
    assert titles == ["Name"]


@posix
async def test_no_descriptor_is_lost(sheet: Path) -> None:
    for _ in range(3):
        async with DocumentReader() as reader:
            await reader.read(sheet)
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        async with DocumentReader() as reader:
            await reader.read(sheet)
    assert len(os.listdir("/dev/fd")) == before


def helper(cwd: Path, stderr: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "chatapp.documents"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(reading.__file__).parents[2])},
    )


def test_the_program_ends_with_its_input(tmp_path: Path, sheet: Path) -> None:
    with helper(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        write_frame(
            process.stdin, {"do": "render", "path": str(sheet), "page": 1, "width": 40, "seconds": 30}
        )
        answer = read_frame(process.stdout)
        assert answer is not None
        assert answer[0]["image"]["width"] == 40
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_fault_is_told_without_what_was_read(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    with errors.open("wb") as stderr, helper(tmp_path, stderr) as process:
        assert process.stdin is not None
        write_frame(process.stdin, {"do": "xylophone", "seconds": 30})
        assert process.wait(10) == 1
    told = errors.read_text()
    assert told.startswith("reader of documents: KeyError at ")
    assert "xylophone" not in told


@posix
def test_an_orphan_at_work_ends_itself(tmp_path: Path, slow: Path) -> None:
    with helper(tmp_path) as process:
        assert process.stdin is not None
        write_frame(process.stdin, {"do": "read", "path": str(slow), "filename": None, "seconds": 1})
        process.stdin.close()
        assert process.wait(10) == -signal.SIGALRM


@posix
def test_an_orphan_whose_answer_nobody_reads_ends_without_a_word(tmp_path: Path, sheet: Path) -> None:
    errors = tmp_path / "errors"
    with errors.open("wb") as stderr, helper(tmp_path, stderr) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        write_frame(process.stdin, {"do": "read", "path": str(sheet), "filename": None, "seconds": 30})
        process.stdin.close()
        assert process.wait(10) == -signal.SIGPIPE
    assert errors.read_bytes() == b""


@posix
def test_ctrl_c_in_the_terminal_is_not_meant_for_it(tmp_path: Path, sheet: Path) -> None:
    request = {"do": "read", "path": str(sheet), "filename": None, "seconds": 30}
    with helper(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            write_frame(process.stdin, request)
            assert read_frame(process.stdout) is not None
            process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert process.wait(10) == 0


def test_only_what_a_request_needs_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("words", "utf-8")
    program = (
        "import sys; from pathlib import Path; import chatapp.documents.__main__; "
        "from chatapp.documents.shelf import Shelf; Shelf().document(Path(sys.argv[1])); "
        "print(sorted({'pypdfium2', 'selectolax', 'xml', 'zipfile', 'asyncio', 'subprocess'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": str(Path(reading.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"
