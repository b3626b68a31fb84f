"""A throw-away certificate authority and a certificate for 127.0.0.1, made by the openssl program."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPENSSL = shutil.which("openssl")
"""The program's path, or None: tests that need it skip."""


@dataclass(frozen=True, slots=True)
class Authority:
    """`ca_file` is what a client must trust to accept `context`'s certificate; nobody does by default."""

    ca_file: Path
    context: ssl.SSLContext


def make_authority(folder: Path) -> Authority:
    """Makes the files in `folder`. Needs OPENSSL; takes some tens of milliseconds."""
    assert OPENSSL is not None
    key, certificate = folder / "server.key", folder / "server.pem"
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        [OPENSSL, "req", "-x509", *options, *names, *files], check=True, capture_output=True, timeout=30
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Authority(certificate, context)
