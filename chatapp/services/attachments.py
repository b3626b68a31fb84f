"""What goes along with a question: judged, kept, and brought to the server before it is asked.

A file that is sent whole becomes a part of the question, by its bytes or as an upload; an address is a part as it is;
`searched_files` brings the others into the conversation's vector store.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.inputs import LIMITS, Enclosure, check_together, file_part, image_part
from chatapp.conversation.references import Reference
from chatapp.conversation.tree import Attachment, Conversation
from chatapp.documents.model import Reason, UnreadableDocument
from chatapp.documents.reading import unopened
from chatapp.protocol.json_types import JsonObject
from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.enclosures import Enclosures, Look, cannot_go
from chatapp.services.feed import Feed
from chatapp.services.outgoing import Outgoing, has_to_be_sent
from chatapp.services.ports import NOT_THERE, Documents, Originals, ServerFailure
from chatapp.services.searched_files import UNSENT, SearchedFiles
from chatapp.services.use_case import TROUBLES, UseCaseFailure

LARGE_UPLOAD = 5_000_000
"""Bytes from which on the way of an upload is told."""
HOPELESS: tuple[Reason, ...] = ("damaged", "encrypted", "empty", "missing", "not_a_file")
"""What no server can read. Other troubles are the built-in engine's own: another server may do better."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is ready to be asked about: attachments in the order given, the vector stores to search, and parts of the
    question."""

    attachments: tuple[Attachment, ...] = ()
    stores: tuple[str, ...] = ()
    parts: tuple[JsonObject, ...] = ()


@dataclass(slots=True)
class _Traces:
    """What is undone where the question is not sent after all: hashes of originals, ids of uploads."""

    kept: list[str] = field(default_factory=list)
    uploaded: list[str] = field(default_factory=list)


class Attachments:
    """All of what goes along gets there, or none does and a UseCaseFailure names what did not."""

    def __init__(
        self,
        enclosures: Enclosures,
        searched: SearchedFiles,
        documents: Documents,
        originals: Originals,
        book: AddressBook,
        outgoing: Outgoing,
        feed: Feed,
    ) -> None:
        self._enclosures = enclosures
        self._searched = searched
        self._documents = documents
        self._originals = originals
        self._book = book
        self._outgoing = outgoing
        self._feed = feed

    async def take(self, head: Conversation, title: str, enclosures: Sequence[Enclosure]) -> Taken:
        """`title` names the vector store when this is the conversation's first file to be searched."""
        looks = await self._judged(head.server, enclosures)
        traces = _Traces()
        try:
            whole = {
                look.enclosure: await self._whole(head.server, look, traces) for look in _sent_whole(looks)
            }
            stores, searched = await self._bring(
                head, title, [look for look in looks if look.how == "search"]
            )
        except BaseException:
            await self._undo(head.server, traces)
            raise
        attachments = searched | {enclosure: attachment for enclosure, (attachment, _) in whole.items()}
        return Taken(
            tuple(attachments[enclosure] for enclosure in enclosures),
            stores,
            tuple(part for _, part in whole.values()),
        )

    async def parts(self, server: str, enclosures: Sequence[Enclosure]) -> tuple[JsonObject, ...]:
        """What can be part of a request before anything is sent. Raises UseCaseFailure for what cannot."""
        looks = await self._judged(server, enclosures)
        for look in looks:
            if look.how in ("search", "upload"):
                raise UseCaseFailure(has_to_be_sent(look.enclosure.filename))
        return tuple([(await self._whole(server, look, _Traces()))[1] for look in looks])

    async def _judged(self, server: str, enclosures: Sequence[Enclosure]) -> list[Look]:
        looks = [await self._judge(server, enclosure) for enclosure in enclosures]
        for look in looks:
            if look.kind == "document" and look.path is not None:
                await self._read(server, look.path, look.enclosure.filename)
        _check_together(looks)
        return looks

    async def _judge(self, server: str, enclosure: Enclosure) -> Look:
        try:
            return await self._enclosures.judge(server, enclosure)
        except UnreadableDocument as problem:
            raise UseCaseFailure(_not_attached(enclosure.filename, problem)) from problem

    async def _read(self, server: str, path: Path, filename: str) -> None:
        try:
            await self._documents.read(path, filename)
        except UnreadableDocument as problem:
            if server != ENGINE.id and problem.code not in HOPELESS:
                return
            raise UseCaseFailure(_not_attached(filename, problem)) from problem

    async def _bring(
        self, head: Conversation, title: str, looks: Sequence[Look]
    ) -> tuple[tuple[str, ...], dict[Enclosure, Attachment]]:
        files = [(look.path, look.enclosure.filename) for look in looks if look.path is not None]
        if not files:
            return (), {}
        store_id, attachments = await self._searched.bring(head, title, files)
        return (store_id,), dict(zip([look.enclosure for look in looks], attachments, strict=True))

    async def _whole(self, server: str, look: Look, traces: _Traces) -> tuple[Attachment, JsonObject]:
        """What is kept of a file that is sent whole, and the part of the question that it is."""
        enclosure = look.enclosure
        if look.how == "url":
            attachment = Attachment(enclosure.filename, 0, "", how="url", url=enclosure.url)
            return attachment, _part(look, enclosure.url)
        reference = await self._kept(server, look, traces)
        file_id = await self._uploaded(server, reference, traces) if look.how == "upload" else None
        attachment = Attachment(
            enclosure.filename, reference.bytes, reference.sha256, file_id, look.how, reference.media_type
        )
        return attachment, _part(look, reference)

    async def _kept(self, server: str, look: Look, traces: _Traces) -> Reference:
        """The original, kept and judged once more: the file may have been written to since the first look."""
        enclosure = look.enclosure
        try:
            if look.path is not None and not enclosure.sha256:
                original = await self._originals.keep(look.path, enclosure.filename, lambda copied: None)
                traces.kept.append(original.sha256)
                enclosure = replace(enclosure, path="", sha256=original.sha256, how=look.how)
        except OSError as problem:
            raise UseCaseFailure(_not_attached(enclosure.filename, unopened(problem))) from problem
        kept = await self._judge(server, enclosure)
        limits, media_type = LIMITS[kept.kind], kept.type.media_type if kept.type else ""
        if look.how == "upload":
            return Reference(
                enclosure.sha256, media_type, kept.size, enclosure.filename, "id", limits.purpose
            )
        return Reference(enclosure.sha256, media_type, kept.size, enclosure.filename)

    async def _uploaded(self, server: str, reference: Reference, traces: _Traces) -> str:
        connection = await self._book.get(server)
        try:
            uploaded = await self._outgoing.upload(connection, reference, self._telling(reference))
        except ServerFailure as problem:
            if problem.status in NOT_THERE:
                raise UseCaseFailure(NO_UPLOADS) from problem
            raise
        if uploaded.fresh:
            traces.uploaded.append(uploaded.file_id)
        return uploaded.file_id

    def _telling(self, reference: Reference) -> Callable[[int], None]:
        """Says how far a large upload is, in tenths."""
        told = 0

        def tell(sent: int) -> None:
            nonlocal told
            tenths = 10 * sent // max(reference.bytes, 1)
            if reference.bytes >= LARGE_UPLOAD and told < tenths < 10:
                told = tenths
                self._feed.put(Notice(f"{reference.filename} is being uploaded: {tenths * 10} %"))

        return tell

    async def _undo(self, server: str, traces: _Traces) -> None:
        """A question that is not sent leaves nothing behind. Why it was not sent is what counts: what cannot be
        removed now stays."""
        try:
            connection = await self._book.get(server)
            for file_id in traces.uploaded:
                await self._outgoing.take_back(connection, file_id)
            await self._originals.remove_unused(traces.kept)
        except (UseCaseFailure, *TROUBLES):
            return


NO_UPLOADS = Failure(
    "no_uploads",
    "This server takes no uploads",
    f"{UNSENT} Send the file whole, inside the request, or choose another server for this conversation.",
    remedies=(Remedy.OPEN_SETTINGS,),
)


def _not_attached(filename: str, problem: UnreadableDocument) -> Failure:
    failure = cannot_go(filename, problem)
    return replace(failure, text=f"{failure.text} {UNSENT}")


def _sent_whole(looks: Sequence[Look]) -> list[Look]:
    return [look for look in looks if look.how != "search"]


def _part(look: Look, source: Reference | str) -> JsonObject:
    return image_part(source, look.enclosure.detail) if look.kind == "image" else file_part(source)


def _check_together(looks: Sequence[Look]) -> None:
    inside = [look for look in looks if look.how == "data"]
    sizes = {kind: sum(look.size for look in inside if look.kind == kind) for kind in LIMITS}
    try:
        check_together(sizes, sum(look.kind == "image" for look in looks))
    except UnreadableDocument as problem:
        raise UseCaseFailure(_not_attached(f"{len(looks)} files", problem)) from problem
