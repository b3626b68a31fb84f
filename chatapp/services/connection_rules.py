"""What a server may be set up with: its address, own headers, proxy and time-outs. Pure.

All of it is written down in the settings and shown on screen, so a key has no place in any of it.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.key_names import is_key_header
from chatapp.services.addresses import check_address
from chatapp.services.ports import Connection
from chatapp.services.use_case import UseCaseFailure

OWN_NAMES = frozenset(
    {
        *(
            "accept",
            "accept-encoding",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
        ),
        *("connection", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that belong to the request itself."""
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A token of RFC 9110, 5.6.2."""
HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
NO_PROXY = "A proxy is the word direct, or an address that begins with http://, https:// or socks5://."
LONGEST_S = 3_600.0
"""A server that may be silent for more than an hour is not waited for."""


def check_connection(connection: Connection) -> None:
    """Raises UseCaseFailure for what cannot be used. Its kind tells which: invalid_address, invalid_header,
    invalid_proxy, invalid_timeout."""
    check_address(connection.base_url)
    check_headers(connection.headers)
    check_proxy(connection.proxy)
    for seconds in (connection.connect_s, connection.silence_s):
        if not 0 <= seconds <= LONGEST_S:
            raise _unusable(
                "timeout", f"A time-out is between 0 and {LONGEST_S:.0f} seconds; 0 is the usual one."
            )


def check_headers(headers: Sequence[tuple[str, str]]) -> None:
    """Raises UseCaseFailure; a value that is refused is not repeated, it may be a key."""
    seen = set[str]()
    for name, value in headers:
        if problem := _problem(name, value):
            raise _unusable("header", problem)
        if name.lower() in seen:
            raise _unusable("header", f"The header {name} is there twice.")
        seen.add(name.lower())


def check_proxy(proxy: str) -> None:
    """Raises UseCaseFailure for what is neither empty, "direct", nor the URL of a proxy."""
    if proxy in ("", "direct"):
        return
    try:
        parts = urlsplit(proxy)
        _ = parts.port  # a port that is no number is noticed only when it is read
    except ValueError:
        raise _unusable("proxy", NO_PROXY) from None
    if "@" in parts.netloc:
        raise _unusable(
            "proxy", "The proxy has a user name or a password in it, which would be written down."
        )
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in PROXY_SCHEMES or not parts.hostname or extra:
        raise _unusable("proxy", NO_PROXY)


def _problem(name: str, value: str) -> str:
    """What is wrong with a header, or nothing."""
    plain = name.lower()
    if not HEADER_NAME.fullmatch(name):
        return f"{name[:40]!r} is not a header's name: letters, digits and hyphens."
    if plain in OWN_NAMES:
        return f"The header {name} is set by chatapp itself."
    if is_key_header(name, value):
        return f"The header {name} looks like a key. It would be written down: keep it in the key field."
    if not HEADER_VALUE.fullmatch(value) or value != value.strip():
        return f"The value of the header {name} has signs that cannot be sent: plain ASCII, no line breaks."
    return ""


def _unusable(what: str, text: str) -> UseCaseFailure:
    title = "This server cannot be set up so"
    return UseCaseFailure(Failure(f"invalid_{what}", title, text, remedies=(Remedy.OPEN_SETTINGS,)))
