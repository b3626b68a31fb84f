"""How far an answer is found in its passages: by its wording, and by meaning where the built-in engine makes vectors.

The words of an answer go to no other server for that. Found out beside everything else: it can take its time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from chatapp.conversation.meaning import by_meaning, texts_to_compare
from chatapp.conversation.support import Support, support_of
from chatapp.conversation.tree import Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.ports import NOT_THERE, ServerFailure, Servers, Vector

MODEL: Final = "all-MiniLM-L6-v2"
KEPT: Final = 2_000
"""Vectors that are remembered, three megabytes."""
AT_ONCE: Final = 32
"""Texts of one request: a search of the engine waits for no more."""


class Supporting:
    """Remembers vectors by the hash of their texts."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()
        self._refused = False

    async def by_wording(self, turn: Turn) -> Support | None:
        """None where no passage is known to compare the answer with."""
        return await asyncio.to_thread(support_of, turn.answer)

    async def by_meaning(self, turn: Turn, support: Support) -> Support:
        """The same with vectors, or as it was where there are none or none are needed."""
        if self._refused or not self._servers.engine_makes_vectors():
            return support
        texts = await asyncio.to_thread(texts_to_compare, turn.answer, support)
        if not texts:
            return support
        try:
            vectors = await self._vectors_of(texts)
        except ServerFailure as problem:
            self._refused = problem.status in NOT_THERE
            return support
        return await asyncio.to_thread(by_meaning, turn.answer, support, vectors)

    async def _vectors_of(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        """Raises ServerFailure."""
        keys = {text: sha256(text.encode()).digest() for text in texts}
        found = {text: self._vectors[key] for text, key in keys.items() if key in self._vectors}
        missing = [text for text in keys if text not in found]
        client = self._servers.embeddings(ENGINE)
        for at in range(0, len(missing), AT_ONCE):
            batch = missing[at : at + AT_ONCE]
            found |= zip(batch, await client.embed(MODEL, batch), strict=True)
        for text, key in keys.items():
            self._vectors[key] = found[text]
            self._vectors.move_to_end(key)
        while len(self._vectors) > KEPT:
            self._vectors.popitem(last=False)
        return found
