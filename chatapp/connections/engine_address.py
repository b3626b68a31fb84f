"""The file in which a running engine's owner says where it is, for other programs of the same user.

`chatapp ask` finds the engine of an open window here. The file is as secret as the token in it: mode 0600.
"""

import json
import os
from pathlib import Path

from chatapp.connections.endpoint import Endpoint
from chatapp.protocol.json_types import object_of, text_of

NAME = "endpoint.json"
LARGEST = 4096
"""Bytes; a larger file is not ours."""


def parse_address(text: bytes) -> Endpoint | None:
    """An engine's endpoint from the JSON of its handshake or of the file; None unless it is on loopback."""
    try:
        value = object_of(json.loads(text))
    except (ValueError, RecursionError):
        return None
    endpoint = Endpoint(text_of(value.get("base_url")), text_of(value.get("token")))
    whole = endpoint.base_url.startswith("http://") and endpoint.is_loopback and endpoint.key
    return endpoint if whole else None


def write_address(data: Path, endpoint: Endpoint, pid: int) -> None:
    """Replaces the file as a whole. Raises OSError."""
    new = data / f"{NAME}.{os.getpid()}"
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"base_url": endpoint.base_url, "token": endpoint.key, "pid": pid}, file)
    new.replace(data / NAME)


def read_address(data: Path) -> Endpoint | None:
    """The endpoint some owner wrote down; None when there is none or it cannot be read."""
    try:
        with (data / NAME).open("rb") as file:
            return parse_address(file.read(LARGEST))
    except OSError:
        return None


def remove_address(data: Path, endpoint: Endpoint) -> None:
    """Removes the file if it still speaks of this engine; another owner's stays."""
    if read_address(data) == endpoint:
        (data / NAME).unlink(missing_ok=True)
