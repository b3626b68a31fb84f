"""The kit's own tests use its fixtures."""

from tests.kit.fixtures import authority, fake_clock, gated_server, tls_server

__all__ = ["authority", "fake_clock", "gated_server", "tls_server"]
