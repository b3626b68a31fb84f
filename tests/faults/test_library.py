"""The short form of the campaign against the queue of a library; `python -m tests.faults library` is the full one."""

import os
from pathlib import Path

import pytest

from tests.faults.library import run


@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_a_killed_window_goes_on_with_no_file_lost_or_twice(tmp_path: Path) -> None:
    campaign = run(tmp_path, 40)
    assert campaign.problems == []
    assert campaign.killed_at < 40
