"""Files of many kinds for a library, ten of them such that no library takes them."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from tests.documents import files

MB = 1 << 20
BAD: dict[str, str] = {
    "empty.txt": "empty",
    "blank.txt": "blank",
    "damaged.pdf": "damaged",
    "encrypted.pdf": "password",
    "half.docx": "damaged",
    "half.epub": "damaged",
    "noise.dat": "kind",
    "picture.dat": "picture",
    "large.txt": "MB",
    "huge.txt": "large",
}
"""What cannot be added, and a word of its reason."""
NOT_SENT = ("huge.txt",)
"""Of these, what chatapp does not even send."""


def make(folder: Path, count: int) -> list[str]:
    """Writes `count` files, the bad ones spread among them, in folders of fifty; the names of the good ones."""
    folder.mkdir()
    good = [f"note-{number:04}{ENDINGS[number % len(ENDINGS)]}" for number in range(count - len(BAD))]
    names = list(good)
    for place, name in enumerate(BAD):
        names.insert(place * len(good) // len(BAD), name)
    for number, name in enumerate(names):
        path = folder / f"part-{number // 50:02}" / name
        path.parent.mkdir(exist_ok=True)
        if name in BAD:
            _write_bad(path)
        else:
            MAKERS[path.suffix](path, f"Beacon {name} was lit {number} times. Its keeper is keeper{number}x.")
    return good


def _text(path: Path, words: str) -> None:
    path.write_text(f"{words}\n" * (1 + len(words) % 5), "utf-8")


def _html(path: Path, words: str) -> None:
    path.write_text(f"<html><title>{path.stem}</title><p>{words}</p></html>", "utf-8")


def _pdf(path: Path, words: str) -> None:
    files.pdf(path, [files.Sheet(files.line(words, 40, 700))])


def _docx(path: Path, words: str) -> None:
    files.docx(path, f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>")


MAKERS: dict[str, Callable[[Path, str], None]] = {
    ".txt": _text, ".md": _text, ".html": _html, ".pdf": _pdf, ".docx": _docx, ".csv": _text, ".py": _text,
}  # fmt: skip
ENDINGS = (".txt", ".md", ".txt", ".html", ".pdf", ".csv", ".docx", ".py")


def _write_bad(path: Path) -> None:
    contents: dict[str, bytes] = {
        "empty.txt": b"",
        "blank.txt": b" \n ",
        "damaged.pdf": b"%PDF-1.7\n garbage",
        "half.docx": b"PK\x03\x04 not a zip",
        "half.epub": b"PK\x03\x04 nor is this",
        "noise.dat": bytes(range(256)) * 20,
        "picture.dat": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "large.txt": b"more words " * (33 * MB // 11),
    }
    if path.name == "huge.txt":
        path.touch()
        os.truncate(path, 513 * MB)
    elif path.name == "encrypted.pdf":
        _encrypt(files.pdf(path, [files.Sheet(files.line("A secret.", 40, 700))]))
    else:
        path.write_bytes(contents[path.name])


def _encrypt(path: Path) -> None:
    """Has a PDF say that it needs a password; nobody knows it."""
    lock = b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"5A" * 32, b"A5" * 32)
    trailer = (
        b"trailer\n<</Encrypt %s/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
    )
    path.write_bytes(re.sub(rb"trailer\s*<<", lambda _: trailer % lock, path.read_bytes(), count=1))
