"""The third-party servers of ../shared/servers, each started by its own script on a free port.

They are installed once, by `../shared/servers/setup.sh`, into ~/.cache/chatapp-servers (or SERVERS_HOME). A fleet runs
them from a home of its own: what is installed is linked into it, what they write stays in it.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

START_S = 240
"""Longer than any start script tries: it says itself what went wrong."""
STOP_S = 3.0


class NotThere(Exception):
    """A server that is not installed or does not start; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Program:
    """One folder of ../shared/servers. `needed` are the files that show it is installed; `usual_port` the one its
    configuration and that of others names; `upstreams` start before it; `environment` is filled in with their ports.
    `arguments` go to its start script."""

    usual_port: int
    needed: tuple[str, ...]
    upstreams: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


PROGRAMS = {
    "stub": Program(9112, ("stub/stub.py",)),
    # One thread: two that wait for each other in a busy loop are slow where others want the processor too.
    "llama-server": Program(9111, ("llama-server/venv", "weights"), environment={"THREADS": "1"}),
    "llmock": Program(9152, ("mocks/venv/bin/llmock",), arguments=("--stream-chunk-delay-ms", "20")),
    "ogx": Program(
        9121,
        ("ogx/venv/bin/ogx", "tiktoken_cache"),
        ("stub", "llama-server"),
        {
            "UPSTREAM_URL": "http://127.0.0.1:{stub}/v1",
            "LLAMA_CPP_SERVER_URL": "http://127.0.0.1:{llama-server}/v1",
        },
    ),
    "litellm": Program(9131, ("litellm/venv/bin/litellm", "tiktoken_cache"), ("stub", "llama-server", "ogx")),
}
LITELLM_KEY = "sk-loopback-0123456789abcdef"


def installed_home() -> Path:
    return Path(os.environ.get("SERVERS_HOME") or Path.home() / ".cache" / "chatapp-servers")


class Fleet:
    """Servers that run as long as the tests want them. `home` is an empty directory."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._ports: dict[str, int] = {}
        self._starting: dict[str, subprocess.Popen[str]] = {}
        self._ready: set[str] = set()

    def begin(self, name: str, *arguments: str) -> None:
        """Starts a server, and first what it stands on, and does not wait for it. Raises NotThere.

        `arguments` stand in for those that its start script is usually given."""
        if name in self._starting:
            return
        program = PROGRAMS[name]
        _require(name, program)
        for upstream in program.upstreams:
            self.begin(upstream)
        self._furnish(name)
        port = self._ports[name] = free_port()
        for upstream in program.upstreams:
            _replace_port(self._home / name, PROGRAMS[upstream].usual_port, self._ports[upstream])
        ports = {upstream: str(self._ports[upstream]) for upstream in program.upstreams}
        chosen = {variable: text.format_map(ports) for variable, text in program.environment.items()}
        environment = {**os.environ, "SERVERS_HOME": str(self._home), "PORT": str(port), **chosen}
        self._starting[name] = subprocess.Popen(
            ["bash", str(self._home / name / "start.sh"), *(arguments or program.arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def base_url(self, name: str) -> str:
        """The address of a server, once it answers. Raises NotThere with the last lines it wrote."""
        self.begin(name)
        for upstream in PROGRAMS[name].upstreams:
            self.base_url(upstream)
        if name not in self._ready:
            said, _ = self._starting[name].communicate(timeout=START_S)
            if not said.startswith("READY"):
                raise NotThere(f"{name} does not start: {said[-2000:]}")
            self._ready.add(name)
        return f"http://127.0.0.1:{self._ports[name]}/v1"

    def log(self, name: str, lines: int = 60) -> str:
        """The last lines a server wrote."""
        path = self._home / name / f"log.{self._ports.get(name)}"
        if not path.is_file():
            return ""
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])

    def kill(self, name: str) -> None:
        """As a crash would: what it was answering breaks off."""
        pid = self._home / name / f"pid.{self._ports[name]}"
        _signalled(int(pid.read_text()), signal.SIGKILL)

    def names(self) -> tuple[str, ...]:
        """The servers that were started."""
        return tuple(self._starting)

    def stop(self) -> None:
        """Ends every server by the id of its process."""
        for script in self._starting.values():
            script.kill()
            script.communicate()
        written = (self._home / name / f"pid.{port}" for name, port in self._ports.items())
        leaders = [int(pid.read_text()) for pid in written if pid.is_file()]
        for sign in (signal.SIGTERM, signal.SIGKILL):
            leaders = [leader for leader in leaders if _signalled(leader, sign)]
            deadline = time.monotonic() + STOP_S
            while time.monotonic() < deadline and (leaders := [one for one in leaders if _signalled(one, 0)]):
                time.sleep(0.05)

    def _furnish(self, name: str) -> None:
        """The part of the home that a server runs in."""
        for folder in {name, *(needed.split("/")[0] for needed in PROGRAMS[name].needed)}:
            source, target = installed_home() / folder, self._home / folder
            if target.exists():
                continue
            target.mkdir()
            for entry in source.iterdir():
                if entry.is_dir() or entry.is_symlink() or folder == "tiktoken_cache":
                    (target / entry.name).symlink_to(entry)
                else:
                    shutil.copy(entry, target / entry.name)


def _require(name: str, program: Program) -> None:
    missing = [needed for needed in program.needed if not (installed_home() / needed).exists()]
    if missing:
        raise NotThere(
            f"{name} is not installed in {installed_home()}: run ../shared/servers/setup.sh "
            f"(missing {', '.join(missing)})"
        )


def _replace_port(folder: Path, usual: int, port: int) -> None:
    for config in folder.glob("*.yaml"):
        config.write_text(config.read_text().replace(f"127.0.0.1:{usual}/", f"127.0.0.1:{port}/"))


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def _signalled(leader: int, sign: int) -> bool:
    """Sends a signal to a process group; False when it is gone."""
    try:
        os.killpg(leader, sign)
    except ProcessLookupError:
        return False
    return True
