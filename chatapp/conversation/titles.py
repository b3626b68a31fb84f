"""A conversation's automatic title: the first words of its first question."""

import re

LIMIT = 48
"""Characters; what a row of the conversation list can show."""
_SHORTEST = 8
"""Characters a first sentence must have to stand alone: "Hi!" says nothing."""
_SENTENCE_END = re.compile(r"(?<=[?!])\s|(?<=\w{3}\.)\s|(?<=[？！。])(?=.)")
"""A full stop ends a sentence only after a word of three letters: "U.S. registry" goes on."""


def title_for(text: str) -> str:
    """The first sentence of `text`, cut at a word, never longer than LIMIT; "" for blank text."""
    words = " ".join(text.split())
    ends = (end.start() for end in _SENTENCE_END.finditer(words) if end.start() >= _SHORTEST)
    words = words[: next(ends, len(words))].removesuffix(".")
    if len(words) <= LIMIT:
        return words
    head = words[: LIMIT - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > LIMIT // 2 else head).rstrip(" ,;:") + "…"
