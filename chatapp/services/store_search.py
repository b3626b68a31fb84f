"""Searching vector stores without a model: what a search of an answer would find, and what a question finds."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from chatapp.conversation.citations import Passage, ranked
from chatapp.conversation.failures import Failure
from chatapp.conversation.searching import SearchSettings, merged
from chatapp.services.address_book import AddressBook
from chatapp.services.ports import NOT_THERE, ServerFailure, VectorStoresServer
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import UseCaseFailure, use_case


class StoreSearch:
    """Asks each store by itself: no server searches several at once without a model."""

    def __init__(self, servers: ServersView, book: AddressBook) -> None:
        self._servers = servers
        self._book = book

    @use_case
    async def find(
        self, server: str, store_ids: Sequence[str], queries: Sequence[str], settings: SearchSettings
    ) -> tuple[Passage, ...]:
        """The passages of all stores together, best first; as many as the settings say of each."""
        client = self._servers.vector_stores(await self._book.get(server))
        body = settings.body(queries)
        tasks = [asyncio.create_task(client.search(store, body)) for store in store_ids]
        try:
            found = await asyncio.gather(*tasks)
        except ServerFailure as problem:
            if problem.status in NOT_THERE:
                raise UseCaseFailure(await _missing(client, store_ids)) from problem
            if problem.kind in ("cut", "malformed"):
                raise UseCaseFailure(replace(CUT, details=problem.error.message)) from problem
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return merged([ranked(results) for results in found], settings.max_num_results)


async def _missing(client: VectorStoresServer, store_ids: Sequence[str]) -> Failure:
    """What a server does not have: the store, or searching one at all."""
    try:
        known = {store.get("id") for store in await client.stores()}
    except ServerFailure as problem:
        if problem.status in NOT_THERE:
            return NO_SEARCH
        raise
    return NO_SEARCH if known.issuperset(store_ids) else STORE_GONE


NO_SEARCH = Failure(
    "no_store_search",
    "This server cannot search a library by itself",
    "It searches only while a model answers. Nothing of the conversation changes.",
)
CUT = Failure(
    "search_cut",
    "The search did not come to its end",
    "The connection to the server broke off. Nothing is changed: search again.",
)
STORE_GONE = Failure(
    "store_gone",
    "The library is not on the server any more",
    "It was deleted, or it has expired. The answer keeps the passages it was given.",
)
