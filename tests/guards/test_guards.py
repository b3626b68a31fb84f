"""Each guard, shown a bad test in a pytest of its own, fails it, and lets the good twin pass."""

import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

CONFTEST = """
pytest_plugins = ["tests.guards.logs", "tests.guards.threads", "tests.guards.qt", "tests.guards.tasks"]
"""
SETTINGS = Path(__file__).parents[2] / "pyproject.toml"

BAD = {
    "warning": (
        "Careless",
        """
        import warnings
        def test_it():
            warnings.warn("Careless")
        """,
    ),
    "log record": (
        "stray log records",
        """
        import logging
        def test_it():
            logging.getLogger("a.b").warning("the disk is full")
        """,
    ),
    "log record beside an allowed one": (
        "a.b: another",
        """
        import logging, pytest
        @pytest.mark.allow_log("disk is full")
        def test_it():
            logging.getLogger("a.b").error("the disk is full")
            logging.getLogger("a.b").error("another")
        """,
    ),
    "daemon thread": (
        "leaked threads",
        """
        import threading, time
        def test_it():
            threading.Thread(target=time.sleep, args=(4,), daemon=True, name="sleeper").start()
        """,
    ),
    "plain thread": (
        "sleeper at",
        """
        import threading, time
        def test_it():
            threading.Thread(target=time.sleep, args=(4,), name="sleeper").start()
        """,
    ),
    "task": (
        "leaked asyncio tasks",
        """
        import asyncio
        async def test_it():
            asyncio.get_running_loop().kept = asyncio.create_task(asyncio.sleep(60))
        """,
    ),
    "task on a Qt loop": (
        "leaked asyncio tasks",
        """
        import asyncio, pytest
        @pytest.mark.qt_loop
        async def test_it():
            asyncio.get_running_loop().kept = asyncio.create_task(asyncio.sleep(60))
        """,
    ),
    "task of a fixture": (
        "leaked asyncio tasks",
        """
        import asyncio, pytest
        @pytest.fixture
        async def server():
            return asyncio.create_task(asyncio.sleep(60))
        async def test_it(server):
            pass
        """,
    ),
    "timer": (
        "every 1000 ms",
        """
        from PySide6.QtCore import QTimer
        kept = []
        def test_it(qapp):
            timer = QTimer()
            timer.start(1000)
            kept.append(timer)
        """,
    ),
    "Qt's own warning": (
        "out of range",
        """
        from PySide6.QtCore import qWarning
        def test_it():
            qWarning("out of range")
        """,
    ),
    "exception in a slot": (
        "ZeroDivisionError",
        """
        from PySide6.QtCore import QTimer
        def test_it(qtbot):
            QTimer.singleShot(0, lambda: 1 / 0)
            qtbot.wait(20)
        """,
    ),
    "window": (
        "QMainWindow 'shown'",
        """
        from PySide6.QtWidgets import QMainWindow
        kept = []
        def test_it(qapp):
            window = QMainWindow(objectName="shown")
            window.show()
            kept.append(window)
        """,
    ),
}

GOOD = {
    "expected warning": """
        import pytest, warnings
        def test_it():
            with pytest.warns(UserWarning):
                warnings.warn("expected")
        """,
    "allowed log record": """
        import logging, pytest
        @pytest.mark.allow_log("^a.b: the disk")
        def test_it():
            logging.getLogger("a.b").warning("the disk is full")
        """,
    "captured log record": """
        import logging
        def test_it(caplog):
            logging.getLogger("a.b").warning("the disk is full")
            assert "full" in caplog.text
        """,
    "quiet log record": """
        import logging
        def test_it():
            logging.getLogger("a.b").info("all is well")
        """,
    "joined thread": """
        import threading
        def test_it():
            thread = threading.Thread(target=print)
            thread.start()
            thread.join()
        """,
    "allowed thread": """
        import threading, time, pytest
        @pytest.mark.allow_threads("pool-*")
        def test_it():
            threading.Thread(target=time.sleep, args=(3,), daemon=True, name="pool-1").start()
        """,
    "default executor": """
        import asyncio
        async def test_it():
            assert await asyncio.to_thread(lambda: 1) == 1
        """,
    "finished and cancelled tasks": """
        import asyncio
        async def test_it():
            await asyncio.create_task(asyncio.sleep(0))
            asyncio.get_running_loop().kept = task = asyncio.create_task(asyncio.sleep(60))
            task.cancel()
        """,
    "task ended by its fixture": """
        import asyncio, pytest
        @pytest.fixture
        async def server():
            task = asyncio.create_task(asyncio.sleep(60))
            yield
            task.cancel()
        async def test_it(server):
            await asyncio.sleep(0)
        """,
    "a Qt loop": """
        import asyncio, pytest
        from PySide6.QtCore import QTimer
        @pytest.mark.qt_loop
        async def test_it(qapp):
            assert "qasync" in type(asyncio.get_running_loop()).__module__
            fired = asyncio.Event()
            timer = QTimer(singleShot=True)
            timer.timeout.connect(fired.set)
            timer.start(1)
            await asyncio.wait_for(fired.wait(), 5)
            assert await asyncio.to_thread(lambda: 2) == 2
        """,
    "stopped timer": """
        from PySide6.QtCore import QTimer
        kept = []
        def test_it(qapp):
            timer = QTimer()
            timer.start(1000)
            timer.stop()
            kept.append(timer)
        """,
    "closed window": """
        from PySide6.QtWidgets import QMainWindow
        def test_it(qtbot):
            window = QMainWindow()
            qtbot.addWidget(window)
            window.show()
        """,
    "window held by a cycle only": """
        from PySide6.QtWidgets import QMainWindow
        def test_it(qapp):
            window = QMainWindow()
            window.me = window
        """,
}


@dataclass(frozen=True)
class Verdict:
    """How one inner test ended: passed, or failed with these texts."""

    passed: bool
    text: str


def read_verdict(case: ElementTree.Element) -> Verdict:
    """The verdict of one JUnit test case; a guard's failure is an error of the test's teardown."""
    ends = [*case.iter("failure"), *case.iter("error")]
    return Verdict(not ends, "\n".join(f"{end.get('message')}\n{end.text}" for end in ends))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Every inner test run once, in one pytest process under the guards and the project's own settings."""
    folder = tmp_path_factory.mktemp("inner")
    (folder / "conftest.py").write_text(CONFTEST)
    names = {}
    for number, (name, source) in enumerate([*((n, s) for n, (_, s) in BAD.items()), *GOOD.items()]):
        names[f"test_{number}"] = name
        (folder / f"test_{number}.py").write_text(textwrap.dedent(source))
    report = folder / "report.xml"
    options = ("-c", SETTINGS, "--rootdir", folder, "-p", "no:cacheprovider", f"--junitxml={report}")
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, folder], check=False, capture_output=True, timeout=120
    )
    cases = ElementTree.parse(report).iter("testcase")
    return {names[case.get("classname", "")]: read_verdict(case) for case in cases}


@pytest.mark.parametrize("left_behind", BAD)
def test_a_bad_test_fails(verdicts: dict[str, Verdict], left_behind: str) -> None:
    reason, _ = BAD[left_behind]
    assert not verdicts[left_behind].passed
    assert reason in verdicts[left_behind].text


@pytest.mark.parametrize("manner", GOOD)
def test_a_good_test_passes(verdicts: dict[str, Verdict], manner: str) -> None:
    assert verdicts[manner].passed, verdicts[manner].text
