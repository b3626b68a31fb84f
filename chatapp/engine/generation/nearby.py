"""Model servers on this machine, found at their usual ports.

Looking sends nothing but the question what models there are. Their models are listed under the server's name,
"ollama/…", so whoever chooses one knows who will read what is asked. Who was there, and with what models, is kept in a
file, so that the next engine need not ask who still listens; they are asked again after a while, and when somebody
wants a model that is not among theirs.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp.engine.generation.address import LOOPBACK, Address
from chatapp.engine.generation.chat_request import ModelFacts
from chatapp.engine.generation.port import Generator
from chatapp.protocol.json_types import JsonObject, object_of, objects_of

if TYPE_CHECKING:
    from chatapp.engine.generation.upstream import Upstream

log = logging.getLogger(__name__)

PORTS = {"lmstudio": 1234, "ollama": 11434, "llama-server": 8080}
PATIENCE_S = 0.3
AGAIN_S = 30.0
"""So long what was seen, or not, counts."""
NEVER = -AGAIN_S


class Nearby:
    """The models of the servers that run. `memory` is the file of what was seen."""

    def __init__(
        self,
        memory: Path,
        ports: Mapping[str, int] = PORTS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory
        self._ports = ports
        self._now = now
        self._looked = NEVER
        self._looking = asyncio.Lock()
        self._known: dict[str, Upstream] = {}
        self._here: set[str] = set()
        self._kept: JsonObject | None = None

    async def generators(self) -> Sequence[Generator]:
        async with self._looking:
            if self._kept is None:
                await self._remember()
            if self._now() - self._looked >= AGAIN_S:
                await asyncio.gather(*map(self._look, self._ports))
                self._looked = self._now()
            here = [self._known[name] for name in self._ports if name in self._here]
            listed = await asyncio.gather(*(upstream.generators() for upstream in here))
            await self._keep()
        return [generator for generators in listed for generator in generators]

    def renew(self) -> None:
        self._looked = NEVER
        for upstream in self._known.values():
            upstream.renew()

    async def aclose(self) -> None:
        for upstream in self._known.values():
            await upstream.aclose()

    async def _look(self, name: str) -> None:
        if not await _listens(LOOPBACK[0], self._ports[name]):
            self._here.discard(name)
            return
        self._here.add(name)
        if name not in self._known:
            self._meet(name, ())

    def _meet(self, name: str, told: Sequence[ModelFacts]) -> None:
        # Slow to import, and needed only now.
        from chatapp.engine.generation.upstream import Link, Upstream

        link = Link(Address(f"http://{LOOPBACK[0]}:{self._ports[name]}/v1"), asking_s=PATIENCE_S)
        self._known[name] = Upstream(link, f"{name}/", is_expected=False, now=self._now, told=told)

    async def _remember(self) -> None:
        self._kept = await asyncio.to_thread(_read, self._memory)
        for name in self._kept:
            facts = [ModelFacts(**one) for one in objects_of(self._kept[name])]
            if name in self._ports and facts:
                self._meet(name, facts)

    async def _keep(self) -> None:
        seen = {name: [asdict(one) for one in self._known[name].facts] for name in sorted(self._here)}
        if seen != self._kept:
            self._kept = seen
            await asyncio.to_thread(_write, self._memory, seen)


def _read(path: Path) -> JsonObject:
    """What was seen by the engine before; nothing where there was none, or the file is damaged."""
    try:
        seen = object_of(json.loads(path.read_bytes()))
        for facts in seen.values():
            for one in objects_of(facts):
                ModelFacts(**one)
    except (OSError, ValueError, TypeError):
        return {}
    return seen


def _write(path: Path, seen: JsonObject) -> None:
    new = path.with_suffix(".new")
    try:
        new.write_text(json.dumps(seen))
        os.replace(new, path)
    except OSError as error:
        log.warning("What models are nearby could not be kept: %s", error.strerror)


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
