"""What an answer teaches of its server: what it refused on the way, and whether it keeps what it says."""

import asyncio
from collections.abc import Sequence

from chatapp.conversation.answer import Status
from chatapp.conversation.repairs import Repair
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.ports import NOT_THERE, QUIET, SecretsUnavailable, ServerFailure
from chatapp.services.surroundings import Surroundings

PROBE_S = 5.0
"""How long a server may take to give back an answer that it has just given."""


async def remember(around: Surroundings, turn: Turn, repairs: Sequence[Repair], unheard: bool) -> None:
    """Keeps what the repairs of a turn have shown, once the server took it. Raises StorageFailure."""
    model = text_of(turn.request.get("model"))
    if unheard or any(repair.chains is False for repair in repairs):
        await around.learnt.learn_keeping(turn.server, False)
    for repair in repairs:
        if repair.replay is not None:
            await around.learnt.learn_replay(turn.server, repair.replay)
        if repair.plain:
            await around.learnt.learn_plain(turn.server)
        if repair.lost is not None and repair.chains is None:
            await around.marks.put(turn.conversation_id, [repair.lost], "gone")
        if repair.refusals:
            await around.learnt.learn_refusals(turn.server, model, repair.refusals)


async def probe(around: Surroundings, turn: Turn, repairs: Sequence[Repair]) -> None:
    """After a completed answer: is it still there? Only then can a turn refer to it by id. And a parent that the
    server did not have: was it gone, or can it be read and not be followed? Raises StorageFailure, UseCaseFailure."""
    if turn.answer.status is not Status.COMPLETED or turn.request.get("store") is False:
        return
    lost = next((repair.lost for repair in repairs if repair.lost and repair.chains is None), None)
    if lost is not None and turn.server != ENGINE.id and await is_kept(around, turn.server, lost):
        await around.learnt.learn_keeping(turn.server, False)
    elif turn.response_id is not None and await around.book.keeps_responses(turn.server) is None:
        keeps = await is_kept(around, turn.server, turn.response_id)
        if keeps is not None:
            await around.learnt.learn_keeping(turn.server, keeps)


async def is_kept(around: Surroundings, server: str, response_id: str) -> bool | None:
    """Whether the server gives a response back; None where it does not say. LM Studio answers everything with 200."""
    connection = await around.book.get(server)
    try:
        async with asyncio.timeout(PROBE_S):
            kept = await around.servers.responses(connection).retrieve(response_id, QUIET)
    except (TimeoutError, SecretsUnavailable):
        return None
    except ServerFailure as problem:
        return False if problem.status in NOT_THERE else None
    return bool(text_of(kept.get("id")))
