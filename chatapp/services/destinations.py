"""Where a printed program sends its request: the connection as `exchange/programs` wants it."""

from urllib.parse import urlsplit

from chatapp.exchange.programs import Destination
from chatapp.services.address_book import ENGINE
from chatapp.services.ports import Connection

DEFAULT_KEY_VARIABLE = "OPENAI_API_KEY"


def destination(connection: Connection) -> Destination:
    """The engine's address is new at each start, so a variable holds it."""
    if connection.id == ENGINE.id:
        return Destination(url_variable="CHATAPP_ENGINE_URL", key_variable="CHATAPP_ENGINE_TOKEN")
    parts = urlsplit(connection.base_url)
    return Destination(
        url=parts._replace(path=f"{parts.path.rstrip('/')}/responses", fragment="").geturl(),
        key_variable="" if connection.key_source == "none" else connection.key_name or DEFAULT_KEY_VARIABLE,
        key_header="api-key" if connection.auth == "api-key" else "Authorization",
        headers=connection.headers,
    )


def hint(connection: Connection) -> str:
    """A comment for shell and Python that says what the engine's variables hold; "" for other servers."""
    if connection.id != ENGINE.id:
        return ""
    return "# chatapp engine --data DIR prints the address for CHATAPP_ENGINE_URL and takes CHATAPP_ENGINE_TOKEN\n"
