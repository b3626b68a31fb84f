"""The process that reads, cuts and analyses: what it makes of a file, and what becomes of the file when it is ended."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from chatapp.documents.limited_process import ProcessDied
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.reading import read
from chatapp.engine.cutting import Cutter
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.pieces import about, indexed_terms, pieces_of
from tests.documents.files import slow_pdf
from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="finds an engine's children in /proc")

AUTO = Chunking()
LINES = [f"Line {number} tells of the heron, the Möwe and 鷺 number {number}.\n" for number in range(6000)]


@pytest.fixture
async def cutter() -> AsyncIterator[Cutter]:
    cutter = Cutter()
    yield cutter
    await cutter.aclose()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "file-1"
    path.write_text("".join(LINES), "utf-8")
    return path


async def test_pieces_are_those_of_the_room_itself(cutter: Cutter, text: Path) -> None:
    document = read(text, "birds.txt")
    what = about("birds.txt", document)
    wanted = list(pieces_of(document, what, AUTO))
    assert await cutter.whole(text, "birds.txt", AUTO) == (what, wanted)
    texts = [piece.chunk.text for piece in wanted]
    assert await cutter.terms([(what, one) for one in texts]) == [indexed_terms(what, one) for one in texts]


async def test_questions_that_share_it_do_not_mix_up(cutter: Cutter, tmp_path: Path) -> None:
    paths = [tmp_path / f"{mark}.txt" for mark in ("heron", "badger", "lynx")]
    for path in paths:
        path.write_text(f"All of it tells of the {path.stem}.\n" * 3000)
    all_pieces = await asyncio.gather(*(cutter.whole(path, path.name, AUTO) for path in paths))
    for path, (_, pieces) in zip(paths, all_pieces, strict=True):
        assert all(path.stem in piece.chunk.text for piece in pieces)


async def test_a_refusal_leaves_it_at_work(cutter: Cutter, text: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(UnreadableDocument, match="empty"):
        await cutter.open(tmp_path / "empty", "a.txt", AUTO)
    process = cutter.process_id
    await cutter.whole(text, "birds.txt", AUTO)
    assert cutter.process_id == process


async def test_it_goes_when_nothing_is_asked_of_it(text: Path) -> None:
    cutter = Cutter(idle_limit=0.1)
    await cutter.whole(text, "birds.txt", AUTO)
    await asyncio.sleep(0.5)
    assert cutter.process_id is None
    await cutter.aclose()


@posix
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, "memory"), (signal.SIGSEGV, "damaged"), (signal.SIGXCPU, "timeout")]
)
async def test_ended_at_work_it_says_why(
    cutter: Cutter, text: Path, tmp_path: Path, number: signal.Signals, code: str
) -> None:
    await cutter.whole(text, "birds.txt", AUTO)
    assert cutter.process_id
    opening = asyncio.ensure_future(cutter.open(slow_pdf(tmp_path / "slow.pdf"), "slow.pdf", AUTO))
    await asyncio.sleep(0.2)
    os.kill(cutter.process_id, number)
    with pytest.raises(UnreadableDocument) as refusal:
        await opening
    assert refusal.value.code == code
    assert isinstance(refusal.value, ProcessDied) == (code != "timeout")


@posix
async def test_ended_between_two_answers_it_does_not_go_on_with_nothing(cutter: Cutter, text: Path) -> None:
    await cutter.open(text, "birds.txt", AUTO)
    assert cutter.process_id
    os.kill(cutter.process_id, signal.SIGKILL)
    with pytest.raises(ProcessDied):
        await cutter.more()
    await cutter.whole(text, "birds.txt", AUTO)


def children(engine: RunningEngine) -> set[int]:
    """The processes of our own that an engine has started; a thread may end while it is asked for its own."""
    found: set[int] = set()
    for task in Path(f"/proc/{engine.process.pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found.update(map(int, (task / "children").read_text().split()))
    return found


def when_indexed(engine: RunningEngine, store: str, meanwhile: Callable[[], None]) -> Json:
    """The only file of a store once it is indexed or has failed."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        (file,) = engine.call("GET", f"/vector_stores/{store}/files")["data"]
        if file["status"] != "in_progress":
            return dict(file)
        assert time.monotonic() < deadline
        meanwhile()


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@linux
def test_files_one_after_another_are_for_the_process_that_runs(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine:
        for number in range(4):
            engine.store((f"{number}.txt", b"One file at a time."))
        assert len(children(engine)) == 1


@linux
def test_a_file_whose_process_was_killed_is_begun_again(engine: RunningEngine) -> None:
    killed: set[int] = set()
    data = "".join(LINES * 4).encode()
    store = engine.call("POST", "/vector_stores", json={"file_ids": [engine.upload("birds.txt", data)]})["id"]

    def end_the_first() -> None:
        if not killed:
            killed.update(children(engine))
            for one in killed:
                kill(one)

    file = when_indexed(engine, store, end_the_first)
    assert killed
    assert file["status"] == "completed"
    path = f"/vector_stores/{store}/files/{file['id']}/content"
    content = " ".join(part["text"] for part in engine.call("GET", path)["data"])
    assert content.split() == data.decode().split()


@linux
def test_a_file_whose_process_always_ends_fails_and_says_so(engine: RunningEngine, tmp_path: Path) -> None:
    data = slow_pdf(tmp_path / "slow.pdf").read_bytes()
    store = engine.call("POST", "/vector_stores", json={"file_ids": [engine.upload("slow.pdf", data)]})["id"]

    def end_all() -> None:
        for one in children(engine):
            kill(one)
        time.sleep(0.05)

    file = when_indexed(engine, store, end_all)
    assert file["status"] == "failed"
    assert file["last_error"]["code"] == "server_error"
    assert "Memory ran out" in file["last_error"]["message"]
    assert engine.indexed(engine.store(("after.txt", b"Other files do not suffer.")))
