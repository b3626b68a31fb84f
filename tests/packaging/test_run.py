"""packaging/run.py: what it says on a system that lacks something, and when it makes the environment again."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import run
import setup_environment
import setup_system

ROOT = Path(__file__).parents[2]
TABLE_HEAD = "# kind name package for\n"

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux leaves libraries to the system"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of its own, in a path with spaces, that holds what run.py reads."""
    folder = tmp_path / "my check out"
    shutil.copytree(ROOT / "packaging", folder / "packaging", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def outcome(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the checkout's run.py as an ordinary user would, with an almost empty environment."""
    program = (
        "import os, runpy, sys; os.geteuid = lambda: 1000; sys.argv = sys.argv[1:];"
        "sys.path.insert(0, os.path.dirname(sys.argv[0])); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-c", program, str(checkout / "packaging" / "run.py"), *arguments]
    env = {"PATH": os.environ["PATH"], "HOME": str(checkout), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=120)


@linux_only
def test_a_missing_library_is_named_with_the_line_that_installs_it(checkout: Path) -> None:
    table = checkout / "packaging" / "system_libraries.txt"
    table.write_text(
        TABLE_HEAD + "library libnowhere.so.7 libnowhere7 window\nlibrary libno.so.1 libno1 screen\n"
    )
    done = outcome(checkout)
    assert done.returncode == 1
    assert "lacks libnowhere.so.7, libno.so.1" in done.stderr
    line = "sudo apt-get install -y --no-install-recommends libnowhere7 libno1"
    (said,) = [text.strip() for text in done.stderr.splitlines() if "apt-get" in text]
    assert said.removeprefix("sudo apt-get update && ") == line
    assert not (checkout / ".venv").exists()


@linux_only
def test_the_tests_do_not_need_what_only_a_screen_needs(checkout: Path) -> None:
    table = checkout / "packaging" / "system_libraries.txt"
    table.write_text(TABLE_HEAD + "library libno.so.1 libno1 screen\nlibrary libc.so.6 libc6 window\n")
    finished_environment(checkout)
    done = outcome(checkout, "test", "--version")
    assert done.returncode == 0, done.stderr
    assert "Some tests will be skipped; for all of them: sudo apt-get install" in done.stdout
    assert "pytest" in done.stdout


def finished_environment(checkout: Path) -> None:
    """Give the checkout an environment that counts as finished, models and all (else each run of this test would fetch
    some hundred megabytes): links to the Python that runs this test."""
    environment = checkout / ".venv"
    setup_environment.python_of(environment).parent.mkdir(parents=True)
    interpreter = setup_environment.python_of(environment)
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    (environment / "models").mkdir()
    for folder, lock in ((environment, "requirements.lock"), (environment / "models", "models.lock")):
        mark = setup_environment.fingerprint(checkout / "packaging" / lock, checkout)
        (folder / setup_environment.MARK).write_text(mark)


@linux_only
def test_no_screen_is_said_plainly(checkout: Path) -> None:
    finished_environment(checkout)
    done = outcome(checkout)
    assert done.returncode == 1
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in done.stderr


@linux_only
@pytest.mark.parametrize(
    "environment",
    [{"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nonexistent"}],
    ids=["X11", "Wayland"],
)
def test_a_screen_that_does_not_answer_is_said_plainly(checkout: Path, environment: dict[str, str]) -> None:
    finished_environment(checkout)
    done = outcome(checkout, **environment)
    assert done.returncode == 1
    assert "The screen does not answer" in done.stderr


def test_the_table_names_each_thing_once() -> None:
    rows = setup_system.requirements()
    assert len({row.name for row in rows}) == len(rows) > 10
    assert {row.purpose for row in rows} == {"window", "screen", "tests"}
    assert {row.kind for row in rows} <= set(setup_system.CHECKS)


def test_a_changed_lock_or_a_moved_checkout_needs_a_new_environment(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("a==1\n")
    first = setup_environment.fingerprint(lock, tmp_path)
    assert setup_environment.fingerprint(lock, tmp_path) == first
    assert setup_environment.fingerprint(lock, tmp_path / "moved") != first
    lock.write_text("a==2\n")
    assert setup_environment.fingerprint(lock, tmp_path) != first


def test_an_environment_without_its_mark_or_its_python_is_not_ready(tmp_path: Path) -> None:
    environment = tmp_path / ".venv"
    environment.mkdir()
    assert not setup_environment.is_ready(environment, "mark")
    (environment / setup_environment.MARK).write_text("mark")
    assert not setup_environment.is_ready(environment, "mark")


BACKEND = '''
"""A build backend that needs nothing: an editable wheel is a zip of a path file and three lines of metadata."""
import zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name, info = "chatapp-9.9-py3-none-any.whl", "chatapp-9.9.dist-info"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("chatapp.pth", HERE)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: chatapp\\nVersion: 9.9\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
'''


@pytest.fixture
def small_checkout(checkout: Path) -> Path:
    """A checkout whose chatapp prints its arguments and whose lock is empty, so that no set-up needs a network."""
    (checkout / "packaging" / "system_libraries.txt").write_text(TABLE_HEAD)
    (checkout / "packaging" / "requirements.lock").write_text("# nothing\n")
    (checkout / "chatapp").mkdir()
    (checkout / "chatapp" / "__main__.py").write_text("import sys; print('chatapp was given', sys.argv[1:])")
    (checkout / "backend.py").write_text(f"HERE = {str(checkout)!r}\n{BACKEND}")
    settings = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (checkout / "pyproject.toml").write_text(settings)
    return checkout


def test_set_up_once_then_again_only_for_another_lock(small_checkout: Path) -> None:
    mark = small_checkout / ".venv" / setup_environment.MARK
    first = outcome(small_checkout, "--version", "--debug")
    assert "Setting up chatapp" in first.stdout, first.stderr
    assert "chatapp was given ['--version', '--debug']" in first.stdout
    made = mark.stat().st_mtime_ns
    assert outcome(small_checkout, "--version").stdout == "chatapp was given ['--version']\n"
    assert mark.stat().st_mtime_ns == made
    (small_checkout / "packaging" / "requirements.lock").write_text("# still nothing\n")
    assert "Setting up chatapp" in outcome(small_checkout, "--version").stdout


def test_a_killed_set_up_starts_over(small_checkout: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, small_checkout / "packaging" / "run.py", "--version"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    half = small_checkout / ".venv" / "pyvenv.cfg"
    deadline = time.monotonic() + 60
    while not half.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert half.exists()
    assert not (small_checkout / ".venv" / setup_environment.MARK).exists()
    again = outcome(small_checkout, "--version")
    assert again.returncode == 0, again.stderr
    assert "chatapp was given ['--version']" in again.stdout


def test_supported_versions() -> None:
    assert [run.supported((3, minor)) for minor in range(10, 15)] == [False, True, True, True, False]


def test_an_old_python_says_which_one_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    monkeypatch.setenv("PATH", "")
    assert run.main() == 1
    assert capsys.readouterr().err.startswith("chatapp needs Python 3.11, 3.12 or 3.13; this is 3.10")


def test_an_old_python_can_read_the_script_that_says_so() -> None:
    ast.parse((ROOT / "packaging" / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))
