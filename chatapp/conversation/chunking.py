"""How files are cut into passages: the limits of the API, and about where a text would be cut.

Only the server knows where it cuts. The estimate takes four bytes for a token and keeps sentences whole, as most do.
"""

import re
from collections.abc import Iterator

from chatapp.protocol.json_types import JsonObject, index_of, object_of

LEAST_TOKENS, MOST_TOKENS = 100, 4096
USUAL_TOKENS, USUAL_OVERLAP = 800, 400
"""What "auto" means at api.openai.com and in the engine."""
BYTES_PER_TOKEN = 4

_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+(?=\s|$)|\n+|[.!?]|$)\s*")


def static(most: int, overlap: int) -> JsonObject:
    return {"type": "static", "static": {"max_chunk_size_tokens": most, "chunk_overlap_tokens": overlap}}


def sizes_of(chunking: JsonObject | None) -> tuple[int, int] | None:
    """Most tokens and overlap of a static strategy; None for one that leaves it to the server."""
    asked = object_of(object_of(chunking).get("static"))
    most, overlap = (
        index_of(asked.get("max_chunk_size_tokens")),
        index_of(asked.get("chunk_overlap_tokens")),
    )
    return (most, overlap) if most is not None and overlap is not None else None


def fault_of_sizes(most: int, overlap: int) -> str:
    """What the server would refuse, in a sentence, or ""."""
    if not LEAST_TOKENS <= most <= MOST_TOKENS:
        return f"A passage has {LEAST_TOKENS} to {MOST_TOKENS} tokens."
    if overlap * 2 > most:
        return f"The overlap may be at most half of a passage: {most // 2} tokens."
    return ""


def estimated(text: str, most: int, overlap: int) -> Iterator[str]:
    """The passages of a text, in its order, about as a server cuts them."""
    sentences = [part for found in _SENTENCE.finditer(text) for part in _short(found.group(), most)]
    sizes = [tokens(sentence) for sentence in sentences]
    first = 0
    while first < len(sentences):
        last, size = first + 1, sizes[first]
        while last < len(sentences) and size + sizes[last] <= most:
            size += sizes[last]
            last += 1
        yield "".join(sentences[first:last])
        if last == len(sentences):
            return
        first, shared = last, 0
        while first - 1 > 0 and shared + sizes[first - 1] <= overlap and sum(sizes[first - 1 : last]) < size:
            first -= 1
            shared += sizes[first]


def tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def _short(sentence: str, most: int) -> Iterator[str]:
    """A sentence, in parts where it does not fit into a passage."""
    step = (
        most
        * BYTES_PER_TOKEN
        // max(1, -(-len(sentence.encode("utf-8", "replace")) // max(1, len(sentence))))
    )
    for start in range(0, len(sentence), max(1, step)):
        yield sentence[start : start + step]
