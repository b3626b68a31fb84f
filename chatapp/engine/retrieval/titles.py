"""What a document is called: its title counts in the index."""

import re
from pathlib import PurePath

from chatapp.documents.model import Document
from chatapp.engine.retrieval.sentences import sentences

LONGEST_TITLE = 200
"""Code points: a first sentence or line that is longer is no title."""


def title_of(filename: str, document: Document) -> str:
    """The file's name without its suffix, and the title the document gives itself (else how it begins)."""
    return f"{name_of(filename)} {' '.join((document.title or _opening(document.text)).split())}"


def name_of(filename: str) -> str:
    """The words of a file's name."""
    return re.sub(r"[_\W]+", " ", PurePath(filename).stem)


def _opening(text: str) -> str:
    """The first sentence or heading, if it is short enough for a title."""
    start = text.lstrip()[: 2 * LONGEST_TITLE]
    first = next(iter(sentences(start)), (0, 0))
    return start[first[0] : first[1]] if first[1] <= LONGEST_TITLE else ""
