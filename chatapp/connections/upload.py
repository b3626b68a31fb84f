"""A file on its way into a multipart body, read from the disk piece by piece. `vector_stores_client` sends it."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from secrets import token_hex

PIECE = 1 << 18
"""Bytes read at a time, on a thread of their own: a disk can be slow."""


class MultipartFile:
    """The body of an upload: form `fields` and one file. Its size is fixed when this is made.

    Raises OSError when the file is not there, is no file, or cannot be read.
    """

    def __init__(
        self, path: Path, filename: str, fields: Mapping[str, str], progress: Callable[[int], None]
    ) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path.name} is not there, or is not a file.")
        self._path = path
        self._progress = progress
        self._size = path.stat().st_size
        boundary = f"chatapp-{token_hex(16)}"
        self._head = "".join(_field(boundary, *pair) for pair in fields.items()).encode()
        self._head += _file_head(boundary, filename).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + self._size + len(self._tail)),
        }

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body. Raises OSError in plain words when the file vanishes or gets shorter on the way."""
        yield self._head
        sent = 0
        with await asyncio.to_thread(self._path.open, "rb") as file:
            while sent < self._size:
                piece = await asyncio.to_thread(file.read, min(PIECE, self._size - sent))
                if not piece or await asyncio.to_thread(_is_gone, self._path):
                    raise OSError(f"{self._path.name} was changed or removed while it was being sent.")
                yield piece
                sent += len(piece)
                self._progress(sent)
        yield self._tail


def _is_gone(path: Path) -> bool:
    return not os.path.exists(path)


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _file_head(boundary: str, filename: str) -> str:
    """The name is escaped as browsers do (WHATWG, multipart/form-data encoding algorithm)."""
    escapes = {"\r": "%0D", "\n": "%0A", '"': "%22"}
    safe = "".join(escapes.get(character, character) for character in filename)
    safe = safe.encode("utf-8", "replace").decode()
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
