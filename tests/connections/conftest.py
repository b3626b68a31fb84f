"""A client of the gated server, closed when the test ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from chatapp.connections.endpoint import Endpoint
from chatapp.connections.http import USUAL_ROUTE, Http, Limits
from chatapp.connections.responses_client import ResponsesClient
from chatapp.connections.retries import SDK_RULE, RetryRule
from chatapp.connections.route import Route
from chatapp.connections.vector_stores_client import VectorStoresClient
from chatapp.services.ports import Auth
from tests.kit.clock import FakeClock
from tests.kit.fixtures import authority, fake_clock, gated_server, tls_server

__all__ = ["authority", "fake_clock", "gated_server", "tls_server"]

KEY = "sk-test-0123456789"
QUICK = Limits(connect_s=2, write_s=5, silence_s=5, error_s=1)


class Clients:
    """Makes clients of `base_url` whose waits are `clock`'s. `made` closes them."""

    def __init__(self, clock: FakeClock, stack: AsyncExitStack) -> None:
        self._clock = clock
        self._stack = stack

    def http(
        self,
        base_url: str,
        key: str | None = KEY,
        retry: RetryRule = SDK_RULE,
        route: Route = USUAL_ROUTE,
        auth: Auth = "bearer",
        headers: tuple[tuple[str, str], ...] = (),
        **limits: Any,
    ) -> Http:
        async def endpoint() -> Endpoint:
            return Endpoint(base_url, key, auth, headers)

        http = Http(endpoint, replace(QUICK, **limits), retry, self._clock.sleep, route=route)
        self._stack.push_async_callback(http.aclose)
        return http

    def responses(self, base_url: str, **options: Any) -> ResponsesClient:
        return ResponsesClient(self.http(base_url, **options))

    def vector_stores(self, base_url: str, **options: Any) -> VectorStoresClient:
        return VectorStoresClient(self.http(base_url, **options))


@pytest.fixture
async def clients(fake_clock: FakeClock) -> AsyncIterator[Clients]:
    async with AsyncExitStack() as stack:
        yield Clients(fake_clock, stack)
