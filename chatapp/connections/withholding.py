"""What a server was sent to prove who asks, taken out of what it says: some repeat the key that they refuse. Pure."""

import json
import re

from chatapp.connections.endpoint import Endpoint
from chatapp.conversation.tool_secrets import secrets_in
from chatapp.protocol.json_types import JsonObject

SHORTEST_SECRET = 8
"""Characters. What is shorter protects nothing, and may stand in any sentence."""
LONGEST_WORD = 20
"""Letters. What has nothing else in it and is shorter is a word, such as a header may have for its value."""
HIDDEN = "[key]"
_SCHEME = re.compile(r"(?:bearer|basic|token) +", re.IGNORECASE)


class Withheld:
    """The secrets of one call, as they may stand in JSON or in plain text."""

    def __init__(self, *secrets: str) -> None:
        bare = {_SCHEME.sub("", secret.strip(), count=1) for secret in secrets}
        forms = {form for each in bare if _is_telling(each) for form in (each, json.dumps(each)[1:-1])}
        self._texts = sorted(forms, key=len, reverse=True)
        self._bytes = [form.encode() for form in self._texts]

    def text(self, said: str) -> str:
        """What the server said, less the secrets."""
        for secret in self._texts:
            if secret in said:
                said = said.replace(secret, HIDDEN)
        return said

    def body(self, said: bytes) -> bytes:
        """The same of a body."""
        for secret in self._bytes:
            if secret in said:
                said = said.replace(secret, HIDDEN.encode())
        return said


NOTHING_WITHHELD = Withheld()


def withheld_of(endpoint: Endpoint, request: JsonObject | None) -> Withheld:
    """The key, and the secrets of the tools in the request."""
    return Withheld(endpoint.key or "", *secrets_in(request or {}))


def _is_telling(secret: str) -> bool:
    return len(secret) >= SHORTEST_SECRET and not (secret.isalpha() and len(secret) < LONGEST_WORD)
