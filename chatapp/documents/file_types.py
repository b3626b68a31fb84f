"""What a file is: judged by its first bytes and, for archives, its members; by its suffix only where those are silent.

`reading` next door hands the file to the reader named here.
"""

from pathlib import Path, PurePath

from chatapp.documents.limits import MIB
from chatapp.documents.model import UnreadableDocument

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
HTML = "text/html"
PLAIN = "text/plain"

TEXT_TYPES = {
    ".c": "text/x-c",
    ".cc": "text/x-c++",
    ".cpp": "text/x-c++",
    ".cs": "text/x-csharp",
    ".css": "text/css",
    ".csv": "text/csv",
    ".go": "text/x-golang",
    ".h": "text/x-c",
    ".java": "text/x-java",
    ".js": "text/javascript",
    ".json": "application/json",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".php": "text/x-php",
    ".py": "text/x-python",
    ".rb": "text/x-ruby",
    ".rs": "text/x-rust",
    ".sh": "application/x-sh",
    ".tex": "text/x-tex",
    ".ts": "application/typescript",
    ".tsv": "text/tab-separated-values",
    ".txt": PLAIN,
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}

CODE_TYPES = frozenset(TEXT_TYPES.values()) - {PLAIN, TEXT_TYPES[".md"]}
"""Texts whose characters stand below each other."""

READERS = {
    PDF: "pdf",
    DOCX: "docx",
    PPTX: "pptx",
    XLSX: "xlsx",
    ODT: "odt",
    EPUB: "epub",
    HTML: "html",
    **dict.fromkeys([PLAIN, *TEXT_TYPES.values()], "text"),
}
"""The module in this room that reads each media type."""

_SUFFIXES = {".pdf": PDF, ".docx": DOCX, ".pptx": PPTX, ".xlsx": XLSX, ".odt": ODT, ".epub": EPUB}
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_HTML_OPENINGS = (b"<!doctype html", b"<html")

_ARCHIVE_MEMBERS = {
    "word/document.xml": DOCX,
    "ppt/presentation.xml": PPTX,
    "xl/workbook.xml": XLSX,
    "META-INF/container.xml": EPUB,
}

_PICTURE = "Text recognition (OCR) is not built in: run it elsewhere and add the result."
_CONVERT = "Save it as PDF, DOCX or plain text and add that."
_FOREIGN = {
    b"\x89PNG\r\n\x1a\n": ("a picture (PNG)", _PICTURE),
    b"\xff\xd8\xff": ("a picture (JPEG)", _PICTURE),
    b"GIF87a": ("a picture (GIF)", _PICTURE),
    b"GIF89a": ("a picture (GIF)", _PICTURE),
    b"II*\x00": ("a picture (TIFF)", _PICTURE),
    b"MM\x00*": ("a picture (TIFF)", _PICTURE),
    b"ID3": ("a sound file", "Add a transcript of it."),
    b"OggS": ("a sound or film file", "Add a transcript of it."),
    b"\x1f\x8b": ("a compressed file (gzip)", "Unpack it and add what is inside."),
    b"7z\xbc\xaf\x27\x1c": ("an archive (7z)", "Unpack it and add what is inside."),
    b"Rar!\x1a\x07": ("an archive (RAR)", "Unpack it and add what is inside."),
    b"\xfd7zXZ\x00": ("a compressed file (xz)", "Unpack it and add what is inside."),
    b"\x7fELF": ("a program", "Add a document instead."),
    b"SQLite format 3\x00": ("a database (SQLite)", "Export its text as CSV and add that."),
    b"{\\rtf": ("a rich text file (RTF)", _CONVERT),
    b"%!PS": ("a PostScript file", "Convert it to PDF and add that."),
}
_AT_8 = {b"WEBP": ("a picture (WebP)", _PICTURE), b"WAVE": ("a sound file", "Add a transcript of it.")}
_AT_4_FTYP = {b"heic": ("a picture (HEIC)", _PICTURE), b"avif": ("a picture (AVIF)", _PICTURE)}

_ZIP_OPENINGS = (b"PK\x03\x04", b"PK\x05\x06")
_OLE_OPENING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WIDE_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")

HEAD_BYTES = 4096
_PDF_WITHIN = 1024
"""PDF readers accept a file whose `%PDF-` comes within its first 1,024 bytes."""


def media_type_of(path: Path, filename: str) -> str:
    """The media type of a file that exists: a key of READERS. Raises UnreadableDocument, OSError."""
    suffix = PurePath(filename).suffix.lower()
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return PDF
    if head.startswith(_ZIP_OPENINGS):
        return _archive_type(path)
    if head.startswith(_OLE_OPENING):
        raise _ole(path)
    refuse_foreign(head)
    if suffix in _SUFFIXES:
        raise UnreadableDocument(
            "damaged",
            f"This file is named {suffix} but its content is not of that kind; it may be cut off or mislabelled. "
            "Download or export it again, then add the new copy.",
        )
    return _text_type(head, suffix)


def _text_type(head: bytes, suffix: str) -> str:
    if suffix in _HTML_SUFFIXES:
        return HTML
    if suffix not in TEXT_TYPES and head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML_OPENINGS):
        return HTML
    return TEXT_TYPES.get(suffix, PLAIN)


def _archive_type(path: Path) -> str:
    from chatapp.documents.archive import Archive

    with Archive(path) as archive:
        for member, media_type in _ARCHIVE_MEMBERS.items():
            if member in archive:
                return media_type
        if "mimetype" in archive and archive.read("mimetype").strip() == ODT.encode():
            return ODT
    raise UnreadableDocument(
        "unsupported",
        "This is an archive or an office file of a kind that is not read. "
        "Unpack it, or save it as PDF, DOCX or CSV, and add that.",
    )


def _ole(path: Path) -> UnreadableDocument:
    """Old office files, and new ones behind a password, share one container."""
    with path.open("rb") as file:
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in file.read(MIB)
    if is_encrypted:
        return UnreadableDocument(
            "encrypted",
            "This document is protected by a password. Save a copy without the password and add that.",
        )
    return UnreadableDocument(
        "unsupported", f"This is an office file of the old kind (such as .doc). {_CONVERT}"
    )


def _is_wide(head: bytes) -> bool:
    from chatapp.documents.legacy_encodings import guess_wide

    return head.startswith(_WIDE_BYTE_ORDER_MARKS) or guess_wide(head) is not None


def refuse_foreign(head: bytes) -> None:
    """Raises UnreadableDocument("unsupported") where the first bytes are of a file without text."""
    found = next((what for opening, what in _FOREIGN.items() if head.startswith(opening)), None)
    if head.startswith(b"RIFF"):
        found = _AT_8.get(head[8:12])
    elif head[4:8] == b"ftyp":
        found = _AT_4_FTYP.get(head[8:12], ("a film or sound file", "Add a transcript of it."))
    elif found is None and b"\0" in head and not _is_wide(head):
        found = ("a file without text, or of an unknown kind", _CONVERT)
    if found:
        what, remedy = found
        raise UnreadableDocument("unsupported", f"This is {what}, which is not read. {remedy}")
