"""Pictures that answers point to, fetched from the web. Implements `services.ports.RemotePictures`.

Nothing goes along that says more than that somebody looks: no key, no cookie, no name from the address. The name is
looked up once and the connection made to just what was found, so that a host cannot lead to this computer or the
network around it after it was looked at. Where the environment names a proxy, that one looks names up.
"""

import asyncio
import socket
from dataclasses import replace
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from chatapp.connections.endpoint import is_nearby
from chatapp.connections.http import USUAL_ROUTE, Answer, Limits, fetching, wire_name
from chatapp.connections.route import Route
from chatapp.protocol.errors import ApiError
from chatapp.rendering.sanitize import safe_href
from chatapp.services.ports import Elsewhere, ServerFailure

MOST_BYTES: Final = 10 << 20
PATIENT: Final = Limits(connect_s=10, silence_s=20)
WHOLE_S: Final = 60.0
"""For all of a picture, its redirects included."""
MOST_STEPS: Final = 5  # redirects within one host
MOST_TRIED: Final = 3  # addresses of one name
REDIRECTS: Final = (301, 302, 303, 307, 308)
UNNAMED: Final = ("", "application/octet-stream", "binary/octet-stream")
"""Types of servers that do not say what they send."""


class WebPictures:
    """Holds nothing from one picture to the next."""

    def __init__(
        self, route: Route = USUAL_ROUTE, limits: Limits = PATIENT, whole_s: float = WHOLE_S
    ) -> None:
        self._route, self._limits, self._whole_s = route, limits, whole_s

    async def fetch(self, address: str, near: bool = False) -> bytes | Elsewhere:
        """The bytes of a picture, at most MOST_BYTES, or where its host sends on to. Raises ServerFailure; its kind is
        "near" where the host is this computer or around it and that was not allowed."""
        parts = _web(address)
        try:
            async with asyncio.timeout(self._whole_s):
                return await self._follow(parts, near)
        except TimeoutError:
            raise _refused("timeout", f"{parts.hostname} took longer than {self._whole_s:.0f} s.") from None

    async def _follow(self, parts: SplitResult, near: bool) -> bytes | Elsewhere:
        for _ in range(MOST_STEPS + 1):
            found = await self._from_any(parts, near)
            if isinstance(found, bytes):
                return found
            leads_to = _web(found.address)
            if not _stays(parts, leads_to):
                return found
            parts = leads_to
        raise _refused("refused", f"{parts.hostname} sends on from one address to the next without end.")

    async def _from_any(self, parts: SplitResult, near: bool) -> bytes | Elsewhere:
        """From the first of the host's addresses that can be reached."""
        *others, last = await self._places(parts, near)
        for place in others:
            try:
                return await self._get(parts, place)
            except ServerFailure as problem:
                if problem.kind != "unreachable":
                    raise
        return await self._get(parts, last)

    async def _places(self, parts: SplitResult, near: bool) -> list[str]:
        """The addresses of a host; "" for what the proxy looks up. Raises ServerFailure."""
        name = wire_name(parts.geturl())
        if _proxy(parts):
            if is_nearby(name) and not near:
                raise _near(name)
            return [""]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _refused("unreachable", f"{name} cannot be found. Check the network.") from None
        places = list(dict.fromkeys(str(place[0]) for *_, place in found))
        if not near and not all(map(_is_far, places)):
            raise _near(name)
        return places[:MOST_TRIED]

    async def _get(self, parts: SplitResult, place: str) -> bytes | Elsewhere:
        host = parts.hostname or ""
        route = self._route if place else replace(self._route, proxy=_proxy(parts))
        async with fetching(parts.geturl(), place, self._limits, route) as (status, headers, answer):
            if status in REDIRECTS and "location" in headers:
                return Elsewhere(_joined(parts, headers["location"]))
            if status != HTTPStatus.OK:
                raise _refused("refused", f"{host} answered {status}{_phrase(status)}.")
            _check_type(host, headers.get("content-type", ""))
            return await self._body(answer)

    async def _body(self, answer: Answer) -> bytes:
        try:
            return await answer.body(MOST_BYTES, self._whole_s)
        except ServerFailure as problem:
            if problem.kind != "oversized":
                raise
            raise _refused("oversized", f"It is larger than {MOST_BYTES >> 20} MB.") from None


def _web(address: str) -> SplitResult:
    """Raises ServerFailure for what is no web address."""
    try:
        parts = urlsplit(address if safe_href(address) else "")
        _ = parts.port  # one that is no number is noticed only when it is read
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused("refused", "It leads to what is no address of the web.")
    return parts


def _joined(parts: SplitResult, location: str) -> str:
    """The address a redirect leads to; "" for what is none."""
    try:
        return urljoin(parts.geturl(), location)
    except ValueError:
        return ""


def _stays(before: SplitResult, after: SplitResult) -> bool:
    """Whether a redirect leads to the same place, or from plain http to https there."""
    if before.hostname != after.hostname:
        return False
    is_same = (before.scheme, before.port) == (after.scheme, after.port)
    return is_same or (before.scheme, after.scheme, after.port) == ("http", "https", None)


def _proxy(parts: SplitResult) -> str:
    """The proxy that the environment names for an address, or ""."""
    if proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all") or ""


def _is_far(place: str) -> bool:
    """Whether an address is one of the public network, and of one computer."""
    address = ip_address(place.partition("%")[0])
    return address.is_global and not address.is_multicast


def _check_type(host: str, said: str) -> None:
    kind = said.partition(";")[0].strip().lower()
    if kind.startswith("image/svg"):
        raise _refused("refused", "It is an SVG, which is more of a program than a picture.")
    if not kind.startswith("image/") and kind not in UNNAMED:
        raise _refused("refused", f"{host} sent {kind[:60]}, which is no picture.")


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return ""


def _near(host: str) -> ServerFailure:
    return _refused("near", f"{host} is this computer or one on the network around it.")


def _refused(kind: str, message: str) -> ServerFailure:
    return ServerFailure(kind, ApiError(message))
