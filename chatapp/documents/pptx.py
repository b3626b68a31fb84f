"""Slides: each one a page, in the order they are shown."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from chatapp.documents.archive import Archive, End, Grammar, xml_text
from chatapp.documents.model import Document
from chatapp.documents.paging import paged

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_GRAMMAR = Grammar(
    text=frozenset({f"{_A}t"}),
    inserts={f"{_A}br": "\n"},
    ends={f"{_A}p": End.LINE, f"{_A}tc": End.CELL, f"{_A}tr": End.ROW},
    skipped=frozenset({"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}),
)


def read(path: Path, media_type: str) -> Document:
    """The text of a .pptx file. Raises UnreadableDocument, OSError."""
    with Archive(path) as archive:
        texts = (xml_text(archive.read(slide), _GRAMMAR) for slide in _slides(archive))
        return paged(media_type, texts, archive.title())


def _slides(archive: Archive) -> Iterator[str]:
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in archive.tree("ppt/_rels/presentation.xml.rels")
    }
    for slide in archive.tree("ppt/presentation.xml").iter(f"{_P}sldId"):
        yield posixpath.normpath(posixpath.join("/ppt", targets.get(slide.get(f"{_R}id"), ""))).lstrip("/")
