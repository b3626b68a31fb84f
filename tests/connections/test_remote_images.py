"""Pictures of the web, over real sockets: what is fetched, what is refused, and what goes along."""

import asyncio
from dataclasses import replace

import pytest

from chatapp.connections.remote_images import MOST_BYTES, PATIENT, WebPictures
from chatapp.connections.route import Route
from chatapp.services.ports import Elsewhere, ServerFailure
from chatapp.services.remote_images import NEAR, RemoteImages
from chatapp.services.use_case import UseCaseFailure
from tests.kit.certificate import Authority
from tests.kit.gated_server import GatedServer, HangUp, Repeat, Reply, Stall
from tests.kit.pictures import png
from tests.kit.proxy import Proxy

PATH = ("GET", "/a.png")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def picture(data: bytes = b"", kind: str = "image/png") -> Reply:
    return Reply(200, {"content-type": kind, "set-cookie": "a=b"}, [data or png()])


def address(server: GatedServer, host: str = "127.0.0.1", path: str = "/a.png") -> str:
    return f"{server.base_url.partition(':')[0]}://{host}:{server.port}{path}"


async def refusal(images: WebPictures, wanted: str, near: bool = True) -> ServerFailure:
    with pytest.raises(ServerFailure) as caught:
        await images.fetch(wanted, near)
    await asyncio.sleep(0.01)  # httpx leaves its innermost generators to the loop
    return caught.value


async def test_a_picture_comes_over_tls_by_the_name_of_its_host(
    tls_server: GatedServer, authority: Authority
) -> None:
    tls_server.script(*PATH, picture())
    images = WebPictures(Route(ca_file=str(authority.ca_file)))
    assert await images.fetch(address(tls_server, "localhost"), near=True) == png()
    assert tls_server.requests[0].headers["host"] == f"localhost:{tls_server.port}"
    assert (await refusal(WebPictures(), address(tls_server, "localhost"))).kind == "tls"


async def test_nothing_goes_along_but_what_is_wanted(gated_server: GatedServer) -> None:
    gated_server.script(*PATH, picture(), picture())
    images = WebPictures()
    wanted = address(gated_server, "me:secret@127.0.0.1", "/a.png#part")
    assert [await images.fetch(wanted, near=True) for _ in range(2)] == [png(), png()]
    for request in gated_server.requests:
        assert sorted(request.headers) == ["accept", "accept-encoding", "host", "user-agent"]
        assert "secret" not in str(request)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "far.example\\@127.0.0.1"],
)
async def test_what_is_near_is_not_asked_unless_that_was_allowed(
    gated_server: GatedServer, host: str
) -> None:
    assert (await refusal(WebPictures(), address(gated_server, host), near=False)).kind == "near"
    assert gated_server.requests == []


async def test_a_name_that_leads_near_is_found_out(
    gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 0))])
    failure = await refusal(WebPictures(), address(gated_server, "pictures.example"), near=False)
    assert (failure.kind, gated_server.requests) == ("near", [])
    assert "pictures.example" in failure.error.message


async def test_redirects_are_followed_within_the_host_only(gated_server: GatedServer) -> None:
    gated_server.script(*PATH, Reply(302, {"location": "/b.png"}, [b""]))
    gated_server.script("GET", "/b.png", Reply(301, {"location": "http://other.example/c.png"}, [b""]))
    assert await WebPictures().fetch(address(gated_server), True) == Elsewhere("http://other.example/c.png")
    assert [request.path for request in gated_server.requests] == ["/a.png", "/b.png"]
    gated_server.always(*PATH, Reply(302, {"location": "/a.png"}, [b""]))
    assert "without end" in (await refusal(WebPictures(), address(gated_server))).error.message


@pytest.mark.parametrize("leads_to", ["file:///etc/passwd", "javascript:alert(1)", "smb://host/a", "//["])
async def test_a_redirect_out_of_the_web_is_refused(gated_server: GatedServer, leads_to: str) -> None:
    gated_server.always(*PATH, Reply(302, {"location": leads_to}, [b""]))
    assert (await refusal(WebPictures(), address(gated_server))).kind in ("refused", "unreachable")
    assert len(gated_server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(404, {}, [b"no"]), "refused", "404 (not found)"),
        (picture(kind="text/html"), "refused", "text/html"),
        (picture(kind="image/svg+xml"), "refused", "SVG"),
        (picture(b"x" * (MOST_BYTES + 1)), "oversized", "10 MB"),
        (Reply(200, {"content-type": "image/png"}, [Repeat(b"x" * 65536, 200)], "chunked"), "oversized", "10 MB"),
        (Reply(200, {"content-type": "image/png"}, [b"x", HangUp()], "chunked"), "cut", "closed"),
    ],
)  # fmt: skip
async def test_what_is_no_picture_is_refused(
    gated_server: GatedServer, reply: Reply, kind: str, words: str
) -> None:
    gated_server.script(*PATH, reply)
    failure = await refusal(WebPictures(), address(gated_server))
    assert failure.kind == kind
    assert words in failure.error.message


@pytest.mark.parametrize("steps", [[Stall()], [b"x", Stall()]])
async def test_silence_has_an_end(gated_server: GatedServer, steps: list[object]) -> None:
    framing = "none" if len(steps) == 1 else "chunked"
    gated_server.script(*PATH, Reply(200, {"content-type": "image/png"}, steps, framing))  # type: ignore[arg-type]
    images = WebPictures(limits=replace(PATIENT, silence_s=0.1), whole_s=0.2)
    assert (await refusal(images, address(gated_server))).kind == "timeout"


async def test_nobody_there_is_told_plainly(gated_server: GatedServer) -> None:
    gated_server.script(*PATH, picture())
    closed = address(gated_server).replace(str(gated_server.port), "1")
    assert (await refusal(WebPictures(), closed)).kind == "unreachable"


async def test_the_proxy_of_the_environment_looks_names_up(
    gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated_server.script(*PATH, picture())
    with Proxy(gated_server.port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url())
        assert await WebPictures().fetch("http://pictures.example/a.png") == png()
        assert (await refusal(WebPictures(), "http://router.local/a.png", near=False)).kind == "near"


async def test_what_it_begins_with_says_whether_it_is_a_picture(gated_server: GatedServer) -> None:
    images = RemoteImages(WebPictures())
    gated_server.script(*PATH, picture(), picture(b"<svg></svg>"), picture(b"\x89PNG\r\n\x1a\n"))
    assert str(await images.load(address(gated_server), near=True)).startswith("iVBOR")
    kinds = []
    for near in (True, True, False):
        with pytest.raises(UseCaseFailure) as caught:
            await images.load(address(gated_server), near)
        kinds.append(caught.value.failure.kind)
    assert kinds == ["image_no_picture", "image_damaged", NEAR]
