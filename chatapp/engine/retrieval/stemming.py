"""Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980).

FTS5 stems what it indexes; this is the same rule for the text the engine itself compares: questions with
sentences. English only; words of other languages pass through the same rules on both sides.
"""

import re
from functools import lru_cache

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble", "logi": "log",
    "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate",
    "alism": "al", "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive",
    "biliti": "ble",
}  # fmt: skip
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
    "ion", "al", "er", "ic", "ou",
)  # fmt: skip
_MEASURE = re.compile(r"v+c+")
_PLAIN_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a lower-case word; unchanged when it is short or has other letters than a–z."""
    if len(word) < 3 or not _PLAIN_WORD.fullmatch(word):
        return word
    for step in (_plurals, _past, _final_y):
        word = step(word)
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    return _final_e(_step_4(word))


def _shape(word: str) -> str:
    """The word as a string of v and c; y is a vowel after a consonant."""
    shape = ""
    for at, letter in enumerate(word):
        vowel = letter in "aeiou" or (letter == "y" and at > 0 and shape[-1] == "c")
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    return len(_MEASURE.findall(_shape(word)))


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _double_consonant(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _short_ending(word: str) -> bool:
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _plurals(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix) and _has_vowel(word[: -len(suffix)]):
            return _mended(word[: -len(suffix)])
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _double_consonant(word) and word[-1] not in "lsz":
        return word[:-1]
    return word + "e" if _measure(word) == 1 and _short_ending(word) else word


def _final_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _has_vowel(word[:-1]) else word


def _replaced(word: str, table: dict[str, str]) -> str:
    for size in range(min(7, len(word) - 1), 1, -1):
        replacement = table.get(word[-size:])
        if replacement is not None:
            base = word[:-size]
            return base + replacement if _measure(base) > 0 else word
    return word


def _step_4(word: str) -> str:
    for suffix in _STEP_4:
        if word.endswith(suffix):
            base = word[: -len(suffix)]
            allowed = _measure(base) > 1 and (suffix != "ion" or base[-1:] in ("s", "t"))
            return base if allowed else word
    return word


def _final_e(word: str) -> str:
    if word.endswith("e"):
        base = word[:-1]
        if _measure(base) > 1 or (_measure(base) == 1 and not _short_ending(base)):
            word = base
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
