"""The display is taken away under the real window."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatapp.desktop.app import DISPLAY_GONE, NO_LONGER_SHOWN

PATIENCE_S = 60.0


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_the_program_ends_and_says_so(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing)], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        display = f":{told.readline().strip()}"
    window = subprocess.Popen(
        [sys.executable, "-m", "chatapp", "--profile", str(tmp_path)],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not any(tmp_path.glob("*.sqlite3")) and time.monotonic() < until:
            time.sleep(0.05)
        screen.kill()
        _, said = window.communicate(timeout=PATIENCE_S)
    finally:
        window.kill()
        screen.kill()
        screen.wait()
    assert window.returncode == NO_LONGER_SHOWN
    assert DISPLAY_GONE in said
    assert "Traceback" not in said
