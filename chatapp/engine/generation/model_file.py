"""A model in a GGUF file, run in this process by llama.cpp (the extra `llama`: xllamacpp).

It is loaded with the first question and put aside after a while without one. llama.cpp serves it on a port of
loopback under a key that nobody else has; so it is reached like any other server, and a client that leaves ends the
work.
"""

import asyncio
import importlib.util
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatapp.engine.generation.address import Address
from chatapp.engine.generation.chat_model import ChatModel
from chatapp.engine.generation.chat_request import ModelFacts
from chatapp.engine.generation.gguf import NoModel, model_head
from chatapp.engine.generation.port import GenerationFailed, Generator
from chatapp.protocol.json_types import JsonObject

if TYPE_CHECKING:
    from chatapp.engine.generation.upstream import Link

log = logging.getLogger(__name__)

MOST_CONTEXT = 8192
"""Tokens; a model may take more, but every token of it costs memory whether it is used or not."""
ASIDE_AFTER_S = 300
"""A model that is asked nothing for so long gives its memory back."""
KEPT_PROMPTS_MIB = 256
AGAINST_LOOPS = 0.8
"""How strongly a sequence that was just written is kept from being written again (llama.cpp's DRY, its usual strength):
without it a small model may say one thing until its context is full."""
LOOP_WINDOW = 128
"""Tokens in which such a sequence is looked for: further back, and a quote from the files would be one."""
NOT_INSTALLED = "running a model file needs the extra 'llama': pip install 'chatapp[llama]'"
NOT_LOADED = "The model {name} could not be loaded: there may be too little memory, or its kind is not known."


def why_not(path: Path) -> str | None:
    """Why a file cannot be run here, in a plain line; None where it can."""
    if importlib.util.find_spec("xllamacpp") is None:
        return NOT_INSTALLED
    try:
        model_head(path)
    except OSError as error:
        return f"cannot read {path}: {error.strerror}"
    except NoModel as error:
        return str(error)
    return None


class ModelFile:
    """The one model of a file, named as the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._link = _LlamaLink(path)
        self._model: Generator | None = None

    async def generators(self) -> Sequence[Generator]:
        if self._model is None:
            head = await asyncio.to_thread(model_head, self._path)
            facts = ModelFacts(
                self._path.stem,
                context=min(head.context or MOST_CONTEXT, MOST_CONTEXT),
                sees=False,
                calls="tools" in head.template,
                repeats=True,
            )
            self._model = ChatModel(facts.id, "local", facts, self._link)
        return [self._model]

    def renew(self) -> None:
        """A file has one model."""

    async def aclose(self) -> None:
        await self._link.aclose()


class _LlamaLink:
    """The way to llama.cpp, which is started when somebody takes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starting = asyncio.Lock()
        self._server: Any = None
        self._link: Link | None = None

    async def completion(self, body: JsonObject) -> AsyncGenerator[JsonObject, None]:
        link = await self._started()
        async with aclosing(link.completion(_from_anew(body))) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _started(self) -> "Link":
        from chatapp.engine.generation.upstream import Link

        async with self._starting:
            if self._link is None:
                key = secrets.token_urlsafe(32)
                self._server = await asyncio.to_thread(_server, self._path, key)
                self._link = Link(Address(f"{self._server.listening_address}/v1", key))
            return self._link

    async def aclose(self) -> None:
        if self._link is not None:
            await self._link.aclose()
            self._link = None
        # It ends when nothing refers to it any more.
        await asyncio.to_thread(setattr, self, "_server", None)


def _from_anew(body: JsonObject) -> JsonObject:
    """What is to be repeated byte by byte is reckoned from its first token on: what is kept of a prompt that was read
    in other batches can round otherwise. There is one slot, so nothing else is reckoned beside it."""
    return body | {"cache_prompt": False} if "seed" in body else body


def _server(path: Path, key: str) -> Any:
    """llama.cpp serving the model. Raises GenerationFailed."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = min(model_head(path).context or MOST_CONTEXT, MOST_CONTEXT)
    parameters.n_parallel = 1
    parameters.api_keys = [key]
    parameters.use_jinja = True
    parameters.offline = True
    parameters.ui = False
    parameters.warmup = False
    parameters.verbosity = 0
    parameters.sampling.dry_multiplier = AGAINST_LOOPS
    parameters.sampling.dry_penalty_last_n = LOOP_WINDOW
    parameters.cache_ram_mib = KEPT_PROMPTS_MIB
    parameters.sleep_idle_seconds = ASIDE_AFTER_S
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        log.warning("%s: %s", path.name, error)
        raise GenerationFailed(NOT_LOADED.format(name=path.name)) from error
