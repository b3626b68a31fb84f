"""What the disk can refuse, in plain words: one row a kind. The only place where a StorageFailure is made."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chatapp.conversation.failures import Failure, Remedy
from chatapp.services.ports import StorageFailure

Kind = Literal[
    "disk_full",
    "read_only",
    "damaged",
    "disk_error",
    "newer",
    "locked",
    "unwritable",
    "already_open",
    "too_large",
]


@dataclass(frozen=True, slots=True)
class _Words:
    """`text` may name {place}, the file or folder concerned."""

    title: str
    text: str
    remedies: tuple[Remedy, ...] = ()


_WORDS: dict[Kind, _Words] = {
    "disk_full": _Words(
        "The disk is full",
        "Nothing that was saved is lost. Free some space on the disk that holds {place}, or delete "
        "conversations here, then try again.",
        (Remedy.RETRY,),
    ),
    "read_only": _Words(
        "The profile cannot be written",
        "{place} is read-only for this program, so nothing new can be saved. Check its permissions and the "
        "disk it is on, then try again.",
        (Remedy.RETRY,),
    ),
    "damaged": _Words(
        "The conversation database is damaged",
        "{place} cannot be read. It was left as it is. Restore it from a backup, or move it away and start "
        "again with an empty one.",
    ),
    "disk_error": _Words(
        "The disk reported an error",
        "{place} could not be read or written. Check the disk or the network drive it is on, then try again.",
        (Remedy.RETRY,),
    ),
    "newer": _Words(
        "This profile belongs to a newer version",
        "{place} was left as it is. Update the program, or choose another profile.",
    ),
    "locked": _Words(
        "The conversation database is busy",
        "Another program has kept {place} locked for too long. Close it, then try again.",
        (Remedy.RETRY,),
    ),
    "unwritable": _Words(
        "The profile folder cannot be used",
        "{place} cannot be made or written. Check its permissions, or choose another folder with --profile.",
    ),
    "already_open": _Words(
        "This profile is already open",
        "Another window uses {place}. Switch to it, or choose another folder with --profile.",
    ),
    "too_large": _Words("The file is too large", "{place} is larger than what can be kept."),
}

_BY_SQLITE_CODE: dict[int, Kind] = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_IOERR: "disk_error",
    sqlite3.SQLITE_NOMEM: "disk_error",
}

_BY_ERRNO: dict[int, Kind] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
}

FULL_BELOW_BYTES = 1 << 20
"""SQLite calls some writes to a full disk an I/O error; with less room than this it is called what it is."""


def storage_failure(kind: Kind, place: Path, details: str = "", text: str = "") -> StorageFailure:
    """`text` stands before the row's own, for what only this case knows."""
    words = _WORDS[kind]
    sentence = words.text.format(place=place)
    return StorageFailure(Failure(kind, words.title, f"{text} {sentence}".strip(), details, words.remedies))


def no_space(error: OSError) -> bool:
    return _BY_ERRNO.get(error.errno or 0) == "disk_full"


def kind_of(error: sqlite3.Error | OSError, place: Path) -> Kind | None:
    """The row for an error of the disk; None for one that is a mistake of the program."""
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, "disk_error")
    code = getattr(error, "sqlite_errorcode", None)
    kind = _BY_SQLITE_CODE.get(code & 0xFF) if code is not None else None
    return "disk_full" if kind == "disk_error" and _is_full(place) else kind


def _is_full(place: Path) -> bool:
    try:
        return shutil.disk_usage(place.parent).free < FULL_BELOW_BYTES
    except OSError:
        return False


@contextmanager
def disk_failures(place: Path) -> Iterator[None]:
    """Turns errors of the disk into StorageFailure; mistakes of the program pass as they are."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        kind = kind_of(error, place)
        if kind is None:
            raise
        raise storage_failure(kind, place, details=str(error)) from error
