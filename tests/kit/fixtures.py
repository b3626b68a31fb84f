"""Fixtures of the test kit, for `pytest_plugins` or to be imported by a folder's own conftest."""

from collections.abc import Iterator

import pytest

from tests.kit import certificate
from tests.kit.certificate import Authority
from tests.kit.clock import FakeClock
from tests.kit.gated_server import GatedServer


def _checked(server: GatedServer) -> Iterator[GatedServer]:
    with server:
        yield server
    if server.errors:
        pytest.fail(f"the gated server itself failed: {server.errors!r}", pytrace=False)


@pytest.fixture
def gated_server() -> Iterator[GatedServer]:
    """A scripted server on loopback; see kit/gated_server.py."""
    yield from _checked(GatedServer())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority nobody trusts yet."""
    if certificate.OPENSSL is None:
        pytest.skip("needs the openssl program to make a certificate")
    return certificate.make_authority(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def tls_server(authority: Authority) -> Iterator[GatedServer]:
    """The same server behind TLS."""
    yield from _checked(GatedServer(authority.context))


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock whose sleeps end at once and are listed."""
    return FakeClock()
