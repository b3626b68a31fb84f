"""The address of another server, checked before anything goes there."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadAddress(ValueError):
    """The message is a plain line."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL, which ends with /v1 as a rule, and the key it wants, or ""."""

    base_url: str
    key: str = ""

    @property
    def is_near(self) -> bool:
        return urlsplit(self.base_url).hostname in LOOPBACK


def address_of(url: str, key: str = "") -> Address:
    """The address that a user typed; without a path it is that of /v1. Raises BadAddress."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or "@" in parts.netloc:
        raise BadAddress(f"an upstream server's address reads http://HOST:PORT/v1, not {url!r}.")
    address = Address(urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/v1", "", "")), key)
    if key and parts.scheme == "http" and not address.is_near:
        raise BadAddress(f"the key is not sent to {parts.hostname} over plain http. Use https.")
    return address
