"""Whether two runs of one request gave the same, byte by byte, and what that is worth."""

from hashlib import sha256
from typing import Final

from chatapp.conversation.tree import Turn

SEED: Final = 1
"""What the engine's runs are seeded with; any number would do, as long as it is the same."""
_PROMISED: Final = (
    "The engine promises this for this model: a fixed seed, one request at a time, nothing kept from before."
)
_NOT_PROMISED: Final = "This server does not promise to repeat itself, so this may be chance."
_BROKEN: Final = "The engine promised to repeat itself: this is a defect."


def digest(text: str) -> str:
    """The SHA-256 of a text: two that share it are the same byte by byte."""
    return sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def words_for(first: Turn, second: Turn, promised: bool) -> str:
    """What came of the two runs, in sentences, with the hash of the text as the proof."""
    one, two = (_bytes(turn.answer.text) for turn in (first, second))
    if one == two:
        proof = f"Both runs gave the same {len(one):,} bytes, SHA-256 {digest(first.answer.text)}."
        return f"{proof} {_PROMISED if promised else _NOT_PROMISED}"
    at = next(
        (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )
    hashes = f"SHA-256 {sha256(one).hexdigest()[:16]}… and {sha256(two).hexdigest()[:16]}…"
    told = f"The two runs differ from byte {at:,} on ({len(one):,} and {len(two):,} bytes, {hashes})."
    return f"{told} {_BROKEN}" if promised else f"{told} This server does not promise to repeat itself."
