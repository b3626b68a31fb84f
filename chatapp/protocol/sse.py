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


PLACE = 8
"""Bytes that a line without anything in it takes all the same."""


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
        self._event = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages completed by `chunk`."""
        lines = self._lines(chunk)
        rest = lines.pop()
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                yield self._dispatch()
            else:
                self._event = b""
        self._hold(rest)

    def close(self) -> Message | None:
        """What a stream that ended without its last blank line still holds, if it has data.

        The standard drops it; a final event that arrived whole but for its blank line is worth keeping, and
        one that was cut shows itself as JSON that does not parse.
        """
        line = bytes(self._tail)
        self._tail.clear()
        if self._at_start:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line:
            self._take(line)
        return self._dispatch() if self._data else None

    def _lines(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` ends, and the beginning of one that it does not."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = chunk.split(b"\n")
        if len(lines) > 1:
            self._hold(lines[0])
            lines[0] = bytes(self._tail)
            self._tail.clear()
            if self._at_start:
                self._at_start = False
                lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        return lines

    def _hold(self, piece: bytes) -> None:
        if len(self._tail) + len(piece) > self._limit:
            raise OversizedEvent(f"a line of the stream is longer than {self._limit} bytes")
        self._tail += piece

    def _take(self, line: bytes) -> None:
        if len(line) > self._limit:
            raise OversizedEvent(f"a line of the stream is longer than {self._limit} bytes")
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._size += max(len(value) + 1, PLACE)
            if self._size > self._limit:
                raise OversizedEvent(f"an event of the stream is larger than {self._limit} bytes")
            self._data.append(value)
        elif name == b"event":
            self._event = value

    def _dispatch(self) -> Message:
        event, data = self._event, self._data
        self._event, self._data, self._size = b"", [], 0
        return Message(event.decode("utf-8", "replace"), b"\n".join(data).decode("utf-8", "replace"))
