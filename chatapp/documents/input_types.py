"""What a file is to a model that is handed it whole: a picture or a document, and its media type.

Judged by its first bytes; a document's type by its name, which is all that servers go by. What no server reads whole
is refused here, by name. Source: the guides "Images and vision" and "File inputs" of developers.openai.com, 2026-09.
"""

from dataclasses import dataclass
from pathlib import PurePath

from chatapp.documents.file_types import (
    DOCX,
    EPUB,
    HEAD_BYTES,
    HTML,
    ODT,
    PDF,
    PLAIN,
    PPTX,
    TEXT_TYPES,
    XLSX,
    refuse_foreign,
)
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.pictures import Picture, foreign_picture, picture_of

_OFFICE = {
    ".doc": "application/msword",
    ".docx": DOCX,
    ".epub": EPUB,
    ".odt": ODT,
    ".pdf": PDF,
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": PPTX,
    ".rtf": "application/rtf",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": XLSX,
}
_TEXTS = {**TEXT_TYPES, ".htm": HTML, ".html": HTML, ".xhtml": HTML}


@dataclass(frozen=True, slots=True)
class InputType:
    """`picture` is None for a document."""

    media_type: str
    picture: Picture | None = None


def input_type(head: bytes, filename: str) -> InputType:
    """What a file is that begins with `head`, its first `pictures.HEAD_BYTES` or all of it.

    Raises UnreadableDocument: empty, damaged, unsupported.
    """
    if not head:
        raise UnreadableDocument("empty", "This file is empty. Choose another one, or save it again.")
    picture = picture_of(head)
    if picture is not None:
        return InputType(picture.media_type, picture)
    name = foreign_picture(head)
    if name is not None:
        raise UnreadableDocument(
            "unsupported",
            f"This is a picture of the kind {name}, which servers do not take. Save it as PNG or JPEG and attach that.",
        )
    return InputType(_document_type(head, PurePath(filename).suffix.lower()))


def _document_type(head: bytes, suffix: str) -> str:
    if b"%PDF-" in head[:1024]:
        return PDF
    if suffix in _OFFICE:
        return _OFFICE[suffix]
    refuse_foreign(head[:HEAD_BYTES])
    return _TEXTS.get(suffix, PLAIN)
