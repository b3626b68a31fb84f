"""Files and folders that only their owner can open, whatever the umask. Everything in a profile is made here."""

import os
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def open_private(path: Path) -> int:
    """A descriptor to read and write, of a file made if need be. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), FILE_MODE)
    os.chmod(path, FILE_MODE)
    return descriptor


def make_private_folder(path: Path) -> None:
    """With its parents, which keep the mode that the umask gives them. Raises OSError."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    os.chmod(path, FOLDER_MODE)
