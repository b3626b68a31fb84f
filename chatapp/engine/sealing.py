"""`encrypted_content`: what a client keeps for us, in reasoning and compaction items, and gives back.

It hides nothing, for whoever may read it here may read what it was made of; it is opaque so that it can change. The
letter in front is the version.
"""

import base64
import binascii
import zlib

_VERSION = "a"
LONGEST_UNSEALED = 16 * 2**20
"""Bytes that a sealed text may come to."""


def sealed(text: str) -> str:
    """A text as `encrypted_content`."""
    return _VERSION + base64.urlsafe_b64encode(zlib.compress(text.encode())).decode()


def unsealed(content: str) -> str | None:
    """The text again; None for what was not sealed here."""
    if not content.startswith(_VERSION):
        return None
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(base64.urlsafe_b64decode(content[1:]), LONGEST_UNSEALED)
        return data.decode() if inflate.eof else None
    except (binascii.Error, ValueError, zlib.error):
        return None
