"""Connections that send no whole request are not kept for ever."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse

from chatapp.engine import serving
from chatapp.engine.serving import Serving
from tests.engine.process import PATIENCE_S

WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of a server that has little patience."""
    monkeypatch.setattr(serving, "HEAD_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Serving(PlainTextResponse("x"), keep_alive_s=60, grace_s=1)
        ready = asyncio.Event()
        running = asyncio.create_task(server.until_ended(listener, ready.set))
        await ready.wait()
        yield listener.getsockname()[1]
        server.end()
        await running


@pytest.mark.parametrize(
    ("whole", "rest"), [(0, b""), (0, WHOLE[:-2]), (1, WHOLE[:-2])], ids=["nothing", "part", "second part"]
)
async def test_who_leaves_a_head_unfinished_is_hung_up_on(port: int, whole: int, rest: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(whole):
        await answered(reader, writer)
    writer.write(rest)
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(WHOLE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    assert await reader.readexactly(1) == b"x"


async def test_who_sends_whole_requests_may_pause_between_them(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        await answered(reader, writer)
        await asyncio.sleep(0.4)
    writer.close()
    await writer.wait_closed()
