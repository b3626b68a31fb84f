"""What a document is called, for the index's title column."""

import re
from pathlib import PurePath

from chatapp.documents.model import Document

LONGEST_TITLE = 300
"""Code points taken from a document's own title or first paragraph."""
_FIRST_PARAGRAPH = re.compile(r"\s*(\S.*?)(?:\n\s*\n|$)", re.DOTALL)


def title_of(filename: str, document: Document) -> str:
    """The file's name without its suffix, and the title the document gives itself (else its first lines)."""
    stem = re.sub(r"[_\W]+", " ", PurePath(filename).stem)
    return f"{stem} {' '.join((document.title or _opening(document.text)).split())}"


def _opening(text: str) -> str:
    match = _FIRST_PARAGRAPH.match(text[: 2 * LONGEST_TITLE])
    return match[1][:LONGEST_TITLE] if match else ""
