"""Plain text, Markdown, source code and data: read as it stands, whatever its encoding, line ends made "\\n"."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from chatapp.documents.legacy_encodings import guess, guess_wide
from chatapp.documents.limits import MAX_TEXT_BYTES, check_size
from chatapp.documents.model import Document, UnreadableDocument

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b") | {0x7F})
_MAX_CONTROL_SHARE = 0.02
"""Above this share of control bytes a file in no Unicode encoding is taken for binary data."""

_HEADING = re.compile(r"^#\s+(\S.*?)\s*#*$", re.MULTILINE)


def read(path: Path, media_type: str) -> Document:
    """The text of a file. Raises UnreadableDocument: 'too_large', 'unsupported', 'empty'."""
    text = decode(contents(path))
    if not text.strip():
        raise UnreadableDocument(
            "empty", "This file holds nothing but blanks. Check that it was saved completely."
        )
    heading = _HEADING.search(text, 0, 4096) if media_type == "text/markdown" else None
    return Document(media_type, text, title=heading.group(1) if heading else None)


def contents(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """All bytes of a file no larger than `limit` bytes. Raises UnreadableDocument('too_large')."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        check_size(max(len(data), path.stat().st_size), limit)
    return data


def decode(data: bytes, declared: str | None = None) -> str:
    """Text in its byte order mark's encoding, else the declared one, else UTF-8, else what `legacy_encodings` finds,
    else Windows-1252.

    Raises UnreadableDocument('unsupported') for bytes that are no text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _unix_lines(data.decode(encoding, "replace"))
    wide = guess_wide(data)
    if wide:
        return _unix_lines(data.decode(wide, "replace"))
    _refuse_binary(data)
    for encoding in _likely(data, declared):
        try:
            return _unix_lines(data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue
    raise AssertionError("latin-1 decodes every byte")


def _likely(data: bytes, declared: str | None) -> Iterator[str]:
    if declared:
        yield declared
    yield "utf-8"
    found = guess(data)
    if found:
        yield found
    yield "cp1252"
    yield "latin-1"


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_binary(data: bytes) -> None:
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if b"\0" in data or controls > _MAX_CONTROL_SHARE * len(data):
        raise UnreadableDocument(
            "unsupported",
            "This file is not text, or is in an unknown encoding. Save it as UTF-8 text and add that.",
        )
