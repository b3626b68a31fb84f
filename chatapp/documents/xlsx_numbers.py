"""Numbers in the cells of a spreadsheet as a reader sees them: days are numbers there, and only their format tells."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree

from chatapp.documents.archive import local_name

_FIRST_DAY = datetime(1899, 12, 30)
_FIRST_DAY_1904 = datetime(1904, 1, 1)
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)})
"""The formats without a code in the file that show a day or a time (ECMA-376, part 1, 18.8.30)."""
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_DATE_LETTERS = frozenset("dmyhs")
_SIGNIFICANT = 15
"""Digits that a spreadsheet shows; the file holds 17."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the styles of a book say of its numbers. `date_styles` are those of days and times."""

    date_styles: frozenset[str]
    first_day: datetime

    def shown(self, value: str, style: str) -> str:
        """A cell's number: `2026-11-25`, `2026-11-25 14:30`, `14:30` or digits."""
        try:
            number = float(value)
        except ValueError:
            return value
        if style in self.date_styles:
            with suppress(OverflowError, ValueError):
                return self._moment(number)
        return f"{number:.{_SIGNIFICANT}g}"

    def _moment(self, days: float) -> str:
        moment = self.first_day + timedelta(seconds=round(days * 86_400))
        clock = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
        if 0 <= days < 1:
            return clock
        day = moment.date().isoformat()
        return day if clock == "00:00" else f"{day} {clock}"


def numbers_of(book: ElementTree.Element, styles: ElementTree.Element | None) -> Numbers:
    """How the numbers of a workbook are to be shown."""
    is_1904 = any(part.get("date1904") in ("1", "true") for part in _named(book, "workbookPr"))
    first_day = _FIRST_DAY_1904 if is_1904 else _FIRST_DAY
    return Numbers(frozenset(_date_styles(styles)) if styles is not None else frozenset(), first_day)


def _date_styles(styles: ElementTree.Element) -> Iterator[str]:
    own = {part.get("numFmtId"): part.get("formatCode", "") for part in _named(styles, "numFmt")}
    for cells in _named(styles, "cellXfs"):
        for at, style in enumerate(cells):
            number = style.get("numFmtId", "0")
            if is_date(own[number]) if number in own else number.isdecimal() and int(number) in _DATE_FORMATS:
                yield str(at)


def is_date(code: str) -> bool:
    """Whether a format's code shows days or times, and not how much time has passed."""
    shown = _LITERAL.sub("", code).lower()
    return not _ELAPSED.search(code) and shown != "general" and not _DATE_LETTERS.isdisjoint(shown)


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (part for part in root.iter() if local_name(part.tag) == name)
