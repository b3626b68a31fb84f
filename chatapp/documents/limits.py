"""How large a file may be. Every reader keeps to these, so that a huge or hostile file fails soon and plainly."""

from chatapp.documents.model import UnreadableDocument

MIB = 1024 * 1024

MAX_FILE_BYTES = 128 * MIB
"""The largest file any reader opens."""

MAX_TEXT_BYTES = 32 * MIB
"""The largest plain text, source or HTML file, and the most text taken from any other document (in characters)."""

MAX_UNPACKED_BYTES = 64 * MIB
"""The most that is unpacked from one docx, pptx, xlsx, odt or epub file."""


def check_size(size: int, limit: int) -> None:
    """Raises UnreadableDocument('too_large') where `size` is over `limit`; both in bytes."""
    if size > limit:
        raise UnreadableDocument(
            "too_large",
            f"This file is {size / MIB:,.0f} MB; files of this kind are read up to {limit / MIB:,.0f} MB. "
            "Split it, or add only the part you need.",
        )


def too_much_text() -> UnreadableDocument:
    """The error for a document whose text, once taken out, is longer than MAX_TEXT_BYTES."""
    return UnreadableDocument(
        "too_large",
        f"This document holds more than {MAX_TEXT_BYTES / MIB:,.0f} MB of text. "
        "Split it, or add only the part you need.",
    )
