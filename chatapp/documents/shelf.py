"""The files read last, kept open so that the next page or quote of the same file comes at once.

A file that has changed on disk is read again.
"""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from chatapp.documents.file_types import PDF, media_type_of
from chatapp.documents.model import Document, UnreadableDocument
from chatapp.documents.reading import check_file, read, unopened

if TYPE_CHECKING:
    from chatapp.documents.pdf import Pdf

MAX_OPEN = 4
"""How many documents, and how many PDFs, are kept."""

MAX_KEPT_CHARACTERS = 8_000_000
"""The longest text that is kept rather than read anew."""

_Identity = tuple[str, int, int, int]
_Kept = TypeVar("_Kept")


class Shelf:
    """Documents and open PDFs, the least recently used put away first. A context manager."""

    def __init__(self) -> None:
        self._documents = _Recent[Document](lambda document: None)
        self._pdfs = _Recent["Pdf"](lambda pdf: pdf.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Puts everything away; the shelf can be used again."""
        self._documents.clear()
        self._pdfs.clear()

    def document(self, path: Path, filename: str | None = None) -> Document:
        """The document in a file. Raises UnreadableDocument."""
        identity = _identity(path)
        document = self._documents.get(identity)
        if document is None:
            document = read(path, filename)
            if len(document.text) <= MAX_KEPT_CHARACTERS:
                self._documents.put(identity, document)
        return document

    def pdf(self, path: Path) -> "Pdf":
        """The file as an open PDF, owned by the shelf. Raises UnreadableDocument."""
        identity = _identity(path)
        pdf = self._pdfs.get(identity)
        if pdf is None:
            pdf = _opened(path)
            self._pdfs.put(identity, pdf)
        return pdf


class _Recent(Generic[_Kept]):
    """At most MAX_OPEN values; `discard` is called with each one that leaves."""

    def __init__(self, discard: Callable[[_Kept], None]) -> None:
        self._discard = discard
        self._values: OrderedDict[_Identity, _Kept] = OrderedDict()

    def get(self, identity: _Identity) -> _Kept | None:
        if identity in self._values:
            self._values.move_to_end(identity)
        return self._values.get(identity)

    def put(self, identity: _Identity, value: _Kept) -> None:
        self._values[identity] = value
        while len(self._values) > MAX_OPEN:
            self._discard(self._values.popitem(last=False)[1])

    def clear(self) -> None:
        while self._values:
            self._discard(self._values.popitem()[1])


def _identity(path: Path) -> _Identity:
    check_file(path)
    try:
        status = path.stat()
    except OSError as error:
        raise unopened(error) from error
    return (str(path), status.st_ino, status.st_mtime_ns, status.st_size)


def _opened(path: Path) -> "Pdf":
    try:
        media_type = media_type_of(path, path.name)
    except OSError as error:
        raise unopened(error) from error
    if media_type != PDF:
        raise UnreadableDocument("unsupported", "This document has no pages to draw; only a PDF has.")
    # Costs more than the rest of this room together, and most files are not PDFs.
    from chatapp.documents.pdf import Pdf

    return Pdf(path)
