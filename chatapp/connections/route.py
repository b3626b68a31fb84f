"""The way to a server: through which proxy, and whose certificates are trusted on it. `http` goes it."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chatapp.connections.endpoint import Endpoint, is_nearby
from chatapp.protocol.errors import ApiError
from chatapp.services.ports import ServerFailure

DIRECT = "direct"
"""The proxy's place says this where there is to be none, whatever the environment names."""


@dataclass(frozen=True, slots=True)
class Route:
    """`proxy` is a URL without a password, DIRECT, or empty for what the environment names. `ca_file` holds
    certificates (PEM) that are trusted beside the system's, or is empty."""

    proxy: str = ""
    ca_file: str = ""

    @property
    def has_own_proxy(self) -> bool:
        return self.proxy not in ("", DIRECT)

    def place(self, endpoint: Endpoint) -> str:
        """Where messages say that something went wrong. What the environment names is not repeated: it may hold a
        password."""
        return (
            f"{endpoint.host} through the proxy {_host(self.proxy)}" if self.has_own_proxy else endpoint.host
        )

    def check(self, endpoint: Endpoint) -> None:
        """Raises ServerFailure: "proxy" for what is no address of one, "insecure" where a key would go in the clear
        to one that is far away."""
        if not self.has_own_proxy:
            return
        try:
            host = urlsplit(self.proxy).hostname or ""
        except ValueError:
            raise ServerFailure("proxy", ApiError("The proxy's address is not a valid URL.")) from None
        if urlsplit(endpoint.base_url).scheme == "http" and endpoint.key and not is_nearby(host):
            message = f"The key is not sent over plain http through the proxy {_host(self.proxy)}. Use https."
            raise ServerFailure("insecure", ApiError(message))

    @property
    def has_secure_proxy(self) -> bool:
        """Whether the proxy itself is reached by TLS."""
        return urlsplit(self.proxy).scheme == "https"

    def trusts_environment(self, endpoint: Endpoint) -> bool:
        """Whether the environment's proxies count: never between this computer and itself, nor beside a choice made
        for this server."""
        return not self.proxy and not endpoint.is_loopback

    def certificates(self) -> ssl.SSLContext:
        """The system's certificates, and those of the file. Raises ServerFailure("ca_file") that names the file."""
        import truststore

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file:
            _add(context, self.ca_file)
        return context


def _add(context: ssl.SSLContext, ca_file: str) -> None:
    path = Path(ca_file).expanduser()
    try:
        if not path.is_file():
            raise _bad_file(ca_file, "there is no such file")
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise _bad_file(ca_file, "it holds no certificates in PEM form") from None
    except OSError as problem:
        raise _bad_file(ca_file, (problem.strerror or "it cannot be read").lower()) from None


def _bad_file(ca_file: str, reason: str) -> ServerFailure:
    return ServerFailure("ca_file", ApiError(f"The certificate file {ca_file} cannot be used: {reason}."))


def _host(proxy: str) -> str:
    return urlsplit(proxy).netloc.rpartition("@")[2]
