"""Whether two runs of one request gave the same, byte by byte, and what that is worth."""

from hashlib import sha256
from typing import Final

from chatapp.conversation.answer import Answer
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import text_of

SEED: Final = 1
"""What the engine's runs are seeded with; any number would do, as long as it is the same."""
NOTHING_GIVEN: Final = "Neither run gave any words or called anything, so there is nothing to compare."
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


def _given(answer: Answer) -> str:
    """All that a model chose: its words, what it refused, and what it calls with what."""
    calls = [f"{text_of(item.raw.get('name'))}({item.arguments})" for item in answer.items if item.arguments]
    return "\n".join(filter(None, (answer.text, answer.refusal, *calls)))


def words_for(first: Turn, second: Turn, promised: bool) -> str:
    """What came of the two runs, in sentences, with the hash of what they gave as the proof."""
    one, two = (_bytes(_given(turn.answer)) for turn in (first, second))
    if not one and not two:
        return NOTHING_GIVEN
    if one == two:
        proof = f"Both runs gave the same {len(one):,} bytes, SHA-256 {sha256(one).hexdigest()}."
        return f"{proof} {_PROMISED if promised else _NOT_PROMISED}"
    at = next(
        (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )
    hashes = f"SHA-256 {sha256(one).hexdigest()[:16]}… and {sha256(two).hexdigest()[:16]}…"
    told = f"The two runs differ from byte {at:,} on ({len(one):,} and {len(two):,} bytes, {hashes})."
    return f"{told} {_BROKEN}" if promised else f"{told} This server does not promise to repeat itself."
