"""The short form of the campaign against a sweep; `python -m tests.faults sweep` is the full one."""

import os
from pathlib import Path

import pytest

from tests.faults.sweep import PLACES, against_chaos


@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_a_sweep_outlives_the_window_that_ran_it(profile: Path) -> None:
    outcome = against_chaos(profile, seed=7, after=20, pause=0.02)
    assert outcome.problems == []
    assert outcome.done + outcome.failed == PLACES
    assert outcome.kept > 0
