"""The original of a file that a server holds: the kept one, else the server's own, which is kept from then on."""

from chatapp.protocol.json_types import text_of
from chatapp.services.ports import Original
from chatapp.services.uploads import Carriers


async def kept(carriers: Carriers, server: str, file_id: str) -> Original | None:
    """The one that is here; None for one that was damaged since."""
    known = await carriers.originals.by_file_id(server, file_id)
    return known if known is not None and await carriers.originals.is_whole(known) else None


async def original_of(carriers: Carriers, server: str, file_id: str) -> Original:
    """Under the name that the server knows it by. Raises ServerFailure where it is not here and the server does not
    hand it out, and StorageFailure."""
    known = await kept(carriers, server, file_id)
    if known is not None:
        return known
    client = carriers.servers.vector_stores(await carriers.book.get(server))
    filename = text_of((await client.file(file_id)).get("filename")) or file_id
    original = await carriers.originals.fetch(lambda path: client.download(file_id, path), filename)
    await carriers.originals.link(server, file_id, original.sha256, filename)
    return original
