"""The shared server of docs/shared-server.md, run from the very files that the recipe names.

The models are those of the fleet: a script or llama-server stands in for vLLM, which needs a graphics card.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.servers.fleet import NotThere, free_port, installed_home
from tests.servers.postgres import Postgres

RECIPE = Path(__file__).parents[2] / "docs" / "shared-server"
KEY = "sk-shared-0123456789abcdef"
PASSWORD = "a pass'word"
START_S = 90
STOP_S = 20


class SharedServer:
    """ogx on a database. `chat_url` and `embedding_url` answer as vLLM would. Raises NotThere."""

    def __init__(self, home: Path, database: Postgres, chat_url: str, embedding_url: str) -> None:
        self._home = home
        self._environment = {
            **_recommended(),
            "OGX_API_KEY": KEY,
            "POSTGRES_PASSWORD": PASSWORD,
            "POSTGRES_HOST": "127.0.0.1",
            "POSTGRES_PORT": str(database.port),
            "FILES_DIR": str(home / "files"),
            "VLLM_URL": chat_url,
            "EMBEDDING_URL": embedding_url,
            "EMBEDDING_MODEL": "stub-embed",
            "EMBEDDING_DIMENSION": "384",
        }
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        command = [str(_ogx()), "run", str(RECIPE / "ogx.yaml"), "--port", str(self.port), "--insecure"]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **_offline(self._home), **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotThere(f"the shared server does not start: {self.log()}")
            time.sleep(0.2)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, sign)
            self._process.wait(STOP_S)

    def log(self) -> str:
        return (self._home / "log").read_text("utf-8", "replace")[-3000:]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False


def _recommended() -> Mapping[str, str]:
    """The variables that the recipe sets: those without a default in its configuration, all of them."""
    lines = (RECIPE / "ogx.env").read_text().splitlines()
    recommended = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    needed = set(re.findall(r"\$\{env\.(\w+)\}", (RECIPE / "ogx.yaml").read_text()))
    assert set(recommended) == needed
    return recommended


def _offline(home: Path) -> Mapping[str, str]:
    """What keeps a test from the network and its files in one place."""
    return {
        "TIKTOKEN_CACHE_DIR": str(installed_home() / "tiktoken_cache"),
        "OGX_CONFIG_DIR": str(home),
        "OTEL_SDK_DISABLED": "true",
        "HF_HUB_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _ogx() -> Path:
    """Raises NotThere."""
    program = installed_home() / "ogx/venv/bin/ogx"
    if not program.exists():
        raise NotThere(f"ogx is not installed in {installed_home()}: run ../shared/servers/setup.sh ogx")
    packages = f"-r {RECIPE / 'requirements.txt'}"
    for package in ("asyncpg", "pgvector"):
        if not any((program.parents[1] / "lib").glob(f"python3*/site-packages/{package}")):
            raise NotThere(f"ogx lacks {package}: run {program.with_name('pip')} install {packages}")
    return program
