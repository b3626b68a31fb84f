"""Kept files: once by content, in bounded memory, whole or not at all."""

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.tree import Attachment
from chatapp.services.ports import StorageFailure
from chatapp.storage import originals
from chatapp.storage.originals import CHUNK_BYTES, STALE_AFTER_S, KeptOriginals
from chatapp.storage.profile import Disk, open_disk
from tests.storage import samples

ROOT = Path(__file__).parents[2]


def nothing(_: int) -> None:
    """No one looks at the progress."""


async def test_a_file_is_kept_by_its_hash_and_found_again(disk: Disk, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(b"hello")
    told: list[int] = []
    kept = await disk.originals.keep(source, "a.txt", told.append)
    assert kept.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert kept.path == disk.profile / "originals" / kept.sha256[:2] / kept.sha256
    assert kept.path.read_bytes() == b"hello"
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o400
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert (kept.filename, kept.bytes) == ("a.txt", 5)
    await asyncio.sleep(0)
    assert told == [5]
    assert await disk.originals.by_hash(kept.sha256) == kept
    assert await disk.originals.by_hash("0" * 64) is None


@pytest.mark.parametrize(
    ("filename", "plain"),
    [
        ("report 2.pdf", "report 2.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "original"),
        ('a:b"c\n.pdf', "a_b_c_.pdf"),
        ("x" * 300 + ".pdf", "x" * 60 + ".pdf"),
    ],
)
async def test_another_program_gets_a_copy_under_the_name_of_the_file(
    disk: Disk, tmp_path: Path, filename: str, plain: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"hello")
    kept = await disk.originals.keep(source, filename, nothing)
    copy = await disk.originals.copy_under_name(kept)
    assert copy == disk.profile / "originals" / "opened" / kept.sha256 / plain
    assert copy.read_bytes() == b"hello"
    copy.write_bytes(b"changed by the other program")
    assert kept.path.read_bytes() == b"hello"
    await disk.originals.remove_unused([kept.sha256])
    assert not copy.parent.exists()


async def test_the_same_content_is_kept_once_under_all_its_names(disk: Disk, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"same")
    (tmp_path / "other").write_bytes(b"different")
    one = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    two = await disk.originals.keep(tmp_path / "b.txt", "b.txt", nothing)
    newer = await disk.originals.keep(tmp_path / "other", "b.txt", nothing)
    assert one.path == two.path
    assert _kept(disk.profile) == {one.sha256, newer.sha256}
    assert [original.sha256 for original in await disk.originals.by_filename("b.txt")] == [
        newer.sha256,
        two.sha256,
    ]
    assert await disk.originals.by_filename("a.txt") == [one]
    assert await disk.originals.by_hash(one.sha256) == two


async def test_servers_know_it_under_their_own_ids(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    kept = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    await disk.originals.link("engine", "file_1", kept.sha256, "a.txt")
    await disk.originals.link("engine", "file_2", kept.sha256, "a.txt")
    await disk.originals.link("openai", "file_1", kept.sha256, "a.txt")
    assert await disk.originals.by_file_id("engine", "file_1") == kept
    assert await disk.originals.by_file_id("engine", "file_3") is None
    assert await disk.originals.file_id_for("engine", kept.sha256, "a.txt") == "file_2"
    assert await disk.originals.file_id_for("other", kept.sha256, "a.txt") is None


async def test_the_same_content_under_two_names_is_two_files_to_a_server(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    for name in ("old.txt", "new.txt"):
        kept = await disk.originals.keep(tmp_path / "x", name, nothing)
        await disk.originals.link("engine", f"file_of_{name}", kept.sha256, name)
    for name in ("old.txt", "new.txt"):
        assert await disk.originals.file_id_for("engine", kept.sha256, name) == f"file_of_{name}"
        found = await disk.originals.by_file_id("engine", f"file_of_{name}")
        assert found is not None
        assert found.filename == name
    assert await disk.originals.file_id_for("engine", kept.sha256, "third.txt") is None


async def test_an_original_goes_when_nothing_refers_to_it(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    kept = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    await disk.originals.link("engine", "file_1", kept.sha256, "a.txt")
    attachment = Attachment("a.txt", 1, kept.sha256, "file_1")
    await disk.conversations.begin_turn(samples.head(), samples.question(attachments=(attachment,)))
    await disk.originals.remove_unused([kept.sha256])
    assert kept.path.exists(), "a turn and a server refer to it"
    await disk.originals.unlink("engine", "file_1")
    await disk.originals.remove_unused([kept.sha256])
    assert await disk.originals.by_hash(kept.sha256) == kept, "a turn refers to it"
    await disk.conversations.purge("c1")
    await disk.originals.remove_unused([kept.sha256, "0" * 64])
    assert not kept.path.exists()
    assert await disk.originals.by_filename("a.txt") == []


async def test_an_original_that_a_draft_holds_stays(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    kept = await disk.originals.keep(tmp_path / "a.png", "a.png", nothing)
    await disk.conversations.put_conversation(samples.head())
    await disk.conversations.set_draft("c1", "", (Enclosure("a.png", sha256=kept.sha256),))
    await disk.originals.remove_unused([kept.sha256])
    assert kept.path.exists()
    await disk.conversations.set_draft("c1", "")
    await disk.originals.remove_unused([kept.sha256])
    assert not kept.path.exists()


async def test_an_original_someone_took_away_is_not_promised(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    kept = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    kept.path.unlink()
    assert await disk.originals.by_hash(kept.sha256) is None
    again = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    assert again.path.read_bytes() == b"x"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
async def test_what_is_no_file_is_an_error_at_once(disk: Disk, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(OSError, match=r".+"):
        await asyncio.wait_for(disk.originals.keep(path, "it", nothing), 5)
    assert _kept(disk.profile) == set()


@pytest.mark.parametrize("change", ["truncated", "appended", "rewritten"])
async def test_a_file_that_changes_while_it_is_read_is_not_kept(
    disk: Disk, tmp_path: Path, change: str
) -> None:
    source = tmp_path / "big"
    source.write_bytes(os.urandom(4 * CHUNK_BYTES))

    def interfere(copied: int) -> None:
        if copied == CHUNK_BYTES and change == "truncated":
            os.truncate(source, CHUNK_BYTES + 10)
        elif copied == CHUNK_BYTES and change == "appended":
            with source.open("ab") as file:
                file.write(b"more")
        elif copied == CHUNK_BYTES:
            source.write_bytes(os.urandom(4 * CHUNK_BYTES))

    kept = disk.originals
    assert isinstance(kept, KeptOriginals)
    with pytest.raises(OSError, match="changed while it was being read"):
        await kept._lane.call(lambda: kept._copy(source, interfere))
    assert _kept(disk.profile) == set()


async def test_a_file_removed_while_it_is_read_is_kept_whole(disk: Disk, tmp_path: Path) -> None:
    """The open file is still all there; that its name is gone changes nothing."""
    source = tmp_path / "big"
    data = os.urandom(3 * CHUNK_BYTES)
    source.write_bytes(data)
    kept = disk.originals
    assert isinstance(kept, KeptOriginals)
    copy = await kept._lane.call(lambda: kept._copy(source, lambda copied: source.unlink(missing_ok=True)))
    assert copy.path.read_bytes() == data


async def test_a_damaged_original_is_whole_again_when_its_file_is_given_again(
    disk: Disk, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    kept = await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)
    kept.path.chmod(0o600)
    kept.path.write_bytes(b"hexxo")
    assert (await disk.originals.keep(tmp_path / "a.txt", "a.txt", nothing)).path.read_bytes() == b"hello"


async def test_a_cancelled_copy_leaves_nothing(disk: Disk, tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(b"\0" * (40 * CHUNK_BYTES))
    begun = asyncio.Event()
    task = asyncio.create_task(disk.originals.keep(source, "big", lambda copied: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (tmp_path / "small").write_bytes(b"next")
    kept = await disk.originals.keep(tmp_path / "small", "small", nothing)
    assert _kept(disk.profile) == {kept.sha256}


async def test_a_file_over_the_limit_is_refused_before_it_is_read(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "LIMIT_BYTES", 1000)
    (tmp_path / "big").write_bytes(b"x" * 1001)
    (tmp_path / "fits").write_bytes(b"x" * 1000)
    with pytest.raises(StorageFailure) as refused:
        await disk.originals.keep(tmp_path / "big", "big", nothing)
    assert refused.value.failure.kind == "too_large"
    await disk.originals.keep(tmp_path / "fits", "fits", nothing)


async def test_what_a_killed_process_left_is_removed_when_it_is_old(profile: Path) -> None:
    folder = profile / "originals"
    folder.mkdir()
    old, new = folder / "unfinished-old", folder / "unfinished-new"
    for path in (old, new):
        path.write_bytes(b"half")
    before = time.time() - STALE_AFTER_S - 1
    os.utime(old, (before, before))
    async with open_disk(profile, window=True):
        assert not old.exists()
        assert new.exists()


def test_200_mb_pass_in_bounded_memory_and_the_loop_stays_free(tmp_path: Path) -> None:
    """In a process of its own, whose peak of memory is its own."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(200 << 20)
    script = f"""
import asyncio, resource, time
from pathlib import Path
from chatapp.storage.profile import open_disk

async def main():
    async with open_disk(Path({str(tmp_path / "profile")!r}), window=True) as disk:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told, worst, last = [], 0.0, time.perf_counter()
        copy = asyncio.create_task(disk.originals.keep(Path({str(big)!r}), "big", told.append))
        while not copy.done():
            await asyncio.sleep(0.005)
            worst, last = max(worst, time.perf_counter() - last), time.perf_counter()
        assert (await copy).bytes == told[-1] == 200 << 20
        print(len(told), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, worst)

asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    chunks, grown_kib, worst_s = run.stdout.split()
    assert int(chunks) == 200
    assert int(grown_kib) < 16 << 10
    assert float(worst_s) < 0.5


def test_a_copy_that_does_not_fit_is_said_so_and_leaves_nothing(profile: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk; see test_full_disk for a real one."""
    (tmp_path / "big").write_bytes(os.urandom(12 << 20))
    script = f"""
import asyncio, resource
from pathlib import Path
from chatapp.conversation.tree import Attachment
from chatapp.services.ports import StorageFailure
from chatapp.storage.profile import open_disk

async def main():
    async with open_disk(Path({str(profile)!r}), window=True) as disk:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10 << 20, 10 << 20))
        try:
            await disk.originals.keep(Path({str(tmp_path / "big")!r}), "big", lambda copied: None)
        except StorageFailure as refused:
            print(refused.failure.kind)

asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["disk_full"]
    assert _kept(profile) == set()


def _kept(profile: Path) -> set[str]:
    return {path.name for path in (profile / "originals").rglob("*") if path.is_file()}
