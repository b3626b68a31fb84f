"""From a file to a `Document`: looks what the file is and hands it to the reader of that type.

A new file type is one row in `file_types.READERS` and one module with `read(path, media_type) -> Document`.
A reader is imported only when a file of its type is met.
"""

import stat
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from chatapp.documents.file_types import READERS, media_type_of
from chatapp.documents.limits import MAX_FILE_BYTES, check_size
from chatapp.documents.model import Document, UnreadableDocument


class Reader(Protocol):
    """What the module of a file type offers."""

    def read(self, path: Path, media_type: str) -> Document:
        """The document in the file. Raises UnreadableDocument, OSError."""
        ...


def read(path: Path, filename: str | None = None) -> Document:
    """Reads a file; blocks, and takes as long and as much memory as the file makes it: see `helper_process`.

    `filename` is the name the file had where it came from, if `path` no longer tells its suffix.
    Raises UnreadableDocument.
    """
    try:
        check_file(path)
        media_type = media_type_of(path, filename or path.name)
        document = _reader(media_type).read(path, media_type)
    except OSError as error:
        raise unopened(error) from error
    if not document.text.strip():
        raise UnreadableDocument("no_text", "This document holds no text. Add one with text in it.")
    return document


def check_file(path: Path) -> None:
    """Raises UnreadableDocument unless `path` is a file with something in it, of a size that is read."""
    check_size(check_kind(path), MAX_FILE_BYTES)


def check_kind(path: Path) -> int:
    """The size of a file in bytes. Raises UnreadableDocument unless `path` is a file with something in it."""
    try:
        status = path.stat()
    except OSError as error:
        raise unopened(error) from error
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableDocument("not_a_file", "This is a folder, not a file. Add the files in it instead.")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableDocument(
            "not_a_file", "This is a device or a pipe, not a file. Save its content to a file."
        )
    if status.st_size == 0:
        raise UnreadableDocument(
            "empty", "This file is empty. Check that it was saved or downloaded completely."
        )
    return status.st_size


def unopened(error: OSError) -> UnreadableDocument:
    """The plain error for a file the system will not open."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        message = "This file is no longer there. Check whether it was moved or renamed, then add it again."
    elif isinstance(error, PermissionError):
        message = (
            "This file may not be opened: you lack the permission to read it. Change that, then add it again."
        )
    else:
        message = (
            f"This file cannot be opened: {error.strerror or error}. Copy it to this computer, then add it."
        )
    return UnreadableDocument("missing", message)


def _reader(media_type: str) -> Reader:
    return cast(Reader, import_module(f"chatapp.documents.{READERS[media_type]}"))
