"""Names of the things the engine makes: a prefix that tells the kind, then 96 or more random bits."""

import secrets


def new_id(prefix: str) -> str:
    """A fresh id such as `resp_6f…`; `file` takes a hyphen, as on the wire elsewhere."""
    joint = "-" if prefix == "file" else "_"
    return f"{prefix}{joint}{secrets.token_hex(16)}"
