"""What of a link may be followed. Everything refused here stays plain text in the answer."""

import re
from typing import Final

ALLOWED_SCHEMES: Final = ("https", "http", "mailto")
LONGEST_ADDRESS: Final = 4096  # characters

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def safe_href(href: str) -> str | None:
    """The address if it may be followed, else None: an allowed scheme, a host or mailbox, nothing unseen."""
    scheme = _SCHEME.match(href)
    if scheme is None or len(href) > LONGEST_ADDRESS or _UNSEEN.search(href):
        return None
    name = scheme.group(1).lower()
    rest = href[scheme.end() :]
    if name not in ALLOWED_SCHEMES:
        return None
    if name == "mailto":
        return href if "@" in rest else None
    return href if rest.startswith("//") and rest[2:].strip("/") else None
