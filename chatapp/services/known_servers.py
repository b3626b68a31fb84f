"""Servers that many people have, one row each: what the form is filled with, and how each wants to be spoken to.

A row is a beginning, not a rule: whatever it says of a server can be changed, and what the server itself shows
(see `probing`) counts for more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from chatapp.protocol.json_types import Json
from chatapp.services.ports import Auth, Connection

PLACEHOLDER = "RESOURCE"
"""Stands in an address for what only the user knows."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """How requests to a server differ. Names are dotted as in `conversation/parameters`.

    `never_send` is refused by it, `always_send` needed, with these values. `keeps_responses` is None where it has to
    be found out; `kept_days` for how long an answer is there at least, None where nothing is promised.
    """

    never_send: tuple[str, ...] = ()
    always_send: tuple[tuple[str, Json], ...] = ()
    keeps_responses: bool | None = None
    kept_days: int | None = None


@dataclass(frozen=True, slots=True)
class KnownServer:
    """`hosts` are endings of host names, `port` one of this computer's, by which an address is recognised."""

    id: str
    name: str
    base_url: str
    about: str
    key: Literal["needed", "optional", "none"] = "optional"
    key_variable: str = ""
    auth: Auth = "bearer"
    quirks: Quirks = field(default_factory=Quirks)
    hosts: tuple[str, ...] = ()
    port: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the address can be used as it is."""
        return PLACEHOLDER not in self.base_url


KNOWN_SERVERS = (
    KnownServer(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        "Everything the Responses API has. Keys are made at platform.openai.com.",
        key="needed",
        key_variable="OPENAI_API_KEY",
        quirks=Quirks(kept_days=30),
        hosts=("api.openai.com",),
    ),
    KnownServer(
        "azure",
        "Azure OpenAI",
        f"https://{PLACEHOLDER}.openai.azure.com/openai/v1",
        f"Put your resource's name in place of {PLACEHOLDER}. A model is the name of your deployment.",
        key="needed",
        key_variable="AZURE_OPENAI_API_KEY",
        auth="api-key",
        quirks=Quirks(kept_days=30),
        hosts=(".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"),
    ),
    KnownServer(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "Models of many makers. It keeps no answers, so each request carries the whole conversation.",
        key="needed",
        key_variable="OPENROUTER_API_KEY",
        quirks=Quirks(always_send=(("store", False),), keeps_responses=False),
        hosts=("openrouter.ai",),
    ),
    KnownServer(
        "ollama",
        "Ollama",
        "http://127.0.0.1:11434/v1",
        "Models on this computer. It keeps no answers, so each request carries the whole conversation.",
        key="none",
        quirks=Quirks(keeps_responses=False),
        port=11434,
    ),
    KnownServer(
        "lm-studio",
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        "Models on this computer, version 0.3.29 or later. Start its server in the Developer tab.",
        # Refuses a `text` that has no format (lmstudio-bug-tracker 1576).
        quirks=Quirks(("text.verbosity",)),
        port=1234,
    ),
    KnownServer(
        "vllm",
        "vLLM",
        "http://127.0.0.1:8000/v1",
        "Keeps answers only when it was started with VLLM_ENABLE_RESPONSES_API_STORE=1.",
        key_variable="VLLM_API_KEY",
    ),
    KnownServer(
        "llama-server",
        "llama-server",
        "http://127.0.0.1:8080/v1",
        "llama.cpp's own server. It keeps no answers, so each request carries the whole conversation.",
        key_variable="LLAMA_API_KEY",
        quirks=Quirks(keeps_responses=False),
    ),
    KnownServer(
        "ogx",
        "ogx (Llama Stack)",
        "http://127.0.0.1:8321/v1",
        "Keeps answers, files and vector stores.",
        port=8321,
    ),
    KnownServer(
        "litellm",
        "LiteLLM",
        "http://127.0.0.1:4000/v1",
        "A proxy before other providers: what it offers is what they offer.",
        key_variable="LITELLM_API_KEY",
    ),
)
OTHER = KnownServer(
    "", "Other", "", "Any server that speaks the Responses API: its address usually ends with /v1."
)
"""What is not in the table."""


def known_server(server_id: str) -> KnownServer:
    """The row of that id, or OTHER."""
    return _first(row for row in KNOWN_SERVERS if row.id == server_id)


def detected(base_url: str) -> KnownServer:
    """The row that an address is known by, or OTHER. Ports that many programs use tell nothing."""
    try:
        parts = urlsplit(base_url)
        return _first(row for row in KNOWN_SERVERS if _is_known_by(row, parts))
    except ValueError:
        return OTHER


def named(name: str) -> KnownServer:
    """The row of that id or name, whatever its case, or OTHER."""
    wanted = name.casefold().strip()
    return _first(row for row in KNOWN_SERVERS if wanted in (row.id, row.name.casefold()))


def kind_of(connection: Connection) -> KnownServer:
    """The row a connection was made from, else the one its address is known by."""
    return known_server(connection.preset) if connection.preset else detected(connection.base_url)


def _first(rows: Iterable[KnownServer]) -> KnownServer:
    return next(iter(rows), OTHER)


def _is_known_by(row: KnownServer, address: SplitResult) -> bool:
    host = (address.hostname or "").lower()
    if any(host == known or (known.startswith(".") and host.endswith(known)) for known in row.hosts):
        return True
    return row.port is not None and address.port == row.port and is_here(host)


def is_here(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
