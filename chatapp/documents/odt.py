"""OpenDocument text: headings, paragraphs and table rows in order. No pages."""

from pathlib import Path

from chatapp.documents.archive import Archive, End, Grammar, xml_text
from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.model import Document

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_GRAMMAR = Grammar(
    text=frozenset({f"{_TEXT}p", f"{_TEXT}h"}),
    inserts={f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n", f"{_TEXT}s": " "},
    ends={
        f"{_TEXT}p": End.LINE,
        f"{_TEXT}h": End.LINE,
        f"{_TABLE}table-cell": End.CELL,
        f"{_TABLE}table-row": End.ROW,
    },
    skipped=frozenset({f"{_OFFICE}annotation", f"{_TEXT}tracked-changes"}),
)


def read(path: Path, media_type: str) -> Document:
    """The text of an .odt file. Raises UnreadableDocument, OSError."""
    with Archive(path) as archive:
        text = xml_text(archive.read("content.xml"), _GRAMMAR)
        if len(text) > MAX_TEXT_BYTES:
            raise too_much_text()
        return Document(media_type, text, title=archive.title("meta.xml"))
