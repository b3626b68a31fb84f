"""Receiving a multipart form: the file's bytes go straight to disk, the fields stay small."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from chatapp.engine.disk_room import check_room
from chatapp.engine.errors import ApiError, invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LARGEST_FILE = 512 * 2**20
"""Bytes of one file."""
LONGEST_FIELD = 64 * 2**10
MOST_PARTS = 32
FORM_ROOM = 2**20
"""Bytes that a form may hold beside the file."""


@dataclass
class Form:
    """A received form: the fields, and the file's name and bytes at `path`, synced to disk."""

    path: Path
    filename: str
    fields: dict[str, str]


def _too_large(part: str, largest: int) -> ApiError:
    return ApiError(413, f"'{part}' is larger than {largest >> 20} MB.", param=part, code="file_too_large")


async def receive(request: Request, path: Path, part: str = "file", largest: int = LARGEST_FILE) -> Form:
    """Receive a form whose part of that name is a file into `path`, which is gone again if this raises.

    Raises ApiError 400 (not such a form), 413 (too large), 415 (not a form), OSError and ClientDisconnect.
    """
    boundary = _boundary(request)
    announced = int(request.headers.get("content-length", "0"))
    if announced > largest + FORM_ROOM:
        raise _too_large(part, largest)
    check_room(path.parent, announced)
    try:
        with _created(path) as file:
            form = _Reception(file, part, largest)
            received = 0
            parser = MultipartParser(boundary, form.callbacks())
            async for piece in request.stream():
                received += len(piece)
                if received > largest + FORM_ROOM:
                    raise _too_large(part, largest)
                check_room(path.parent, len(piece))
                await asyncio.to_thread(parser.write, piece)
            parser.finalize()
            await asyncio.to_thread(_sync, file)
        return form.form(path)
    except (FormParserError, ClientDisconnect, OSError, ApiError, UnicodeError) as error:
        _discard(path)
        if isinstance(error, FormParserError | UnicodeError):
            raise invalid(f"The multipart form could not be read: {error}.", code="invalid_form") from error
        raise


def _created(path: Path) -> BinaryIO:
    return path.open("xb")


def _discard(path: Path) -> None:
    path.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise ApiError(415, "The content type must be multipart/form-data.", code="unsupported_media_type")
    boundary = options.get(b"boundary")
    if not boundary:
        raise invalid("The multipart form has no boundary.", code="invalid_form")
    return boundary


@dataclass
class _Reception:
    """The parser's callbacks: header lines, then the data of a part, for part after part."""

    file: BinaryIO
    part: str
    largest: int
    filename: str | None = None
    fields: dict[str, bytearray] = field(default_factory=dict)
    _header: list[bytearray] = field(default_factory=list)
    _disposition: bytes = b""
    _sink: Callable[[bytes], None] | None = None
    _size: int = 0
    _parts: int = 0
    _ended: bool = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin_part,
            "on_header_begin": lambda: self._header.extend((bytearray(), bytearray())),
            "on_header_field": lambda data, start, end: self._header[-2].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[-1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": lambda data, start, end: self._write(data[start:end]),
            "on_end": self._end,
        }

    def form(self, path: Path) -> Form:
        if not self._ended:
            raise invalid("The multipart form ends in the middle.", code="invalid_form")
        if self.filename is None:
            raise invalid(
                f"Missing required parameter: '{self.part}'.", self.part, "missing_required_parameter"
            )
        return Form(path, self.filename, {name: value.decode() for name, value in self.fields.items()})

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise invalid(f"The form has more than {MOST_PARTS} parts.", code="invalid_form")
        self._header = []
        self._disposition = b""

    def _end_header(self) -> None:
        if self._header[-2].strip().lower() == b"content-disposition":
            self._disposition = bytes(self._header[-1])

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode()
        if name == self.part and self.filename is None:
            self.filename = plain_filename(
                _unescaped(options.get(b"filename", b"file").decode(errors="replace"))
            )
            self._sink = self._write_file
        else:
            self.fields[name] = bytearray()
            self._sink = lambda data: self._write_field(name, data)

    def _end(self) -> None:
        self._ended = True

    def _write(self, data: bytes) -> None:
        if self._sink:
            self._sink(data)

    def _write_file(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self.largest:
            raise _too_large(self.part, self.largest)
        self.file.write(data)

    def _write_field(self, name: str, data: bytes) -> None:
        self.fields[name] += data
        if len(self.fields[name]) > LONGEST_FIELD:
            raise invalid(f"The form's field '{name}' is too long.", name, "invalid_form")


def _unescaped(name: str) -> str:
    """A form's file name as it was before its sender escaped it: these three, and no others (WHATWG, multipart form
    data). A name that held one of them to begin with cannot be told apart."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def plain_filename(name: str) -> str:
    """The last part of a client's file name, at most 255 code points, printable but for line ends, which some systems
    allow in names. It never becomes a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable() or letter in "\r\n").strip()
    return kept[-255:] or "file"
