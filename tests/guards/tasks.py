"""Fails a coroutine test that left an asyncio task unfinished, and chooses the loop it runs on.

Tests under tests/desktop and tests marked `qt_loop` run on a qasync loop as the window does, all others on asyncio's.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

# A task that has its result or its cancellation already may need this many turns of the loop to be done.
SETTLING_TURNS = 5
QT_TESTS = Path(__file__).parents[1] / "desktop"

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def qt_loop() -> asyncio.AbstractEventLoop:
    """A qasync loop on the process's one QApplication."""
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    app = QApplication.instance() or QApplication([])
    loop: asyncio.AbstractEventLoop = QEventLoop(app, already_running=False)
    return loop


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Which loop a test runs on; one only, so that no test is run twice."""
    on_qt = item.get_closest_marker("qt_loop") is not None or item.path.is_relative_to(QT_TESTS)
    return {"qasync": qt_loop} if on_qt else {"asyncio": asyncio.new_event_loop}


@pytest.fixture
async def unfinished_tasks() -> AsyncIterator[None]:
    """Set up before and torn down after every other async fixture of the test, on the test's own loop."""
    yield
    for _ in range(SETTLING_TURNS):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        pytest.fail("leaked asyncio tasks:\n  " + "\n  ".join(map(repr, left)), pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_tasks(request: pytest.FixtureRequest, no_leaked_qt: None) -> None:
    """Fail a coroutine test if a task of its loop is unfinished once its async fixtures were torn down."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("unfinished_tasks")
