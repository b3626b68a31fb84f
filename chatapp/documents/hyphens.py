"""Words that a line's end has broken: told apart from words that have their hyphen by right. Pure."""

import re

SOFT = "\u00ad"
"""Marks where a word was broken: it is not seen, and no part of the word."""
_BROKEN = re.compile(rf"([^\W\d_]+){SOFT}(?=([^\W\d_]+))")
_COMPOUND = re.compile(r"[^\W\d_]+-[^\W\d_]+")


def settled(text: str) -> str:
    """`text`, of the same length, with soft hyphens only within words that were broken; elsewhere they are real ones.

    A word keeps its hyphen where a part of it does not go on in small letters, or where the text has it with its
    hyphen in the middle of a line.
    """
    if SOFT not in text:
        return text
    compounds = {word.lower() for word in _COMPOUND.findall(text)}

    def sign(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        is_broken = left[-1].islower() and right[0].islower() and f"{left}-{right}".lower() not in compounds
        return left + ("\ue000" if is_broken else "-")

    return _BROKEN.sub(sign, text).replace(SOFT, "-").replace("\ue000", SOFT)
