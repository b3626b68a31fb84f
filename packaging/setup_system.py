"""What a Linux system must offer before Qt is loaded: its libraries and a display. Used by run.py.

Qt aborts the whole process, past any exception, when one of them is missing; so each is tried here first.
"""

import ctypes
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("system_libraries.txt")
PACKAGE_LISTS = Path("/var/lib/apt/lists")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")


@dataclass(frozen=True)
class Requirement:
    """A row of the table: a library, program, module or file, the Debian package that has it, and what it is for."""

    kind: str
    name: str
    package: str
    purpose: str

    def is_met(self) -> bool:
        """Whether it is there now."""
        return CHECKS[self.kind](self.name)


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


CHECKS: dict[str, Callable[[str], bool]] = {
    "library": _loads,
    "program": lambda name: shutil.which(name) is not None,
    "module": lambda name: importlib.util.find_spec(name) is not None,
    "file": os.path.exists,
}


def requirements(table: Path = TABLE) -> list[Requirement]:
    """Every row of the table."""
    lines = table.read_text(encoding="utf-8").splitlines()
    return [Requirement(*line.split()) for line in lines if line.strip() and not line.startswith("#")]


def missing(purposes: Iterable[str]) -> list[Requirement]:
    """What is for one of these purposes and not there. Only Linux leaves such things to the system."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = set(purposes)
    return [row for row in requirements() if row.purpose in wanted and not row.is_met()]


def install_line(rows: Iterable[Requirement]) -> str:
    """The one line that installs what `rows` lack; on a system that never fetched its package lists, that too."""
    fetched = not PACKAGE_LISTS.is_dir() or any(PACKAGE_LISTS.glob("*_Packages*"))
    return " ".join((*(() if fetched else ("sudo apt-get update &&",)), "sudo", *INSTALL, *packages(rows)))


def packages(rows: Iterable[Requirement]) -> list[str]:
    """The Debian packages of `rows`, each once."""
    return list(dict.fromkeys(row.package for row in rows))


def can_install() -> bool:
    """Whether this process may install packages: root, where there is apt."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(rows: list[Requirement]) -> None:
    """Install what `rows` lack; the package lists are fetched only if those at hand are not enough."""
    print("Installing", *packages(rows), flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def apt(*command: str) -> bool:
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False).returncode == 0

    quiet = ("-q", "-o", "Dpkg::Use-Pty=0")
    if not apt(*INSTALL, *quiet, *packages(rows)) and apt("apt-get", "update", "-q"):
        apt(*INSTALL, *quiet, *packages(rows))


def provide(needed: set[str], wanted: set[str]) -> None:
    """Install what is missing if that is allowed. What is `needed` and still missing ends the program with the line
    that installs it; what is only `wanted` is named, and what depends on it is skipped."""
    if (lacking := missing(needed | wanted)) and can_install():
        install(lacking)
        lacking = missing(needed | wanted)
    if required := [row for row in lacking if row.purpose in needed]:
        names = ", ".join(row.name for row in required)
        sys.exit(f"chatapp cannot start, because this system lacks {names}. To install what is missing:\n\n"
                 f"    {install_line(required)}\n")  # fmt: skip
    if lacking:
        print(f"Some tests will be skipped; for all of them: {install_line(lacking)}", flush=True)


def x11_answers() -> bool:
    """Whether the X server that DISPLAY names accepts a connection."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def wayland_answers(environment: Mapping[str, str]) -> bool:
    """Whether the compositor that WAYLAND_DISPLAY names accepts a connection."""
    path = Path(environment.get("XDG_RUNTIME_DIR", "/"), environment["WAYLAND_DISPLAY"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def require_display(environment: Mapping[str, str]) -> None:
    """End the program with a plain sentence if there is nothing to draw a window on."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return
    x11, wayland = environment.get("DISPLAY"), environment.get("WAYLAND_DISPLAY")
    if not x11 and not wayland:
        sys.exit("There is no screen to open the window on: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
                 "Start chatapp from a desktop session, or ask in the terminal: chatapp ask \"…\"")  # fmt: skip
    if not (wayland and wayland_answers(environment)) and not (x11 and x11_answers()):
        said = " and ".join(f"{n}={v}" for n, v in (("DISPLAY", x11), ("WAYLAND_DISPLAY", wayland)) if v)
        sys.exit(
            f"The screen does not answer ({said}). Is the desktop session still running, and is it yours?"
        )
