"""A real proxy on loopback: it forwards plain HTTP, opens tunnels by CONNECT, and speaks SOCKS5 on the same port.

Every target leads to one port of 127.0.0.1, so that a test can ask for hosts that do not exist.
"""

import asyncio

from tests.kit.listening import Listening

SOCKS5 = 5


class Proxy(Listening):
    """`with Proxy(port) as proxy:` listens until the block ends. `asked` lists what it was asked for, in order:
    "GET http://box.internal/v1/models", "CONNECT box.internal:443", "SOCKS box.internal:80"."""

    def __init__(self, target_port: int, refusal: str = "") -> None:
        super().__init__("proxy")
        self._target_port = target_port
        self._refusal = refusal
        self.asked: list[str] = []

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either end left, or the test is over: both close the connection below
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        socks = first[0] == SOCKS5
        head = await (self._greet(reader, writer) if socks else self._read_head(first, reader, writer))
        if head is None:
            return
        onward = await asyncio.open_connection("127.0.0.1", self._target_port)
        onward[1].write(head)
        try:
            ways = [_pump(reader, onward[1]), _pump(onward[0], writer)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            onward[1].close()

    async def _read_head(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """What goes on to the target: nothing of a CONNECT, the request itself otherwise; None where refused."""
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode("latin-1").split(" ", 2)
        self.asked.append(f"{method} {target}")
        if self._refusal:
            writer.write(f"HTTP/1.1 {self._refusal}\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
            return None
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return b""
        path = "/" + target.partition("://")[2].partition("/")[2]
        return head.replace(target.encode(), path.encode(), 1)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """RFC 1928: no authentication, CONNECT to a name or an IPv4 address."""
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(bytes((SOCKS5, 0)))
        kind = (await reader.readexactly(4))[3]
        by_name = kind == 3
        host = await reader.readexactly((await reader.readexactly(1))[0] if by_name else 4)
        port = int.from_bytes(await reader.readexactly(2), "big")
        name = host.decode() if by_name else ".".join(map(str, host))
        self.asked.append(f"SOCKS {name}:{port}")
        writer.write(bytes((SOCKS5, 0, 0, 1, 0, 0, 0, 0, 0, 0)))
        return b""


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
