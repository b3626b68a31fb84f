"""A full disk: a plain failure, nothing acknowledged lost, and deleting still works."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def namespaces_work() -> bool:
    """Whether this system lets a process mount a disk that nobody else sees."""
    if shutil.which("unshare") is None:
        return False
    probe = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if not namespaces_work():
        pytest.skip("needs a mount namespace of its own (unshare) to fill a disk")
    folder = tmp_path_factory.mktemp("full")
    command = [*NAMESPACE, sys.executable, "-m", "tests.storage.full_disk", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report: dict[str, Any] = json.loads(run.stdout)
    return report


def test_what_needs_room_is_refused_in_plain_words(seen: dict[str, Any]) -> None:
    assert [seen[name] for name in ("journal", "begin", "original")] == ["disk_full"] * 3


def test_nothing_acknowledged_is_lost(seen: dict[str, Any]) -> None:
    assert seen["journalled_as_acknowledged"]
    assert seen["all_acknowledged_is_there"]
    assert seen["damage"] == []


def test_an_answer_in_hand_is_saved_from_the_ballast(seen: dict[str, Any]) -> None:
    assert seen["ballast_kept"]
    assert seen["finish"] is None
    assert seen["finished_turn_is_there"]


def test_deleting_works_and_gives_room_back(seen: dict[str, Any]) -> None:
    assert seen["soft_delete"] is None
    assert seen["purge"] is None
    assert seen["purged"]
    assert seen["free_after_purge"] > 0
    assert seen["writes_again"]


def test_the_profile_opens_on_a_full_disk(seen: dict[str, Any]) -> None:
    assert seen["ballast_restored"]
    assert seen["opens_on_a_full_disk"]
