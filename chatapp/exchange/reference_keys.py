"""A key for each source, as bibliographies call their entries: short, plain ASCII, no two alike."""

import re
import unicodedata
from collections.abc import Sequence

from chatapp.exchange.sources import Source

LONGEST = 40
_OTHER = re.compile(r"[^a-z0-9]+")


def keys(found: Sequence[Source]) -> list[str]:
    """ "annual-report-1", "annual-report-2", … in the order of the sources."""
    return [f"{_plain(source.name) or 'source'}-{place}" for place, source in enumerate(found, 1)]


def _plain(name: str) -> str:
    """The name without its ending, accents and signs."""
    stem = re.sub(r"\.\w{1,5}$", "", re.sub(r"^\w+://", "", name))
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", letters)[:LONGEST].strip("-")
