"""Folders dropped on a library: all files in them, less what nobody means. Implements `services.ports.Folders`."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatapp.services.ports import FolderFiles

HIDDEN = "hidden"
PROGRAMS_OWN = "made by programs for themselves"
UNREADABLE = "of a kind that no library reads"
NOT_FILES = "that are no files"
CLOSED = "of folders that may not be read"

OWN_NAMES = ("thumbs.db", "desktop.ini", "__pycache__", "node_modules")
UNREAD_ENDINGS = frozenset(
    (
        ".bmp", ".gif", ".heic", ".ico", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp",
        ".aac", ".flac", ".m4a", ".mp3", ".ogg", ".wav", ".wma",
        ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm", ".wmv",
        ".7z", ".bz2", ".dmg", ".gz", ".iso", ".rar", ".tar", ".xz", ".zip", ".zst",
        ".a", ".bin", ".class", ".dll", ".exe", ".jar", ".o", ".obj", ".pyc", ".so",
        ".otf", ".ttf", ".woff", ".woff2", ".sqlite", ".sqlite3",
    )
)  # fmt: skip
"""Pictures, sound, films, archives and programs. A file that was chosen by itself is sent whatever it is."""


class WalkedFolders:
    async def files_in(self, paths: Sequence[Path]) -> FolderFiles:
        return await asyncio.to_thread(_files_in, paths)


def _files_in(paths: Sequence[Path]) -> FolderFiles:
    files: list[Path] = []
    ignored: Counter[str] = Counter()
    for path in paths:
        if path.is_dir():
            files += _walk(path, ignored)
        else:
            files.append(path)
    return FolderFiles(tuple((path, _size(path)) for path in files), dict(ignored))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None  # whoever reads it says why


def _walk(folder: Path, ignored: Counter[str]) -> Iterator[Path]:
    """In the order of names. A folder that is a link is not followed: it may lead back to where it stands."""
    for place, folders, names in os.walk(folder, onerror=lambda problem: ignored.update([CLOSED])):
        kept = [name for name in sorted(folders) if not _left_out(Path(place, name), ignored, is_folder=True)]
        folders[:] = kept
        for name in sorted(names):
            path = Path(place, name)
            if not _left_out(path, ignored):
                yield path


def _left_out(path: Path, ignored: Counter[str], is_folder: bool = False) -> bool:
    why = _why_left_out(path, is_folder)
    if why:
        ignored[why] += 1
    return bool(why)


def _why_left_out(path: Path, is_folder: bool) -> str:
    name = path.name.casefold()
    if name in OWN_NAMES or name.startswith("~$"):
        return PROGRAMS_OWN
    if name.startswith("."):
        return HIDDEN
    if is_folder:
        return ""
    if path.suffix.casefold() in UNREAD_ENDINGS:
        return UNREADABLE
    return "" if path.is_file() else NOT_FILES
