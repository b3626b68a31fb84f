"""Where a server is and what proves who asks. Pure: addresses and headers, no connection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlencode, urlsplit

from chatapp.protocol.errors import ApiError
from chatapp.services.ports import Auth, ServerFailure

PRIVATE_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".localhost")
"""Endings of names that public DNS does not give out (RFC 6762, RFC 8375, RFC 6761, and common practice)."""
SHARED_ADDRESSES = ip_network("100.64.0.0/10")
"""RFC 6598: not called private by the standard library, and used by overlay networks between one's own machines."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL such as "https://api.openai.com/v1" and the key sent to it, if any. The key is in no repr.

    `auth` says which header carries the key; `headers` go along with every request.
    """

    base_url: str
    key: str | None = field(default=None, repr=False)
    auth: Auth = "bearer"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """Host and port for messages; never the key, a path, or credentials written into the address."""
        parts = urlsplit(self.base_url)
        return parts.netloc.rpartition("@")[2] or self.base_url

    @property
    def is_loopback(self) -> bool:
        return is_loopback(urlsplit(self.base_url).hostname or "")

    def url(self, path: str, query: Mapping[str, str | int]) -> str:
        """The URL of `path` (quoted, with a leading slash) below the base; a query in the base is kept."""
        parts = urlsplit(self.base_url)
        joined = "&".join(text for text in (parts.query, urlencode(query)) if text)
        return parts._replace(path=parts.path.rstrip("/") + path, query=joined, fragment="").geturl()


def auth_headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers that prove who asks. Raises ServerFailure for a key that no header can carry."""
    key = (endpoint.key or "").strip()
    if not key:
        return {}
    if not (key.isascii() and key.isprintable()):
        message = "The key has characters that cannot be sent. Copy it again."
        raise ServerFailure("refused", ApiError(message, code="invalid_api_key"))
    return {"api-key": key} if endpoint.auth == "api-key" else {"Authorization": f"Bearer {key}"}


def check_address(endpoint: Endpoint) -> None:
    """Raises ServerFailure("unreachable") for what is no address, ("insecure") for one that would give a key away."""
    parts = _split(endpoint.base_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise _bad_address("The server's address must begin with https:// or http:// and a host.")
    if parts.username is not None or parts.password is not None:
        raise _insecure("The address has a user name or a password in it. Keep the key in Settings instead.")
    if parts.scheme == "http" and endpoint.key and not is_nearby(host):
        raise _insecure(f"The key is not sent to {host} over plain http. Use https.")


def is_loopback(host: str) -> bool:
    """Whether traffic to `host` never leaves this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_nearby(host: str) -> bool:
    """Whether `host` is this computer or one on a private network, told by its address or its name alone."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.lower().endswith(PRIVATE_NAMES)
    return address.is_private or (address.version == 4 and address in SHARED_ADDRESSES)


def _split(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # a port that is no number is noticed only when it is read
    except ValueError:
        raise _bad_address("The server's address is not a valid URL.") from None
    return parts


def _bad_address(message: str) -> ServerFailure:
    return ServerFailure("unreachable", ApiError(message))


def _insecure(message: str) -> ServerFailure:
    return ServerFailure("insecure", ApiError(message))
