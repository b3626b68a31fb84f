"""Which way a server is sent a turn first: as its kind wants it (`known_servers`), and as it has taught (`learnt`)."""

from chatapp.conversation.chain import cuts_in
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.sending import Way
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.known_servers import kind_of
from chatapp.services.surroundings import Surroundings


async def way_to(
    around: Surroundings, server: str, parameters: JsonObject, conversation_id: str, model: str = ""
) -> Way:
    """For a turn of a conversation. `model` is what the server offered first, where neither the user nor the connection
    names one. Raises UseCaseFailure for a server that was removed."""
    connection = await around.book.get(server)
    kind = kind_of(connection)
    asked = text_of(parameters.get("model")) or connection.default_model or model
    never = (Refusal(name, f"{kind.name} does not take it.") for name in kind.quirks.never_send)
    return Way(
        chained=await around.book.keeps_responses(server) is True,
        model=connection.default_model or model,
        replay=await around.learnt.replay(server),
        plain=await around.learnt.plain(server),
        refusals=(*never, *await around.learnt.refusals(server, asked)),
        cuts=cuts_in(await around.marks.of(conversation_id)),
        always=kind.quirks.always_send,
    )
