"""The engine's process: arguments, data directory, socket, handshake, and the ways it ends.

It prints one JSON line when it listens, {"base_url": …, "token": …}, and serves until SIGTERM or SIGINT, or
until its standard input, if that is a pipe, brings a line ("end") or is closed. Closed, it serves on for as long as
other programs hold a share of it (`lock`): a parent that dies takes its engine along, but from nobody else.
Exit codes: 0 ended as asked, 2 could not start (one line on stderr says why). Everything slow to import waits
until the arguments are known to be good.
"""

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp.engine.generation.address import Address, BadAddress, address_of
from chatapp.engine.lock import AlreadyLocked, locked, wait_until_unused

if TYPE_CHECKING:
    from chatapp.engine.generation.port import Source

TOKEN_VARIABLE = "CHATAPP_ENGINE_TOKEN"
UPSTREAM_KEY_VARIABLE = "CHATAPP_ENGINE_UPSTREAM_KEY"
DELAY_VARIABLE = "CHATAPP_ENGINE_DELTA_DELAY_MS"
"""For demonstrations and tests: milliseconds to wait after every text delta."""

HOST = "127.0.0.1"
BACKLOG = 128
KEEP_ALIVE_S = 75
"""Longer than clients keep idle connections, so that it is they who close them."""
GRACE_S = 1
"""How long running answers may go on after the engine was told to end."""
NICENESS = 10
THREAD_TURN_S = 0.0005
"""How long a thread may keep the interpreter: with Python's 5 ms a search holds up the first event of an answer
(measured: 19 ms instead of 5)."""
CANNOT_START = 2
NEARBY_NAME = "nearby.json"
"""What servers were seen on this machine, in the data folder."""


class CannotStart(Exception):
    """The message is one plain line for stderr."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run: where the data is, what to listen on (0: any free port), who may come in, where generators come
    from, and whether streams end with `[DONE]`."""

    folder: Path
    port: int
    token: str
    delta_delay_s: float
    sources: Sequence["Source"]
    upstream: Address | None
    model: Path | None
    looks_nearby: bool
    ends_with_done: bool


def main(argv: Sequence[str], sources: Sequence["Source"] = ()) -> int:
    """Run the engine with the arguments after `chatapp engine`; the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(format="chatapp engine: %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    sys.setswitchinterval(THREAD_TURN_S)
    if arguments.low_priority and hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        with ExitStack() as held:
            folder = _data_folder(arguments.data)
            settings = Settings(
                folder,
                arguments.port,
                _token(),
                _delta_delay_s(),
                sources,
                _upstream(arguments.upstream),
                _model(arguments.model),
                arguments.nearby,
                ends_with_done=not arguments.no_done,
            )
            held.enter_context(locked(settings.folder))
            listener = held.enter_context(_listener(settings.port))
            _run(settings, listener)
    except CannotStart as error:
        print(f"chatapp engine: {error}", file=sys.stderr)
        return CANNOT_START
    except AlreadyLocked:
        print(f"chatapp engine: another engine is using {arguments.data}.", file=sys.stderr)
        return CANNOT_START
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatapp engine",
        description="A Responses server on this machine's loopback address.",
        epilog=f"Environment: {TOKEN_VARIABLE} sets the token; {UPSTREAM_KEY_VARIABLE} is the key of the upstream"
        f" server; {DELAY_VARIABLE} slows answers down by so many milliseconds a word, for demonstrations and tests.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where everything is kept")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="default: any free port")
    parser.add_argument(
        "--upstream",
        metavar="URL",
        help="a server that speaks /v1/chat/completions, whose models answer, too",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="PATH.gguf",
        help="a model file to answer with (needs the extra 'llama')",
    )
    parser.add_argument(
        "--nearby",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="list the models of LM Studio, Ollama and llama-server, too, where they run on this machine (the default)",
    )
    parser.add_argument(
        "--no-done", action="store_true", help="end streams as api.openai.com does, without a last [DONE]"
    )
    parser.add_argument(
        "--low-priority", action="store_true", help="let other programs have the processor first"
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _data_folder(folder: Path) -> Path:
    """The folder, made if need be, closed to others; from here on all new files are, too."""
    os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise CannotStart(f"cannot use {folder} for its data: {error.strerror}.") from error
    return folder.resolve()


def _token() -> str:
    return os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(32)


def _upstream(url: str | None) -> Address | None:
    try:
        return address_of(url, os.environ.get(UPSTREAM_KEY_VARIABLE, "")) if url else None
    except BadAddress as error:
        raise CannotStart(str(error)) from error


def _model(path: Path | None) -> Path | None:
    if path is None:
        return None
    from chatapp.engine.generation.model_file import why_not

    if reason := why_not(path):
        raise CannotStart(f"{reason}.")
    return path.resolve()


def _delta_delay_s() -> float:
    text = os.environ.get(DELAY_VARIABLE, "0")
    try:
        return max(0.0, float(text)) / 1000
    except ValueError:
        raise CannotStart(f"{DELAY_VARIABLE} must be a number of milliseconds, not {text!r}.") from None


def _listener(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY on sockets that name their protocol only; without it a request costs 44 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotStart(f"cannot listen on {HOST}:{port}: {error.strerror}.") from error
    return listener


def _run(settings: Settings, listener: socket.socket) -> None:
    from chatapp.engine.store import UnusableDatabase

    try:
        asyncio.run(_serve(settings, listener))
    except UnusableDatabase as error:
        raise CannotStart(str(error)) from error


async def _serve(settings: Settings, listener: socket.socket) -> None:
    from chatapp.engine.app import application
    from chatapp.engine.context import running
    from chatapp.engine.serving import Serving

    port: int = listener.getsockname()[1]
    sources = [*_sources(settings), *settings.sources]
    async with running(
        settings.folder, settings.delta_delay_s, sources, ends_with_done=settings.ends_with_done
    ) as engine:
        serving = Serving(application(engine, settings.token, port), KEEP_ALIVE_S, GRACE_S)
        _end_on_signals(serving.end)
        _end_with_parent(settings.folder, serving.end)
        await serving.until_ended(listener, lambda: _announce(port, settings.token))


def _sources(settings: Settings) -> Iterator["Source"]:
    """Where generators come from by the command line; what is not asked for is not imported."""
    if settings.model:
        from chatapp.engine.generation.model_file import ModelFile

        yield ModelFile(settings.model)
    if settings.upstream:
        from chatapp.engine.generation.upstream import Link, Upstream

        yield Upstream(Link(settings.upstream))
    if settings.looks_nearby:
        from chatapp.engine.generation.nearby import Nearby

        yield Nearby(settings.folder / NEARBY_NAME)


def _announce(port: int, token: str) -> None:
    print(json.dumps({"base_url": f"http://{HOST}:{port}/v1", "token": token}), flush=True)


def _end_on_signals(end: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, end)
        except NotImplementedError:
            # Windows: asyncio has no such handlers there, plain ones do.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))


def _end_with_parent(folder: Path, end: Callable[[], None]) -> None:
    """Watch standard input if it is a pipe or a socket; a terminal or a file says nothing about a parent."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=_wait_for_end_of_use, args=(loop, folder, end), name="stdin-watch", daemon=True
        ).start()


def _wait_for_end_of_use(loop: asyncio.AbstractEventLoop, folder: Path, end: Callable[[], None]) -> None:
    with suppress(OSError):
        if not os.read(0, 4096):
            wait_until_unused(folder)
    if not loop.is_closed():
        loop.call_soon_threadsafe(end)
