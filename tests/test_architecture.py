"""The walls of the house, held twice: by the import contracts, and by loading each room in a fresh interpreter.

The contracts see what is written; the fresh interpreter sees what is really loaded, through third parties too.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chatapp"

LEAVES = {"resource_files", "options"}
QT = {"PySide6", "shiboken6", "qasync"}
NETWORK = {"httpx", "httpcore"}
SERVER = {"starlette", "uvicorn"}
KEYS = {"keyring", "secretstorage"}
# What only some screens need, and what would make every first paint later.
HEAVY = (
    NETWORK
    | SERVER
    | KEYS
    | {"markdown", "markdown_it", "pygments", "nh3", "pypdfium2", "selectolax", "pydantic", "jsonschema"}
)
IMPURE = {"asyncio", "sqlite3", "socket"}


@dataclass(frozen=True)
class Walls:
    """`sees`: the other rooms that may be loaded with this one. `never`: top-level modules that must not be."""

    sees: frozenset[str]
    never: frozenset[str]


def walls(sees: set[str], never: set[str]) -> Walls:
    """Walls around a room; the leaves are seen by all."""
    return Walls(frozenset(sees | LEAVES), frozenset(never))


LANGUAGE = {"protocol", "documents"}
RULES = LANGUAGE | {"conversation", "rendering"}
USE_CASES = RULES | {"exchange", "services"}
ADAPTERS = USE_CASES | {"connections", "storage"}

ROOMS = {
    "resource_files": walls(set(), QT | HEAVY | IMPURE),
    "options": walls(set(), QT | HEAVY | IMPURE),
    "protocol": walls(set(), QT | HEAVY | IMPURE | {"logging"}),
    "documents": walls(set(), QT | NETWORK | SERVER | KEYS),
    "conversation": walls(LANGUAGE, QT | HEAVY | IMPURE | {"logging"}),
    "rendering": walls(LANGUAGE, QT | NETWORK | SERVER | KEYS | {"asyncio", "sqlite3"}),
    "exchange": walls(RULES, QT | NETWORK | SERVER | KEYS | {"asyncio", "sqlite3"}),
    "services": walls(RULES | {"exchange"}, QT | NETWORK | SERVER | KEYS | {"sqlite3"}),
    "connections": walls(USE_CASES, QT | SERVER | KEYS | {"sqlite3"}),
    "storage": walls(USE_CASES, QT | NETWORK | SERVER),
    "assembly": walls(ADAPTERS, QT | SERVER),
    "ask": walls(ADAPTERS | {"assembly"}, QT | SERVER),
    "desktop": walls(ADAPTERS | {"assembly"}, SERVER),
    "engine": walls(LANGUAGE, QT | KEYS),
    "__main__": walls(set(), QT | HEAVY | IMPURE),
}

LOAD_ROOM = """
import importlib, json, pkgutil, sys
room = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(room, "__path__", ()), room.__name__ + "."):
    if not found.name.endswith(".__main__"):
        importlib.import_module(found.name)
print(json.dumps(sorted(sys.modules)))
"""
LOAD_MODULE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(script: str, module: str) -> list[str]:
    """The names in sys.modules of a fresh interpreter that ran `script` on `module`."""
    command = [sys.executable, "-P", "-W", "error", "-c", script, module]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT.parent, timeout=60)
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


def rooms_in(names: list[str]) -> set[str]:
    """The rooms of the house among loaded modules."""
    return {name.split(".")[1] for name in names if name.startswith("chatapp.")}


def present() -> set[str]:
    """Every module and package directly under chatapp."""
    files = {path.stem for path in PACKAGE.glob("*.py")}
    return files | {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"__init__"}


def test_every_room_has_walls() -> None:
    assert present() - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_nothing_beyond_its_walls(room: str) -> None:
    names = loaded_by(LOAD_ROOM, f"chatapp.{room}")
    assert rooms_in(names) - {room} - ROOMS[room].sees == set()
    assert {name.partition(".")[0] for name in names} & ROOMS[room].never == set()


def test_the_language_needs_the_standard_library_only() -> None:
    bare = set(loaded_by(LOAD_ROOM, "json"))
    extra = {name.partition(".")[0] for name in set(loaded_by(LOAD_ROOM, "chatapp.protocol")) - bare}
    assert extra - sys.stdlib_module_names == {"chatapp"}


def test_the_window_starts_without_what_it_needs_later() -> None:
    names = loaded_by(LOAD_MODULE, "chatapp.desktop.app")
    assert {name.partition(".")[0] for name in names} & HEAVY == set()
    assert "engine" not in rooms_in(names)


def test_a_room_that_reaches_too_far_is_noticed() -> None:
    names = loaded_by(
        "import chatapp.protocol, sqlite3, sys, json; print(json.dumps(sorted(sys.modules)))", ""
    )
    assert "sqlite3" in {name.partition(".")[0] for name in names} & ROOMS["protocol"].never


STRAYS = {
    "Who may import whom": ("rendering", "import chatapp.conversation"),
    "The engine shares only the language and the documents": ("engine", "import chatapp.conversation"),
    "The ways in see services, never what is behind the ports": ("desktop", "import chatapp.storage"),
    "The pure rooms do no input or output and keep no time": ("conversation", "from time import monotonic"),
    "The language on the wire needs the standard library only": ("protocol", "import markdown_it"),
    "Qt in the desktop only": ("services", "from PySide6.QtCore import QTimer"),
    "httpx in one file a side": ("connections", "import httpx"),
    "keyring in storage/secrets only": ("storage", "from keyring.errors import KeyringError"),
    "python-markdown in exchange/html only": ("rendering", "import markdown"),
    "ziamath in rendering/typeset only": ("exchange", "import ziamath"),
}


def check_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of the pyproject.toml in `folder` on the chatapp there."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_import_contracts_are_kept() -> None:
    done = check_contracts(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(STRAYS)} kept, 0 broken" in done.stdout


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house, to be damaged."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "chatapp", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_stray_import_breaks_its_contract(house: Path) -> None:
    for number, (room, line) in enumerate(STRAYS.values()):
        (house / "chatapp" / room / f"stray_{number}.py").write_text(f"{line}\n")
    said = check_contracts(house).stdout
    assert [name for name in STRAYS if f"{name} BROKEN" not in said] == []


def test_a_room_without_a_place_breaks_the_layers(house: Path) -> None:
    (house / "chatapp" / "managers.py").touch()
    assert "Who may import whom BROKEN" in check_contracts(house).stdout
