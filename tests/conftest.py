"""What every test has: the guards of tests/guards, and the fixtures that more than one room needs."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.kit.shared import shared_folder

# Before anything makes a QApplication: without a display Qt aborts the process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The tests start some hundred programs of ours: where Python was told to keep nothing compiled, each would compile
# every module again, which is half of its start.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is no failure.
settings.register_profile("chatapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chatapp")

pytest_plugins = ["tests.guards.logs", "tests.guards.threads", "tests.guards.qt", "tests.guards.tasks"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference documents and recordings beside the repository; the test is skipped without it."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip("needs the folder ../shared beside the repository")
    return folder


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """An empty profile directory that only its owner can open (mode 0700)."""
    folder = tmp_path / "profile"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections, held so that no other program comes to listen there meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(autouse=True, scope="session")
def _no_real_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test, and no process a test starts, reads or writes the developer's own profile."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
