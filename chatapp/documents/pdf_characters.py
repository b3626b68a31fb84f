"""The characters of a PDF's page: their text in reading order, and the extent of each. `pdf` next door opens the page.

The text is PDFium's, word for word, but for six things: columns that are set line by line come one after the other
(see `columns`), "\\r\\n" becomes "\\n", a hyphen at a line's end (which PDFium marks and joins to the next line)
becomes "-" or a soft hyphen (see `hyphens`), words from right to left are in reading order, signs that TeX's
fonts have where others have controls are read as what they show, and characters without a code point are left out.
A call into PDFium for each character takes far longer than one for all of them, so the plain page is read by one.
"""

import ctypes
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pypdfium2.raw as pdfium

from chatapp.documents.columns import column_order
from chatapp.documents.hyphens import SOFT, settled
from chatapp.documents.line_boxes import Extent, extent

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right and top, in PDF points."""

_LINE_EDGE = 0.1
"""Of the height of a font, above and below its letters."""

_HYPHENS = "\x02\ufffe"
_HYPHEN = re.compile(f"[{_HYPHENS}]")
_LINE_END = re.compile("\r\n")
_UNMAPPED = frozenset({0x00, 0x02, 0x03, 0x93, 0x94, 0x96, 0x97, 0x98, 0xFFFE})
"""Values that PDFium itself leaves out of a page's text: glyphs it could not map to a character."""

_RIGHT_TO_LEFT = re.compile(
    "(?:(?![\u0600-\u060f\u061b-\u061f\u0660-\u066d\u06d4\u06f0-\u06f9])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])+"
)
"""Letters of Hebrew, Arabic, Syriac and others, with their forms and marks; no digits, which go the other way."""
_LIGATURES = ("\u0644\u0627", "\u0644\u0622", "\u0644\u0623", "\u0644\u0625")
"""Lam and alef: two letters of one glyph, so that their boxes do not tell their order."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TEX_SIGNS = str.maketrans(
    "\x10\x11\x12\x13\x14\x15\x16\x1b\x1c\x1d\x1e",
    "\u201c\u201d\u201e\u00ab\u00bb\u2013\u2014\ufb00\ufb01\ufb02\ufb03",
)
"""Quotation marks, dashes and ligatures by the numbers of the Cork encoding: where a font does not name its signs,
PDFium takes the number for the character, and "significant" would never be found."""


def read_characters(characters: Any) -> tuple[str, list[int]]:
    """The text of a page and, for each of its code points, the index of PDFium's character."""
    text, indexes = _at_once(characters) or _one_by_one(characters)
    text = text.replace("\r", "\n").translate(_TEX_SIGNS)
    room_of = _measure(characters)
    if ordered := column_order(text, lambda at: room_of(indexes[at])):
        indexes = [indexes[at] for at, _ in ordered]
        text = "".join(character for _, character in ordered)
    text = settled(text)
    if _RIGHT_TO_LEFT.search(text):
        text, indexes = _turned_back(characters, text, indexes)
    return _LONE_SURROGATE.sub("\ufffd", text), indexes


def _at_once(characters: Any) -> tuple[str, list[int]] | None:
    """By one call for all; None where PDFium leaves out some, so that the places in its text are not those of its
    characters, or where a character is made of two."""
    handle, count = characters.raw, characters.count_chars()
    units = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(handle, 0, count, units) != count + 1:
        return None
    text = bytes(units)[:-2].decode("utf-16-le", "surrogatepass")
    hyphens = [match.start() for match in _HYPHEN.finditer(text)]
    is_plain = len(text) == count and not _LONE_SURROGATE.search(text)
    if not is_plain or any(pdfium.FPDFText_IsHyphen(handle, index) != 1 for index in hyphens):
        return None
    indexes = list(range(count))
    for line_end in reversed(list(_LINE_END.finditer(text))):
        del indexes[line_end.start() + 1]
    return _LINE_END.sub("\n", _HYPHEN.sub(SOFT, text)), indexes


def _one_by_one(characters: Any) -> tuple[str, list[int]]:
    codes: list[int] = []
    indexes: list[int] = []
    handle = characters.raw
    for index in range(characters.count_chars()):
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code in _UNMAPPED:
            if chr(code) not in _HYPHENS or pdfium.FPDFText_IsHyphen(handle, index) != 1:
                continue
            code = ord(SOFT)
        elif code == 0x0A and codes and codes[-1] == 0x0D:
            codes[-1] = code
            continue
        elif 0xDC00 <= code <= 0xDFFF and codes and 0xD800 <= codes[-1] <= 0xDBFF:
            # Where wchar_t has 16 bits PDFium hands out a character beyond the BMP in two halves.
            codes[-1] = 0x10000 + ((codes[-1] - 0xD800) << 10) + (code - 0xDC00)
            continue
        codes.append(code)
        indexes.append(index)
    return "".join(map(chr, codes)), indexes


def _turned_back(characters: Any, text: str, indexes: list[int]) -> tuple[str, list[int]]:
    """With every word of a script from right to left in reading order. PDFium turns some round that were in it already:
    their letters go from left to right on the page, or all have one box, where the PDF spells them out (ActualText)."""
    order = list(range(len(text)))
    for word in _RIGHT_TO_LEFT.finditer(text):
        letters = [at for at in range(*word.span()) if text[at].isalpha()]
        if len(letters) < 2 or word[0] in _LIGATURES:
            continue
        first, last = (characters.get_charbox(indexes[letters[end]], loose=True)[0] for end in (0, -1))
        if first <= last:
            order[slice(*word.span())] = reversed(range(*word.span()))
    return "".join(text[at] for at in order), [indexes[at] for at in order]


def glyphs(characters: Any, indexes: Sequence[int]) -> Iterator[Extent]:
    """The extent of each visible character: as long as its ink, as high as its font but for an edge, into which letters
    of the next lines reach."""
    handle = characters.raw
    for index in indexes:
        if chr(pdfium.FPDFText_GetUnicode(handle, index)).isspace():
            continue
        upright = _upright(handle, index)
        ink = extent(characters.get_charbox(index), upright)
        font = extent(characters.get_charbox(index, loose=True), upright)
        if ink.end > ink.start or ink.high > ink.low:
            edge = _LINE_EDGE * font.height
            low, high = min(ink.low, font.low + edge), max(ink.high, font.high - edge)
            yield Extent(ink.start, low, ink.end, high, upright)


def rooms(characters: Any, indexes: Sequence[int]) -> Iterator[Rectangle]:
    """The room of each character, as wide and as high as its font has it; of no size where PDFium does not know."""
    return map(_measure(characters), indexes)


def _measure(characters: Any) -> Callable[[int], Rectangle]:
    handle, room = characters.raw, pdfium.FS_RECTF()
    measure, reference = pdfium.FPDFText_GetLooseCharBox, ctypes.byref(room)

    def room_of(index: int) -> Rectangle:
        if not measure(handle, index, reference):
            return 0.0, 0.0, 0.0, 0.0
        return room.left, room.bottom, room.right, room.top

    return room_of


def _upright(handle: Any, index: int) -> bool:
    """Whether the character's line runs up or down the page."""
    quarter_turns = round(float(pdfium.FPDFText_GetCharAngle(handle, index)) / (math.pi / 2))
    return quarter_turns % 2 == 1
