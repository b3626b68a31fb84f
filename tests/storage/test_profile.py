"""The folder: who may open it, who has it open."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatapp.services.ports import StorageFailure
from chatapp.storage.profile import PROCESSES, STALE_AFTER_S, Presence, open_disk, prepare, window_lock

HOLD = """
import sys, time
from pathlib import Path
from chatapp.storage.profile import Presence, prepare, window_lock
profile = Path(sys.argv[1])
prepare(profile)
with window_lock(profile), Presence.claimed(profile) as presence:
    print(presence.owner, flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("blocked", ["a file", "below a file"])
async def test_a_profile_that_cannot_be_made_is_said_so(tmp_path: Path, blocked: str) -> None:
    file = tmp_path / "file"
    file.write_text("")
    profile = file if blocked == "a file" else file / "profile"
    with pytest.raises(StorageFailure) as refused:
        async with open_disk(profile, window=True):
            pass
    assert refused.value.failure.kind == "unwritable"
    assert str(profile) in refused.value.failure.text


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_said_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageFailure) as refused:
        prepare(tmp_path / "profile")
    assert refused.value.failure.kind == "unwritable"
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("content", "mode"), [([], 0o700), (["letter.txt"], 0o755), (["chatapp.sqlite3"], 0o700)]
)
def test_a_folder_of_somebody_elses_things_keeps_its_mode(
    tmp_path: Path, content: list[str], mode: int
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    for name in content:
        (folder / name).touch()
    prepare(folder)
    assert folder.stat().st_mode & 0o777 == mode
    assert (folder / PROCESSES).stat().st_mode & 0o777 == 0o700


async def test_a_profile_lies_open_in_one_window_only(profile: Path) -> None:
    async with open_disk(profile, window=True):
        with pytest.raises(StorageFailure) as refused:
            async with open_disk(profile, window=True):
                pass
        assert refused.value.failure.kind == "already_open"
        assert refused.value.failure.title == "This profile is already open"
    async with open_disk(profile, window=True):
        pass


def test_a_killed_window_holds_nothing(profile: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(profile)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    presence = Presence(profile)
    assert presence.alive(owner)
    with pytest.raises(StorageFailure), window_lock(profile):
        pass
    child.kill()
    child.wait()
    child.stdout.close()
    with window_lock(profile):
        assert not presence.alive(owner)
    assert not (profile / PROCESSES / owner).exists()


def test_files_of_processes_long_dead_are_removed(profile: Path) -> None:
    prepare(profile)
    old, new = profile / PROCESSES / "old", profile / PROCESSES / "new"
    for path in (old, new):
        path.write_text("")
    before = time.time() - STALE_AFTER_S - 1
    os.utime(old, (before, before))
    with Presence.claimed(profile) as presence:
        assert presence.alive(presence.owner)
        assert not old.exists()
        assert new.exists()


def test_opening_fails_as_a_whole(profile: Path) -> None:
    """A failure half-way leaves no thread and no lock."""

    async def fail() -> None:
        (profile / "originals").write_text("in the way")
        async with open_disk(profile, window=True):
            pass

    with pytest.raises(StorageFailure):
        asyncio.run(fail())
    (profile / "originals").unlink()
    with window_lock(profile):
        assert list((profile / PROCESSES).iterdir()) == []
