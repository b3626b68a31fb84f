"""Owns the built-in engine: starts it, restarts it when it dies, ends it. `engine_child` is one run of it.

An engine that another program of the same user runs on the same data is used, not fought: its address stands in a
file (`engine_address`). Then nothing is owned here but the watch over it. The other way round, an engine of ours that
others use (`engine_use`) is left to them when we end; it ends with the last of them.
"""

import asyncio
import secrets
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.connections.endpoint import Endpoint
from chatapp.connections.engine_address import parse_address, read_address, remove_address, write_address
from chatapp.connections.engine_child import EngineChild
from chatapp.connections.engine_use import EngineUse
from chatapp.conversation.changes import ServerState
from chatapp.documents.environment import child_environment
from chatapp.protocol.errors import ApiError
from chatapp.services.ports import ServerFailure

ENGINE_VARIABLES = "CHATAPP_ENGINE_"
"""How the names of the variables begin that are meant for the engine."""
TOKEN_VARIABLE = f"{ENGINE_VARIABLES}TOKEN"
TOKEN_BYTES = 32
STARTING = "The built-in engine is starting."
RESTARTING = "The built-in engine ended unexpectedly and is starting again."
READY = "The built-in engine is ready."
STOPPED = "The built-in engine was stopped."

StateWatcher = Callable[[ServerState, str], None]
EngineOptions = Callable[[], Awaitable[Sequence[str]]]
"""What an engine that starts now is told beside its data folder."""


@dataclass(frozen=True, slots=True)
class EnginePatience:
    """Seconds and counts. After `len(backoff_s)` restarts within `window_s` the next death is final."""

    handshake_s: float = 20.0
    backoff_s: tuple[float, ...] = (0.2, 1.0, 3.0)
    window_s: float = 60.0
    watch_s: float = 2.0


class _Hopeless(Exception):
    """Starting again would not help; the message says why."""


def engine_command(data: Path) -> list[str]:
    """How this program starts its own engine. -P: no module of the working directory may pose as one of ours."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "chatapp"]
    return [*program, "engine", "--data", str(data), "--low-priority"]


async def no_options() -> Sequence[str]:
    return ()


class EngineProcess:
    """The engine on `data`. One task owns its whole life; everything here runs on the worker's loop.

    `answers` tells whether an engine is at an endpoint and takes its token. `on_state` hears of every change.
    """

    def __init__(
        self,
        data: Path,
        answers: Callable[[Endpoint], Awaitable[bool]],
        on_state: StateWatcher = lambda state, text: None,
        command: Sequence[str] | None = None,
        patience: EnginePatience | None = None,
        options: EngineOptions = no_options,
    ) -> None:
        self._data = data
        self._answers = answers
        self._on_state = on_state
        self._command = list(command) if command else engine_command(data)
        self._patience = patience or EnginePatience()
        self._options = options
        self._life: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Endpoint] | None = None
        self._use = EngineUse(data)
        self._is_spared = True

    async def endpoint(self) -> Endpoint:
        """Where the engine is, as soon as it is ready; starts it if it is not running.

        Raises ServerFailure("engine") when it cannot be started, or died too often.
        """
        if self._life is None or self._life.done():
            self._ready = self._new_ready()
            self._life = asyncio.create_task(self._live(), name="engine-life")
        assert self._ready is not None
        return await asyncio.shield(self._ready)

    async def restart(self) -> Endpoint:
        """Ends the engine, whoever else uses it, and starts it again, with its deaths forgotten.

        Raises ServerFailure("engine").
        """
        self._is_spared = False
        try:
            await self.stop()
        finally:
            self._is_spared = True
        return await self.endpoint()

    async def stop(self) -> None:
        """Ends the engine, if it is ours and ours alone. Whoever waits for it gets a ServerFailure("engine")."""
        life = self._life
        if life is None:
            return
        life.cancel()
        await asyncio.wait({life})
        if self._life is life:
            self._life = None
            self._on_state("stopped", STOPPED)

    async def _live(self) -> None:
        """Runs one engine after the other until that is hopeless."""
        deaths: deque[float] = deque(maxlen=len(self._patience.backoff_s) + 1)
        self._on_state("starting", STARTING)
        try:
            await asyncio.to_thread(self._data.mkdir, mode=0o700, parents=True, exist_ok=True)
            await self._use.begin()
            while True:
                reason = await self._use_other() or await self._run_own()
                self._ready = self._waited_for()
                await self._back_off(deaths, reason)
        except (_Hopeless, OSError) as problem:
            self._fail(str(problem))
            self._on_state("unreachable", str(problem))
        finally:
            self._use.end()
            self._fail(STOPPED)

    async def _back_off(self, deaths: deque[float], reason: str) -> None:
        """Waits before the next start. Raises _Hopeless after too many deaths in too short a time."""
        now = asyncio.get_running_loop().time()
        deaths.append(now)
        recent = [moment for moment in deaths if now - moment <= self._patience.window_s]
        if len(recent) > len(self._patience.backoff_s):
            raise _Hopeless(reason)
        self._on_state("starting", RESTARTING)
        await asyncio.sleep(self._patience.backoff_s[len(recent) - 1])

    async def _use_other(self) -> str | None:
        """Uses an engine that somebody else runs on this data until it is gone; None when there is none."""
        other = await asyncio.to_thread(read_address, self._data)
        if other is None or not await self._answers(other):
            return None
        self._announce(other)
        while True:
            await asyncio.sleep(self._patience.watch_s)
            if not await self._answers(other):
                return "The engine of the other program ended."

    async def _run_own(self) -> str:
        """One engine of ours, from its start to its end; why it ended. Raises OSError, _Hopeless."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        command = [*self._command, *await self._options()]
        child = EngineChild(command, child_environment(ENGINE_VARIABLES, **{TOKEN_VARIABLE: token}))
        endpoint, is_left = None, False
        try:
            endpoint = await self._greet(child, token)
            if endpoint:
                write_address(self._data, endpoint, child.pid)
                self._announce(endpoint)
            return _obituary(await child.exited(), child.last_words)
        except asyncio.CancelledError:
            is_left = endpoint is not None and not self._use.is_last() and self._is_spared
            raise
        finally:
            if is_left:
                child.leave()
            else:
                await child.stop()
                if endpoint:
                    remove_address(self._data, endpoint)

    async def _greet(self, child: EngineChild, token: str) -> Endpoint | None:
        """The handshake: where it listens, or None when it ended before that. Raises _Hopeless."""
        try:
            async with asyncio.timeout(self._patience.handshake_s):
                line = await child.first_line()
        except TimeoutError:
            seconds = self._patience.handshake_s
            raise _Hopeless(f"The engine was not ready within {seconds:.0f} s. {child.last_words}") from None
        if not line:
            return None
        endpoint = parse_address(line)
        if endpoint is None or endpoint.key != token:
            raise _Hopeless("The engine's first line does not say where it listens.")
        return endpoint

    def _announce(self, endpoint: Endpoint) -> None:
        assert self._ready is not None
        if not self._ready.done():
            self._ready.set_result(endpoint)
        self._on_state("ready", READY)

    def _waited_for(self) -> "asyncio.Future[Endpoint]":
        """The future of the next start: the old one while it is still waited for."""
        assert self._ready is not None
        return self._new_ready() if self._ready.done() else self._ready

    def _new_ready(self) -> "asyncio.Future[Endpoint]":
        ready: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
        # A failure nobody waits for is told by on_state; without this asyncio would log it as well.
        ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        return ready

    def _fail(self, reason: str) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(ServerFailure("engine", ApiError(reason)))


def _obituary(code: int, last_words: str) -> str:
    """Why an engine ended, for the user: the last line it wrote, or its exit code."""
    lines = [line.strip() for line in last_words.splitlines() if line.strip()]
    return lines[-1] if lines else f"The engine ended with exit code {code}."
