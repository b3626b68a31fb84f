"""Words as they are compared: one form for each, whatever its ending, and how much each of them says.

Made for comparing a sentence with a passage in the same language, without any dictionary: endings are cut off roughly,
numbers are brought to one form, scripts that put no blanks between words are told apart by neighbouring characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

CONTENT: Final = 1.0
FUNCTION: Final = 0.1
NUMBER: Final = 2.5
NAME: Final = 1.5
PAIR: Final = 0.5
"""Of two neighbouring characters."""

_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0962-\u0963"
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
)
_LINE_END: Final = re.compile(r"(?<=[^\W\d_])[-\u2010]\s*\n\s*(?=[a-zß-ÿ])")
_LINK: Final = re.compile(r"\]\([^()\[\]\s]*+\)|\[\^?\d{1,3}\]|https?://\S+|【[^】]*】")
_IGNORED: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0640*_`]")
_WORD: Final = re.compile(
    rf"(?P<number>\d+(?:[.,'’\u00a0\u202f]\d+)*)"
    rf"|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<word>[^\W\d_{_UNSPACED}](?:[^\W\d_{_UNSPACED}]|[{_MARKS}])*"
    rf"(?:[.'’](?:[^\W\d_{_UNSPACED}]|[{_MARKS}])+)*)"
    rf"|(?P<sign>[%‰°])"
)
_DIACRITICS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
_ENDINGS: Final = re.compile(
    r"(?:ings?|edly|ed|ies|ation|ations|ern|em|en|es|er|ement|ment|ments|mente|ungen|ung|ly|e|s|n|o|a|i|y)$"
)
_LEAST_STEM: Final = 3
_LONGEST_STEM: Final = 9
_SIGNS: Final = {"%": "percent", "‰": "permille", "°": "degree"}
_SAME: Final = {
    "percent": "percent",
    "per": "per",
    "prozent": "percent",
    "pourcent": "percent",
    "usd": "dollar",
}
_SPELLED: Final = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
        "ноль один два три четыре пять шесть семь восемь девять десять",
    )
    for value, word in enumerate(words.split())
    if word not in ("one", "un", "uno", "eins", "один")
} | {
    word: f"{value}0"
    for words in (
        "thirty forty fifty sixty seventy eighty ninety",
        "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    )
    for value, word in enumerate(words.split(), 3)
}
"""Words for one are articles as often."""


@dataclass(frozen=True, slots=True)
class Language:
    """`function` words say little; `negation` finds what turns a sentence round."""

    function: frozenset[str]
    negation: re.Pattern[str]


def _language(function: str, negation: str) -> Language:
    return Language(frozenset(function.split()), re.compile(negation, re.IGNORECASE))


LANGUAGES: Final[Mapping[str, Language]] = {
    "en": _language(
        "the a an of to and in on at for with by from as is are was were be been being it its this that these those "
        "or but if then than so such which who whom whose what when where how there their they them he she his her "
        "him we our us you your i my me will would shall should can could may might must do does did has have had "
        "also not no nor any all each into over under about after before between through during only more most very",
        r"\b(?:not|never|none|nobody|nothing|neither|nor|without|cannot|no(?!\.?\s*\d|\.\s+(?-i:[A-Z]{2})))\b"
        r"|n['’]t\b",
    ),
    "de": _language(
        "der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf zu zum zur von vom mit "
        "für bei nach aus über unter vor durch um als wie ist sind war waren wird werden wurde wurden hat haben hatte "
        "sein es er sie wir ihr ich man sich nicht auch nur noch dass wenn weil so dieser diese dieses jede jeder kann "
        "können muss müssen soll sollen darf ihre seine kein keine",
        r"\b(?:nicht|nie|niemals|nichts|niemand|ohne|weder|kein\w*)\b",
    ),
    "fr": _language(
        "le la les l un une des du de d et ou mais dans en sur à au aux pour par avec sans est sont était étaient sera "
        "être a ont avait il elle ils elles on nous vous je se ce cette ces cet qui que qu dont où ne pas plus n s c "
        "son sa ses leur leurs entre chaque tout tous toute",
        r"\b(?:ne|pas|jamais|sans|aucun\w*|rien|ni)\b|\bn['’]",
    ),
    "es": _language(
        "el la los las un una unos unas de del y o pero en a al por para con sin es son era eran fue fueron ser ha han "
        "había se lo le les su sus que quien cuyo cuando donde como más no ni este esta estos estas ese esa entre cada "
        "todo todos toda todas",
        r"\b(?:no|nunca|jamás|sin|ningun\w*|ningún|nada|nadie|ni|tampoco)\b",
    ),
    "it": _language(
        "il lo la i gli le un uno una di del della dei delle dello e o ma in nel nella su sul per con da dal dalla è "
        "sono era erano fu essere ha hanno si che chi cui quando dove come più non né questo questa ogni tutti al alla",
        r"\b(?:non|mai|senza|nessun\w*|nulla|niente|né)\b",
    ),
    "pt": _language(
        "o a os as um uma uns umas de do da dos das e ou mas em no na nos nas por para com sem é são era foi foram ser "
        "há se lhe seu sua que quem quando onde como mais não nem este esta esse cada todo todos ao à",
        r"\b(?:não|nunca|jamais|sem|nenhum\w*|nada|ninguém|nem)\b",
    ),
    "nl": _language(
        "de het een van en of maar in op aan te voor met bij naar uit over onder door om als is zijn was waren wordt "
        "worden werd heeft hebben had er dat die dit deze niet ook nog geen hij zij wij",
        r"\b(?:niet|geen|nooit|niets|niemand|zonder|noch)\b",
    ),
    "ru": _language(
        "и в во на с со к ко по о об от из за для у не ни но а или что как это то его её их он она они мы вы я был "
        "была было были есть быть при до под над же бы так также который которая которые",
        r"\b(?:не|нет|ни|без|никогда|ничего|никто|нельзя)\b",
    ),
    "ar": _language(
        "في من إلى على عن مع أن إن كان كانت هو هي هم هذا هذه ذلك تلك التي الذي ما لا لم لن قد كل بعد قبل بين أو ثم و",
        r"(?<!\w)(?:لا|لم|لن|ليس|ليست|غير|بدون|دون)(?!\w)",
    ),
    "hi": _language(
        "का की के को में से पर है हैं था थी थे और या कि यह वह ये वे ने एक भी तो ही लिए हो होता होती गया गई",
        r"(?<!\w)(?:नहीं|बिना|मत)(?!\w)",
    ),
    "zh": _language("", r"[不没沒未无無非]"),
    "ja": _language("", r"ない|なかった|ません|なく|ずに"),
    "ko": _language("", r"않|없|못|아니"),
}  # fmt: skip
_SCRIPTS: Final = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_SCRIPT_SHARE: Final = 0.3
"""Of the letters of a text: more are of its own script."""
_LEAST_FUNCTION: Final = 2
_LATIN: Final = ("en", "de", "fr", "es", "it", "pt", "nl")


@dataclass(frozen=True, slots=True)
class Word:
    """`key` is what is compared, `weight` what it says, (start, end) where it stands."""

    key: str
    weight: float
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.weight == NUMBER

    @property
    def is_name(self) -> bool:
        return self.weight == NAME


def clean(text: str) -> str:
    """One form of the letters; words that a line end broke are joined; addresses and markers are left out."""
    return _LINE_END.sub("", _IGNORED.sub("", _LINK.sub(" ", unicodedata.normalize("NFKC", text))))


def language_of(text: str) -> str | None:
    """By its script, or by the function words in it; None where neither tells."""
    letters = sum(map(str.isalpha, text)) or 1
    for name, script in _SCRIPTS:
        if len(script.findall(text)) / letters > _SCRIPT_SHARE:
            return name
    written = [word.casefold() for word in re.findall(r"[^\W\d_]+", text)]
    counts = {name: sum(word in LANGUAGES[name].function for word in written) for name in _LATIN}
    best = max(counts, key=lambda name: counts[name])
    others = max(count for name, count in counts.items() if name != best)
    return best if counts[best] >= _LEAST_FUNCTION and counts[best] > others else None


def words(text: str, language: str | None) -> list[Word]:
    """Of a text that is `clean`, in order."""
    function = LANGUAGES[language].function if language else _ALL_FUNCTION
    found: list[Word] = []
    begins = True
    for match in _WORD.finditer(text):
        found += _words(match, function, begins or language == "de")
        begins = text[match.end() : match.end() + 1] in ".!?:\n"
    return found


def negated(text: str, language: str | None) -> bool:
    """Whether anything in it turns a statement round."""
    return LANGUAGES[language or "en"].negation.search(text) is not None


def _words(match: re.Match[str], function: frozenset[str], may_be_capital: bool) -> Iterable[Word]:
    start, end, written = match.start(), match.end(), match.group()
    if match["number"]:
        yield Word(number(written), NUMBER, start, end)
    elif match["sign"]:
        yield Word(_SIGNS[written], CONTENT, start, end)
    elif match["unspaced"]:
        if len(written) == 1:
            yield Word(written, PAIR, start, end)
        for at, (first, second) in enumerate(pairwise(written)):
            yield Word(first + second, PAIR, start + at, start + at + 2)
    else:
        folded = written.casefold()
        if folded in _SPELLED:
            yield Word(_SPELLED[folded], NUMBER, start, end)
        elif folded in function:
            yield Word(folded, FUNCTION, start, end)
        else:
            is_name = (written[0].isupper() and not may_be_capital) or (
                written.isupper() and len(written) > 1
            )
            yield Word(stem(folded), NAME if is_name else CONTENT, start, end)


def number(written: str) -> str:
    """ "1,937", "1.937" and "1937" are one number, and so are "2.50", "2,5" and "2.5"."""
    *whole, last = re.split(r"[.,'’\u00a0\u202f]", written)
    if not whole or len(last) == 3:
        return "".join((*whole, last)).lstrip("0") or "0"
    places = last.rstrip("0")
    return ("".join(whole).lstrip("0") or "0") + (f".{places}" if places else "")


def stem(folded: str) -> str:
    """A word without its accents and, roughly, its ending."""
    bare = _DIACRITICS.sub("", unicodedata.normalize("NFKD", folded)).replace("’", "'").removesuffix("'s")
    bare = bare.replace(".", "").replace("'", "")
    bare = _SAME.get(bare, bare)
    if "\u0600" <= bare[:1] <= "\u06ff":
        return bare.removeprefix("و").removeprefix("ال")[:_LONGEST_STEM] or bare
    if not bare[:1].isascii():
        return bare[: max(_LEAST_STEM, len(bare) - 2)] if len(bare) > 4 else bare
    for _ in range(2):
        cut = _ENDINGS.sub("", bare)
        if len(cut) < _LEAST_STEM:
            break
        bare = cut
    return bare[:_LONGEST_STEM]


OPPOSITES: Final[Mapping[str, frozenset[str]]] = {
    one: frozenset(others)
    for pair in (
        "more | less fewer", "before | after", "above | below", "on | off", "over | under", "higher | lower",
        "increased increases increase risen rose rises grew | decreased decreases decrease fallen fell falls shrank",
        "broader wider | narrower", "longer | shorter", "maximum | minimum", "first | last", "opened open | closed",
        "all | none", "always | never", "best better | worst worse", "hard difficult | easy",
        "mehr | weniger", "vor | nach", "über | unter", "plus | moins", "avant | après", "más | menos",
        "antes | después", "più | meno", "prima | dopo", "больше | меньше", "до | после", "قبل | بعد",
    )
    for sides in (pair.split(" | "), pair.split(" | ")[::-1])
    for one in sides[0].split()
    for others in (sides[1].split(),)
}  # fmt: skip
"""Of a word those that say the contrary."""
_ALL_FUNCTION: Final = frozenset().union(*(language.function for language in LANGUAGES.values()))
