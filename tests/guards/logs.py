"""Fails a test that logged at WARNING or above without saying so.

A test says so with `@pytest.mark.allow_log("regex", …)` (matched against "logger: message"; no regex allows all),
or by asking for pytest's `caplog`, and then checks the records itself.
"""

import logging
import re
from collections.abc import Iterator

import pytest

STRAY = logging.WARNING


class StrayRecords(logging.Handler):
    """Collects what a test logged at STRAY or above, as "logger: message" lines."""

    def __init__(self) -> None:
        super().__init__(STRAY)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


def allowed_patterns(node: pytest.Item) -> list[str]:
    """The regular expressions of the test's allow_log markers; a marker without any allows everything."""
    return [pattern for mark in node.iter_markers("allow_log") for pattern in (mark.args or (".*",))]


@pytest.fixture(autouse=True)
def no_stray_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test if a record of WARNING or above reached the root logger unexpectedly."""
    handler = StrayRecords()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
    if "caplog" in request.fixturenames:
        return
    patterns = allowed_patterns(request.node)
    stray = [line for line in handler.lines if not any(re.search(pattern, line) for pattern in patterns)]
    if stray:
        pytest.fail("stray log records:\n  " + "\n  ".join(stray), pytrace=False)
