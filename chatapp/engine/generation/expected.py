"""What kind of thing a question asks for, and how such a thing is written: "how many" asks for a number, "who" for a
name. English only: in other languages nothing is expected."""

import re
from collections.abc import Sequence

_COUNTED = "many|much|long|often|old|far|large|big|high|tall|wide|deep|heavy|fast|quickly|soon|loud|hot|cold"
_MEASURED = "number|share|percentage|percent|size|length|weight|rate|value|temperature|voltage"
_EXTREME = "highest|lowest|maximum|minimum|largest|smallest|longest|shortest|average"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|"
    "hundred|thousand|million|half|third|quarter|once|twice|daily|weekly|monthly|yearly|annually"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_SPANS = "(?:minute|hour|day|week|month|year)s?|before|after|when|until|spring|summer|autumn|winter"
_KINDS = (
    (
        rf"\bhow (?:{_COUNTED})\b|\b(?:what|which) (?:\w+ )?(?:{_MEASURED})\b|\b(?:{_EXTREME})\b",
        rf"(?<=[\s(|,;])[$€£−+-]?\d|\b(?:{_NUMBERS})\b",
    ),
    (
        r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|date|day|time)\b",
        rf"\b(?:1[5-9]|20)\d\d\b|\b(?:{_MONTHS})[a-z]*\.?\s+\d|\d\s+(?:{_MONTHS})|\d:\d\d|\b(?:{_DAYS}|{_SPANS})\b",
    ),
    (
        r"\bwho(?:m|se)?\b",
        r"(?-i:(?<=[^\W.!?]\s)[A-Z]\w+\s+[A-Z]\w+|\|\s*[A-Z]\w+\s+[A-Z]\w+|\b(?:Dr|Mrs?|Ms|Prof)\b)",
    ),
    (
        r"\b(?:costs?|price|rent|fee|paid|pay)\b",
        r"[$€£¥]\s?\d|\d\s?(?:[$€£¥]|(?:euros?|dollars?|pounds?|kroner|pence|cents?)\b)",
    ),
)
"""How it is asked for, and how it is written. No number that was asked for is in a name (HX40) or before a heading."""
_DEFINES = re.compile(r"\s*what (?:is|are|does) (?:an? |the )?(\S+(?: \S+)?)(?: mean)?\s*\?", re.I)
"""Asks what a word, or two, stand for."""
_COMPILED = [(re.compile(asks, re.I), re.compile(written, re.I)) for asks, written in _KINDS]


def expected_by(question: str) -> Sequence[re.Pattern[str]]:
    """What the answer has somewhere, if it is as the question has it."""
    kinds = [written for asks, written in _COMPILED if asks.search(question)]
    defined = _DEFINES.match(question)
    if defined:
        name = re.escape(defined[1].strip("'\"“”‘’"))
        kinds.append(re.compile(rf"\b{name}\b\W*(?:is|are|means?|stands? for|refers? to)\b", re.I))
    return kinds
