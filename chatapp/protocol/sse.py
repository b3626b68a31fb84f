"""Server-sent events: bytes in, messages out, with a bound on everything a server can make us hold.

The grammar is the HTML standard's "event stream interpretation". Servers of the Responses API send no `id:`
and no `retry:` that matter here, so both are skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LIMIT = 8 << 20
"""Bytes of one line, and of all data lines of one event: room for a picture of 6 MB as base64, which is one line.

Read and parsed, such an event takes 24 MB at its worst moment, and 64 MB if every second character is an escape.
"""


class OversizedEvent(ValueError):
    """A line or an event is larger than the parser agrees to hold."""


@dataclass(frozen=True, slots=True)
class Message:
    """One dispatched event: its `event:` name ("" when absent) and its data lines joined by newlines."""

    event: str
    data: str


class SseParser:
    """Feed bytes as they arrive; take the messages they complete.

    Lines end with LF, CR LF or CR, wherever the chunks are cut. Bytes that are not UTF-8 become U+FFFD.
    Raises OversizedEvent when a line or an event passes `limit` bytes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._tail = bytearray()
        self._after_cr = False
        self._at_start = True
        self._event = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages completed by `chunk`."""
        for line in self._lines(chunk):
            message = self._take(line)
            if message is not None:
                yield message

    def close(self) -> Message | None:
        """What a stream that ended without its last blank line still holds, if it has data.

        The standard drops it; a final event that arrived whole but for its blank line is worth keeping, and
        one that was cut shows itself as JSON that does not parse.
        """
        line = bytes(self._tail)
        self._tail.clear()
        if line:
            self._take(line)
        return self._dispatch()

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        pieces = chunk.split(b"\n")
        last = pieces.pop()
        for piece in pieces:
            if self._tail:
                self._hold(piece)
                piece = bytes(self._tail)
                self._tail.clear()
            elif len(piece) > self._limit:
                raise OversizedEvent(f"a line of the stream is longer than {self._limit} bytes")
            yield piece
        self._hold(last)

    def _hold(self, piece: bytes) -> None:
        if len(self._tail) + len(piece) > self._limit:
            raise OversizedEvent(f"a line of the stream is longer than {self._limit} bytes")
        self._tail += piece

    def _take(self, line: bytes) -> Message | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + 1
            if self._size > self._limit:
                raise OversizedEvent(f"an event of the stream is larger than {self._limit} bytes")
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        return None

    def _dispatch(self) -> Message | None:
        event, data = self._event, self._data
        self._event, self._data, self._size = "", [], 0
        if not data:
            return None
        return Message(event, b"\n".join(data).decode("utf-8", "replace"))
