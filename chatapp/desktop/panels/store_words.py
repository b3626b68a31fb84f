"""What is said of a library: how much is in it, what it takes up, when it expires."""

from collections.abc import Sequence
from datetime import datetime

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.panels.file_words import files_words, size_words
from chatapp.protocol.json_types import JsonObject, index_of, object_of

UNNAMED = "Library without a name"


def name_of(store: JsonObject) -> str:
    return str(store.get("name") or UNNAMED)


def about(store: JsonObject, files: Sequence[LibraryFile], all_stores: Sequence[JsonObject]) -> str:
    """ "6 files · 45 kB in the index · originals 40 kB", then when it expires, then all libraries."""
    parts = [files_words(len(files))]
    usage = index_of(store.get("usage_bytes"))
    if usage is not None:
        parts.append(f"{size_words(usage)} in the index")
    kept = {file.sha256: file.bytes or 0 for file in files if file.sha256}
    if kept:
        parts.append(f"originals {size_words(sum(kept.values()))}")
    lines = [" · ".join(parts), expiry_words(store), _all_words(all_stores)]
    return "\n".join(line for line in lines if line)


def expiry_words(store: JsonObject) -> str:
    """ "Expires on 2026-12-24, 30 days after its last use", or "" for one that stays."""
    if store.get("status") == "expired":
        return "Expired: it can be searched no more."
    days = index_of(object_of(store.get("expires_after")).get("days"))
    when = index_of(store.get("expires_at"))
    after = "" if days is None else f", {days_words(days)} after its last use"
    if when is None:
        return f"Expires{after.removeprefix(',')}" if after else ""
    return f"Expires on {datetime.fromtimestamp(when):%Y-%m-%d}{after}"


def days_words(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _all_words(stores: Sequence[JsonObject]) -> str:
    sizes = [index_of(store.get("usage_bytes")) for store in stores]
    if len(stores) < 2 or None in sizes:
        return ""
    return f"All {len(stores)} libraries of this server: {size_words(sum(size or 0 for size in sizes))}"
