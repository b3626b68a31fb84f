"""A server's address as the user gives it: what may be kept of it, and what names the server. Pure.

An address is written down in settings, conversations and messages, so a key has no place in it.
"""

from urllib.parse import SplitResult, parse_qsl, urlsplit

from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.key_names import is_key_name
from chatapp.services.use_case import UseCaseFailure


def check_address(base_url: str) -> None:
    """Raises UseCaseFailure for what is no address of a server, or one that holds a key. It is never repeated."""
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # a port that is no number is noticed only when it is read
    except ValueError:
        raise UseCaseFailure(NO_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UseCaseFailure(NO_ADDRESS)
    if "@" in parts.netloc or any(is_key_name(name) for name, _ in parse_qsl(parts.query, True)):
        raise UseCaseFailure(KEY_IN_ADDRESS)


def server_id(base_url: str) -> str:
    """A name for the server at an address that passed `check_address`: scheme, host, port and path."""
    parts = urlsplit(base_url)
    return f"url:{SplitResult(parts.scheme, parts.netloc, parts.path.rstrip('/'), '', '').geturl()}"


NO_ADDRESS = Failure(
    "invalid_address",
    "This is not a server's address",
    "It begins with https:// or http:// and a host, and ends with /v1 as a rule.",
    remedies=(Remedy.OPEN_SETTINGS,),
)
KEY_IN_ADDRESS = Failure(
    "invalid_address",
    "The address has a password or a key in it",
    "It would be written down with every conversation. Take it out of the address: "
    "keep the key in the key store or in an environment variable.",
    remedies=(Remedy.OPEN_SETTINGS,),
)
