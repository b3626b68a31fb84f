"""Word documents: paragraphs, table rows (cells parted by tabs), then footnotes and endnotes. No pages: Word lays
them out anew each time."""

from pathlib import Path

from chatapp.documents.archive import Archive, End, Grammar, xml_text
from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.model import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_GRAMMAR = Grammar(
    text=frozenset({f"{_W}t"}),
    inserts={f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"},
    ends={f"{_W}p": End.LINE, f"{_W}tc": End.CELL, f"{_W}tr": End.ROW},
    # A fallback repeats its choice; tabs among a paragraph's properties are stops, not characters.
    skipped=frozenset({"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback", f"{_W}pPr"}),
)
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")


def read(path: Path, media_type: str) -> Document:
    """The text of a .docx file. Raises UnreadableDocument, OSError."""
    with Archive(path) as archive:
        parts = [_PARTS[0], *(part for part in _PARTS[1:] if part in archive)]
        text = "".join(xml_text(archive.read(part), _GRAMMAR) for part in parts)
        if len(text) > MAX_TEXT_BYTES:
            raise too_much_text()
        return Document(media_type, text, title=archive.title())
