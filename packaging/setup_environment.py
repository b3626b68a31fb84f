"""The checkout's own environment, .venv: made from the lock, made again when the lock changes. Used by run.py.

A mark inside it, written last, says which lock it was made from; without the right mark it is taken to be unfinished.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "packaging" / "requirements.lock"
ENVIRONMENT = ROOT / ".venv"
MARK = "made-from-lock"
MODELS = ROOT / "packaging" / "models.lock"


def fingerprint(lock: Path = LOCK, root: Path = ROOT) -> str:
    """Names what an environment is made from: the lock's bytes and the place, which an environment cannot leave."""
    return hashlib.sha256(lock.read_bytes() + b"\0" + os.fsencode(root)).hexdigest()


def python_of(environment: Path) -> Path:
    """The interpreter inside an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_ready(environment: Path, wanted: str) -> bool:
    """Whether it was finished from the wanted lock and its Python still starts and finds chatapp."""
    mark = environment / MARK
    if not mark.is_file() or mark.read_text(encoding="utf-8") != wanted:
        return False
    try:
        return (
            subprocess.run([python_of(environment), "-I", "-c", "import chatapp"], check=False).returncode
            == 0
        )
    except OSError:
        return False


def pip(environment: Path, *arguments: str | Path) -> bool:
    """Run the environment's pip: whether it did what it was asked for. If not, it has said why."""
    command = [python_of(environment), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    env = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return subprocess.run(command, env=env, check=False).returncode == 0


def install(environment: Path, *arguments: str | Path) -> None:
    """Install without resolving anything anew. Ends the program if that fails."""
    if not pip(environment, "install", "--quiet", "--no-deps", *arguments):
        sys.exit("chatapp could not be set up: pip said why above. Run the same command again to start over.")


def make(environment: Path, wanted: str) -> None:
    """Make the environment from nothing: Python, the locked packages, chatapp itself in place, and last the mark."""
    print(f"Setting up chatapp in {environment} (about 400 MB, once)", flush=True)
    if environment.is_symlink():
        environment.unlink()
    elif environment.exists():
        shutil.rmtree(environment)
    base = getattr(sys, "_base_executable", None) or sys.executable
    subprocess.run([base, "-m", "venv", environment], check=True)
    install(environment, "--require-hashes", "--requirement", LOCK)
    install(environment, "--no-build-isolation", "--no-index", "--editable", ROOT)
    compile_ahead(environment)
    (environment / MARK).write_text(wanted, encoding="utf-8")


def compile_ahead(environment: Path) -> None:
    """Compile chatapp now, as pip did with what it installed: a third of the time to the first picture otherwise, and
    at every start where Python is told to write no byte code."""
    subprocess.run([python_of(environment), "-m", "compileall", "-q", ROOT / "chatapp"], check=False)


@contextmanager
def one_at_a_time(environment: Path) -> Iterator[None]:
    """Let a second set-up of the same environment wait for the first, where the system has file locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with environment.with_name(f"{environment.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepare(environment: Path = ENVIRONMENT) -> Path:
    """The Python of an environment that is as the lock says, made first if need be."""
    wanted = fingerprint()
    if not is_ready(environment, wanted):
        with one_at_a_time(environment):
            if not is_ready(environment, wanted):
                make(environment, wanted)
    return python_of(environment)


def add_models(environment: Path = ENVIRONMENT) -> None:
    """Real models for the tests that answer and search with them (about 370 MB), in a folder that only those look into:
    chatapp is tried as it is without its extras. What cannot be had is skipped by the tests."""
    folder, wanted = environment / "models", fingerprint(MODELS)
    mark = folder / MARK
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return
    with one_at_a_time(environment):
        shutil.rmtree(folder, ignore_errors=True)
        where = ("--target", folder, "--require-hashes", "--requirement", MODELS)
        if pip(environment, "install", "--quiet", "--no-deps", *where):
            mark.write_text(wanted, encoding="utf-8")
        else:
            print("The tests with real models will be skipped: pip said why above.", flush=True)
