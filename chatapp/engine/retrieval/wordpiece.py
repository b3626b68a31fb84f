"""Text to the numbers that BERT's family reads: words cut into known pieces, the longest first.

The rule is that of "uncased" BERT (J. Devlin and others, 2018): lower case, no accents, punctuation and Han characters
stand alone, a word with no known pieces is one unknown.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from chatapp.resource_files import resource

BEGIN, END, UNKNOWN = 101, 102, 100
LONGEST_WORD = 100
"""Characters; a longer word is unknown."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+|[^\w\s]|_")


def pieces(text: str) -> list[int]:
    """The numbers of a text's pieces, without the marks for its begin and end."""
    plain = unicodedata.normalize("NFD", text.lower())
    bare = (
        "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
        if not plain.isascii()
        else plain
    )
    return [piece for word in _WORD.findall(bare) for piece in _pieces(word)]


def _pieces(word: str) -> tuple[int, ...]:
    if len(word) > LONGEST_WORD:
        return (UNKNOWN,)
    try:
        return tuple(_cut(word))
    except KeyError:
        return (UNKNOWN,)


def _cut(word: str) -> Iterator[int]:
    """Raises KeyError where the rest of a word has no known beginning."""
    known = _known()
    at = 0
    while at < len(word):
        for end in range(len(word), at, -1):
            piece = f"##{word[at:end]}" if at else word[at:end]
            if piece in known:
                yield known[piece]
                at = end
                break
        else:
            raise KeyError(word)


@cache
def _known() -> dict[str, int]:
    lines = resource("embedding", "vocab.txt").read_text("utf-8").splitlines()
    return {piece: number for number, piece in enumerate(lines)}
