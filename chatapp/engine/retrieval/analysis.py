"""From text to terms: one way for documents and for questions, in any language.

Letters are brought to one form (ligatures, full width, case, diacritics), words that a line end broke are joined,
names such as "stripWhitespace" have their parts besides, and words are stemmed where their language is known (Snowball,
by tantivy). Scripts that put no blanks between words are
told apart by neighbouring characters: every pair is a term.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain, pairwise

import tantivy

LANGUAGES = (
    "english", "danish", "dutch", "finnish", "french", "german", "hungarian", "italian", "norwegian",
    "portuguese", "russian", "spanish", "swedish",
)  # fmt: skip
"""Those that can be told by their function words, and stemmed."""
UNACCENTED = ("english",)
"""Languages whose stems know no accents: "cafés" is "cafes"."""
SAMPLE = 6000
"""Code points of a text in which its language is looked for."""
_LEAST_SHARE = 0.14
"""Of the words of a text, at least so many are function words of its language (0.3 to 0.5, as a rule)."""
_PLAIN_SHARE = 0.9
"""Of the words of a text in plain letters that is taken for English."""
_MOST_KNOWN = 50_000
"""Words of a language whose terms are kept at hand."""

_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u102b-\u103e"
    "\u17b4-\u17d3"
)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana, Han; and Hangul, whose words carry their particles with them."""
_ASCII_WORD = re.compile(r"[a-z0-9](?:(?<=[a-z])\.(?:[a-z]\.)+|(?<=[0-9])[0-9]*(?:[.,][0-9]+)+|[a-z0-9]*)")
_WORD = re.compile(
    rf"[^\W_](?:(?<=[^\W\d_])\.(?:[^\W\d_]\.)+|(?<=\d)\d*(?:[.,]\d+)+|(?:[^\W_]+|[{_MARKS}]+)*)"
)
"""Initials with their points ("u.s."), a number with its ("1,937"), or letters and digits. Both expressions begin with
one class, so that what begins no word is passed over quickly."""
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_HUMP = re.compile(r"[A-Z](?<=[a-z].)")
"""Where a next word begins in a name such as "stripWhitespace"."""
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LINE_END = re.compile(r"[-\u2010][ \t\r]*\n\s*")
_IGNORED = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0640]")
_ARTICLE = re.compile(r"\A(?:[وفبك]?ال|لل)(?=\w{3})")
"""The Arabic article, also with a conjunction or a preposition before it."""
_ARABIC_ENDINGS = str.maketrans("ىة", "يه")
_DIACRITICS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+")


def words(text: str) -> list[str]:
    """The words in order, in one form: lower case, ligatures undone, broken ones joined; not yet stemmed. The parts of
    names come last."""
    if not text.isascii():
        text = _IGNORED.sub("", unicodedata.normalize("NFKC", text))
    plain = _with_parts(_LINE_END.sub(_joined, text)).lower()
    return (_ASCII_WORD if plain.isascii() else _WORD).findall(plain)


def terms(text: str, language: str | None) -> list[str]:
    """The terms of a text in order. `language` is one of LANGUAGES, or None where it is not known."""
    return list(chain.from_iterable(terms_of_words(words(text), language)))


def terms_of_words(written: list[str], language: str | None) -> list[tuple[str, ...]]:
    """For each word its terms: its stem, or several for one of a script without blanks."""
    known = _known(language)
    if len(known) > _MOST_KNOWN:
        known.clear()
    new = list({word for word in written if word not in known})
    bare = list(map(_unaccented, new)) if language in UNACCENTED else new
    stems = bare if language is None else _stemmer(language).analyze(" ".join(bare))
    known.update((word, tuple(_terms(stem))) for word, stem in zip(new, stems, strict=True))
    return [known[word] for word in written]


def language_of(text: str) -> str | None:
    """The language whose function words stand in the text; English where plain words leave it open, as those of tables
    and programs do."""
    sample = words(text[:SAMPLE])
    if not sample:
        return None
    shares = {name: 1 - len(content_words(sample, name)) / len(sample) for name in LANGUAGES}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= _LEAST_SHARE:
        return best
    written = [word for word in sample if word.isalpha() and len(word) > 2]
    plain = sum(map(str.isascii, written))
    return "english" if plain and plain >= _PLAIN_SHARE * len(written) else None


def content_words(written: list[str], language: str) -> list[str]:
    """The words that are no function words of a language."""
    return _without_stopwords(language).analyze(" ".join(written))


def _joined(line_end: re.Match[str]) -> str:
    """Nothing, where a word goes on in lower case; "e-\\nMail" has its hyphen by right."""
    text, begin, end = line_end.string, line_end.start(), line_end.end()
    goes_on = text[begin - 1 : begin].isalpha() and text[end : end + 1].islower()
    return "" if goes_on else line_end[0]


def _with_parts(text: str) -> str:
    """The text, and behind it the words that names in it are made of."""
    parts: list[str] = []
    end = 0
    for hump in _HUMP.finditer(text):
        begin = hump.start()
        if begin < end:
            continue
        while begin and text[begin - 1].isalpha():
            begin -= 1
        end = hump.end()
        while end < len(text) and text[end].isalpha():
            end += 1
        parts += _NAME_PART.findall(text, begin, end)
    return " ".join([text, *parts]) if parts else text


def _terms(stem: str) -> Iterator[str]:
    if stem.isascii():
        yield _bare(stem)
        return
    for run in _RUN.findall(stem):
        if _IS_UNSPACED.match(run):
            yield from (first + second for first, second in pairwise(run)) if len(run) > 1 else run
        else:
            yield _without_article(_bare(_unaccented(run).casefold()))


def _without_article(word: str) -> str:
    """An Arabic word as it stands without its article, and in one of two spellings; others as they are."""
    return _ARTICLE.sub("", word).translate(_ARABIC_ENDINGS) if "\u0620" <= word[:1] <= "\u064a" else word


def _unaccented(word: str) -> str:
    return word if word.isascii() else _DIACRITICS.sub("", unicodedata.normalize("NFKD", word))


def _bare(term: str) -> str:
    """ "u.s." and "1,937" without their points."""
    return term.replace(".", "").replace(",", "")


@cache
def _known(language: str | None) -> dict[str, tuple[str, ...]]:
    return {}


@cache
def _stemmer(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer(language)).build()


@cache
def _without_stopwords(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stopword(language)).build()
