"""The short form of the walk as a screen reader; `python -m tests.faults reader` is the full one."""

import pytest

from tests.faults.reader import missing, run


@pytest.mark.skipif(bool(missing()), reason=missing() or "runs here")
def test_a_reader_finds_everything_where_it_says_it_is() -> None:
    found = run(traversals=60, seed=7, quiet_s=1.0)
    assert found["problems"] == []
    assert {"list item", "paragraph", "link", "push button", "table row"} <= found["walk"]["nodes"].keys()
