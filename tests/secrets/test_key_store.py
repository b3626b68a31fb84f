"""Where keys come from and where they go."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.services.ports import Connection, SecretsUnavailable
from chatapp.storage.secrets import KeyStore
from tests.secrets import key_store_child

ROOT = Path(__file__).parents[2]
CONNECTION = Connection("c1", "Mine", "https://mine.example/v1")
DAEMON = shutil.which("gnome-keyring-daemon")
SESSION = shutil.which("dbus-run-session")


async def test_a_session_key_lives_in_memory_only_as_long_as_the_session() -> None:
    store, connection = KeyStore(), replace(CONNECTION, key_source="session")
    assert await store.key(connection) is None
    await store.set_key(connection, "sk-1")
    assert await store.key(connection) == "sk-1"
    assert await store.key(replace(connection, id="c2")) is None
    await store.forget(connection)
    assert await store.key(connection) is None
    await store.set_key(connection, "sk-1")
    store.close()
    assert await store.key(connection) is None


async def test_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    store, connection = KeyStore(), replace(CONNECTION, key_source="environment", key_name="CHATAPP_TEST_KEY")
    monkeypatch.delenv("CHATAPP_TEST_KEY", raising=False)
    assert await store.key(connection) is None
    monkeypatch.setenv("CHATAPP_TEST_KEY", "")
    assert await store.key(connection) is None
    monkeypatch.setenv("CHATAPP_TEST_KEY", "sk-env")
    assert await store.key(connection) == "sk-env"
    with pytest.raises(SecretsUnavailable, match="CHATAPP_TEST_KEY"):
        await store.set_key(connection, "sk-2")
    store.close()


async def test_a_server_without_a_key() -> None:
    store = KeyStore()
    assert await store.key(CONNECTION) is None
    with pytest.raises(SecretsUnavailable, match="without a key"):
        await store.set_key(CONNECTION, "sk-1")
    store.close()


def run_child(env: dict[str, str], *wrapper: str) -> dict[str, object]:
    command = [*wrapper, sys.executable, "-m", "tests.secrets.key_store_child"]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    seen: dict[str, object] = json.loads(run.stdout)
    return seen


def without_session(home: Path) -> dict[str, str]:
    """An environment with a home of its own and no D-Bus."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DBUS_", "DISPLAY", "WAYLAND_"))
    }
    return {
        **kept,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_DATA_HOME": str(home / ".local/share"),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have their own key store, always there")
def test_without_a_key_store_it_says_what_to_do(tmp_path: Path) -> None:
    seen = run_child(without_session(tmp_path))
    assert seen == {
        "refused": "This system has no key store that can be trusted with a key. "
        "Use an environment variable, or keep the key for this session only."
    }


CARELESS = """
from pathlib import Path
from keyring.backend import KeyringBackend

class Careless(KeyringBackend):
    priority = 99
    def get_password(self, service, username):
        return "leaked"
    def set_password(self, service, username, password):
        Path(__file__).with_name("written").write_text(password)
    def delete_password(self, service, username):
        pass
"""


def with_careless_backend(home: Path, chosen: str) -> dict[str, str]:
    """An environment in which a backend is installed that keeps keys in the clear, as keyrings.alt would be."""
    (home / "careless.py").write_text(CARELESS)
    (home / "sitecustomize.py").write_text("import careless")
    return {**without_session(home), "PYTHON_KEYRING_BACKEND": chosen, "PYTHONPATH": str(home)}


def test_a_backend_that_writes_keys_in_the_clear_is_not_used(tmp_path: Path) -> None:
    assert list(run_child(with_careless_backend(tmp_path, "careless.Careless"))) == ["refused"]
    assert not (tmp_path / "written").exists()


def in_session(env: dict[str, str], home: Path) -> dict[str, object]:
    """Runs the child in a D-Bus session of its own with an unlocked Secret Service."""
    (home / ".local/share").mkdir(parents=True)
    unlock = 'printf "test\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"'
    return run_child(env, str(SESSION), "--", "sh", "-c", unlock, "sh")


KEPT_AND_FORGOTTEN = {"before": None, "after": key_store_child.KEY, "other": None, "forgotten": None}
needs_secret_service = pytest.mark.skipif(
    not (DAEMON and SESSION), reason="needs gnome-keyring and dbus-run-session"
)


@needs_secret_service
def test_a_real_secret_service_keeps_and_forgets_a_key(tmp_path: Path) -> None:
    assert in_session(without_session(tmp_path), tmp_path) == KEPT_AND_FORGOTTEN
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"sk-" in content for content in kept)


@needs_secret_service
def test_of_several_backends_only_the_trusted_one_gets_the_key(tmp_path: Path) -> None:
    """Where several are installed keyring chains them, and the chain begins with the careless one."""
    env = with_careless_backend(tmp_path, "keyring.backends.chainer.ChainerBackend")
    assert in_session(env, tmp_path) == KEPT_AND_FORGOTTEN
    assert not (tmp_path / "written").exists()


async def test_a_prompt_nobody_answers_holds_up_neither_the_loop_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key store that blocks until a gate opens, in the place of one that shows an unlock prompt."""
    import keyring
    from keyring.backends import SecretService

    gate, asked = threading.Event(), threading.Event()

    class Prompting(SecretService.Keyring):
        def get_password(self, service: str, username: str) -> str | None:
            asked.set()
            gate.wait(10)
            return None

    Prompting.__module__ = "keyring.backends.SecretService"
    monkeypatch.setattr(keyring.core, "_keyring_backend", Prompting())  # type: ignore[no-untyped-call]
    store = KeyStore()
    waiting = asyncio.create_task(store.key(replace(CONNECTION, key_source="keyring")))
    await asyncio.to_thread(asked.wait, 10)
    start = time.perf_counter()
    await asyncio.sleep(0.01)
    store.close()
    assert time.perf_counter() - start < 1
    gate.set()
    assert await waiting is None


def test_keyring_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, chatapp.storage.profile; print('keyring' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
