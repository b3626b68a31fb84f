"""What goes by the name of a key: in the query of an address, and among headers. Pure."""

import re
from typing import Final

KEY_WORDS: Final = ("key", "token", "secret", "password", "passwd", "credential", "signature")
"""A query parameter whose name ends with one of these, whatever stands between its words, carries a key."""
KEY_NAMES: Final = frozenset({"sig", "code", "auth", "authorization", "authorisation", "pwd", "pw"})
_HEADERS: Final = frozenset({"cookie", "set-cookie", "proxy-authorization"})
_WORD_OF_A_HEADER: Final = re.compile(
    rf"(api|auth|access|client|private|session|user|virtual)?({'|'.join(KEY_WORDS)})"
)
"""Between the dashes of a header's name: portkey, which is a gateway's name, is no key."""
_KEY_VALUE: Final = re.compile(r"(bearer|basic|token)\s|sk-", re.IGNORECASE)


def is_key_name(name: str) -> bool:
    """Whether what goes by this name is a key."""
    plain = _plain(name)
    return plain in KEY_NAMES or plain.endswith(KEY_WORDS)


def is_key_header(name: str, value: str) -> bool:
    """Whether a header looks like a key."""
    lower = name.lower()
    return (
        lower in _HEADERS
        or is_key_name(lower)
        or any(word in KEY_NAMES or _WORD_OF_A_HEADER.fullmatch(word) for word in lower.split("-"))
        or _KEY_VALUE.match(value) is not None
    )


def may_be_key_header(name: str, value: str) -> bool:
    """The same in doubt: for places that lose nothing by hiding a header that is none."""
    plain = _plain(name)
    return is_key_header(name, value) or any(word in plain for word in (*KEY_WORDS, "cookie", "authori"))


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
