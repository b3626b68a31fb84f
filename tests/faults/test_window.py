"""The short form of the campaign against the window; `python -m tests.faults window` is the full one."""

import os
from pathlib import Path

import pytest

from tests.faults.window import run


@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_a_killed_window_loses_nothing_that_was_committed(profile: Path) -> None:
    campaign = run(profile, kills=3, seed=7)
    assert campaign.problems == []
    assert len(campaign.server.questions) == 3
