"""Model servers on this machine, found at their usual ports.

Looking sends nothing but the question what models there are. Their models are listed under the server's name,
"ollama/…", so whoever chooses one knows who will read what is asked.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from chatapp.engine.generation.address import LOOPBACK, Address
from chatapp.engine.generation.port import Generator

if TYPE_CHECKING:
    from chatapp.engine.generation.upstream import Upstream

PORTS = {"lmstudio": 1234, "ollama": 11434, "llama-server": 8080}
PATIENCE_S = 0.3
AGAIN_S = 30.0
"""So long nobody looks again where nothing was."""


class Nearby:
    """The models of the servers that run. One that was found is remembered; one that was not is looked for again."""

    def __init__(self, ports: Mapping[str, int] = PORTS, now: Callable[[], float] = time.monotonic) -> None:
        self._ports = ports
        self._now = now
        self._looked = -AGAIN_S
        self._looking = asyncio.Lock()
        self._found: dict[str, Upstream] = {}

    async def generators(self) -> Sequence[Generator]:
        async with self._looking:
            if self._now() - self._looked >= AGAIN_S:
                await asyncio.gather(*(self._look(name) for name in self._ports if name not in self._found))
                self._looked = self._now()
        listed = await asyncio.gather(
            *(self._found[name].generators() for name in self._ports if name in self._found)
        )
        return [generator for generators in listed for generator in generators]

    async def aclose(self) -> None:
        for upstream in self._found.values():
            await upstream.aclose()

    async def _look(self, name: str) -> None:
        host, port = LOOPBACK[0], self._ports[name]
        if await _listens(host, port):
            # Slow to import, and needed only now.
            from chatapp.engine.generation.upstream import Link, Upstream

            link = Link(Address(f"http://{host}:{port}/v1"), asking_s=PATIENCE_S)
            self._found[name] = Upstream(link, f"{name}/", is_expected=False, now=self._now)


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
