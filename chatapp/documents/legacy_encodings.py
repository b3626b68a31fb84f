"""Which encoding a text is in that is not UTF-8 and says nothing of itself, judged by what it would then say.

UTF-16 is known by the zeros beside its Latin letters, blanks and line ends; Japanese by its kana, Korean and Chinese
by the part of their tables where the common characters stand, alphabets by their commonest letters. Whatever fits none
of them is taken for Western European (`text`).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping

SAMPLE_BYTES = 64 * 1024
_WIDE_BYTES = 4096
_WIDE_ZEROS = 0.1
"""The share of zeros among the high bytes of UTF-16, at least."""
_READABLE = 0.98
_FEWEST = 4
"""Characters outside ASCII that a judgement needs."""
_AMONG_LATIN = 0.1
"""The share of bytes outside ASCII beside a Latin letter from which on the text is in Latin letters."""
_BESIDE_LATIN = re.compile(rb"(?<=[A-Za-z])[\x80-\xff]|[\x80-\xff](?=[A-Za-z])")
_OUTSIDE = re.compile(rb"[\x80-\xff]")

_LETTERS = {
    "cp1251": "оеаинтсрвлкмдпуяы",
    "koi8_r": "оеаинтсрвлкмдпуяы",
    "cp866": "оеаинтсрвлкмдпуяы",
    "iso8859_5": "оеаинтсрвлкмдпуяы",
    "cp1253": "αοιετσνηρπκμλυςάίόέή",
    "cp1255": "יוהלאתרבמשנםדעק",
    "cp1256": "اليمنورتبةعدسفه",
    "cp874": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผ่้ัีิ",
}
"""The commonest letters of the languages that write in an encoding."""
_FIT = 0.5


def guess_wide(data: bytes) -> str | None:
    """UTF-16 without a byte order mark, or None. The first bytes of a text are enough."""
    sample = data[:_WIDE_BYTES]
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if max(first, second) < max(_FEWEST, _WIDE_ZEROS * len(sample) / 2) or min(first, second):
        return None
    encoding = "utf-16-le" if second else "utf-16-be"
    text = sample[: len(sample) & ~1].decode(encoding, "replace")
    readable = sum(letter.isprintable() or letter.isspace() for letter in text)
    return encoding if readable >= _READABLE * len(text) else None


def guess(data: bytes) -> str | None:
    """The encoding of `data` that decodes all of it, or None."""
    sample = _whole_characters(data[:SAMPLE_BYTES])
    outside = len(_OUTSIDE.findall(sample))
    if outside < _FEWEST:
        return None
    found = _of_east_asia(sample)
    if found is None and len(_BESIDE_LATIN.findall(sample)) <= _AMONG_LATIN * outside:
        found = _of_an_alphabet(sample)
    return found if found and _decoded(data, found) is not None else None


def _of_east_asia(sample: bytes) -> str | None:
    for encoding, (fits, least) in _EAST_ASIAN.items():
        text = _decoded(sample, encoding)
        if text is not None and _share(text, fits) >= least:
            return encoding
    return None


def _of_an_alphabet(sample: bytes) -> str | None:
    shares = {
        encoding: _share(text, letters.__contains__)
        for encoding, letters in _LETTERS.items()
        if (text := _decoded(sample, encoding)) is not None
    }
    best = max(shares, key=lambda encoding: shares[encoding], default=None)
    return best if best and shares[best] >= _FIT else None


def _share(text: str, fits: Callable[[str], bool]) -> float:
    """The share of characters outside ASCII that fit."""
    counts: Mapping[str, int] = Counter(letter for letter in text if not letter.isascii())
    total = sum(counts.values())
    return (
        sum(count for letter, count in counts.items() if fits(letter)) / total
        if total >= _FEWEST // 2
        else 0.0
    )


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _whole_characters(sample: bytes) -> bytes:
    """A sample without the character that its end may have cut: up to its last line end or blank, if it has one."""
    if len(sample) < SAMPLE_BYTES:
        return sample
    end = max(sample.rfind(b"\n"), sample.rfind(b" "))
    return sample[:end] if end > 0 else sample


def _is_kana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u30ff"


def _within(encoding: str, first: int, last: int) -> Callable[[str], bool]:
    """Whether a character stands in those rows of a table, or is one of its punctuation marks."""

    def stands_there(letter: str) -> bool:
        try:
            row = letter.encode(encoding)
        except UnicodeEncodeError:
            return False
        return len(row) == 2 and (first <= row[0] <= last or row[0] in (0xA1, 0xA3))

    return stands_there


_EAST_ASIAN: Mapping[str, tuple[Callable[[str], bool], float]] = {
    "cp932": (_is_kana, 0.2),
    "euc_jp": (_is_kana, 0.2),
    "cp949": (_within("euc_kr", 0xB0, 0xC8), 0.95),
    "gb18030": (_within("gb2312", 0xB0, 0xD7), 0.85),
    "big5hkscs": (_within("big5", 0xA4, 0xC6), 0.85),
}
"""What fits an encoding, and the least share of it; the first that fits is taken, so Korean goes before Chinese, whose
table holds all of it."""
