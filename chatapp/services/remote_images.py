"""Pictures that answers point to. One is loaded when its reader asks for it, and never otherwise."""

from base64 import b64encode

from chatapp.conversation.failures import Failure
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.pictures import picture_of
from chatapp.services.ports import Elsewhere, RemotePictures, ServerFailure
from chatapp.services.use_case import UseCaseFailure

NEAR = "image_near"
"""The kind of failure where a host turned out to be this computer, or one around it."""
NO_PICTURE = "It is not a PNG, JPEG, GIF or WebP picture."


class RemoteImages:
    def __init__(self, source: RemotePictures) -> None:
        self._source = source

    async def load(self, address: str, near: bool = False) -> str | Elsewhere:
        """The picture as base64, or where its host sends on to, which is for the reader to decide.

        `near` allows this computer and the network around it. Raises UseCaseFailure; its text says why, in one line.
        """
        try:
            found = await self._source.fetch(address, near)
        except ServerFailure as problem:
            raise _not_loaded(problem.kind, problem.error.message) from problem
        if isinstance(found, Elsewhere):
            return found
        try:
            picture = picture_of(found)
        except UnreadableDocument as problem:
            raise _not_loaded("damaged", problem.message) from problem
        if picture is None:
            raise _not_loaded("no_picture", NO_PICTURE)
        return b64encode(found).decode()


def _not_loaded(kind: str, why: str) -> UseCaseFailure:
    return UseCaseFailure(Failure(f"image_{kind}", "The image was not loaded", why))
